"""Checks of arguments that more than one room needs. What is wrong is named; nothing is sent."""

import asyncio
import os
import re
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Final, NoReturn, TypeAlias, cast
from weakref import WeakKeyDictionary

from privy_async.clock import Clock
from privy_async.errors import InvalidArgumentError, PrivyError

RequestExpiry: TypeAlias = timedelta | int | None
"""A span from now, an absolute Unix time in ms, or None for a request that does not expire."""

# A Unix time below this cannot be in ms: it would lie before 1973.
SMALLEST_MS: Final = 100_000_000_000
_LONGEST_SPAN: Final = timedelta(days=36_500)
_MOST_SECONDS: Final = _LONGEST_SPAN.total_seconds()
_JWT: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_FORMS: Final = {
    re.compile(r"eyJ[A-Za-z0-9_-]*\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+"): (
        "a user's token (JWT), which privy.for_user(user_jwt) exchanges for a key"
    ),
    re.compile("bearer ", re.IGNORECASE): "a whole header: give what follows after 'Bearer '",
    re.compile(r"wallet-(?:auth|api):|-----BEGIN|MI[GH][A-Za-z0-9+/]"): (
        "a key, which goes to privy.update_authorization_key(key) or "
        "AuthorizationContext(authorization_private_keys=[...])"
    ),
    re.compile("did:privy:"): "a user's id, which signs nothing: give the token of that user",
}

_homes: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, int]] = WeakKeyDictionary()


@contextmanager
def needing(library: str, install: str) -> Generator[None]:
    """Import a library that is not of the base installation; name what to install without it.

    Args:
        library: The name by which it is imported.
        install: What pip takes.

    Raises:
        ModuleNotFoundError: It is not there. One that is there and broken tells so itself.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != library:
            raise
        quoted = f'"{install}"' if "[" in install else install
        message = f"{library} is not installed: pip install {quoted}"
        raise ModuleNotFoundError(message, name=error.name) from None


def check_header_text(argument: str, text: object) -> str:
    """Return a value that is sent in a header, if the header carries it unchanged.

    Raises:
        InvalidArgumentError: It is not printable ASCII, or a space at its ends would be lost.
    """
    plain = isinstance(text, str) and text.isascii() and text.isprintable()
    if isinstance(text, str) and plain and text and text == text.strip():
        return text
    raise InvalidArgumentError(argument, "expected printable ASCII without spaces at its ends")


def check_user_jwt(user_jwt: object, *, argument: str = "user_jwt") -> str:
    """Return a user's token if it has the form of one. Whether it is valid, Privy decides.

    Raises:
        InvalidArgumentError: It has not.
    """
    if isinstance(user_jwt, str) and _JWT.fullmatch(user_jwt):
        return user_jwt
    what = mixed_up(user_jwt, "user_jwt")
    raise InvalidArgumentError(
        argument, f"{what}expected a JWT: three base64url parts joined by dots"
    )


def mixed_up(value: object, *parts: str) -> str:
    """Return what a value plainly is that was given for something else; else nothing.

    Args:
        value: Anything; nothing of what it holds is told.
        parts: Names of what belongs there, where the whole object that has it was given.

    Returns:
        Words with a semicolon at their end, to stand before what was expected.
    """
    if isinstance(value, str):
        kinds = [what for form, what in _FORMS.items() if form.match(value)]
        return f"is {kinds[0]}; " if kinds else ""
    if value is None:
        return "is None; "
    # Asked of the class, for an object may do anything when it is asked itself.
    kind = type(value)
    found = [name for name in parts if hasattr(kind, name)]
    return (
        f"is a whole {kind.__name__}: give its {found[0]}; " if found else f"is a {kind.__name__}; "
    )


def check_seconds(argument: str, seconds: object) -> float:
    """Return a number of seconds, if it is one that can be waited for.

    Raises:
        InvalidArgumentError: It is no positive number, or longer than a century.
    """
    if (
        isinstance(seconds, (int, float))
        and not isinstance(seconds, bool)
        and 0 < seconds <= _MOST_SECONDS
    ):
        return float(seconds)
    raise InvalidArgumentError(argument, "expected a positive number of seconds")


def check_count(argument: str, value: object, *, least: int) -> int:
    """Return a count, if it is one.

    Raises:
        InvalidArgumentError: It is no integer, or smaller than `least`.
    """
    if isinstance(value, int) and not isinstance(value, bool) and value >= least:
        return value
    raise InvalidArgumentError(argument, f"expected an integer of at least {least}")


def check_texts(argument: str, values: object) -> list[str]:
    """Return the items of a list of texts.

    Raises:
        InvalidArgumentError: It is no list, or one of its items is no text.
    """
    # A str is iterable too: taken for a list, its letters would each become an item.
    if isinstance(values, Iterable) and not isinstance(
        values, (str, bytes, bytearray, memoryview, Mapping)
    ):
        items = list(cast("Iterable[object]", values))
        texts = [item for item in items if isinstance(item, str)]
        if len(texts) == len(items):
            return texts
    raise InvalidArgumentError(argument, "expected a list of strings, even of one")


def check_idempotency_key(key: object) -> str:
    """Return the key if it can be sent (https://docs.privy.io/api-reference/idempotency-keys).

    Raises:
        InvalidArgumentError: It is not printable ASCII, or longer than 256 characters.
    """
    text = check_header_text("idempotency_key", key)
    if len(text) <= 256:
        return text
    raise InvalidArgumentError("idempotency_key", "expected at most 256 characters")


def check_request_expiry(
    expiry: object, clock: Clock, *, argument: str = "request_expiry"
) -> RequestExpiry:
    """Return the expiry if Privy could accept it (https://docs.privy.io/api-reference/request-expiry).

    Raises:
        InvalidArgumentError: It is neither a span nor a Unix time in ms, or it is past.
    """
    if expiry is None:
        return None
    if isinstance(expiry, timedelta):
        if timedelta(0) < expiry <= _LONGEST_SPAN:
            return expiry
        raise InvalidArgumentError(argument, "expected a positive span of at most a century")
    if isinstance(expiry, int) and not isinstance(expiry, bool):
        if clock.now() * 1000 < expiry < 2**53:
            return expiry
        raise InvalidArgumentError(
            argument, "this Unix time in ms is past (was it given in seconds?)"
        )
    raise InvalidArgumentError(argument, "expected a timedelta, a Unix time in ms, or None")


def check_clock(clock: object) -> Clock:
    """Return a clock; None stands for the system's.

    Raises:
        InvalidArgumentError: It is no `privy_async.clock.Clock`.
    """
    if clock is None:
        return Clock()
    if isinstance(clock, Clock):
        return clock
    raise InvalidArgumentError("clock", "expected a privy_async.clock.Clock, or None")


def refuse_with(client: object, *exc_info: object) -> NoReturn:
    """Refuse `with` where `async with` belongs."""
    raise TypeError("this client is async: use `async with`, or a client of privy_sync")


def check_asyncio() -> None:
    """Refuse to go on where no event loop of asyncio runs, as under trio.

    Raises:
        PrivyError: It says what to use there.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise PrivyError(
            "this needs a running event loop of asyncio: under trio, call privy_sync in a thread"
        ) from None


def check_own_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Refuse an event loop that was used here before this process was forked off.

    Parent and children share its sockets, so that each would get the others' answers.

    Raises:
        PrivyError: Another process used it.
    """
    if _homes.setdefault(loop, os.getpid()) != os.getpid():
        raise PrivyError(
            "this event loop was made before the process was forked, and shares its connections "
            "with the parent: make a new one here, as asyncio.run does"
        )
