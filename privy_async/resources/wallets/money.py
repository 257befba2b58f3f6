"""Methods that move the money of wallets, and that tell how much there is."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Unpack

from privy_async.resources.money import transfer_inputs as transfers
from privy_async.resources.resource import cached_property
from privy_async.resources.wallets.keys import WalletKeys
from privy_async.sending.call import OMIT, MoneyOptions, Omit, SignedOptions

if TYPE_CHECKING:
    from privy_async.resources.money.actions import TransferAction, WalletActions
    from privy_async.resources.money.automations import AutomationAttachment
    from privy_async.resources.money.balances import Balance
    from privy_async.resources.money.deposit_accounts import DepositAccounts
    from privy_async.resources.money.earn import Earn
    from privy_async.resources.money.ethereum_yield import EthereumYield
    from privy_async.resources.money.payouts import Payout
    from privy_async.resources.money.swaps import Swap
    from privy_async.resources.money.transactions import WalletTransactions
    from privy_async.resources.money.transfers import TransferQuote

_WALLET: Final = "/v1/wallets/{wallet_id}"


class WalletMoney(WalletKeys):
    """Transfers and what else moves money; reached as `privy.wallets`."""

    @cached_property
    def balance(self) -> "Balance":
        """Balances of wallets."""
        from privy_async.resources.money.balances import Balance

        return Balance(self._requester)

    @cached_property
    def transactions(self) -> "WalletTransactions":
        """Transactions of a wallet, in and out."""
        from privy_async.resources.money.transactions import WalletTransactions

        return WalletTransactions(self._requester)

    @cached_property
    def actions(self) -> "WalletActions":
        """Wallet actions: what became of transfers, swaps and the like."""
        from privy_async.resources.money.actions import WalletActions

        return WalletActions(self._requester)

    @cached_property
    def swap(self) -> "Swap":
        """Swaps of one token for another."""
        from privy_async.resources.money.swaps import Swap

        return Swap(self._requester)

    @cached_property
    def earn(self) -> "Earn":
        """Vaults that earn on what wallets hold."""
        from privy_async.resources.money.earn import Earn

        return Earn(self._requester)

    @cached_property
    def payout(self) -> "Payout":
        """Payouts to bank accounts."""
        from privy_async.resources.money.payouts import Payout

        return Payout(self._requester)

    @cached_property
    def deposit_accounts(self) -> "DepositAccounts":
        """Addresses and bank accounts whose money ends in a wallet."""
        from privy_async.resources.money.deposit_accounts import DepositAccounts

        return DepositAccounts(self._requester)

    @cached_property
    def ethereum_yield(self) -> "EthereumYield":
        """Deprecated: use `earn.ethereum`."""
        from privy_async.resources.money.ethereum_yield import EthereumYield

        return EthereumYield(self._requester)

    async def transfer(
        self,
        wallet_id: str,
        *,
        source: transfers.TransferSource,
        destination: transfers.TransferDestination,
        amount: transfers.Amount | Omit = OMIT,
        amount_type: transfers.AmountType | Omit = OMIT,
        slippage_bps: int | Omit = OMIT,
        fee_configuration: transfers.FeeConfiguration | Omit = OMIT,
        custody_options: transfers.CustodyOptions | Omit = OMIT,
        reference_id: str | Omit = OMIT,
        nonce: str | Omit = OMIT,
        **options: Unpack[MoneyOptions],
    ) -> "TransferAction":
        """Begin a transfer, across chains and assets if need be; `actions.wait` waits for its end.

        Args:
            wallet_id: The wallet.
            source: What is sent.
            destination: Who gets it.
            amount: In the token's usual unit: "1.5" are 1.5 USDC.
            amount_type: Whether `amount` is what is sent or what arrives.
            slippage_bps: At most this much worse than quoted, in basis points.
            fee_configuration: The fees.
            custody_options: What the custodian of a custodial wallet must be told.
            reference_id: Your own id for it, unique in the app.
            nonce: At least 24 characters of your own, which keep it from being replayed.
            **options: See `MoneyOptions`. With the same `idempotency_key` it is sent once,
                however often this is called within 24 hours.

        Raises:
            PolicyViolationError: A policy denies it.
            APIError: With `may_have_happened` true if it may have begun all the same.

        Source: https://docs.privy.io/wallets/actions/transfer
        """
        return await self._request(
            _transfer_action(),
            f"POST {_WALLET}/transfer",
            {
                **locals(),
                **transfers.format_parties(source, destination),
                "amount": transfers.amount_text(amount, argument="amount"),
            },
        )

    async def quote_transfer(
        self,
        wallet_id: str,
        *,
        source: transfers.TransferSource,
        destination: transfers.TransferDestination,
        amount: transfers.Amount | Omit = OMIT,
        amount_type: transfers.AmountType | Omit = OMIT,
        slippage_bps: int | Omit = OMIT,
        fee_configuration: transfers.FeeConfiguration | Omit = OMIT,
        **options: Unpack[SignedOptions],
    ) -> "TransferQuote":
        """Ask what a transfer across chains or assets would bring and cost.

        The arguments are those of `transfer`; source and destination must differ in asset or
        chain, and name their assets.
        """
        return await self._request(
            _transfer_quote(),
            f"POST {_WALLET}/transfer/quote",
            {
                **locals(),
                **transfers.format_parties(source, destination),
                "amount": transfers.amount_text(amount, argument="amount"),
            },
        )

    async def attach_automations(
        self,
        wallet_id: str,
        *,
        automation_ids: Sequence[str],
        params: transfers.AttachmentInput | Omit = OMIT,
        **options: Unpack[SignedOptions],
    ) -> "tuple[AutomationAttachment, ...]":
        """Have automations act on what is paid into a wallet; `params` are for those that swap."""
        return await self._request_all(
            _attachment(), f"POST {_WALLET}/automations/attach", locals(), within="data"
        )

    async def detach_automations(
        self, wallet_id: str, *, automation_ids: Sequence[str], **options: Unpack[SignedOptions]
    ) -> None:
        """Have automations act on a wallet no more."""
        await self._do(f"POST {_WALLET}/automations/detach", locals())


# Who only signs messages need not load what money moves.


def _transfer_action() -> "type[TransferAction]":
    from privy_async.resources.money.actions import TransferAction

    return TransferAction


def _transfer_quote() -> "type[TransferQuote]":
    from privy_async.resources.money.transfers import TransferQuote

    return TransferQuote


def _attachment() -> "type[AutomationAttachment]":
    from privy_async.resources.money.automations import AutomationAttachment

    return AutomationAttachment
