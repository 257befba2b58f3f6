"""Codes of six digits: random ones, and those of authenticator apps (RFC 6238)."""

import base64
import hmac
from collections.abc import Callable, Iterator
from typing import Final

STEP: Final = 30
_DIGITS: Final = 6
_SECRET_LENGTH: Final = 20


def random_code(random_bytes: Callable[[int], bytes]) -> str:
    """A code from `random_bytes(n)` that nobody can guess."""
    return f"{int.from_bytes(random_bytes(16)) % 10**_DIGITS:0{_DIGITS}}"


def new_totp_secret(random_bytes: Callable[[int], bytes]) -> str:
    """A secret for an authenticator app from `random_bytes(n)`, base32 without padding."""
    return base64.b32encode(random_bytes(_SECRET_LENGTH)).decode()


def totp(secret: str, step: int) -> str:
    """The code of a time step, as authenticator apps compute it (SHA-1, RFC 4226, section 5.3)."""
    digest = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**_DIGITS:0{_DIGITS}}"


def steps_around(now: float) -> Iterator[int]:
    """The time step of a Unix time in seconds, and those beside it, for clocks that differ."""
    step = int(now) // STEP
    yield from (step, step - 1, step + 1)
