"""Checks of arguments that several rooms share, asked directly."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from clocks import ReadClock

from privy_async.checks import (
    check_asyncio,
    check_clock,
    check_count,
    check_header_text,
    check_idempotency_key,
    check_request_expiry,
    check_seconds,
    check_texts,
    check_user_jwt,
    needing,
)
from privy_async.clock import Clock
from privy_async.errors import InvalidArgumentError, PrivyError

NOW = 1_750_000_000.5
CENTURY = timedelta(days=36_500)


@pytest.mark.parametrize(
    "values",
    ["", "ab", b"", b"ab", bytearray(b""), memoryview(b""), {}, {"a": 1}, None, 7, ["a", 1]],
    ids=lambda value: repr(value)[:10],
)
def test_what_is_no_list_of_texts(values: Any) -> None:
    """An empty text, or empty bytes, are no empty list either."""
    with pytest.raises(InvalidArgumentError, match="ids: expected a list of strings"):
        check_texts("ids", values)


@pytest.mark.parametrize(
    "values",
    [[], (), ["a", "b"], ("a",), iter(["a"])],
    ids=["no", "none", "two", "one", "iterator"],
)
def test_lists_of_texts(values: Any) -> None:
    """Anything that gives texts, one by one."""
    assert all(isinstance(text, str) for text in check_texts("ids", values))


@pytest.mark.parametrize(
    "expiry",
    [
        None,
        timedelta(microseconds=1),
        CENTURY,
        int(NOW * 1000) + 1,
        2**53 - 1,
    ],
)
def test_expiries(expiry: Any) -> None:
    """A span up to a century, or a later ms that JSON can carry."""
    clock = ReadClock(lambda: NOW)
    assert check_request_expiry(expiry, clock) == expiry


@pytest.mark.parametrize(
    ("expiry", "words"),
    [
        (timedelta(0), "positive span"),
        (CENTURY + timedelta(microseconds=1), "positive span"),
        (int(NOW * 1000), "past"),
        (int(NOW * 1000) - 1, "past"),
        (int(NOW), "past"),
        (2**53, "past"),
        (True, "expected a timedelta"),
        (float(2**43), "expected a timedelta"),
    ],
)
def test_what_is_no_expiry(expiry: Any, words: str) -> None:
    """No span at all, a ms that has come, seconds, and what is no integer."""
    for named in ("request_expiry", "intent_expiry"):
        with pytest.raises(InvalidArgumentError, match=words) as caught:
            check_request_expiry(expiry, ReadClock(lambda: NOW), argument=named)
        assert caught.value.argument == named
    with pytest.raises(InvalidArgumentError) as caught:
        check_request_expiry(expiry, ReadClock(lambda: NOW))
    assert caught.value.argument == "request_expiry"


@pytest.mark.parametrize("seconds", [5e-324, 1, 1.5, 36_500 * 86_400, 36_500 * 86_400.0])
def test_seconds(seconds: float) -> None:
    """Any that can be waited for."""
    read = check_seconds("timeout", seconds)
    assert (read, type(read)) == (seconds, float)


@pytest.mark.parametrize(
    "seconds", [0, -1, 36_500 * 86_400.5, float("nan"), float("inf"), True, "1", None, 10**400]
)
def test_what_are_no_seconds(seconds: Any) -> None:
    """None, more than a century, and what is no number."""
    with pytest.raises(InvalidArgumentError, match="timeout: expected a positive number"):
        check_seconds("timeout", seconds)


@pytest.mark.parametrize(("value", "least"), [(0, 0), (1, 1), (10**30, 1)])
def test_counts(value: int, least: int) -> None:
    """The least there is, and more."""
    assert check_count("max_retries", value, least=least) == value


@pytest.mark.parametrize(("value", "least"), [(-1, 0), (0, 1), (True, 0), (1.0, 0), ("1", 0)])
def test_what_are_no_counts(value: Any, least: int) -> None:
    """One less than the least, and what is no integer."""
    with pytest.raises(InvalidArgumentError, match=f"max_retries: .* at least {least}"):
        check_count("max_retries", value, least=least)


@pytest.mark.parametrize("text", ["", " a", "a ", "a\n", "\t", "\x7f", "é", b"a", None, 1, "\0"])
def test_what_no_header_carries(text: Any) -> None:
    """What HTTP would change, or could be read as another header."""
    with pytest.raises(InvalidArgumentError, match="it: expected printable ASCII"):
        check_header_text("it", text)
    with pytest.raises(InvalidArgumentError, match="idempotency_key: expected printable ASCII"):
        check_idempotency_key(text)


def test_what_a_header_carries() -> None:
    """All that can be seen, and blanks within; a key has 256 characters at most."""
    text = "".join(map(chr, range(33, 127))) + " a"
    assert check_header_text("it", text) == text
    assert check_idempotency_key("k" * 256) == "k" * 256
    with pytest.raises(InvalidArgumentError, match="idempotency_key: expected at most 256"):
        check_idempotency_key("k" * 257)


def test_tokens_are_named_as_they_were_given() -> None:
    """By the argument, which is called user_jwt unless something else is said."""
    assert check_user_jwt("a-_.b.c") == "a-_.b.c"
    for named, argument in (({}, "user_jwt"), ({"argument": "token"}, "token")):
        with pytest.raises(InvalidArgumentError, match="three base64url parts") as caught:
            check_user_jwt("a.b", **named)
        assert caught.value.argument == argument


def test_clocks() -> None:
    """The system's unless another is given."""
    clock = ReadClock(lambda: NOW)
    assert check_clock(clock) is clock
    assert type(check_clock(None)) is Clock
    with pytest.raises(InvalidArgumentError, match="clock: expected a privy_async"):
        check_clock(Clock)


@pytest.mark.parametrize(("install", "quoted"), [("rich", "rich"), ("a[b]", '"a[b]"')])
def test_a_library_that_is_missing(install: str, quoted: str) -> None:
    """What to install is named as a shell takes it; the cause, which only says the same, goes."""
    for name in ("absent", "absent.part"):
        with pytest.raises(ModuleNotFoundError) as caught, needing("absent", install):
            raise ModuleNotFoundError(name=name)
        assert str(caught.value) == f"absent is not installed: pip install {quoted}"
        assert (caught.value.name, caught.value.__suppress_context__) == (name, True)


@pytest.mark.parametrize("name", [None, "other", "absentee", "other.absent"])
def test_a_library_that_is_broken(name: str | None) -> None:
    """What it lacks itself is told as it is."""
    broken = ModuleNotFoundError("its own", name=name)
    with pytest.raises(ModuleNotFoundError) as caught, needing("absent", "absent"):
        raise broken
    assert caught.value is broken


def test_asyncio_must_run() -> None:
    """Where no loop of asyncio runs, the error says what to use there."""
    with pytest.raises(PrivyError, match=r"under trio, call privy_sync in a thread") as caught:
        check_asyncio()
    assert caught.value.__suppress_context__

    async def runs() -> None:
        check_asyncio()

    asyncio.run(runs())
