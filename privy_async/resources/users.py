"""Users of the app and the accounts linked to them.

https://docs.privy.io/user-management/users/the-user-object
"""

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import attrs

from privy_async.call import OMIT, CallOptions, Omit, given
from privy_async.page import Pager
from privy_async.resources.resource import Resource
from privy_async.values import Value


@attrs.frozen(kw_only=True)
class LinkedAccount(Value):
    """A way a user can be known: an email, a wallet, an account elsewhere. Times are Unix seconds.

    `type` says which; the fields that only some types have are in `extra`.
    """

    type: str
    address: str | None = None
    custom_user_id: str | None = None
    number: str | None = None
    subject: str | None = None
    username: str | None = None
    verified_at: int | None = None
    first_verified_at: int | None = None
    latest_verified_at: int | None = None


@attrs.frozen(kw_only=True)
class User(Value):
    """A user of the app. `created_at` is in Unix seconds."""

    id: str
    created_at: int
    linked_accounts: tuple[LinkedAccount, ...]
    mfa_methods: tuple[Mapping[str, Any], ...] = ()
    has_accepted_terms: bool = False
    is_guest: bool = False
    custom_metadata: Mapping[str, Any] | None = None


class Users(Resource):
    """Reached as `privy.users`."""

    async def create(
        self,
        *,
        linked_accounts: Sequence[Mapping[str, Any]],
        wallets: Sequence[Mapping[str, Any]] | Omit = OMIT,
        custom_metadata: Mapping[str, str | int | float | bool] | Omit = OMIT,
        **options: Unpack[CallOptions],
    ) -> User:
        """Create a user, known by the accounts given.

        Args:
            linked_accounts: At least one, such as
                `{"type": "custom_auth", "custom_user_id": ...}` for your own tokens' subject,
                or `{"type": "email", "address": ...}`.
            wallets: Wallets to make for the user at once, such as `{"chain_type": "ethereum"}`.
            custom_metadata: Your own fields.
            **options: See `CallOptions`.

        Source: https://docs.privy.io/api-reference/users/create
        """
        body = given(
            linked_accounts=linked_accounts, wallets=wallets, custom_metadata=custom_metadata
        )
        return await self._request(User, "POST", "/v1/users", body=body, options=options)

    async def get(self, user_id: str, **options: Unpack[CallOptions]) -> User:
        """Return a user by Privy's id (`did:privy:...`)."""
        return await self._request(
            User, "GET", "/v1/users/{user_id}", user_id=user_id, options=options
        )

    def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pager[User]:
        """List the users of the app. A page holds `limit`, at most 100."""
        return self._list(User, "/v1/users", query={"limit": limit}, cursor=cursor, options=options)

    async def delete(self, user_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a user for good."""
        await self._delete("/v1/users/{user_id}", user_id=user_id, options=options)

    async def get_by_custom_auth_id(
        self, custom_user_id: str, **options: Unpack[CallOptions]
    ) -> User:
        """Return the user whose tokens of your own issuer carry this id."""
        return await self._look_up(
            "/v1/users/custom_auth/id", {"custom_user_id": custom_user_id}, options
        )

    async def get_by_email_address(self, address: str, **options: Unpack[CallOptions]) -> User:
        """Return the user with this email address."""
        return await self._look_up("/v1/users/email/address", {"address": address}, options)

    async def get_by_wallet_address(self, address: str, **options: Unpack[CallOptions]) -> User:
        """Return the user with this wallet, embedded or linked."""
        return await self._look_up("/v1/users/wallet/address", {"address": address}, options)

    async def _look_up(
        self, path: str, body: Mapping[str, str], options: Mapping[str, Any]
    ) -> User:
        return await self._request(User, "POST", path, body=body, options=options)
