"""The older calls for vaults, all deprecated: `wallets.earn.ethereum` replaces them."""

from typing import Final, Unpack

from privy_async.resources.money.actions import ClaimedReward
from privy_async.resources.money.earn import EarnPosition, Vault
from privy_async.resources.money.transfer_inputs import Amount, raw_amount_text
from privy_async.resources.resource import Resource
from privy_async.sending.call import CallOptions, MoneyOptions
from privy_async.values import Value

_WALLET: Final = "/v1/wallets/{wallet_id}"


class YieldVault(Vault):
    """A vault as these calls have it."""

    asset_address: str


class _Record(Value):
    id: str
    status: str | None = None
    created_at: int | None = None
    updated_at: int | None = None


class YieldSweep(_Record):
    """A deposit or a withdrawal, as `type` says. Times are Unix ms.

    `status` is "pending", "confirmed" or "failed". Amounts are in smallest units, None until
    confirmed.
    """

    type: str | None = None
    wallet_id: str | None = None
    vault_id: str | None = None
    asset_amount: str | None = None
    share_amount: str | None = None


class YieldClaim(_Record):
    """A claim of rewards, whose `status` is that of its transaction. Times are Unix ms."""

    caip2: str | None = None
    rewards: tuple[ClaimedReward, ...] | None = None


class EthereumYield(Resource):
    """Reached as `privy.wallets.ethereum_yield`. Deprecated: use `wallets.earn.ethereum`."""

    async def deposit(
        self,
        wallet_id: str,
        *,
        vault_id: str,
        asset_amount: Amount,
        **options: Unpack[MoneyOptions],
    ) -> YieldSweep:
        """Deprecated: use `earn.ethereum.deposit`. Deposit so many smallest units.

        Source: https://docs.privy.io/api-reference/ethereum_yield/deposit
        """
        return await self._request(
            YieldSweep,
            f"POST {_WALLET}/ethereum_yield_deposit",
            {**locals(), "asset_amount": raw_amount_text(asset_amount, argument="asset_amount")},
        )

    async def withdraw(
        self,
        wallet_id: str,
        *,
        vault_id: str,
        asset_amount: Amount,
        **options: Unpack[MoneyOptions],
    ) -> YieldSweep:
        """Deprecated: use `earn.ethereum.withdraw`. Withdraw so many smallest units."""
        return await self._request(
            YieldSweep,
            f"POST {_WALLET}/ethereum_yield_withdraw",
            {**locals(), "asset_amount": raw_amount_text(asset_amount, argument="asset_amount")},
        )

    async def claim(
        self, wallet_id: str, *, caip2: str, **options: Unpack[MoneyOptions]
    ) -> YieldClaim:
        """Deprecated: use `earn.ethereum.incentive.claim`. Claim the rewards on a chain."""
        return await self._request(YieldClaim, f"POST {_WALLET}/ethereum_yield_claim", locals())

    async def get_position(
        self,
        wallet_id: str,
        *,
        vault_id: str,
        include_archived: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> EarnPosition:
        """Deprecated: use `earn.ethereum.vault_position`. What a wallet has in a vault."""
        return await self._request(EarnPosition, f"GET {_WALLET}/ethereum_yield_vault", locals())

    async def get_vault(self, vault_id: str, **options: Unpack[CallOptions]) -> YieldVault:
        """Deprecated: use `earn.ethereum.vault_details`. A vault, and what it yields."""
        return await self._request(YieldVault, "GET /v1/ethereum_yield_vault/{vault_id}", locals())

    async def get_sweep(self, sweep_id: str, **options: Unpack[CallOptions]) -> YieldSweep:
        """Deprecated: use `wallets.actions.get` on what `earn` began. A deposit or withdrawal."""
        return await self._request(YieldSweep, "GET /v1/ethereum_yield_sweep/{sweep_id}", locals())

    async def get_claim(self, claim_id: str, **options: Unpack[CallOptions]) -> YieldClaim:
        """Deprecated: use `wallets.actions.get` on what `earn` began. A claim of rewards."""
        return await self._request(YieldClaim, "GET /v1/ethereum_yield_claim/{claim_id}", locals())
