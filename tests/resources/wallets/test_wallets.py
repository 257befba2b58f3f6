"""Wallets: made, found, changed, listed page by page, and signing raw."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from eth_keys.datatypes import PublicKey, Signature
from eth_utils import keccak
from sdk_helpers import Owner, RawServer, http_answer, logged, new_user, nothing_sent
from solders.pubkey import Pubkey

from privy_async import (
    APIResponseError,
    AuthenticationError,
    AuthorizationKey,
    InvalidArgumentError,
    NotFoundError,
    Page,
    PrivyClient,
)
from privy_async.sandbox import Sandbox
from privy_async.values import Unknown

pytest_plugins = ("fixtures_sdk",)
pytestmark = pytest.mark.anyio

WALLET = {
    "id": "w",
    "address": "0x",
    "chain_type": "ethereum",
    "created_at": 1,
    "policy_ids": [],
    "additional_signers": [],
}


# Making, finding, changing


async def test_a_wallet_is_made_as_told(sandbox: Sandbox, privy: PrivyClient) -> None:
    """Every setting arrives, and the answer shows it."""
    user_id = await new_user(privy, "alice")
    helper = await privy.key_quorums.create(public_keys=[AuthorizationKey.generate().public_key])
    wallet = await privy.wallets.create(
        chain_type="solana",
        owner={"user_id": user_id},
        additional_signers=[{"signer_id": helper.id}],
        policy_ids=[],
        display_name="Savings",
        external_id="savings-1",
        entity={"id": user_id, "type": "user"},
    )
    assert (wallet.chain_type, wallet.display_name) == ("solana", "Savings")
    assert (wallet.external_id, wallet.policy_ids) == ("savings-1", ())
    assert [signer.signer_id for signer in wallet.additional_signers] == [helper.id]
    assert wallet.entity is not None
    assert wallet.entity.id == user_id
    assert wallet.authorization_threshold == 1
    assert wallet.extra == {}
    assert list(sandbox.state.wallets) == [wallet.id]


async def test_a_wallet_is_found_in_every_way(privy: PrivyClient) -> None:
    """By its id, by the caller's own id, by its address in any case, and in the list."""
    wallet = await privy.wallets.create(chain_type="ethereum", external_id="own-1")
    assert await privy.wallets.get(wallet.id) == wallet
    assert await privy.wallets.get("ext_wal_own-1") == wallet
    assert await privy.wallets.get_by_address(wallet.address.lower()) == wallet
    assert (await privy.wallets.list(external_id="own-1")).items == (wallet,)


async def test_what_is_not_there_raises(privy: PrivyClient) -> None:
    """Privy's message, its code and the request's id come along."""
    with pytest.raises(NotFoundError, match="Wallet not found") as caught:
        await privy.wallets.get("nothing")
    assert (caught.value.status, caught.value.code) == (404, "not_found")
    assert caught.value.request_id == caught.value.headers["x-request-id"]
    assert caught.value.body == {"error": "Wallet not found", "code": "not_found"}


@pytest.mark.parametrize(
    ("call", "body"),
    [
        (lambda w: w.update("w"), {}),
        (lambda w: w.update("w", owner=None), {"owner": None}),
        (lambda w: w.update("w", owner_id=None), {"owner_id": None}),
        (lambda w: w.update("w", display_name=None), {"display_name": None}),
        (lambda w: w.update("w", policy_ids=()), {"policy_ids": []}),
        (lambda w: w.update("w", extra_body={"new": None}), {"new": None}),
        (lambda w: w.create(chain_type="sui"), {"chain_type": "sui"}),
        (lambda w: w.create(chain_type="sui", owner=None), {"chain_type": "sui", "owner": None}),
        (
            lambda w: w.create(
                chain_type="sui",
                entity={"id": "o", "type": "organization"},
                extra_body={"entity": {"new": 1}, "a": {"b": 2}},
            ),
            {
                "chain_type": "sui",
                "entity": {"id": "o", "type": "organization", "new": 1},
                "a": {"b": 2},
            },
        ),
    ],
)
async def test_none_is_null_and_what_is_not_given_is_not_sent(
    call: Callable[[Any], Awaitable[object]], body: dict[str, object]
) -> None:
    """The JSON has the given fields and no others; `extra_body` adds to it."""
    async with RawServer(http_answer(WALLET)) as server, server.client() as privy:
        await call(privy.wallets)
    assert server.requests[0].json == body


async def test_none_removes_the_owner(sandbox: Sandbox, alice: Owner) -> None:
    """Another change leaves the owner; null removes him, and the app's secret is enough then."""
    renamed = await alice.privy.wallets.update(alice.wallet.id, display_name="renamed")
    assert renamed.owner_id == alice.wallet.owner_id
    freed = await alice.privy.wallets.update(alice.wallet.id, owner=None)
    assert (freed.owner_id, freed.display_name) == (None, "renamed")
    async with sandbox.client() as app:
        await app.wallets.ethereum.sign_message(alice.wallet.id, "hello")


async def test_the_owner_alone_may_change_a_wallet(privy: PrivyClient, alice: Owner) -> None:
    """The app's secret is not enough; and who gave a wallet away changes it no more."""
    with pytest.raises(AuthenticationError):
        await privy.wallets.update(alice.wallet.id, display_name="mine")
    key = AuthorizationKey.generate()
    owned = await alice.privy.wallets.update(alice.wallet.id, owner={"public_key": key.public_key})
    assert owned.owner_id != alice.wallet.owner_id
    with pytest.raises(AuthenticationError):
        await alice.privy.wallets.update(alice.wallet.id, display_name="mine")
    privy.update_authorization_key(key)
    await privy.wallets.update(alice.wallet.id, display_name="mine")


async def test_an_archived_wallet_is_left_out(privy: PrivyClient) -> None:
    """Unless it is asked for."""
    wallet = await privy.wallets.create(chain_type="ethereum")
    archived = await privy.wallets.archive(wallet.id)
    assert archived.archived_at is not None
    assert len(await privy.wallets.list()) == 0
    assert [each.id async for each in privy.wallets.list(include_archived=True)] == [wallet.id]


async def test_a_wrong_secret_is_refused(sandbox: Sandbox) -> None:
    """A 401 with a hint about the app's secret, and none about signatures."""
    client = PrivyClient(app_id=sandbox.app_id, app_secret="x", base_url=sandbox.base_url)
    async with client as privy:
        with pytest.raises(AuthenticationError, match="Invalid app ID or app secret") as caught:
            await privy.wallets.create(chain_type="ethereum")
    assert "PRIVY_APP_SECRET" in caught.value.hint
    assert sandbox.state.wallets == {}


async def test_any_rpc_method_can_be_called(privy: PrivyClient) -> None:
    """`rpc` takes a body as Privy documents it, and gives the answer's data as it comes."""
    wallet = await privy.wallets.create(chain_type="ethereum")
    body = {"method": "personal_sign", "params": {"message": "hello", "encoding": "utf-8"}}
    answer = await privy.wallets.rpc(wallet.id, body)
    signed = await privy.wallets.ethereum.sign_message(wallet.id, "hello")
    assert answer.method == "personal_sign"
    assert answer.data == {"signature": signed.signature, "encoding": "hex"}


@pytest.mark.parametrize("body", [{}, {"method": None}, {"params": {}}, None, [], "x"])
async def test_a_body_without_a_method_is_refused(privy: PrivyClient, body: Any) -> None:
    """Before anything is sent."""
    with pytest.raises(InvalidArgumentError, match="body: expected a mapping"):
        await privy.wallets.rpc("w", body)


# Lists


async def five_wallets(privy: PrivyClient) -> list[str]:
    """Make some wallets and return their ids, the oldest first."""
    return [(await privy.wallets.create(chain_type="tron")).id for _ in range(5)]


def pages_fetched(sandbox: Sandbox) -> int:
    """How many pages of wallets were asked for."""
    return len(logged(sandbox, "GET", "/v1/wallets"))


async def test_walking_over_a_list_fetches_every_page(sandbox: Sandbox, privy: PrivyClient) -> None:
    """Five wallets in pages of two are three pages, each item once; a second walk starts anew."""
    ids = await five_wallets(privy)
    wallets = privy.wallets.list(limit=2)
    assert pages_fetched(sandbox) == 0
    assert [wallet.id async for wallet in wallets] == ids
    assert pages_fetched(sandbox) == 3
    assert [wallet.id async for wallet in wallets] == ids
    assert pages_fetched(sandbox) == 6


async def test_leaving_a_walk_early_fetches_no_more(sandbox: Sandbox, privy: PrivyClient) -> None:
    """Nothing is fetched ahead, and nothing stays open."""
    ids = await five_wallets(privy)
    async for wallet in privy.wallets.list(limit=2):
        assert wallet.id == ids[0]
        break
    assert pages_fetched(sandbox) == 1


async def test_awaiting_a_list_fetches_one_page(sandbox: Sandbox, privy: PrivyClient) -> None:
    """Its cursor leads on to the next page; the last page has none."""
    ids = await five_wallets(privy)
    first = await privy.wallets.list(limit=3)
    assert isinstance(first, Page)
    assert [wallet.id for wallet in first] == ids[:3]
    assert first.next_cursor is not None
    second = await privy.wallets.list(limit=3, cursor=first.next_cursor)
    assert ([wallet.id for wallet in second.items], len(second)) == (ids[3:], 2)
    assert second.next_cursor is None
    assert pages_fetched(sandbox) == 2


async def test_a_walk_can_go_page_by_page_from_a_cursor(privy: PrivyClient) -> None:
    """`pages()` gives whole pages, and a cursor begins where a page ended."""
    ids = await five_wallets(privy)
    sizes = [len(page) async for page in privy.wallets.list(limit=2, cursor=ids[0]).pages()]
    assert sizes == [2, 2]


async def test_filters_reach_the_server(privy: PrivyClient, alice: Owner) -> None:
    """Each filter leaves the wallets that match it."""
    key = AuthorizationKey.generate()
    keyed = await privy.wallets.create(chain_type="tron", owner={"public_key": key.public_key})
    wallets = privy.wallets
    for found, wallet in (
        (wallets.list(user_id=alice.user_id), alice.wallet),
        (wallets.list(address=keyed.address), keyed),
        (wallets.list(chain_type="tron"), keyed),
        (wallets.list(authorization_key=key.public_key), keyed),
    ):
        assert (await found).items == (wallet,)


@pytest.mark.parametrize(
    ("answer", "path"),
    [
        ({}, "data"),
        ([], "data"),
        ({"data": None}, "data"),
        ({"data": {}}, "data"),
        ({"data": "w"}, "data"),
        ({"wallets": [WALLET]}, "data"),
    ],
)
async def test_what_is_no_page_of_wallets_is_refused(answer: object, path: str) -> None:
    """The error names the place in the answer and the request."""
    async with RawServer(http_answer(answer)) as server, server.client() as privy:
        with pytest.raises(APIResponseError) as caught:
            await privy.wallets.list()
    assert caught.value.path == path
    assert caught.value.url == f"{server.url}/v1/wallets"
    assert caught.value.may_have_happened is False


async def test_an_odd_wallet_does_not_lose_a_page() -> None:
    """The others are there, and what is odd keeps its JSON."""
    odd = {"id": "w2", "chain_type": "solana"}
    answer = {"data": [WALLET, odd, None, {**WALLET, "policy_ids": 5}], "next_cursor": None}
    async with RawServer(http_answer(answer)) as server, server.client() as privy:
        page = await privy.wallets.list()
    whole, without_address, nothing, without_policies = page.items
    assert whole.to_json() == {name: item for name, item in WALLET.items() if item is not None}
    assert without_address == Unknown(extra=odd)
    assert nothing == Unknown(extra={"": None})
    assert (without_policies.id, without_policies.policy_ids) == (whole.id, None)
    assert without_policies.extra == {"policy_ids": 5}


async def test_the_path_in_an_rpc_answer_begins_at_the_answer() -> None:
    """A signature that is missing is missing at `data.signature`."""
    answer = http_answer({"method": "personal_sign", "data": {"encoding": "hex"}})
    async with RawServer(answer) as server, server.client() as privy:
        with pytest.raises(APIResponseError) as caught:
            await privy.wallets.ethereum.sign_message("w", "hello")
    assert caught.value.path == "data.signature"
    assert caught.value.may_have_happened is True
    assert caught.value.status == 200
    assert caught.value.body == {"method": "personal_sign", "data": {"encoding": "hex"}}


# Raw signatures


async def test_secp256k1_signs_raw(privy: PrivyClient) -> None:
    """A hash as it is, and bytes after the hash function, make the same bare r and s."""
    wallet = await privy.wallets.create(chain_type="tron")
    digest = keccak(b"hello")
    for options in (
        {"hash": digest},
        {"hash": f"0x{digest.hex()}"},
        {"data": b"hello", "hash_function": "keccak256"},
    ):
        signed = await privy.wallets.raw_sign(wallet.id, **options)
        raw = bytes.fromhex(signed.signature[2:])
        assert len(raw) == 64
        key = PublicKey.from_compressed_bytes(bytes.fromhex(str(wallet.public_key)))
        assert key.verify_msg_hash(digest, Signature(raw + b"\x00"))


async def test_ed25519_signs_raw(privy: PrivyClient) -> None:
    """There the "hash" is the whole message."""
    wallet = await privy.wallets.create(chain_type="solana")
    signed = await privy.wallets.raw_sign(wallet.id, hash=b"a message of any length")
    key = Ed25519PublicKey.from_public_bytes(bytes(Pubkey.from_string(wallet.address)))
    key.verify(bytes.fromhex(signed.signature[2:]), b"a message of any length")


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({}, "hash"),
        ({"hash": b"x", "data": b"x", "hash_function": "sha256"}, "hash"),
        ({"data": b"x"}, "hash_function"),
        ({"hash": b"x", "hash_function": "sha256"}, "hash_function"),
        ({"hash": "abcd"}, "hash"),
        ({"data": "text", "hash_function": "sha256"}, "data"),
    ],
)
async def test_raw_sign_takes_a_hash_or_data(
    sandbox: Sandbox, privy: PrivyClient, options: dict[str, Any], argument: str
) -> None:
    """Anything between the two is named before it is sent."""
    with nothing_sent(sandbox), pytest.raises(InvalidArgumentError) as caught:
        await privy.wallets.raw_sign("w", **options)
    assert caught.value.argument == argument
