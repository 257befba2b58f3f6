"""Users' keys outside the process: sealed for one name, and fetched once for all processes."""

import asyncio
import base64
import json
import os
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import attrs
import pytest
from clocks import ReadClock
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from issuer import KEY, Issuer
from users_who_sign import user

from privy_async.errors import APIConnectionError, InvalidArgumentError, SigningError
from privy_async.signing.authorization import UserAuth
from privy_async.signing.p256 import AuthorizationKey
from privy_async.user_keys.cache import UserKey, UserKeys, check_user_key_store
from privy_async.user_keys.store import EncryptionKey, UserKeyCipher

pytestmark = pytest.mark.anyio

NAME = bytes(range(32))
USER_KEY = UserKey(key=KEY, issued_at=1_000_000.25, expires_at=1_003_600.5)
OLD, NEW = os.urandom(32), os.urandom(32)


# --- sealing


def test_a_sealed_key_opens_as_it_was() -> None:
    """Key and times come back the same, from text and from bytes."""
    cipher = UserKeyCipher(NEW)
    sealed = cipher.seal(NAME, USER_KEY)
    for form in (sealed, sealed.encode()):
        opened = cipher.open(NAME, form)
        assert opened is not None
        assert opened.key.to_base64() == KEY.to_base64()
        assert (opened.issued_at, opened.expires_at) == (1_000_000.25, 1_003_600.5)


def test_it_is_sealed_as_aes_gcm_says() -> None:
    """Another implementation's caller opens it: a nonce of 12 bytes in front, the name bound."""
    data = base64.b64decode(UserKeyCipher(NEW).seal(NAME, USER_KEY))
    label = b"privy-async user key 1\n" + NAME
    assert json.loads(AESGCM(NEW).decrypt(data[:12], data[12:], label)) == {
        "key": KEY.to_base64(),
        "issued_at": 1_000_000.25,
        "expires_at": 1_003_600.5,
    }


def test_sealing_twice_gives_different_texts() -> None:
    """Each seal has a nonce of its own, and shows nothing of the key."""
    cipher = UserKeyCipher(NEW)
    texts = {cipher.seal(NAME, USER_KEY) for _ in range(100)}
    assert len(texts) == 100
    assert not any(KEY.to_base64()[40:80] in text for text in texts)


def test_a_key_opens_under_its_own_name_only() -> None:
    """Values that were swapped in the store are worth nothing."""
    cipher = UserKeyCipher(NEW)
    assert cipher.open(bytes(32), cipher.seal(NAME, USER_KEY)) is None


def test_what_was_tampered_with_does_not_open() -> None:
    """Whichever byte is changed or missing."""
    cipher = UserKeyCipher(NEW)
    data = base64.b64decode(cipher.seal(NAME, USER_KEY))
    for index in range(len(data)):
        changed = data[:index] + bytes([data[index] ^ 1]) + data[index + 1 :]
        assert cipher.open(NAME, base64.b64encode(changed)) is None
        assert cipher.open(NAME, base64.b64encode(data[:index])) is None
    for text in ("", "no base64!", "ä", b"\xff\xfe"):
        assert cipher.open(NAME, text) is None


def test_replacing_the_encryption_key() -> None:
    """All keys open, the first seals; what the dropped one sealed opens no more."""
    old, both, new = UserKeyCipher(OLD), UserKeyCipher([NEW, OLD]), UserKeyCipher([NEW])
    assert both.open(NAME, old.seal(NAME, USER_KEY)) is not None
    assert new.open(NAME, both.seal(NAME, USER_KEY)) is not None
    assert new.open(NAME, old.seal(NAME, USER_KEY)) is None
    assert old.open(NAME, both.seal(NAME, USER_KEY)) is None


@pytest.mark.parametrize(
    "form",
    [
        NEW,
        base64.b64encode(NEW).decode(),
        base64.urlsafe_b64encode(NEW).decode(),
        f" {base64.b64encode(NEW).decode()}\n",
        (NEW,),
        iter([NEW]),
    ],
    ids=["bytes", "base64", "base64url", "with a line break", "tuple", "iterator"],
)
def test_forms_of_an_encryption_key(form: EncryptionKey | Iterable[EncryptionKey]) -> None:
    """The same key in any of its forms opens."""
    assert UserKeyCipher(form).open(NAME, UserKeyCipher(NEW).seal(NAME, USER_KEY)) is not None


@pytest.mark.parametrize(
    "key",
    ["", "secret-passphrase", b"x" * 31, NEW.hex(), [], [NEW, "short"], [32]],
    ids=["empty", "passphrase", "31 bytes", "hex", "none", "one of two", "number"],
)
def test_what_is_no_encryption_key(key: Any) -> None:
    """It is refused by name, and not shown."""
    with pytest.raises(InvalidArgumentError) as caught:
        UserKeyCipher(key)
    assert caught.value.argument == "encryption_key"
    assert "secret-passphrase" not in str(caught.value)
    assert NEW.hex() not in str(caught.value)


def test_no_secret_shows() -> None:
    """The cipher's repr holds no key."""
    assert repr(UserKeyCipher([NEW, OLD])) == "UserKeyCipher()"


# --- a store behind the keys in memory


class Shared:
    """A store in memory, for the keys of several processes' worth of `UserKeys`."""

    def __init__(self) -> None:
        self.keys: dict[bytes, UserKey] = {}
        self.asked = 0
        self.closed = 0

    async def get(
        self,
        name: bytes,
        usable: Callable[[UserKey], bool],
        exchange: Callable[[], Awaitable[UserKey]],
    ) -> UserKey:
        self.asked += 1
        if name not in self.keys or not usable(self.keys[name]):
            self.keys[name] = await exchange()
        found = self.keys[name]
        # Another process has another object, made from the same bytes.
        return attrs.evolve(found, key=AuthorizationKey(found.key.private_key))

    async def forget(self, name: bytes) -> None:
        self.keys.pop(name, None)

    async def close(self) -> None:
        self.closed += 1


@attrs.define
class Processes:
    """Two that share a store, and the issuer they ask."""

    issuer: Issuer = attrs.field(factory=Issuer)
    store: Shared = attrs.field(factory=Shared)

    def keys(self, *, capacity: int = 100, app_id: str = "app") -> UserKeys:
        return UserKeys(
            self.new_key,
            capacity=capacity,
            app_id=app_id,
            store=self.store,
            clock=ReadClock(lambda: self.issuer.now),
        )

    async def new_key(self, user: UserAuth) -> UserKey:
        issued = await self.issuer.exchange(user)
        return attrs.evolve(issued, key=AuthorizationKey.generate())


def same(left: UserKey, right: UserKey) -> bool:
    return left.key.public_key == right.key.public_key


async def test_one_exchange_for_all_processes() -> None:
    """The second process takes from the store what the first one put there."""
    processes = Processes()
    first, second = processes.keys(), processes.keys()
    assert same(await first.get(user("jwt")), await second.get(user("jwt")))
    assert processes.issuer.calls == {"jwt": 1}


async def test_memory_stands_before_the_store() -> None:
    """A key in memory costs no question to the store, however often it is used."""
    processes = Processes()
    keys = processes.keys()
    await asyncio.gather(*(keys.get(user("jwt")) for _ in range(100)))
    assert await keys.get(user("jwt")) is await keys.get(user("jwt"))
    assert processes.store.asked == 1


async def test_apps_and_tokens_are_apart() -> None:
    """Two apps that accept the same token have a key each, under names that tell neither."""
    processes = Processes()
    one, two = processes.keys(app_id="one"), processes.keys(app_id="two")
    got = [await keys.get(user(jwt)) for keys in (one, two) for jwt in ("a", "b")]
    assert len({key.key.public_key for key in got}) == 4
    assert {len(name) for name in processes.store.keys} == {32}


async def test_an_ageing_key_is_renewed_once_for_all() -> None:
    """When its last minute comes, one process exchanges and the other takes the new key."""
    processes = Processes()
    first, second = processes.keys(), processes.keys()
    old = await first.get(user("jwt"))
    await second.get(user("jwt"))
    processes.issuer.now = old.renew_at
    new = await first.get(user("jwt"))
    assert not same(old, new)
    assert same(new, await second.get(user("jwt")))
    assert processes.issuer.calls == {"jwt": 2}


@pytest.mark.parametrize("capacity", [100, 0])
async def test_a_refused_key_does_not_come_back_from_the_store(capacity: int) -> None:
    """It is exchanged anew, once for all; who is late takes the new one."""
    processes = Processes()
    first, second = processes.keys(capacity=capacity), processes.keys(capacity=capacity)
    old_first, old_second = await first.get(user("jwt")), await second.get(user("jwt"))
    first.forget(user("jwt"), old_first)
    new = await first.get(user("jwt"))
    assert not same(new, old_first)
    second.forget(user("jwt"), old_second)
    assert same(await second.get(user("jwt")), new)
    assert processes.issuer.calls == {"jwt": 2}


async def test_an_older_key_that_is_put_back() -> None:
    """It signs for the same user, no longer than it would have, and then gives way to a new one."""
    processes = Processes()
    first = processes.keys()
    old = await first.get(user("jwt"))
    [name] = processes.store.keys
    processes.issuer.now = old.issued_at + 60
    first.forget(user("jwt"), old)
    new = await first.get(user("jwt"))
    processes.store.keys[name] = old
    second = processes.keys()
    assert same(await second.get(user("jwt")), old)
    assert same(await first.get(user("jwt")), new), "it stands in memory"
    processes.issuer.now = old.renew_at
    assert not same(await second.get(user("jwt")), old)
    assert processes.issuer.calls == {"jwt": 3}


async def test_a_refused_key_that_is_put_back() -> None:
    """Who was told of the refusal does not take it; another one is told, and exchanges once."""
    processes = Processes()
    first, second = processes.keys(), processes.keys()
    refused = await first.get(user("jwt"))
    [name] = processes.store.keys
    first.forget(user("jwt"), refused)
    processes.store.keys[name] = refused
    assert not same(await first.get(user("jwt")), refused)
    processes.store.keys[name] = refused
    put_back = await second.get(user("jwt"))
    assert same(put_back, refused)
    second.forget(user("jwt"), put_back)
    assert not same(await second.get(user("jwt")), refused)
    assert processes.issuer.calls == {"jwt": 3}


async def test_a_late_refusal_leaves_the_new_key_alone() -> None:
    """A process that hears late that the old key is refused keeps the new one."""
    processes = Processes()
    keys = processes.keys()
    old = await keys.get(user("jwt"))
    keys.forget(user("jwt"), old)
    new = await keys.get(user("jwt"))
    keys.forget(user("jwt"), old)
    assert await keys.get(user("jwt")) is new
    assert processes.issuer.calls == {"jwt": 2}


async def test_failures_pass_through_the_store() -> None:
    """What the exchange raises reaches the caller as without a store."""
    processes = Processes()
    url = "https://api.privy.io/v1/x"
    processes.issuer.failure = APIConnectionError("no way", method="POST", url=url)
    with pytest.raises(APIConnectionError, match="no way"):
        await processes.keys().get(user("jwt"))
    processes.issuer.failure = None
    processes.issuer.life = 0
    with pytest.raises(SigningError, match="expired already"):
        await processes.keys().get(user("jwt"))
    assert processes.store.keys == {}


async def test_closing() -> None:
    """It closes the store's connections; without a store there is nothing to close."""
    processes = Processes()
    await processes.keys().close()
    await Issuer().keys().close()
    assert processes.store.closed == 1


def test_a_store_is_told_from_what_is_none() -> None:
    """Anything with the three methods is one; other things are refused by the option's name."""
    store = Shared()
    assert check_user_key_store(store) is store
    assert check_user_key_store(None) is None
    for other in ("redis://localhost", {}, object()):
        assert_no_store(other)


@pytest.mark.parametrize("name", ["get", "forget", "close"])
@pytest.mark.parametrize("method", [None, lambda self, *arguments: None], ids=["none", "sync"])
def test_each_method_of_a_store_is_async(name: str, method: Any) -> None:
    """A store that lacks one, or whose method is not awaited, is found out at the beginning."""
    assert_no_store(type("Store", (Shared,), {name: method})())


def assert_no_store(other: Any) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        check_user_key_store(other)
    assert caught.value.argument == "user_key_store"
