"""Automations: what wallets do by themselves when something is paid in.

https://docs.privy.io/wallets/automations/overview
"""

from collections.abc import Sequence
from typing import Final, Literal, NotRequired, TypedDict, Unpack

from privy_async.encodings.chains import AnyAddress
from privy_async.page import Pager
from privy_async.resources.resource import Resource
from privy_async.sending.call import OMIT, CallOptions, Omit
from privy_async.values import Value

_AUTOMATION: Final = "/v1/wallet_automations/{automation_id}"


class AutomationAssetInput(TypedDict, total=False):
    """An asset, by `asset_address` or by name as `asset`, "*" for any; on `caip2` or `chain`."""

    asset_address: AnyAddress
    asset: str
    caip2: str
    chain: str


class AutomationAssetFilterInput(TypedDict):
    """Which assets count: all, only `values`, or all but `values`."""

    mode: Literal["all", "include", "exclude"]
    values: NotRequired[Sequence[AutomationAssetInput]]


class AutomationTriggerInput(TypedDict):
    """When to act: on a deposit of these assets."""

    type: Literal["deposit"]
    assets: AutomationAssetFilterInput


class AutomationActionInput(TypedDict):
    """A swap into `destination_chain_asset`, or a deposit into the vault `vault_id`."""

    type: Literal["swap", "earn_deposit"]
    destination_chain_asset: NotRequired[AutomationAssetInput]
    vault_id: NotRequired[str]


class AutomationConfigInput(TypedDict):
    """When to do what."""

    trigger: AutomationTriggerInput
    action: AutomationActionInput


class AutomationAsset(Value):
    """An asset on a chain; with `caip2` "*" its name on any chain, "*" itself means any."""

    asset_address: str
    caip2: str


class AutomationAssetFilter(Value):
    """Which assets count: `mode` is "all", "include" (only `values`) or "exclude"."""

    mode: str
    values: tuple[AutomationAsset, ...] | None = None


class AutomationTrigger(Value):
    """When to act; `type` is "deposit"."""

    type: str
    assets: AutomationAssetFilter | None = None


class AutomationAction(Value):
    """The step to take: `type` is "swap", with a destination, or "earn_deposit", with a vault."""

    type: str
    destination_chain_asset: AutomationAsset | None = None
    vault_id: str | None = None


class AutomationConfig(Value):
    """When to do what."""

    trigger: AutomationTrigger
    action: AutomationAction


class _Record(Value):
    id: str
    status: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


class WalletAutomation(_Record):
    """An automation; `status` is "enabled" or "disabled". Times are ISO 8601."""

    app_id: str | None = None
    config: AutomationConfig | None = None
    name: str | None = None
    owner_id: str | None = None


class AttachmentParams(Value):
    """The receiver of what the swaps of a wallet bring."""

    destination_address: str


class AutomationAttachment(_Record):
    """A wallet's automation; `status` is "enabled" or "disabled". Times are ISO 8601."""

    automation_id: str | None = None
    wallet_id: str | None = None
    params: AttachmentParams | None = None


class AutomationExecution(_Record):
    """One time an automation acted. Times are ISO 8601.

    `status` is "pending", "submitted", "completed", "failed" or "skipped";
    `privy.wallets.actions` has the wallet action. The trigger is the deposit.
    """

    wallet_id: str | None = None
    trigger_asset_address: str | None = None
    trigger_block_number: str | None = None
    trigger_caip2: str | None = None
    trigger_tx_hash: str | None = None
    automation_attachment_id: str | None = None
    wallet_action_id: str | None = None
    submitted_at: str | None = None
    completed_at: str | None = None
    failed_at: str | None = None
    failure_reason: str | None = None


class ReindexedAsset(Value):
    """The result of looking for one asset; `raw_balance` is in smallest units.

    `status` is "submitted" if an automation now acts, "failed", or why it was skipped:
    "skipped_zero_balance", "skipped_no_match", or "skipped_existing_execution", which is then
    named.
    """

    asset_address: str
    caip2: str
    status: str
    raw_balance: str | None = None
    existing_execution_id: str | None = None


class Reindex(Value):
    """The result of looking for deposits that were missed."""

    wallet_id: str
    results: tuple[ReindexedAsset, ...]


class WalletAutomations(Resource):
    """Reached as `privy.wallet_automations`; `wallets.attach_automations` puts them to work."""

    async def create(
        self,
        *,
        config: AutomationConfigInput,
        owner_id: str | None,
        name: str | Omit = OMIT,
        **options: Unpack[CallOptions],
    ) -> WalletAutomation:
        """Create an automation, owned by a key quorum or, with None, by nobody."""
        return await self._request(WalletAutomation, "POST /v1/wallet_automations", locals())

    async def get(self, automation_id: str, **options: Unpack[CallOptions]) -> WalletAutomation:
        """Return an automation by its id."""
        return await self._request(WalletAutomation, f"GET {_AUTOMATION}", locals())

    def list(
        self,
        *,
        wallet_id: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pager[WalletAutomation]:
        """List the automations of the app, or of one wallet."""
        return self._list(WalletAutomation, "GET /v1/wallet_automations", locals())

    async def update(
        self,
        automation_id: str,
        *,
        config: AutomationConfigInput | Omit = OMIT,
        enabled: bool | Omit = OMIT,
        name: str | None | Omit = OMIT,
        owner_id: str | None | Omit = OMIT,
        **options: Unpack[CallOptions],
    ) -> WalletAutomation:
        """Change an automation; what is not given stays, None removes name or owner."""
        return await self._request(WalletAutomation, f"PATCH {_AUTOMATION}", locals())

    async def delete(self, automation_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete an automation."""
        await self._do(f"DELETE {_AUTOMATION}", locals())

    def list_executions(
        self,
        *,
        wallet_id: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pager[AutomationExecution]:
        """List when automations of the app, or of one wallet, have acted."""
        return self._list(AutomationExecution, "GET /v1/wallet_automations/executions", locals())

    async def reindex(
        self,
        *,
        asset_address: str,
        wallet_id: str | Omit = OMIT,
        deposit_address: str | Omit = OMIT,
        caip2: str | Omit = OMIT,
        chain: str | Omit = OMIT,
        **options: Unpack[CallOptions],
    ) -> Reindex:
        """Look for a deposit that no automation acted on, and act.

        Args:
            asset_address: The asset, "native" for the chain's own.
            wallet_id: The wallet.
            deposit_address: Its address, instead or as well.
            caip2: The chain, by its CAIP-2 id.
            chain: Or by its name.
            **options: See `CallOptions`.
        """
        return await self._request(Reindex, "POST /v1/wallet_automations/reindex", locals())
