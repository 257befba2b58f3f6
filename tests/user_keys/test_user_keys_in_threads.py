"""Users' keys where several event loops, each in a thread of its own, share them."""

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest
from issuer import KEY, Issuer
from users_who_sign import user

from privy_async.user_keys.cache import UserKey, UserKeys


def run_in_threads(count: int, target: Callable[[], Awaitable[None]]) -> list[BaseException]:
    """Run the coroutine function on a loop of its own in each thread; the errors."""
    errors: list[BaseException] = []

    async def start() -> None:
        await target()

    def run() -> None:
        try:
            asyncio.run(start())
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    return errors


def test_two_loops_in_two_threads() -> None:
    """Each loop waits for an exchange of its own, and afterwards both know the key."""
    issuer = Issuer()
    keys = issuer.keys()
    both = threading.Barrier(2, timeout=10)
    got: list[UserKey] = []

    async def work() -> None:
        both.wait()
        got.extend(await asyncio.gather(*(keys.get(user("jwt")) for _ in range(50))))

    assert run_in_threads(2, work) == []
    assert len(got) == 100
    assert issuer.calls["jwt"] in (1, 2)
    calls = issuer.calls["jwt"]
    assert run_in_threads(2, lambda: check_known(keys, got)) == []
    assert issuer.calls["jwt"] == calls


async def get_one(keys: UserKeys) -> UserKey:
    return await keys.get(user("jwt"))


async def check_known(keys: UserKeys, got: list[UserKey]) -> None:
    known = await get_one(keys)
    assert any(known is key for key in got)


def test_many_loops_and_a_small_cache() -> None:
    """Threads that push each other's keys out of the cache still get right ones."""
    issuer = Issuer()
    keys = issuer.keys(capacity=2)

    async def work() -> None:
        for number in range(200):
            key = await keys.get(user(f"jwt{number % 7}"))
            keys.forget(user(f"jwt{number % 5}"), key)

    assert run_in_threads(4, work) == []


def test_a_loop_that_ends_during_an_exchange() -> None:
    """The next loop exchanges anew instead of waiting for the dead one's task."""
    issuer = Issuer()
    keys = issuer.keys()

    async def leave_early() -> None:
        issuer.gate = asyncio.Event()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(keys.get(user("jwt")), 0.01)

    asyncio.run(leave_early())
    issuer.gate = None
    assert asyncio.run(get_one(keys)).key is KEY
    assert issuer.calls == {"jwt": 2}
