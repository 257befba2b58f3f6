"""Values that stand inside the events of webhooks."""

from privy_async.values import Value


class CreatedWallet(Value):
    """A wallet that was made for a user: its `type` is "wallet" or "smart_wallet"."""

    type: str = ""
    address: str
    chain_type: str | None = None


class UserReference(Value):
    """A user that is no more."""

    id: str


class FundsAsset(Value):
    """An asset that moved: `type` is native-token, erc20, spl (`mint`), sac, trc20 or btkn."""

    type: str
    address: str | None = None
    mint: str | None = None
    identifier: str | None = None


class Block(Value):
    """The block of a transaction; `timestamp` is Unix seconds."""

    number: int
    timestamp: int


class BridgeMetadata(Value):
    """The reason why Bridge sent funds: a "crypto_deposit", "fiat_deposit" or "refund".

    `method` is "liquidation_address", "virtual_account", "transfer" or "static_memo", and says
    which ids are there.
    """

    type: str
    method: str
    activity_id: str | None = None
    drain_id: str | None = None
    liquidation_address: str | None = None
    liquidation_address_id: str | None = None
    original_transaction_hash: str | None = None
    source_wallet_address: str | None = None
    static_memo_event_id: str | None = None
    static_memo_id: str | None = None
    transfer_id: str | None = None
    virtual_account_id: str | None = None


class DepositSource(Value):
    """Money that was paid in; `amount` is a decimal string."""

    amount: str
    currency: str
    payment_rail: str | None = None
    sender_name: str | None = None


class DepositDestination(Value):
    """Money that comes into the wallet; its decimal amount and hash once it has."""

    asset: str
    chain: str
    amount: str | None = None
    transaction_hash: str | None = None


class DepositData(Value):
    """A deposit of fiat; the reason and the refund are there if it failed. Times are ISO 8601."""

    created_at: str
    source: DepositSource
    destination: DepositDestination
    reason: str | None = None
    reason_code: str | None = None
    refunded_at: str | None = None
