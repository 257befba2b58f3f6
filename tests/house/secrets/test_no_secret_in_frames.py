"""No error that leaves the SDK brings a secret along in a frame, its own text or what led to it.

Error trackers print the locals of all frames of a traceback. Frames of tests are left out: they
are the caller's own.
"""

import asyncio
import inspect
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator
from traceback import extract_tb
from typing import Any

import failing_calls as given
import pytest
from failing_calls import CALLS, FAILURES, SECRETS, SIGNERS, answer_well, make_client, serving
from frames import chain, seen_in, seen_in_frame
from refused_secrets import ENDINGS, REFUSED

from privy_async import errors
from privy_async.errors import PrivyError

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

Door = Callable[[Any], Any]
FACES = ("async", "sync")


async def provoke(door: Door, privy: Any) -> BaseException | None:
    """Go through a door of either face, and return the error."""
    try:
        if isinstance(privy, given.FACES["sync"]):
            await asyncio.to_thread(door, privy)
        else:
            found = door(privy)
            if inspect.isawaitable(found):
                await found
    except BaseException as error:
        return error
    return None


async def close(privy: Any) -> None:
    if isinstance(privy, given.FACES["sync"]):
        await asyncio.to_thread(privy.close)
    else:
        await privy.close()


async def provoke_all(face: str, doors: dict[str, Door], url: str, **options: Any) -> list[Any]:
    """Go through all doors at once, each with a client that has no keys of users yet."""

    async def go(door: Door) -> Any:
        privy = make_client(face, url, **options)
        error = await provoke(door, privy)
        await close(privy)
        return error

    return await asyncio.gather(*map(go, doors.values()))


def signatures(server: Any) -> set[str]:
    """Pieces of the signatures that the server got; past their constant first bytes."""
    headers = [each.headers for each in server.loopback.requests]
    sent = ",".join(each.get("privy-authorization-signature", "") for each in headers)
    return set().union(*(given.pieces(each[10:], length=16) for each in sent.split(",")))


def check(error: BaseException, secrets: frozenset[str] | set[str] = SECRETS) -> None:
    """Fail if any secret, or a part of it, is in sight."""
    seen = {text: place for place, text in seen_in(error)}
    everything = "\n".join(seen)
    shown = [secret for secret in secrets if secret in everything]
    places = {seen[text]: text for text in seen if any(secret in text for secret in shown)}
    assert not places, f"a secret shows: {places}"


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("name", FAILURES)
async def test_whatever_comes_back(face: str, name: str) -> None:
    """For each kind of answer, each way to use a secret."""
    with serving(*FAILURES[name]) as server:
        found = await provoke_all(face, {**CALLS, **SIGNERS}, server.url)
        secrets = SECRETS | signatures(server)
    raised = [error for error in found if error is not None]
    assert len(raised) >= len(SIGNERS)
    for error in raised:
        assert isinstance(error, PrivyError), error
        check(error, secrets)


@pytest.mark.parametrize("face", FACES)
async def test_secrets_that_are_refused(face: str) -> None:
    """A secret with a flaw is a secret still; so is one that comes with a flawed argument."""
    with serving(answer_well, answer_well) as server:
        found = await provoke_all(face, REFUSED, server.url)
    for name, error in zip(REFUSED, found, strict=True):
        assert isinstance(error, PrivyError | TypeError), (name, error)
        check(error)


@pytest.mark.parametrize("face", FACES)
async def test_what_ends_badly(face: str) -> None:
    """Waiting has errors of its own."""
    for ending in ENDINGS.values():
        with serving(answer_well, given.telling(**ending.answer)) as server:
            [error] = await provoke_all(face, {"": ending.wait}, server.url)
        check(error)


@pytest.mark.parametrize("face", FACES)
async def test_no_connection(face: str) -> None:
    """Neither a server nor a proxy can be reached; the proxy's password is one more secret."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        address = f"127.0.0.1:{unused.getsockname()[1]}"
    for proxy in (None, f"http://user:{given.PROXY_PASSWORD}@{address}"):
        for error in await provoke_all(face, CALLS, f"http://{address}", proxy=proxy):
            assert isinstance(error, PrivyError)
            check(error)


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("late", ["exchange", "call"])
async def test_the_deadline(face: str, late: str) -> None:
    """It ends an exchange and a call."""
    answers = [answer_well, answer_well]
    answers[late == "call"] = given.answer_late
    with serving(*answers) as server:
        found = await provoke_all(face, CALLS, server.url, deadline=0.2, timeout=9)
        secrets = SECRETS | signatures(server)
    assert any(isinstance(error, errors.APITimeoutError) for error in found)
    for error in found:
        if error is not None:
            check(error, secrets)


async def cancelled(call: Awaitable[Any]) -> Any:
    task = asyncio.ensure_future(call)
    asyncio.get_running_loop().call_later(0.05, task.cancel)
    return await task


async def timed_out(call: Awaitable[Any]) -> Any:
    async with asyncio.timeout(0.05):
        return await call


async def waited_for(call: Awaitable[Any]) -> Any:
    return await asyncio.wait_for(call, 0.05)


async def in_a_group(call: Awaitable[Any]) -> Any:
    async with asyncio.TaskGroup() as group:
        group.create_task(timed_out(call))


@pytest.mark.parametrize("give_up", [cancelled, timed_out, waited_for, in_a_group])
@pytest.mark.parametrize("late", ["exchange", "call"])
async def test_a_caller_gives_up(late: str, give_up: Callable[[Any], Awaitable[Any]]) -> None:
    """A cancellation and a time-out of the caller's own come out through all frames."""
    answers: list[Any] = [answer_well, answer_well]
    answers[late == "call"] = given.answer_late
    given_up = 0
    with serving(*answers) as server:
        for door in CALLS.values():
            privy = make_client("async", server.url, timeout=9)
            error = await provoke(lambda privy, door=door: give_up(door(privy)), privy)
            await close(privy)
            given_up += error is not None
            if error is not None:
                check(error, SECRETS | signatures(server))
    assert given_up > 1


@pytest.mark.parametrize("face", FACES)
async def test_a_failing_function_for_the_secret(face: str) -> None:
    """Its own error is the cause, with the frames of its own code."""

    def fail() -> str:
        raise LookupError("the vault is sealed")

    door = CALLS["as a user"]
    with serving(answer_well, answer_well) as server:
        [error] = await provoke_all(face, {"": door}, server.url, app_secret=fail)
    assert isinstance(error.__cause__, LookupError)
    assert [entry.name for entry in extract_tb(error.__cause__.__traceback__)] == ["fail"]
    check(error)


def concrete(kind: type[PrivyError]) -> Iterator[type[PrivyError]]:
    for each in kind.__subclasses__():
        yield each
        yield from concrete(each)


@pytest.mark.parametrize("face", FACES)
async def test_every_error_is_among_them(face: str) -> None:
    """Each class of the SDK's errors is raised by what the tests above do, but those of bases."""
    found: list[Any] = []
    for exchange, other in FAILURES.values():
        with serving(exchange, other) as server:
            doors = {"": CALLS["as a user"], "export": CALLS["export"]}
            found += await provoke_all(face, doors, server.url)
    for ending in ENDINGS.values():
        with serving(answer_well, given.telling(**ending.answer)) as server:
            found += await provoke_all(face, {"": ending.wait}, server.url)
    found += await provoke_all(face, {**REFUSED, **CALLS}, "http://127.0.0.1:9")
    seen = {type(each) for error in found if error is not None for each in chain(error)}
    # Payments have tests of their own.
    bases = {errors.APIError, errors.FailedError}
    paying = {errors.PaymentRefusedError, errors.PaymentUnsettledError}
    names = {each for each in vars(errors) if each[0] != "_"}
    ours = {each for each in concrete(PrivyError) if each.__name__ in names} - paying
    assert ours - bases - seen == set()


async def test_what_a_hook_sees_below_itself() -> None:
    """The frames that run while a hook or a signer is called hold no secret either."""
    seen: list[str] = []

    def look(*_: object) -> None:
        frame = sys._getframe(1)
        while frame is not None and "privy_async" in frame.f_code.co_filename:
            seen.extend(text for _, text in seen_in_frame(frame))
            frame = frame.f_back  # type: ignore[assignment]

    async def sign(payload: bytes) -> str:
        look()
        return await given.sign_elsewhere(payload)

    with serving(answer_well, answer_well) as server:
        options = {"on_request": look, "on_response": look, "before_signing": look}
        async with make_client("async", server.url, **options) as privy:
            context = given.AuthorizationContext(
                user_jwts=[given.JWT], authorization_private_keys=[given.KEY], signers=[sign]
            )
            await privy.wallets.update("w1", owner=None, authorization=context)
        secrets = SECRETS | signatures(server)
    assert len(seen) > 100
    assert not [text for text in seen if any(secret in text for secret in secrets)]


async def test_what_a_hook_sees_of_an_error_on_its_way() -> None:
    """A hook that is told of a call given up may look at the error, which comes through aiohttp."""
    seen: list[tuple[str, str]] = []

    def look(_: object) -> None:
        error = sys.exception()
        assert error is not None
        seen.extend(seen_in(error))

    with serving(answer_well, given.answer_late) as server:
        async with make_client("async", server.url, timeout=9, on_response=look) as privy:
            error = await provoke(lambda privy: cancelled(CALLS["with a key"](privy)), privy)
        secrets = SECRETS | signatures(server)
    assert isinstance(error, asyncio.CancelledError)
    assert any("attempts.py" in place for place, _ in seen)
    assert not [place for place, text in seen if any(secret in text for secret in secrets)]


@pytest.mark.parametrize("hidden", ["local", "in a list", "bytes", "cause", "note", "object"])
def test_the_search_finds_secrets(hidden: str) -> None:
    """It is not blind: it finds a secret in a local, a container, a cause, and an object's repr."""
    names: dict[str, Any] = {"__name__": "somewhere", "PrivyError": PrivyError}
    source = "def leak(value):\n    raise PrivyError('a')\n"
    exec(compile(source, "somewhere.py", "exec"), names)
    value: Any = {
        "local": given.JWT,
        "in a list": [{"a": (given.JWT,)}],
        "bytes": given.JWT.encode(),
        "object": PrivyError(given.JWT),
    }.get(hidden)
    with pytest.raises(PrivyError) as caught:
        names["leak"](value)
    if hidden == "cause":
        caught.value.__cause__ = ValueError(given.JWT)
    if hidden == "note":
        caught.value.add_note(given.JWT)
    with pytest.raises(AssertionError, match="a secret shows"):
        check(caught.value)
