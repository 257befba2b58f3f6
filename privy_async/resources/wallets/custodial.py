"""Wallets whose keys a licensed custodian holds.

https://docs.privy.io/wallets/custodial-wallets/create
"""

from collections.abc import Sequence
from typing import Literal, Unpack

from privy_async.resources.resource import Resource
from privy_async.resources.wallets import values as values
from privy_async.sending.call import OMIT, IdempotentOptions, Omit
from privy_async.values import Value


class CustodialWallet(Value):
    """A custodial wallet. `chain_type` is deprecated: `chain` replaces it."""

    id: str
    address: str
    custody: values.Custody | None = None
    chain: str | None = None
    chain_type: str | None = None
    owner_id: str | None = None
    policy_ids: tuple[str, ...] | None = None
    additional_signers: tuple[values.AdditionalSigner, ...] | None = None


class CustodialWallets(Resource):
    """Reached as `privy.custodial_wallets`; `privy.wallets` finds and uses them."""

    async def create(
        self,
        *,
        chain: Literal["base", "solana", "tempo"],
        provider: Literal["bridge"],
        provider_user_id: str,
        owner: values.Owner | None | Omit = OMIT,
        policy_ids: Sequence[str] | Omit = OMIT,
        additional_signers: Sequence[values.AdditionalSignerInput] | Omit = OMIT,
        **options: Unpack[IdempotentOptions],
    ) -> CustodialWallet:
        """Create a wallet that a custodian holds.

        Args:
            chain: Its chain.
            provider: The custodian.
            provider_user_id: Whose it is, by the custodian's id.
            owner: As in `wallets.create`.
            policy_ids: At most one policy that every request must pass.
            additional_signers: Key quorums that may transact but not change the wallet.
            **options: See `IdempotentOptions`.
        """
        return await self._request(CustodialWallet, "POST /v1/custodial_wallets", locals())
