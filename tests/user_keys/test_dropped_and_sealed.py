"""Keys that are dropped while they are exchanged for, and what seals and stores take."""

import asyncio
from base64 import b64encode
from hashlib import sha256
from typing import Any

import pytest
from test_user_key_limits import ALICE, BOB, Privy, Store, key

from privy_async.checks import _homes
from privy_async.errors import InvalidArgumentError, PrivyError
from privy_async.signing.authorization import UserAuth
from privy_async.signing.p256 import AuthorizationKey
from privy_async.user_keys.cache import UserKey, UserKeys
from privy_async.user_keys.hpke import seal
from privy_async.user_keys.store import UserKeyCipher

VERIFIED = UserAuth(user_jwt=ALICE.user_jwt, mfa_token="mfa")


class Slow(Privy):
    """A Privy that answers when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[tuple[UserAuth, asyncio.Event]] = []

    async def exchange(self, user: UserAuth) -> UserKey:
        go = asyncio.Event()
        self.waiting.append((user, go))
        await go.wait()
        return await super().exchange(user)


def name(*tokens: str) -> bytes:
    """What stands for tokens in a store of no app's."""
    return sha256(b"\n" + b"".join(sha256(token.encode()).digest() for token in tokens)).digest()


async def begin(keys: UserKeys, *users: UserAuth) -> list["asyncio.Task[UserKey]"]:
    """Ask for the keys of these users."""
    tasks = [asyncio.create_task(keys.get(user)) for user in users]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return tasks


@pytest.mark.anyio
async def test_what_is_dropped_on_its_way() -> None:
    """It serves those who wait for it, and is kept nowhere; others' keys are."""
    privy, store = Slow(), Store()
    keys = privy.keys(store=store)
    tasks = await begin(keys, VERIFIED, BOB)
    await keys.drop(ALICE.user_jwt)
    assert sorted(store.dropped) == sorted([name("a.b.c"), name("a.b.c", "mfa")])
    for _, go in privy.waiting:
        go.set()
    assert len({id(await task) for task in tasks}) == 2
    assert keys.kept(VERIFIED) is None
    assert keys.kept(BOB) is not None
    # What was stored meanwhile is dropped there too.
    assert store.dropped[2:] == [name("a.b.c", "mfa")]
    store.dropped.clear()
    await keys.drop(BOB.user_jwt)
    assert (store.dropped, keys.kept(BOB)) == ([name("b.b.c")], None)


@pytest.mark.anyio
async def test_what_is_kept_is_dropped_by_its_token_alone() -> None:
    """Keys of other tokens stay, in memory and in the store."""
    privy, store = Privy(), Store()
    keys = privy.keys(store=store)
    for user in (ALICE, VERIFIED, BOB):
        await keys.get(user)
    await keys.drop(BOB.user_jwt)
    assert (keys.kept(BOB), store.dropped) == (None, [name("b.b.c")])
    assert None not in (keys.kept(ALICE), keys.kept(VERIFIED))
    await keys.drop("unknown.b.c")
    assert store.dropped[1:] == [name("unknown.b.c")]
    assert None not in (keys.kept(ALICE), keys.kept(VERIFIED))


@pytest.mark.anyio
async def test_a_new_exchange_after_one_that_was_dropped() -> None:
    """The end of the older one does not make room for a third."""
    privy = Slow()
    keys = privy.keys()
    (first,) = await begin(keys, ALICE)
    await keys.drop(ALICE.user_jwt)
    (second,) = await begin(keys, ALICE)
    privy.waiting[0][1].set()
    await first
    await asyncio.sleep(0)
    (third,) = await begin(keys, ALICE)
    assert len(privy.waiting) == 2
    privy.waiting[1][1].set()
    assert await second is await third is keys.kept(ALICE)
    assert keys._exchanges == {}


@pytest.mark.anyio
async def test_a_loop_of_another_process() -> None:
    """Nothing is exchanged on it."""
    keys = Privy().keys()
    loop = asyncio.get_running_loop()
    _homes[loop] = -1
    try:
        with pytest.raises(PrivyError, match="make a new one here"):
            await keys.get(ALICE)
        with pytest.raises(PrivyError, match="make a new one here"):
            keys.prepare([ALICE])
    finally:
        del _homes[loop]
    assert keys._exchanges == {}
    await keys.get(ALICE)


@pytest.mark.anyio
@pytest.mark.parametrize(("capacity", "started"), [(0, 0), (2, 2)])
async def test_keys_that_are_asked_for_ahead(capacity: int, started: int) -> None:
    """Each once; where none are kept it would be for nothing. Closing ends those."""
    privy = Slow()
    keys = privy.keys(capacity)
    for _ in range(2):
        keys.prepare([ALICE, BOB])
    await asyncio.sleep(0)
    assert len(privy.waiting) == len(keys._ahead) == len(keys._exchanges) == started
    await keys.close()
    assert (keys._ahead, keys._exchanges) == (set(), {})


KEY = bytes(range(32))
TEXT = b64encode(KEY).decode()


@pytest.mark.parametrize(
    "given", [KEY, TEXT, f" {TEXT}\n", TEXT.replace("+", "-").replace("/", "_"), [KEY], (TEXT, KEY)]
)
def test_keys_of_a_store(given: Any) -> None:
    """32 bytes, or their base64 in either alphabet; one or several."""
    made = key()
    sealed = UserKeyCipher(KEY).seal(b"name", made)
    opened = UserKeyCipher(given).open(b"name", sealed)
    assert opened is not None
    assert opened.key.to_base64() == made.key.to_base64()
    assert (opened.issued_at, opened.expires_at) == (made.issued_at, made.expires_at)
    assert UserKeyCipher(given).open(b"another", sealed) is None
    # A text has one form: what base64 would pass over makes another of it.
    for other in (f"{sealed[:8]}!{sealed[8:]}", f"{sealed}\n", sealed[4:], "", "é"):
        assert UserKeyCipher(given).open(b"name", other) is None
    assert "cipher" not in repr(UserKeyCipher(given)).replace("UserKeyCipher", "")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (None, "is missing: give 32 bytes or their base64"),
        ([None], "is missing: give 32 bytes or their base64"),
        ([], "expected at least one key"),
        ("", "expected 32 bytes, as bytes or in base64"),
        (7, "expected 32 bytes, as bytes or in base64"),
        (KEY[1:], "expected 32 bytes, as bytes or in base64"),
        (KEY + b"x", "expected 32 bytes, as bytes or in base64"),
        (f"{TEXT[:8]}!{TEXT[8:]}", "expected 32 bytes, as bytes or in base64"),
        (bytearray(KEY), "expected 32 bytes, as bytes or in base64"),
        ([KEY, "x"], "expected 32 bytes, as bytes or in base64"),
    ],
)
def test_what_is_no_key_of_a_store(given: Any, words: str) -> None:
    """The error shows nothing of it."""
    with pytest.raises(InvalidArgumentError, match=f"^encryption_key: {words}") as caught:
        UserKeyCipher(given)
    assert TEXT[:8] not in str(caught.value)


def test_whom_something_is_sealed_for() -> None:
    """A public key as text, blanks apart, and nothing else."""
    public = AuthorizationKey.generate().public_key
    for good in (public, f" {public[:9]}\n{public[9:]} "):
        assert seal(b"x", good)
    for wrong in (f"{public[:9]}!{public[9:]}", public.encode(), None, 7, "", public[:-4]):
        with pytest.raises(InvalidArgumentError):
            seal(b"x", wrong)  # type: ignore[arg-type]
