"""Earning on what wallets hold, in vaults on Ethereum chains.

https://docs.privy.io/wallets/actions/earn/overview
"""

from typing import Final, Unpack

from privy_async.errors import InvalidArgumentError
from privy_async.resources.money.actions import EarnAction, IncentiveClaimAction
from privy_async.resources.money.transfer_inputs import Amount, amount_text, raw_amount_text
from privy_async.resources.resource import Resource, cached_property
from privy_async.sending.call import OMIT, CallOptions, MoneyOptions, Omit
from privy_async.values import Value

_EARN: Final = "/v1/wallets/{wallet_id}/earn/ethereum"


class EarnAsset(Value):
    """The token that a vault takes; its symbol is such as "usdc"."""

    address: str
    symbol: str
    decimals: int | None = None


class Vault(Value):
    """A vault. Yields are yearly and in basis points: `user_apy` after fees, without rewards."""

    id: str
    name: str
    provider: str
    caip2: str
    vault_address: str
    user_apy: float | None = None
    app_apy: float | None = None
    tvl_usd: float | None = None
    available_liquidity_usd: float | None = None


class EarnVault(Vault):
    """A vault as `earn` has it.

    `provider` is "morpho" (which has `total_rewards_apr`), "aave" (which has `available_fees`,
    in smallest units), "veda" or "tempo".
    """

    asset: EarnAsset
    admin_wallet_address: str | None = None
    admin_wallet_id: str | None = None
    total_rewards_apr: float | None = None
    available_fees: str | None = None


class ApyAllocation(Value):
    """A part of a position and what it earns, in basis points; `type` is "base" or "boost"."""

    type: str
    apy_bps: int
    assets_in_vault: str


class EarnPosition(Value):
    """A wallet's position in a vault; amounts are in smallest units, `apy_bps` in basis points."""

    asset: EarnAsset
    assets_in_vault: str
    shares_in_vault: str | None = None
    total_deposited: str | None = None
    total_withdrawn: str | None = None
    apy_bps: int | None = None
    apy_allocation: tuple[ApyAllocation, ...] | None = None


class IncentiveReward(Value):
    """A reward in one token; amounts are in smallest units."""

    token_address: str
    token_symbol: str
    amount_claimed: str
    amount_unclaimed: str
    token_decimals: int | None = None


class Earn(Resource):
    """Reached as `privy.wallets.earn`."""

    @cached_property
    def ethereum(self) -> "EthereumEarn":
        """Vaults on Ethereum chains."""
        return EthereumEarn(self._requester)


class EthereumEarn(Resource):
    """Reached as `privy.wallets.earn.ethereum`."""

    @cached_property
    def incentive(self) -> "EarnIncentive":
        """Rewards on top of what vaults yield."""
        return EarnIncentive(self._requester)

    async def deposit(
        self,
        wallet_id: str,
        *,
        vault_id: str,
        amount: Amount | Omit = OMIT,
        raw_amount: Amount | Omit = OMIT,
        reference_id: str | Omit = OMIT,
        nonce: str | Omit = OMIT,
        **options: Unpack[MoneyOptions],
    ) -> EarnAction:
        """Begin a deposit into a vault; `wallets.actions.wait` waits for its end.

        Args:
            wallet_id: The wallet.
            vault_id: The vault.
            amount: In the token's usual unit: "1.5" are 1.5 USDC. This or `raw_amount`.
            raw_amount: In smallest units: 1500000 are 1.5 USDC.
            reference_id: Your own id for it, unique in the app.
            nonce: At least 24 characters of your own, which keep it from being replayed.
            **options: See `MoneyOptions`.

        Source: https://docs.privy.io/wallets/actions/earn/deposit
        """
        return await self._request(
            EarnAction, f"POST {_EARN}/deposit", {**locals(), **_either(amount, raw_amount)}
        )

    async def withdraw(
        self,
        wallet_id: str,
        *,
        vault_id: str,
        amount: Amount | Omit = OMIT,
        raw_amount: Amount | Omit = OMIT,
        reference_id: str | Omit = OMIT,
        nonce: str | Omit = OMIT,
        **options: Unpack[MoneyOptions],
    ) -> EarnAction:
        """Begin a withdrawal from a vault; the arguments are those of `deposit`."""
        return await self._request(
            EarnAction, f"POST {_EARN}/withdraw", {**locals(), **_either(amount, raw_amount)}
        )

    async def vault_details(self, vault_id: str, **options: Unpack[CallOptions]) -> EarnVault:
        """Return a vault, and what it yields now."""
        return await self._request(EarnVault, "GET /v1/earn/ethereum/vaults/{vault_id}", locals())

    async def vault_position(
        self,
        wallet_id: str,
        *,
        vault_id: str,
        include_archived: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> EarnPosition:
        """Return what a wallet has in a vault."""
        return await self._request(EarnPosition, f"GET {_EARN}/vaults", locals())


class EarnIncentive(Resource):
    """Reached as `privy.wallets.earn.ethereum.incentive`."""

    async def claim(
        self,
        wallet_id: str,
        *,
        chain: str,
        reference_id: str | Omit = OMIT,
        nonce: str | Omit = OMIT,
        **options: Unpack[MoneyOptions],
    ) -> IncentiveClaimAction:
        """Begin to claim a wallet's rewards on a chain, such as "base".

        `reference_id` and `nonce` are as in `earn.ethereum.deposit`.
        """
        return await self._request(IncentiveClaimAction, f"POST {_EARN}/incentive/claim", locals())

    async def rewards(
        self, wallet_id: str, *, chain: str, **options: Unpack[CallOptions]
    ) -> tuple[IncentiveReward, ...]:
        """Return a wallet's rewards on a chain, such as "base": claimed ones and others."""
        return await self._request_all(
            IncentiveReward, f"GET {_EARN}/incentive/claim", locals(), within="rewards"
        )


def _either(amount: Amount | Omit, raw_amount: Amount | Omit) -> dict[str, str | Omit]:
    if (amount is OMIT) == (raw_amount is OMIT):
        raise InvalidArgumentError("amount", "give either amount or raw_amount")
    return {
        "amount": amount_text(amount, argument="amount"),
        "raw_amount": raw_amount_text(raw_amount, argument="raw_amount"),
    }
