"""Users' keys: one exchange for all who wait, cached, renewed, and never used expired."""

import asyncio
import traceback
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from issuer import Issuer, broken, settle
from users_who_sign import user

from privy_async.checks import check_count
from privy_async.errors import (
    APIConnectionError,
    APIError,
    APIStatusError,
    AuthenticationError,
    DecryptionError,
    InternalServerError,
    InvalidArgumentError,
    RateLimitError,
    SigningError,
)
from privy_async.user_keys.cache import UserKey, UserKeys

pytestmark = pytest.mark.anyio


# --- one exchange


async def test_a_thousand_waiters_share_one_exchange() -> None:
    """However many calls need the key at once, it is asked for once, and then kept."""
    issuer = Issuer()
    keys = issuer.keys()
    got = await asyncio.gather(*(keys.get(user("jwt")) for _ in range(1000)))
    assert len(set(map(id, got))) == 1
    assert await keys.get(user("jwt")) is got[0]
    assert issuer.calls == {"jwt": 1}


async def test_tokens_are_apart() -> None:
    """Another token is another user: a key is never shared between two."""
    issuer = Issuer()
    keys = issuer.keys()
    tokens = [f"jwt{number}" for number in range(20)]
    got = await asyncio.gather(*(keys.get(user(token)) for token in tokens * 3))
    assert issuer.calls == dict.fromkeys(tokens, 1)
    assert len(set(map(id, got))) == 20
    assert got[:20] == got[20:40] == got[40:]


async def test_exchanges_run_side_by_side() -> None:
    """The exchange of one token does not wait for that of another."""
    issuer = Issuer(gate=asyncio.Event())
    keys = issuer.keys()
    waiting = asyncio.gather(*(keys.get(user(token)) for token in "abc"))
    await settle()
    assert issuer.gate is not None
    issuer.gate.set()
    assert len(await waiting) == 3


async def test_a_cancelled_waiter_leaves_the_others_waiting() -> None:
    """Cancelling the first who asked cancels neither the exchange nor those who share it."""
    issuer = Issuer(gate=asyncio.Event())
    keys = issuer.keys()
    first, *others = [asyncio.create_task(keys.get(user("jwt"))) for _ in range(10)]
    await settle()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert issuer.gate is not None
    issuer.gate.set()
    assert len(set(map(id, await asyncio.gather(*others)))) == 1
    assert issuer.calls == {"jwt": 1}


@pytest.mark.parametrize("failure", [None, broken()], ids=["success", "failure"])
async def test_all_waiters_cancelled(failure: Exception | None) -> None:
    """The exchange still ends, quietly: a key is kept, a failure is forgotten."""
    complaints: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: complaints.append(context))
    issuer = Issuer(gate=asyncio.Event(), failure=failure)
    keys = issuer.keys()
    waiters = [asyncio.create_task(keys.get(user("jwt"))) for _ in range(3)]
    await settle()
    for waiter in waiters:
        waiter.cancel()
    await asyncio.wait(waiters)
    assert issuer.gate is not None
    issuer.gate.set()
    await settle()
    issuer.failure = None
    await keys.get(user("jwt"))
    assert issuer.calls == {"jwt": 1 if failure is None else 2}
    assert complaints == []


# --- failures


async def test_a_failure_is_not_cached() -> None:
    """The next call asks again."""
    issuer = Issuer(failure=broken())
    keys = issuer.keys()
    for _ in range(3):
        with pytest.raises(APIConnectionError):
            await keys.get(user("jwt"))
    issuer.failure = None
    await keys.get(user("jwt"))
    assert issuer.calls == {"jwt": 4}


async def test_each_waiter_has_an_error_of_its_own() -> None:
    """Waiters who share a failed exchange get equal errors, none of them the same object."""
    issuer = Issuer(failure=refusal(400))
    keys = issuer.keys()
    waiters = (keys.get(user("jwt")) for _ in range(50))
    errors = await asyncio.gather(*waiters, return_exceptions=True)
    assert issuer.calls == {"jwt": 1}
    assert {(type(error), str(error)) for error in errors} == {
        (
            SigningError,
            "no key for this user's token, so the request was not signed: "
            "400: no (POST https://api.privy.io/v1/x)",
        )
    }
    assert len(set(map(id, errors))) == 50
    causes = [error.__cause__ for error in errors if isinstance(error, BaseException)]
    assert all(isinstance(cause, APIStatusError) for cause in causes)
    assert len(set(map(id, causes))) == 50
    lengths = {len(traceback.extract_tb(cause.__traceback__)) for cause in causes if cause}
    assert len(lengths) == 1, "a shared traceback grows with each waiter"


async def test_a_key_that_cannot_be_opened() -> None:
    """The error says so as it is: logging in again would not help."""
    issuer = Issuer(failure=DecryptionError("sealed for another"))
    with pytest.raises(DecryptionError, match="sealed for another"):
        await issuer.keys().get(user("jwt"))


def refusal(status: int, message: str = "no") -> APIStatusError:
    kinds = {401: AuthenticationError, 429: RateLimitError, 503: InternalServerError}
    return kinds.get(status, APIStatusError)(
        message, status=status, method="POST", url="https://api.privy.io/v1/x"
    )


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (refusal(400), SigningError),
        (refusal(401), SigningError),
        (refusal(403), SigningError),
        (refusal(404), SigningError),
        (refusal(422), SigningError),
        (refusal(401, "Invalid app ID or app secret."), AuthenticationError),
        (refusal(408), APIStatusError),
        (refusal(425), APIStatusError),
        (refusal(429), RateLimitError),
        (refusal(503), InternalServerError),
        (refusal(302), APIStatusError),
        (broken(), APIConnectionError),
    ],
)
async def test_errors_of_the_exchange_keep_their_class(
    failure: APIError, kind: type[Exception]
) -> None:
    """Only a token that Privy refuses is a SigningError: then, and only then, log in again."""
    with pytest.raises(kind) as caught:
        await Issuer(failure=failure).keys().get(user("jwt"))
    assert type(caught.value) is kind


async def test_dropping_a_key_during_its_exchange() -> None:
    """Those who wait get it; it is not kept, neither in memory nor in the store."""
    issuer = Issuer(gate=asyncio.Event())
    keys = issuer.keys()
    waiting = asyncio.create_task(keys.get(user("jwt")))
    await settle()
    await keys.drop(user("jwt").user_jwt)
    assert issuer.gate is not None
    issuer.gate.set()
    await waiting
    assert keys.kept(user("jwt")) is None
    await keys.get(user("jwt"))
    assert issuer.calls == {"jwt": 2}
    assert keys.kept(user("jwt")) is not None
    await keys.drop(user("jwt").user_jwt)
    assert keys.kept(user("jwt")) is None


async def test_a_signing_error_comes_as_it_is() -> None:
    """It keeps its text and its cause."""
    failure = SigningError("signers[0] raised ValueError")
    failure.__cause__ = ValueError("why")
    with pytest.raises(SigningError) as caught:
        await Issuer(failure=failure).keys().get(user("jwt"))
    assert str(caught.value) == str(failure)
    assert caught.value.__cause__ is failure.__cause__


async def test_a_key_that_is_issued_expired() -> None:
    """It is refused, and not kept."""
    issuer = Issuer(life=0)
    keys = issuer.keys()
    for _ in range(2):
        with pytest.raises(SigningError, match="expired already: check the clock"):
            await keys.get(user("jwt"))
    assert issuer.calls == {"jwt": 2}


# --- what is kept


async def test_least_recently_used_goes_first() -> None:
    """When the cache is full, the key that was not used for longest makes room."""
    issuer = Issuer()
    keys = issuer.keys(capacity=3)
    for token in ("a", "b", "c", "a", "d"):
        await keys.get(user(token))
    for token in ("a", "c", "d"):
        await keys.get(user(token))
    assert issuer.calls == {"a": 1, "b": 1, "c": 1, "d": 1}
    await keys.get(user("b"))
    assert issuer.calls["b"] == 2
    await keys.get(user("a"))
    assert issuer.calls["a"] == 2


async def test_nothing_is_kept() -> None:
    """With capacity 0 each call exchanges anew, save those that wait for the same exchange."""
    issuer = Issuer()
    keys = issuer.keys(capacity=0)
    await keys.get(user("jwt"))
    await asyncio.gather(*(keys.get(user("jwt")) for _ in range(10)))
    await keys.get(user("jwt"))
    assert issuer.calls == {"jwt": 3}


async def test_forgetting() -> None:
    """A refused key is dropped, unless a newer one has taken its place."""
    issuer = Issuer()
    keys = issuer.keys()
    old = await keys.get(user("jwt"))
    keys.forget(user("another"), old)
    assert await keys.get(user("jwt")) is old
    keys.forget(user("jwt"), old)
    new = await keys.get(user("jwt"))
    assert new is not old
    keys.forget(user("jwt"), old)
    assert await keys.get(user("jwt")) is new
    assert issuer.calls == {"jwt": 2}


@pytest.mark.parametrize("capacity", [0, 1, 10**9])
def test_capacities(capacity: int) -> None:
    """0 turns the cache off, any positive number bounds it."""
    assert check_count("user_key_cache_size", capacity, least=0) == capacity


@pytest.mark.parametrize("capacity", [-1, 1.0, True, "5", None], ids=repr)
def test_capacities_that_are_refused(capacity: Any) -> None:
    """Anything else is refused by the option's name."""
    with pytest.raises(InvalidArgumentError) as caught:
        check_count("user_key_cache_size", capacity, least=0)
    assert caught.value.argument == "user_key_cache_size"


def test_no_token_shows() -> None:
    """The repr holds no token, whole or in part, and no key."""
    issuer = Issuer()
    keys = issuer.keys()
    asyncio.run(_get_one(keys, "secret"))
    assert repr(keys) == "UserKeys(capacity=100)"


async def _get_one(keys: UserKeys, token: str) -> UserKey:
    return await keys.get(user(token))


STEPS = st.lists(
    st.tuples(st.sampled_from(("get", "get", "get", "forget", "wait")), st.integers(0, 4)),
    max_size=40,
)


@settings(deadline=None)
@given(STEPS, st.integers(0, 3), st.sampled_from((5.0, 100.0, 4000.0)))
def test_any_history(steps: list[tuple[str, int]], capacity: int, life: float) -> None:
    """Whatever happens in whatever order: no expired or foreign key, and no exchange too many."""
    asyncio.run(follow(steps, Issuer(life=life), capacity))


async def follow(steps: list[tuple[str, int]], issuer: Issuer, capacity: int) -> None:
    """Do the steps, and compare with a model: the tokens kept, the one used last at the end."""
    keys = issuer.keys(capacity)
    kept: dict[str, UserKey] = {}
    owners: dict[int, tuple[str, UserKey]] = {}
    expected: Counter[str] = Counter()
    for step, number in steps:
        token = f"jwt{number}"
        known = kept.pop(token, None) if step != "wait" else None
        if step == "wait":
            issuer.now += issuer.life * number / 8
        elif step == "forget" and known is not None:
            keys.forget(user(token), known)
        elif step == "get":
            expected[token] += known is None or issuer.now >= known.renew_at
            key = kept[token] = await keys.get(user(token))
            assert key.expires_at > issuer.now
            assert owners.setdefault(id(key), (token, key))[0] == token
            for oldest in list(kept)[: max(0, len(kept) - capacity)]:
                del kept[oldest]
        assert +issuer.calls == +expected
