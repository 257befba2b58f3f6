"""Users of the app and the accounts linked to them.

https://docs.privy.io/user-management/users/the-user-object
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Unpack

from privy_async.errors import InvalidArgumentError
from privy_async.json_types import is_object
from privy_async.page import Page, Pager
from privy_async.resources.resource import Resource, cached_property
from privy_async.resources.users.values import (
    CustomMetadata,
    LinkedAccount,
    LinkedAccountInput,
    User,
    UserBatchResult,
    UserInput,
    UserWalletInput,
)
from privy_async.sending.call import OMIT, CallOptions, Omit

if TYPE_CHECKING:
    from privy_async.resources.money.fiat_accounts import UserFiatAccounts
    from privy_async.resources.money.kyc import KYC
    from privy_async.resources.users.fiat import UserFiat
    from privy_async.resources.users.mfa import Mfa

__all__ = ["LinkedAccount", "User", "Users"]


class Users(Resource):
    """Reached as `privy.users`."""

    @cached_property
    def external_fiat_accounts(self) -> "UserFiatAccounts":
        """Bank accounts of users."""
        from privy_async.resources.money.fiat_accounts import UserFiatAccounts

        return UserFiatAccounts(self._requester)

    @cached_property
    def kyc(self) -> "KYC":
        """Verifying who users are, for fiat."""
        from privy_async.resources.money.kyc import KYC

        return KYC(self._requester)

    @cached_property
    def mfa(self) -> "Mfa":
        """Second factors: enrolling users in them, and verifying users by them."""
        from privy_async.resources.users.mfa import Mfa

        return Mfa(self._requester)

    @cached_property
    def fiat(self) -> "UserFiat":
        """The first generation of fiat calls, superseded."""
        from privy_async.resources.users.fiat import UserFiat

        return UserFiat(self._requester)

    async def create(
        self,
        *,
        linked_accounts: Sequence[LinkedAccountInput],
        wallets: Sequence[UserWalletInput] | Omit = OMIT,
        custom_metadata: CustomMetadata | Omit = OMIT,
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
        return await self._request(User, "POST /v1/users", locals())

    async def create_batch(
        self, users: Sequence[UserInput], **options: Unpack[CallOptions]
    ) -> tuple[UserBatchResult, ...]:
        """Create up to 20 users; each succeeds or fails by itself, so look at every result.

        Privy's page gives this the host auth.privy.io, which may be a client's `base_url`.

        Source: https://docs.privy.io/user-management/migrating-users-to-privy/create-or-import-a-batch-of-users
        """
        return await self._request_all(
            UserBatchResult, "POST /api/v1/users/batch", locals(), within="results"
        )

    async def get(self, user_id: str, **options: Unpack[CallOptions]) -> User:
        """Return a user by Privy's id (`did:privy:...`)."""
        return await self._request(User, "GET /v1/users/{user_id}", locals())

    def list(
        self, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> Pager[User]:
        """List the users of the app. A page holds `limit`, at most 100."""
        return self._list(User, "GET /v1/users", locals())

    def search(
        self,
        *,
        search_term: str | None = None,
        emails: Sequence[str] = (),
        phone_numbers: Sequence[str] = (),
        wallet_addresses: Sequence[str] = (),
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pager[User]:
        """Search users by a term, or else by any of their emails, phone numbers and addresses.

        Privy documents one user as the answer; that, or a list, both come as pages.

        Source: https://docs.privy.io/api-reference/users/search
        """
        body = _search_body(search_term, emails, phone_numbers, wallet_addresses)

        async def fetch(at: str | None) -> Page[User]:
            arguments = {**body, "cursor": at or OMIT, "options": options}
            return await self._send("POST /v1/users/search", arguments, self._read_found)

        return Pager(fetch, cursor)

    def _read_found(self, answer: Any) -> Page[User]:
        lone = is_object(answer) and "data" not in answer
        return self._read_page(User, "data", {"data": [answer]} if lone else answer)

    async def delete(self, user_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete a user for good."""
        await self._do("DELETE /v1/users/{user_id}", locals())

    async def freeze(self, user_id: str, **options: Unpack[CallOptions]) -> None:
        """Block a user from logging in and end their sessions; nothing of theirs is deleted.

        Doing it again changes nothing, `User.frozen_at` neither, so repeat it if no answer came.
        Access tokens from before stay valid until they expire, and `tokens.verify_access_token`,
        which asks nobody, accepts them until then: where that matters, look at `frozen_at`.

        Source: https://docs.privy.io/user-management/users/managing-users/freezing-users
        """
        await self._do("POST /v1/users/{user_id}/freeze", locals())

    async def unfreeze(self, user_id: str, **options: Unpack[CallOptions]) -> None:
        """Let a user log in again; their old sessions do not come back."""
        await self._do("DELETE /v1/users/{user_id}/freeze", locals())

    async def create_linked_account(
        self, user_id: str, *, linked_account: LinkedAccountInput, **options: Unpack[CallOptions]
    ) -> User:
        """Link an account to a user, or update it. Privy has not opened this to every app yet."""
        return await self._request(
            User, "POST /v1/users/{user_id}/accounts", locals(), body=linked_account
        )

    async def unlink_linked_account(
        self,
        user_id: str,
        *,
        type: str,
        handle: str,
        provider: str | Omit = OMIT,
        **options: Unpack[CallOptions],
    ) -> User:
        """Unlink an account from a user: not an embedded wallet, a passkey, or the only account.

        `handle` is what its type identifies it by, such as the address of an email.

        Source: https://docs.privy.io/user-management/users/unlinking-accounts/api
        """
        return await self._request(User, "POST /v1/users/{user_id}/accounts/unlink", locals())

    async def set_custom_metadata(
        self, user_id: str, *, custom_metadata: CustomMetadata, **options: Unpack[CallOptions]
    ) -> User:
        """Replace all of your own fields of a user."""
        return await self._request(User, "POST /v1/users/{user_id}/custom_metadata", locals())

    async def patch_custom_metadata(
        self, user_id: str, *, custom_metadata: CustomMetadata, **options: Unpack[CallOptions]
    ) -> User:
        """Change those of your own fields of a user that are given, and keep the others."""
        return await self._request(User, "PATCH /v1/users/{user_id}/custom_metadata", locals())

    async def pregenerate_wallets(
        self, user_id: str, *, wallets: Sequence[UserWalletInput], **options: Unpack[CallOptions]
    ) -> User:
        """Make wallets for a user."""
        return await self._request(User, "POST /v1/users/{user_id}/wallets", locals())

    async def get_by_custom_auth_id(
        self, custom_user_id: str, **options: Unpack[CallOptions]
    ) -> User:
        """Return the user whose tokens of your own issuer carry this id."""
        return await self._request(User, "POST /v1/users/custom_auth/id", locals())

    async def get_by_email_address(self, address: str, **options: Unpack[CallOptions]) -> User:
        """Return the user with this email address."""
        return await self._request(User, "POST /v1/users/email/address", locals())

    async def get_by_phone_number(self, number: str, **options: Unpack[CallOptions]) -> User:
        """Return the user with this phone number."""
        return await self._request(User, "POST /v1/users/phone/number", locals())

    async def get_by_wallet_address(self, address: str, **options: Unpack[CallOptions]) -> User:
        """Return the user with this wallet, embedded or linked."""
        return await self._request(User, "POST /v1/users/wallet/address", locals())

    async def get_by_smart_wallet_address(
        self, address: str, **options: Unpack[CallOptions]
    ) -> User:
        """Return the user with this smart wallet."""
        return await self._request(User, "POST /v1/users/smart_wallet/address", locals())

    async def get_by_farcaster_id(self, fid: int, **options: Unpack[CallOptions]) -> User:
        """Return the user with this Farcaster id."""
        return await self._request(User, "POST /v1/users/farcaster/fid", locals())

    async def get_by_discord_username(self, username: str, **options: Unpack[CallOptions]) -> User:
        """Return the user with this Discord account."""
        return await self._request(User, "POST /v1/users/discord/username", locals())

    async def get_by_github_username(self, username: str, **options: Unpack[CallOptions]) -> User:
        """Return the user with this GitHub account."""
        return await self._request(User, "POST /v1/users/github/username", locals())

    async def get_by_instagram_username(
        self, username: str, **options: Unpack[CallOptions]
    ) -> User:
        """Return the user with this Instagram account."""
        return await self._request(User, "POST /v1/users/instagram/username", locals())

    async def get_by_spotify_subject(self, subject: str, **options: Unpack[CallOptions]) -> User:
        """Return the user with this Spotify account, by its id there."""
        return await self._request(User, "POST /v1/users/spotify/subject", locals())

    async def get_by_telegram_user_id(
        self, telegram_user_id: str, **options: Unpack[CallOptions]
    ) -> User:
        """Return the user with this Telegram account, by its id there."""
        return await self._request(User, "POST /v1/users/telegram/telegram_user_id", locals())

    async def get_by_telegram_username(self, username: str, **options: Unpack[CallOptions]) -> User:
        """Return the user with this Telegram account."""
        return await self._request(User, "POST /v1/users/telegram/username", locals())

    async def get_by_twitch_username(self, username: str, **options: Unpack[CallOptions]) -> User:
        """Return the user with this Twitch account."""
        return await self._request(User, "POST /v1/users/twitch/username", locals())

    async def get_by_twitter_subject(self, subject: str, **options: Unpack[CallOptions]) -> User:
        """Return the user with this Twitter account, by its id there."""
        return await self._request(User, "POST /v1/users/twitter/subject", locals())

    async def get_by_twitter_username(self, username: str, **options: Unpack[CallOptions]) -> User:
        """Return the user with this Twitter account."""
        return await self._request(User, "POST /v1/users/twitter/username", locals())


def _search_body(
    search_term: str | None,
    emails: Sequence[str],
    phone_numbers: Sequence[str],
    wallet_addresses: Sequence[str],
) -> dict[str, Any]:
    listed = bool(emails or phone_numbers or wallet_addresses)
    if listed == (search_term is not None):
        raise InvalidArgumentError(
            "search_term", "give either a term, or emails, phone numbers or wallet addresses"
        )
    if search_term is not None:
        return {"searchTerm": search_term}
    return {"emails": emails, "phoneNumbers": phone_numbers, "walletAddresses": wallet_addresses}
