"""Users of the sandbox through the SDK: every call of `privy.users`, async and sync."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

import privy_async
import privy_sync
from privy_async.errors import ConflictError, NotFoundError
from privy_async.sandbox import Sandbox
from privy_sync.resources.users.users import Users

ACCOUNTS: list[Any] = [
    {"type": "custom_auth", "custom_user_id": "alice"},
    {"type": "email", "address": "alice@example.org"},
    {"type": "phone", "number": "+15551234"},
    {"type": "wallet", "address": "0xAB", "chain_type": "ethereum"},
    {"type": "discord_oauth", "subject": "12345678901234567", "username": "alice_d"},
    {"type": "farcaster", "fid": 7, "owner_address": "0xAb"},
    {"type": "github_oauth", "subject": "1", "username": "alice-g"},
    {"type": "instagram_oauth", "subject": "2", "username": "alice.i"},
    {"type": "spotify_oauth", "subject": "3"},
    {"type": "telegram", "telegram_user_id": "5", "username": "alice_t"},
    {"type": "twitch_oauth", "subject": "6", "username": "alice_tw"},
    {"type": "twitter_oauth", "subject": "8", "name": "Alice", "username": "alice_x"},
]
LOOK_UPS: list[tuple[str, Any]] = [
    ("get_by_custom_auth_id", "alice"),
    ("get_by_email_address", "Alice@example.org"),
    ("get_by_phone_number", "+15551234"),
    ("get_by_wallet_address", "0xab"),
    ("get_by_discord_username", "alice_d"),
    ("get_by_farcaster_id", 7),
    ("get_by_github_username", "alice-g"),
    ("get_by_instagram_username", "alice.i"),
    ("get_by_spotify_subject", "3"),
    ("get_by_telegram_user_id", "5"),
    ("get_by_telegram_username", "alice_t"),
    ("get_by_twitch_username", "alice_tw"),
    ("get_by_twitter_subject", "8"),
    ("get_by_twitter_username", "alice_x"),
]
SMART: Any = [{"chain_type": "ethereum", "create_smart_wallet": True}]


@pytest.fixture
def privy() -> Iterator[privy_sync.PrivyClient]:
    """A sync client of a sandbox."""
    with Sandbox() as sandbox, sandbox.sync_client() as privy:
        yield privy


async def in_async(work: Callable[[privy_async.PrivyClient], Awaitable[None]]) -> None:
    """Do something with an async client of a sandbox."""
    async with Sandbox() as sandbox, sandbox.client() as privy:
        await work(privy)


def test_every_look_up(privy: privy_sync.PrivyClient) -> None:
    """A user is found by every kind of account, and by nobody else's."""
    alice = privy.users.create(linked_accounts=ACCOUNTS)
    for name, value in LOOK_UPS:
        assert getattr(privy.users, name)(value) == alice
        with pytest.raises(NotFoundError):
            getattr(privy.users, name)(8 if isinstance(value, int) else f"{value}?")


@pytest.mark.anyio
async def test_every_look_up_async() -> None:
    """The same from the async client."""

    async def work(privy: privy_async.PrivyClient) -> None:
        alice = await privy.users.create(linked_accounts=ACCOUNTS)
        for name, value in LOOK_UPS:
            assert await getattr(privy.users, name)(value) == alice

    await in_async(work)


def test_every_look_up_is_listed() -> None:
    """The table above leaves none of the SDK's look-ups out, but the one tested below."""
    listed = {name for name in dir(Users) if name.startswith("get_by_")}
    assert listed == {name for name, _ in LOOK_UPS} | {"get_by_smart_wallet_address"}


def test_search(privy: privy_sync.PrivyClient) -> None:
    """A search gives pages with the user found."""
    alice = privy.users.create(linked_accounts=ACCOUNTS[:2])
    privy.users.create(linked_accounts=[{"type": "custom_auth", "custom_user_id": "bob"}])
    assert list(privy.users.search(search_term="alice@")) == [alice]
    assert list(privy.users.search(emails=["alice@example.org"])) == [alice]


def test_accounts_and_metadata(privy: privy_sync.PrivyClient) -> None:
    """Accounts are linked and unlinked; metadata is replaced, then changed in part."""
    alice = privy.users.create(linked_accounts=ACCOUNTS[:1])
    linked = privy.users.create_linked_account(alice.id, linked_account=ACCOUNTS[1])
    assert [account.type for account in linked.linked_accounts] == ["custom_auth", "email"]
    unlinked = privy.users.unlink_linked_account(alice.id, type="custom_auth", handle="alice")
    assert [account.address for account in unlinked.linked_accounts] == ["alice@example.org"]
    privy.users.set_custom_metadata(alice.id, custom_metadata={"plan": "pro", "seats": 2})
    patched = privy.users.patch_custom_metadata(alice.id, custom_metadata={"seats": 3})
    assert patched.custom_metadata == {"plan": "pro", "seats": 3}
    with pytest.raises(ConflictError):
        privy.users.create(linked_accounts=ACCOUNTS[1:2])


@pytest.mark.anyio
async def test_wallets_of_users() -> None:
    """Wallets made with or for a user are the user's, smart ones too, and end with the user."""

    async def work(privy: privy_async.PrivyClient) -> None:
        alice = await privy.users.create(
            linked_accounts=ACCOUNTS[:1], wallets=[{"chain_type": "solana"}]
        )
        alice = await privy.users.pregenerate_wallets(alice.id, wallets=SMART)
        wallets = [wallet async for wallet in privy.wallets.list(user_id=alice.id)]
        assert [wallet.chain_type for wallet in wallets] == ["solana", "ethereum"]
        smart = next(a for a in alice.linked_accounts if a.type == "smart_wallet")
        assert await privy.users.get_by_smart_wallet_address(str(smart.address)) == alice
        assert await privy.users.get_by_wallet_address(wallets[1].address) == alice
        assert [user async for user in privy.users.list()] == [alice]
        await privy.users.delete(alice.id)
        for look_up in (
            privy.users.get(alice.id),
            privy.users.get_by_smart_wallet_address(str(smart.address)),
            privy.users.get_by_wallet_address(wallets[1].address),
        ):
            with pytest.raises(NotFoundError):
                await look_up

    await in_async(work)
