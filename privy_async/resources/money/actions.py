"""Wallet actions: transfers, swaps and the like, which Privy carries out in the background.

https://docs.privy.io/wallets/actions/overview
"""

from functools import partial
from typing import Any, Final, Literal, TypeAlias, Unpack

from privy_async.errors import WalletActionFailedError
from privy_async.page import Pager
from privy_async.resources.resource import Resource
from privy_async.resources.waiting import poll
from privy_async.sending.call import CallOptions
from privy_async.values import Value, variant

ActionInclude: TypeAlias = Literal["steps"]
ActionType: TypeAlias = Literal[
    "earn_deposit",
    "earn_fee_collect",
    "earn_incentive_claim",
    "earn_withdraw",
    "payout",
    "swap",
    "transfer",
]

_FAILURES: Final = ("rejected", "failed")


class FailureReason(Value):
    """Why an action or a step failed."""

    message: str
    details: Any = None


class FeeItem(Value):
    """A fee in USD, a decimal string. `type` is "relayer", "privy" or "developer"."""

    type: str
    amount: str
    recipient: str | None = None


class Gas(Value):
    """The cost of gas: decimal `amount`, `base_amount` in smallest units, both of `gas_asset`."""

    amount: str
    base_amount: str
    gas_asset: str


class WalletActionStep(Value):
    """A step of an action: `type` says which; "external_transaction" has no more than this.

    Of `status`, "confirmed" is success; "rejected", "reverted", "failed", "replaced" and
    "abandoned" are not; the others are on their way.
    """

    type: str = ""
    status: str | None = None
    failure_reason: FailureReason | None = None


class _GasStep(WalletActionStep):
    caip2: str | None = None
    finalized: bool | None = None
    gas_credits_charged_usd: str | None = None


@variant(WalletActionStep, "type", "evm_transaction")
class EvmTransactionStep(_GasStep):
    """An EVM transaction; its hash may change until the step has ended."""

    transaction_hash: str | None = None


@variant(WalletActionStep, "type", "evm_user_operation")
class EvmUserOperationStep(_GasStep):
    """An ERC-4337 user operation; `entrypoint_version` is such as "0.7"."""

    entrypoint_version: str | None = None
    user_operation_hash: str | None = None
    bundle_transaction_hash: str | None = None


@variant(WalletActionStep, "type", "svm_transaction")
class SvmTransactionStep(_GasStep):
    """A Solana transaction; `transaction_signature` is base58."""

    transaction_signature: str | None = None


@variant(WalletActionStep, "type", "tvm_transaction")
class TvmTransactionStep(WalletActionStep):
    """A TRON transaction."""

    caip2: str | None = None
    transaction_id: str | None = None


@variant(WalletActionStep, "type", "custodian_transaction")
class CustodianTransactionStep(WalletActionStep):
    """A transaction by a custodian; the hash is the last one it reported."""

    custodian: str | None = None
    transaction_hash: str | None = None


@variant(WalletActionStep, "type", "tempo_zone_settlement")
class TempoZoneSettlementStep(WalletActionStep):
    """The settlement of a Tempo zone on its parent chain, whose CAIP-2 id is `caip2`."""

    caip2: str | None = None
    transaction_hash: str | None = None


class WalletAction(Value):
    """An action of a wallet's; `type` says which. `created_at` is ISO 8601.

    `status` is "pending", "succeeded", "rejected" (before anything was sent) or "failed".
    `steps` are there if asked for with `include="steps"`.
    """

    id: str
    type: str = ""
    status: str | None = None
    wallet_id: str | None = None
    created_at: str | None = None
    reference_id: str | None = None
    failure_reason: FailureReason | None = None
    steps: tuple[WalletActionStep, ...] | None = None


class _PricedAction(WalletAction):
    estimated_fees: tuple[FeeItem, ...] | None = None
    estimated_gas: Gas | None = None
    fees: tuple[FeeItem, ...] | None = None
    gas: Gas | None = None


@variant(WalletAction, "type", "transfer")
class TransferAction(_PricedAction):
    """A transfer; amounts are decimal strings, None while they are not known yet.

    The source is named by `source_asset` or `source_asset_address`, as in the request.
    """

    source_chain: str | None = None
    source_asset: str | None = None
    source_asset_address: str | None = None
    source_asset_decimals: int | None = None
    source_amount: str | None = None
    destination_address: str | None = None
    destination_chain: str | None = None
    destination_asset: str | None = None
    destination_amount: str | None = None
    amount_type: str | None = None


@variant(WalletAction, "type", "swap")
class SwapAction(_PricedAction):
    """A swap; amounts are in smallest units, None until confirmed. A token may be "native"."""

    caip2: str | None = None
    input_token: str | None = None
    output_token: str | None = None
    input_amount: str | None = None
    output_amount: str | None = None
    destination_address: str | None = None
    destination_caip2: str | None = None


@variant(WalletAction, "type", "earn_deposit", "earn_withdraw", "earn_fee_collect")
class EarnAction(WalletAction):
    """A deposit into a vault, a withdrawal, or the collection of its fees.

    `raw_amount` is in smallest units, `amount` decimal, `share_amount` (of deposits and
    withdrawals) in vault shares, None until confirmed. `asset`, `amount` and `decimals` are of
    known tokens only.
    """

    caip2: str | None = None
    vault_id: str | None = None
    vault_address: str | None = None
    asset_address: str | None = None
    asset: str | None = None
    decimals: int | None = None
    amount: str | None = None
    raw_amount: str | None = None
    share_amount: str | None = None


class ClaimedReward(Value):
    """A reward that is claimed; `amount` is in smallest units."""

    token_address: str
    token_symbol: str
    amount: str
    token_decimals: int | None = None


@variant(WalletAction, "type", "earn_incentive_claim")
class IncentiveClaimAction(WalletAction):
    """A claim of rewards; `rewards` is None until they are looked up."""

    chain: str | None = None
    rewards: tuple[ClaimedReward, ...] | None = None


class PayoutSource(Value):
    """The asset of a payout; `amount` is a decimal string."""

    asset: str
    chain: str
    amount: str


class PayoutDestination(Value):
    """The registered bank account that is paid."""

    fiat_account_id: str


@variant(WalletAction, "type", "payout")
class PayoutAction(WalletAction):
    """A payout to a bank account. `environment` is "sandbox" or "production"."""

    provider: str | None = None
    environment: str | None = None
    source: PayoutSource | None = None
    destination: PayoutDestination | None = None


class WalletActions(Resource):
    """Reached as `privy.wallets.actions`."""

    async def get(
        self,
        action_id: str,
        *,
        wallet_id: str,
        include: ActionInclude | None = None,
        **options: Unpack[CallOptions],
    ) -> WalletAction:
        """Return an action as it is now, with its steps if you ask for them."""
        return await self._request(
            WalletAction, "GET /v1/wallets/{wallet_id}/actions/{action_id}", locals()
        )

    def list(
        self,
        wallet_id: str,
        *,
        type: ActionType | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pager[WalletAction]:
        """List what a wallet does and has done, with `type` only of that kind.

        A page holds `limit`, at most 100.
        """
        return self._list(WalletAction, "GET /v1/wallets/{wallet_id}/actions", locals())

    async def get_by_reference_id(
        self,
        reference_id: str,
        *,
        include: ActionInclude | None = None,
        **options: Unpack[CallOptions],
    ) -> tuple[WalletAction, ...]:
        """Return the actions that were begun with your `reference_id`; none if none were.

        So you learn what came of a call whose answer was lost, even where its idempotency key is
        lost too, or older than the 24 hours for which Privy remembers it.

        Source: https://docs.privy.io/api-reference/wallets/actions/list
        """
        return await self._request_all(WalletAction, "GET /v1/actions", locals(), within="actions")

    async def wait(
        self,
        action_id: str,
        *,
        wallet_id: str,
        include: ActionInclude | None = None,
        timeout: float = 120.0,
    ) -> WalletAction:
        """Wait for an action to succeed, and return it then.

        Args:
            action_id: The `id` of what began it.
            wallet_id: The wallet.
            include: "steps" for its steps too.
            timeout: Seconds in all.

        Raises:
            WalletActionFailedError: It was rejected or has failed.
            WaitTimeoutError: It has not succeeded in time, but may yet.
        """
        fetch = partial(self.get, action_id, wallet_id=wallet_id, include=include)
        return await poll(fetch, done=_has_succeeded, timeout=timeout, clock=self._clock)


def _has_succeeded(action: WalletAction) -> bool:
    if action.status in _FAILURES:
        why = action.failure_reason.message if action.failure_reason else "no reason is given"
        raise WalletActionFailedError(f"the {action.type} was {action.status}: {why}", action)
    return action.status == "succeeded"
