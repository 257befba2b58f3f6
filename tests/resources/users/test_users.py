"""Users: made with their accounts and wallets, found in every way, listed, deleted."""

import pytest
from sdk_helpers import Owner, new_user

from privy_async import (
    APIStatusError,
    BadRequestError,
    ConflictError,
    InvalidArgumentError,
    NotFoundError,
    PrivyClient,
    SigningError,
)
from privy_async.sandbox import Sandbox

pytest_plugins = ("fixtures_sdk",)
pytestmark = pytest.mark.anyio


async def test_a_user_is_made_with_accounts_and_wallets(privy: PrivyClient) -> None:
    """The accounts, the wallets among them, and the caller's own fields come back."""
    user = await privy.users.create(
        linked_accounts=[
            {"type": "custom_auth", "custom_user_id": "carol"},
            {"type": "email", "address": "carol@example.com"},
            {"type": "phone", "number": "+15551234567"},
        ],
        wallets=[{"chain_type": "ethereum"}, {"chain_type": "solana"}],
        custom_metadata={"plan": "gold", "seats": 3, "trial": False},
    )
    assert user.id.startswith("did:privy:")
    custom_auth, email, phone, ethereum, solana = user.linked_accounts
    assert (custom_auth.type, custom_auth.custom_user_id) == ("custom_auth", "carol")
    assert (email.type, email.address) == ("email", "carol@example.com")
    assert (phone.type, phone.number) == ("phone", "+15551234567")
    assert user.custom_metadata == {"plan": "gold", "seats": 3, "trial": False}
    wallets = [wallet async for wallet in privy.wallets.list(user_id=user.id)]
    assert [ethereum.address, solana.address] == [wallet.address for wallet in wallets]
    assert (user.is_guest, user.has_accepted_terms, user.mfa_methods) == (False, False, ())
    assert user.extra == {}


async def test_a_user_is_found_in_every_way(privy: PrivyClient) -> None:
    """By Privy's id, by the id in his tokens, by his email and by his wallet."""
    user = await privy.users.create(
        linked_accounts=[
            {"type": "custom_auth", "custom_user_id": "carol/ü"},
            {"type": "email", "address": "carol@example.com"},
        ],
        wallets=[{"chain_type": "ethereum"}],
    )
    address = str(user.linked_accounts[-1].address)
    assert await privy.users.get(user.id) == user
    assert await privy.users.get_by_custom_auth_id("carol/ü") == user
    assert await privy.users.get_by_email_address("carol@example.com") == user
    assert await privy.users.get_by_wallet_address(address) == user


async def test_who_is_not_there_raises(privy: PrivyClient) -> None:
    """Unlike the older Node SDK, which returns null."""
    for look_up in (
        privy.users.get("did:privy:nobody"),
        privy.users.get_by_custom_auth_id("nobody"),
        privy.users.get_by_email_address("nobody@example.com"),
        privy.users.get_by_wallet_address("0x00"),
    ):
        with pytest.raises(NotFoundError, match="User not found") as caught:
            await look_up
        assert caught.value.may_have_happened is False


async def test_an_account_belongs_to_one_user(sandbox: Sandbox, privy: PrivyClient) -> None:
    """The second user with it is refused, once and for good."""
    await new_user(privy, "carol")
    with pytest.raises(ConflictError, match="Account conflict") as caught:
        await new_user(privy, "carol")
    assert caught.value.code == "resource_conflict"
    assert caught.value.may_have_happened is False
    assert len(sandbox.state.users) == 1


async def test_a_wrong_account_is_named_by_privy(privy: PrivyClient) -> None:
    """What the SDK cannot judge, Privy does."""
    with pytest.raises(BadRequestError, match=r"linked_accounts\.0\.address"):
        await privy.users.create(linked_accounts=[{"type": "email"}])


async def test_users_are_listed_page_by_page(privy: PrivyClient) -> None:
    """Every user once, in the order they came."""
    ids = [await new_user(privy, name) for name in ("alice", "bob", "carol")]
    assert [user.id async for user in privy.users.list(limit=2)] == ids
    assert [len(page) async for page in privy.users.list(limit=2).pages()] == [2, 1]
    with pytest.raises(APIStatusError, match="limit"):
        await privy.users.list(limit=101)


async def test_a_deleted_user_is_gone_and_signs_no_more(privy: PrivyClient, alice: Owner) -> None:
    """His key is refused, and his token brings no new one."""
    await alice.privy.wallets.ethereum.sign_message(alice.wallet.id, "hello")
    await privy.users.delete(alice.user_id)
    with pytest.raises(NotFoundError):
        await privy.users.get(alice.user_id)
    with pytest.raises(SigningError) as caught:
        await alice.privy.wallets.ethereum.sign_message(alice.wallet.id, "hello")
    assert isinstance(caught.value.__cause__, NotFoundError)


@pytest.mark.parametrize("user_id", ["", ".", "..", None, 5])
async def test_an_id_that_would_be_another_path_is_refused(
    sandbox: Sandbox, privy: PrivyClient, user_id: str
) -> None:
    """Deleting user "" would address the list of users."""
    with pytest.raises(InvalidArgumentError) as caught:
        await privy.users.delete(user_id)
    assert caught.value.argument == "user_id"
    assert len(sandbox.log) == 0


async def test_users_take_no_idempotency_key(privy: PrivyClient) -> None:
    """An option that Privy would ignore is refused, so that nobody relies on it."""
    options = {"idempotency_key": "order-1"}
    with pytest.raises(TypeError, match="takes no 'idempotency_key'"):
        await privy.users.create(linked_accounts=[], **options)
