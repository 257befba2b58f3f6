"""Digital asset accounts: a few wallets as one.

https://docs.privy.io/api-reference/accounts/list
"""

from collections.abc import Sequence
from typing import Literal, NotRequired, TypedDict, Unpack

from privy_async.page import Pager
from privy_async.resources.resource import Resource
from privy_async.resources.shared import CurrencyAmount
from privy_async.resources.wallets.values import Custody
from privy_async.sending.call import OMIT, CallOptions, IdempotentOptions, Omit
from privy_async.values import Value


class AccountWallet(Value):
    """A wallet of an account."""

    id: str
    chain_type: str
    address: str
    custody: Custody | None = None


class Account(Value):
    """A few wallets as one."""

    id: str
    wallets: tuple[AccountWallet, ...]
    display_name: str | None = None


class BalanceAsset(Value):
    """The amount of an asset, as a decimal, and what it is worth."""

    symbol: str
    amount: str
    price: CurrencyAmount
    chain_id: str | None = None


class AccountBalance(Value):
    """The balance of an account; only in `assets_by_chain` do assets have a `chain_id`."""

    total: CurrencyAmount
    assets: tuple[BalanceAsset, ...]
    assets_by_chain: tuple[BalanceAsset, ...] | None = None


class CustodyInput(TypedDict):
    provider: str
    provider_user_id: str


class AccountWalletInput(TypedDict):
    chain_type: Literal["ethereum", "solana"]
    custody: NotRequired[CustodyInput]


class Accounts(Resource):
    """Reached as `privy.accounts`."""

    async def create(
        self,
        *,
        wallets_configuration: Sequence[AccountWalletInput] | Omit = OMIT,
        wallet_ids: Sequence[str] | Omit = OMIT,
        display_name: str | Omit = OMIT,
        **options: Unpack[IdempotentOptions],
    ) -> Account:
        """Create an account of new wallets, or else of wallets there are; at most five."""
        return await self._request(Account, "POST /v1/accounts", locals())

    async def get(self, account_id: str, **options: Unpack[CallOptions]) -> Account:
        """Return an account by its id."""
        return await self._request(Account, "GET /v1/accounts/{account_id}", locals())

    def list(
        self,
        *,
        search: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pager[Account]:
        """List accounts, those whose name, id or wallet address matches. `limit` is at most 100."""
        return self._list(Account, "GET /v1/accounts", locals())

    async def update(
        self,
        account_id: str,
        *,
        wallets_configuration: Sequence[AccountWalletInput] | Omit = OMIT,
        wallet_ids: Sequence[str] | Omit = OMIT,
        display_name: str | Omit = OMIT,
        **options: Unpack[CallOptions],
    ) -> Account:
        """Rename an account, or add wallets to it: new ones, or else such as there are."""
        return await self._request(Account, "PATCH /v1/accounts/{account_id}", locals())

    async def get_balance(
        self, account_id: str, *, testnet_mode: bool | None = None, **options: Unpack[CallOptions]
    ) -> AccountBalance:
        """Return what an account holds over all chains, or over testnets only."""
        return await self._request(
            AccountBalance, "GET /v1/accounts/{account_id}/balance", locals()
        )
