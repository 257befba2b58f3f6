"""Where the life of a user's key begins and ends, to the moment; and what refuses its token."""

from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any

import attrs
import pytest
from clocks import ReadClock

from privy_async.errors import (
    APIConnectionError,
    APIError,
    APIStatusError,
    AuthenticationError,
    DecryptionError,
    InvalidArgumentError,
    MfaRequiredError,
    SigningError,
)
from privy_async.signing.authorization import UserAuth
from privy_async.signing.p256 import AuthorizationKey
from privy_async.user_keys.cache import (
    UserKey,
    UserKeys,
    check_user_key_store,
    expiry_seconds,
)

NOW = 1_800_000_000.0
ALICE, BOB, CAROL = (UserAuth(user_jwt=f"{name}.b.c") for name in ("a", "b", "c"))


def key(life: float = 600.0, *, issued_at: float = NOW) -> UserKey:
    """A new key that lives so long."""
    return UserKey(AuthorizationKey.generate(), issued_at, issued_at + life)


def refusal(status: int, kind: type[APIStatusError] = APIStatusError, text: str = "no") -> APIError:
    """An answer of Privy's."""
    return kind(text, status=status, body=None, headers={}, method="POST", url="http://x")


@attrs.define
class Privy:
    """Gives out keys, or fails; time stands still until it is set."""

    now: float = NOW
    life: float = 600.0
    error: Exception | None = None
    given: list[UserKey] = attrs.field(factory=list)

    async def exchange(self, user: UserAuth) -> UserKey:
        if self.error is not None:
            raise self.error
        self.given.append(key(self.life, issued_at=self.now))
        return self.given[-1]

    def keys(self, capacity: int = 10, **more: Any) -> UserKeys:
        clock = ReadClock(lambda: self.now)
        return UserKeys(self.exchange, capacity=capacity, clock=clock, **more)


@pytest.mark.parametrize(
    ("life", "before"), [(3600, 60), (601, 60), (600, 60), (599, 59.9), (100, 10), (10, 1)]
)
def test_when_a_key_is_renewed(life: float, before: float) -> None:
    """A minute before its end, or a tenth of its life."""
    assert key(life).renew_at == pytest.approx(NOW + life - before)


@pytest.mark.parametrize(
    ("sent", "read"),
    [(99_999_999_999, 99_999_999_999), (100_000_000_000, 1e8), (1_800_000_000_000, 1.8e9)],
)
def test_units_of_an_expiry(sent: float, read: float) -> None:
    """Milliseconds, unless it would be before 1973."""
    assert expiry_seconds(sent) == read


@pytest.mark.anyio
async def test_a_key_serves_until_it_ages() -> None:
    """Up to the moment, from which it is renewed."""
    privy = Privy()
    keys = privy.keys()
    first = await keys.get(ALICE)
    privy.now = first.renew_at - 0.001
    assert keys.kept(ALICE) is first
    assert await keys.get(ALICE) is first
    privy.now = first.renew_at
    assert keys.kept(ALICE) is None
    assert await keys.get(ALICE) is privy.given[1]
    assert len(privy.given) == 2


@pytest.mark.anyio
async def test_an_ageing_key_serves_while_it_cannot_be_renewed() -> None:
    """It is tried again every 5 s, and no later than it expires; then the failure is told."""
    privy = Privy()
    keys = privy.keys()
    old = await keys.get(ALICE)
    tries: list[float] = []

    async def exchange(user: UserAuth) -> UserKey:
        tries.append(privy.now - old.renew_at)
        raise APIConnectionError("no", method="POST", url="http://x")

    failing = keys.with_exchange(exchange)
    for after in (0, 0.1, 4.9, 5, 5.1, 9.9, 10, 57, 59.9):
        privy.now = old.renew_at + after
        assert await failing.get(ALICE) is old
    assert tries == pytest.approx([0, 5, 10, 57])
    privy.now = old.expires_at
    with pytest.raises(APIConnectionError):
        await failing.get(ALICE)
    assert await keys.get(ALICE) is privy.given[1]


@pytest.mark.anyio
@pytest.mark.parametrize(("life", "good"), [(0.2, True), (0.1, False), (0.0, False), (-1, False)])
async def test_a_key_that_ends_as_it_comes(life: float, good: bool) -> None:
    """A tenth of a second is what signing may take."""
    privy = Privy(life=life)
    if good:
        assert (await privy.keys().get(ALICE)).expires_at == NOW + life
        return
    with pytest.raises(SigningError, match="expired already: check the clock"):
        await privy.keys().get(ALICE)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("error", "signing"),
    [
        (refusal(400), True),
        (refusal(401, AuthenticationError), True),
        (refusal(401, AuthenticationError, "Invalid app ID or app secret."), False),
        (refusal(404), True),
        (refusal(408), False),
        (refusal(425), False),
        (refusal(429), False),
        (refusal(499), True),
        (refusal(500), False),
        (refusal(399), False),
        (refusal(401, MfaRequiredError), False),
        (APIConnectionError("no", method="POST", url="http://x"), False),
        (DecryptionError("no"), False),
    ],
    ids=lambda value: f"{type(value).__name__} {getattr(value, 'status', '')}",
)
async def test_what_refuses_a_token(error: Exception, signing: bool) -> None:
    """The user must log in again; all else comes as it is."""
    keys = Privy(error=error).keys()
    with pytest.raises(SigningError if signing else type(error)) as caught:
        await keys.get(ALICE)
    if signing:
        assert type(caught.value.__cause__) is type(error)
        said = "no key for this user's token, so the request was not signed"
        assert str(caught.value) == f"{said}: {error}"
    assert keys._exchanges == {}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("capacity", "kept"), [(0, ""), (1, "a"), (2, "ca"), (3, "bca"), (9, "bca")]
)
async def test_how_many_keys_are_kept(capacity: int, kept: str) -> None:
    """Those used last."""
    keys = Privy().keys(capacity)
    for user in (ALICE, BOB, CAROL, ALICE):
        await keys.get(user)
    found = [name for name, user in (("b", BOB), ("c", CAROL), ("a", ALICE)) if keys.kept(user)]
    assert "".join(found) == kept


@attrs.define
class Store:
    """A store that keeps nothing, and notes by which names it was asked."""

    asked: list[bytes] = attrs.field(factory=list)
    dropped: list[bytes] = attrs.field(factory=list)
    closed: int = 0
    has: UserKey | None = None

    async def get(
        self,
        name: bytes,
        usable: Callable[[UserKey], bool],
        exchange: Callable[[], Awaitable[UserKey]],
    ) -> UserKey:
        self.asked.append(name)
        return self.has if self.has is not None and usable(self.has) else await exchange()

    async def forget(self, name: bytes) -> None:
        self.dropped.append(name)

    async def close(self) -> None:
        self.closed += 1


@pytest.mark.anyio
async def test_names_in_a_store() -> None:
    """They stand for the app and for the tokens, the second factor's too."""
    store, privy = Store(), Privy()
    keys = privy.keys(app_id="app", store=store)
    verified = UserAuth(user_jwt=ALICE.user_jwt, mfa_token="mfa")
    plain = sha256(ALICE.user_jwt.encode()).digest()
    both = plain + sha256(b"mfa").digest()
    await keys.get(ALICE)
    await keys.get(verified)
    names = [sha256(b"app\n" + digest).digest() for digest in (plain, both)]
    assert store.asked == names
    await keys.drop(ALICE.user_jwt)
    assert sorted(store.dropped) == sorted(names)
    assert (keys.kept(ALICE), keys.kept(verified)) == (None, None)
    await keys.close()
    assert store.closed == 1
    await privy.keys(store=store).get(ALICE)
    assert store.asked[-1] == sha256(b"\n" + plain).digest()


@pytest.mark.anyio
async def test_a_refused_key_does_not_come_back() -> None:
    """Neither from memory nor from a store, unless a newer one has taken its place."""
    store, privy = Store(), Privy()
    keys = privy.keys(store=store)
    first = await keys.get(ALICE)
    keys.forget(ALICE, key())
    assert keys.kept(ALICE) is first
    keys.forget(ALICE, first)
    assert keys.kept(ALICE) is None
    store.has = first
    assert await keys.get(ALICE) is privy.given[1]
    store.has, privy.now = key(), NOW
    assert await keys.get(BOB) is store.has
    privy.now = store.has.renew_at
    assert await keys.get(CAROL) is privy.given[2]


def test_how_many_refused_keys_are_remembered() -> None:
    """A thousand, with a store alone."""
    refused = key()
    for store, count in ((Store(), 1000), (None, 0)):
        keys = Privy().keys(store=store)
        for number in range(1001):
            keys.forget(UserAuth(user_jwt=f"a.b.{number}"), refused)
        assert len(keys._refused) == count


def test_what_is_a_store() -> None:
    """It has three coroutine functions."""
    store = Store()
    assert check_user_key_store(store) is store
    assert check_user_key_store(None) is None
    for missing in ("get", "forget", "close"):
        methods = {name: getattr(Store, name) for name in ("get", "forget", "close")}
        for other in (None, lambda self: None):
            wrong = type("Wrong", (), {**methods, missing: other})()
            with pytest.raises(InvalidArgumentError, match="user_key_store: expected a"):
                check_user_key_store(wrong)
