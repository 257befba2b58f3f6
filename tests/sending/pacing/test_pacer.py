"""Calls of an operation that Privy limits wait for their turn, and for nothing else."""

import asyncio
import logging
import os
import threading

import pytest
from clocks import ReadClock

from privy_async import (
    APITimeoutError,
    InvalidArgumentError,
    PrivyClient,
    RateLimitError,
    Request,
    Response,
)
from privy_async.clock import Clock
from privy_async.sandbox import Sandbox
from privy_async.sending import pacer as pacer_module
from privy_async.sending.pace import Pace
from privy_async.sending.pacer import Pacer, find_pacer
from privy_async.types import User

pytestmark = pytest.mark.anyio
pytest_plugins = ("fixtures_sdk",)

USERS = "POST /v1/users"


async def create(privy: PrivyClient, name: str, **options: object) -> User:
    """Create a user."""
    account = {"type": "custom_auth", "custom_user_id": name}
    return await privy.users.create(linked_accounts=[account], **options)  # type: ignore


def refuse(sandbox: Sandbox, *, times: int | None = 1, retry_after: str | None = None) -> None:
    """Let the next creations of users be refused."""
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    sandbox.faults.add(path="/v1/users", status=429, times=times, headers=headers)


def statuses(sandbox: Sandbox, path: str = "/v1/users") -> list[int | None]:
    """What the requests for a path were answered."""
    return [record.status for record in sandbox.log if record.path == path]


async def be_limited(sandbox: Sandbox, privy: PrivyClient, seconds: int = 30) -> None:
    """Learn that nothing more is let through for so many seconds."""
    refuse(sandbox, retry_after=str(seconds))
    with pytest.raises(RateLimitError):
        await create(privy, "refused", deadline=0.2)


# --- waiting


async def test_more_than_the_limit_at_once() -> None:
    """Whoever is refused waits in turn, which uses up no retry; in the end all are served."""
    async with (
        Sandbox(rate_limits={USERS: 10}, retry_after=True) as sandbox,
        sandbox.client(max_retries=1) as privy,
    ):
        users = await asyncio.gather(*(create(privy, f"u{number}") for number in range(25)))
    assert len({user.id for user in users}) == 25
    assert statuses(sandbox).count(429) < 25


async def test_refused_again_and_again(sandbox: Sandbox, privy: PrivyClient) -> None:
    """A call that waits in turn is refused more often than it may be sent again otherwise."""
    refuse(sandbox, times=4, retry_after="0")
    privy = privy.with_options(max_retries=1)
    pace = find_pacer(sandbox.base_url, sandbox.app_id, privy._requester.settings.clock)
    call = asyncio.ensure_future(create(privy, "u"))
    for refused in range(1, 5):
        while statuses(sandbox).count(429) < refused:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        # Others are let through, and nobody wants to wait long in a test.
        pace.lines[USERS].pace.admitted_at = pace.now()
        pace.lines[USERS].pace.open_at = pace.lines[USERS].pace.next_at = pace.now()
        pace.lines[USERS].pace.failures = 0
        pace.lines[USERS].serve(pace.now())
    await call
    assert statuses(sandbox) == [429, 429, 429, 429, 200]


async def test_first_come_first_served(sandbox: Sandbox, privy: PrivyClient) -> None:
    """Those who wait are served in the order in which they came, after who was refused."""
    refuse(sandbox, retry_after="0.5")
    calls = [asyncio.ensure_future(create(privy, "u0"))]
    while not statuses(sandbox):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    for number in range(1, 6):
        calls.append(asyncio.ensure_future(create(privy, f"u{number}")))
        await asyncio.sleep(0.01)
    calls[2].cancel()
    await asyncio.wait(calls)
    assert calls[2].cancelled()
    names = [user.linked_accounts[0]["custom_user_id"] for user in sandbox.state.users.values()]
    assert names == ["u0", "u1", "u3", "u4", "u5"]


async def test_cancelled_on_the_way(sandbox: Sandbox, privy: PrivyClient) -> None:
    """Whoever is cancelled with a turn in hand gives it back."""
    refuse(sandbox, retry_after="0.5")
    await create(privy, "u0")
    line = next(iter(find_pacer(sandbox.base_url, sandbox.app_id, Clock()).lines.values()))
    sandbox.faults.add(path="/v1/users", delay=30, times=2)
    calls = [asyncio.ensure_future(create(privy, f"u{number}")) for number in range(1, 3)]
    while line.pace.in_flight < 2:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    for call in calls:
        call.cancel()
    await asyncio.wait(calls)
    assert line.pace.in_flight == 0
    assert line.first() is None


async def test_other_operations_do_not_wait(sandbox: Sandbox, privy: PrivyClient) -> None:
    """The limit of one is no limit of another."""
    await be_limited(sandbox, privy)
    await privy.wallets.create(chain_type="ethereum", deadline=25)


async def test_calls_by_hand_wait_too(sandbox: Sandbox, privy: PrivyClient) -> None:
    """An operation is the same by whichever method it is asked for."""
    await be_limited(sandbox, privy)
    with pytest.raises(APITimeoutError, match="nothing was sent"):
        await privy.request("POST", "/v1/users", body={"linked_accounts": []}, deadline=1)


# --- its bounds


async def test_refused_in_vain(sandbox: Sandbox, privy: PrivyClient) -> None:
    """Where nobody at all is let through, each refusal is an attempt that is used up."""
    refuse(sandbox, times=None, retry_after="0.1")
    with pytest.raises(RateLimitError):
        await create(privy.with_options(max_retries=1), "u")
    assert statuses(sandbox) == [429, 429]


async def test_the_deadline(sandbox: Sandbox, privy: PrivyClient) -> None:
    """Whose turn cannot come in time is told at once: nothing was sent, and why."""
    await be_limited(sandbox, privy)
    with pytest.raises(
        APITimeoutError, match="nothing was sent: Privy limits POST /v1/users"
    ) as caught:
        await create(privy, "late", deadline=5)
    assert not caught.value.may_have_happened
    assert "the deadline of 5 s" in str(caught.value)
    assert len(statuses(sandbox)) == 1


async def test_the_deadline_of_who_was_refused(sandbox: Sandbox, privy: PrivyClient) -> None:
    """Who was sent once gets the answer there was."""
    refuse(sandbox, retry_after="30")
    with pytest.raises(RateLimitError) as caught:
        await create(privy, "late", deadline=5)
    assert caught.value.retry_after == 30


async def test_a_longer_pause_is_the_callers(sandbox: Sandbox, privy: PrivyClient) -> None:
    """More than a minute is not waited for, save in a bulk run; others try again after a minute."""
    refuse(sandbox, retry_after="61")
    with pytest.raises(RateLimitError):
        await create(privy, "u")
    pacer = find_pacer(sandbox.base_url, sandbox.app_id, Clock())
    assert pacer.lines[USERS].pace.open_at - pacer.now() < 64


async def test_without_retries(sandbox: Sandbox, privy: PrivyClient) -> None:
    """Who wants nothing sent again is told of the refusal; those who come after still wait."""
    refuse(sandbox, retry_after="30")
    with pytest.raises(RateLimitError):
        await create(privy.with_options(max_retries=0), "u")
    with pytest.raises(APITimeoutError, match="nothing was sent"):
        await create(privy, "late", deadline=1)


async def test_patience(
    sandbox: Sandbox, privy: PrivyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a deadline, too, a call does not wait for ever."""
    await be_limited(sandbox, privy)
    monkeypatch.setattr(pacer_module, "LONGEST_WAIT", 0.1)
    with pytest.raises(APITimeoutError, match=r"no turn comes within 0\.2 s"):
        await create(privy, "late")


async def test_it_can_be_off(sandbox: Sandbox) -> None:
    """Then a refusal is a failure like others, and nobody else hears of it."""
    async with sandbox.client(pace=False, max_retries=1) as privy:
        refuse(sandbox, times=2, retry_after="0")
        with pytest.raises(RateLimitError):
            await create(privy, "u")
        assert statuses(sandbox) == [429, 429]
        assert not find_pacer(sandbox.base_url, sandbox.app_id, Clock()).lines
        await be_limited(sandbox, privy.with_options(pace=True))
        await create(privy, "at once", deadline=5)


def test_what_is_no_choice() -> None:
    """It is refused by name."""
    with pytest.raises(InvalidArgumentError) as caught:
        PrivyClient(app_id="a", app_secret="b", pace="slow")  # type: ignore[arg-type]
    assert caught.value.argument == "pace"


# --- who shares it


async def test_clients_of_one_app(sandbox: Sandbox, privy: PrivyClient) -> None:
    """What one client is told holds for those derived from it, and for others of its app."""
    await be_limited(sandbox, privy)
    async with sandbox.client() as other:
        for client in (privy.with_options(timeout=5), privy.with_authorization(None), other):
            with pytest.raises(APITimeoutError, match="nothing was sent"):
                await create(client, "late", deadline=1)
    assert len(statuses(sandbox)) == 1


async def test_it_outlives_its_clients(sandbox: Sandbox) -> None:
    """A program that makes a client for each task learns all the same."""
    async with sandbox.client() as first:
        await be_limited(sandbox, first)
    del first
    async with sandbox.client() as second:
        with pytest.raises(APITimeoutError, match="nothing was sent"):
            await create(second, "late", deadline=1)


async def test_other_apps_do_not_wait(sandbox: Sandbox, privy: PrivyClient) -> None:
    """Another app and another address have limits of their own."""
    clock = Clock()
    one = find_pacer("https://a", "app", clock)
    assert one is find_pacer("https://a", "app", Clock())
    assert one is not find_pacer("https://a", "other", clock)
    assert one is not find_pacer("https://b", "app", clock)
    assert one is not find_pacer("https://a", "app", ReadClock(lambda: 0.0))


def test_the_sync_face_and_other_loops() -> None:
    """Threads, the sync face and event loops of their own share one line."""
    with Sandbox(real_chains=False) as sandbox, sandbox.sync_client() as privy:
        refuse(sandbox, retry_after="0.5")
        privy.users.create(linked_accounts=[{"type": "custom_auth", "custom_user_id": "first"}])

        def sync(name: str) -> None:
            account: dict[str, str] = {"type": "custom_auth", "custom_user_id": name}
            privy.users.create(linked_accounts=[account])  # type: ignore[list-item]

        def in_a_loop(name: str) -> None:
            async def ask() -> None:
                async with sandbox.client() as client:
                    await create(client, name)

            asyncio.run(ask())

        threads = [
            threading.Thread(target=target, args=(f"{target.__name__}-{number}",))
            for number in range(4)
            for target in (sync, in_a_loop)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(sandbox.state.users) == 9


async def test_a_loop_that_is_gone_holds_up_nobody(sandbox: Sandbox, privy: PrivyClient) -> None:
    """Its call was first in line, and will never come."""
    refuse(sandbox, retry_after="0.5")
    await create(privy, "first")
    pacer = find_pacer(sandbox.base_url, sandbox.app_id, Clock())
    line = pacer.lines[USERS]
    line.pace.open_at = pacer.now() + 0.3

    def leave_a_call() -> None:
        loop = asyncio.new_event_loop()
        place = pacer_module.Place(line, (0, -1))
        waiting = place.take_turn(60.0)
        loop.call_soon(loop.stop)
        task = loop.create_task(waiting)
        loop.run_forever()
        task._log_destroy_pending = False  # type: ignore[attr-defined]
        loop.close()

    await asyncio.to_thread(leave_a_call)
    await create(privy, "second", deadline=5)


def test_a_forked_child_starts_anew() -> None:
    """It holds no lock of its parent's, and knows nobody who waits."""
    pacer = find_pacer("https://fork", "app", Clock())
    pacer.lines[USERS] = pacer_module._Line(pacer, USERS, Pace(0.0))
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with pacer.lock, pacer_module._lock:
            held.set()
            done.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    child = os.fork()
    if child == 0:
        free = pacer.lock.acquire(timeout=5) and find_pacer("https://fork", "app", Clock())
        os._exit(0 if free is pacer and not pacer.lines else 1)
    done.set()
    thread.join()
    _, status = os.waitpid(child, 0)
    pacer.start_anew()
    assert status == 0


# --- time


async def test_a_clock_that_stands_still(sandbox: Sandbox) -> None:
    """Turns come though the client's clock does not move, as in a test of yours."""
    async with sandbox.client(clock=ReadClock(lambda: 1_800_000_000.0)) as privy:
        refuse(sandbox, retry_after="0.5")
        calls = (create(privy, f"u{number}") for number in range(4))
        assert len(await asyncio.gather(*calls)) == 4


# --- what is seen of it, and what it costs


async def test_hooks_and_log_show_it(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    """How long an attempt waited, and how often the call was sent before."""
    caplog.set_level(logging.DEBUG, "privy_async")
    requests: list[Request] = []
    responses: list[Response] = []
    refuse(sandbox, retry_after="0.5")
    async with sandbox.client(on_request=requests.append, on_response=responses.append) as privy:
        await create(privy, "u")
    assert [(seen.retry, seen.waited > 0.4) for seen in requests] == [(0, False), (1, True)]
    assert [seen.waited for seen in responses] == [seen.waited for seen in requests]
    assert max(seen.seconds for seen in responses) < 0.4
    assert "Privy limits POST /v1/users: its calls wait for their turn" in caplog.text


@pytest.fixture
def _no_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise AssertionError("nobody was refused")

    for name in ("enter", "refuse", "now"):
        monkeypatch.setattr(Pacer, name, fail)


@pytest.mark.usefixtures("_no_lines")
async def test_while_nobody_is_refused_nothing_is_done(privy: PrivyClient) -> None:
    """Not even the time is read."""
    await create(privy, "u")


async def test_a_refusal_is_no_end(sandbox: Sandbox, privy: PrivyClient) -> None:
    """Whoever is refused waits, though all had been well for a long time."""
    refuse(sandbox, retry_after="0.5")
    await create(privy, "u0")
    line = find_pacer(sandbox.base_url, sandbox.app_id, Clock()).lines[USERS]
    line.pace.window = 1000.0
    line.pace.reacted_at = float("inf")  # What is sent now was sent before another refusal.
    refuse(sandbox, retry_after="30")
    with pytest.raises(RateLimitError):
        await create(privy, "u1", deadline=5)
    assert statuses(sandbox) == [429, 200, 429]


async def test_it_is_over(sandbox: Sandbox, privy: PrivyClient) -> None:
    """After a while without refusals there is no line any more."""
    refuse(sandbox, retry_after="0.5")
    await create(privy, "u0")
    pacer = find_pacer(sandbox.base_url, sandbox.app_id, Clock())
    pacer.lines[USERS].pace.reacted_at -= 601
    await create(privy, "u1")
    assert not pacer.lines
    assert pacer not in pacer_module._kept


async def test_what_was_learned_long_ago(sandbox: Sandbox, privy: PrivyClient) -> None:
    """It counts no more, even for a call that is refused before any other is let through."""
    refuse(sandbox, retry_after="0.5")
    await create(privy, "u0")
    pacer = find_pacer(sandbox.base_url, sandbox.app_id, Clock())
    pace = pacer.lines[USERS].pace
    pace.used_up_at, pace.reacted_at = pace.used_up_at - 601, pace.reacted_at - 601
    refuse(sandbox, retry_after="0.5")
    await create(privy, "u1", deadline=10)
    assert pacer.lines[USERS].pace.limit == float("inf")
