"""Bodies of requests for people to look at: what opens anything is masked."""

import json
import re
from typing import Final, cast

from privy_async.sandbox.requests.http_messages import HttpRequest
from privy_async.sandbox.requests.refusal import Refusal

MASK: Final = "•••"
# What is longer is not taken apart: a request should not take longer because it can be looked at.
MAX_READ: Final = 100_000
_SECRET_NAME: Final = re.compile(
    r"(.+_)?(jwt|secret|password|passcode|signature|private_key|seed_phrase|mnemonic|entropy|otp)s?"
    r"|((access|refresh|identity|id|mfa|user|session|bearer)_)?tokens?"
    r"|((mfa|otp|sms|totp|verification)_)?code"
    r"|authorization(_key)?",
    re.IGNORECASE,
)
# A JWT (RFC 7519), a private key as PEM, or one as the Dashboard shows it.
_SECRET_TEXT: Final = re.compile(
    r"eyJ[\w-]+\.[\w-]+\.[\w-]*|-----BEGIN [A-Z ]*PRIVATE KEY-----|wallet-(auth|api):"
)


def masked_body(request: HttpRequest) -> str | None:
    """Return the body as JSON on one line, secrets masked; None if there is none.

    A body that is no JSON, or long, is told by its size alone.
    """
    if not request.body:
        return None
    size = f"{len(request.body):,} bytes"
    if len(request.body) > MAX_READ:
        return f"({size})"
    try:
        value = request.json
    except Refusal:
        return f"({size} that cannot be read as JSON)"
    return json.dumps(_masked(value), ensure_ascii=False)


def _masked(value: object) -> object:
    if isinstance(value, dict):
        items = cast("dict[str, object]", value).items()
        return {name: _masked_field(name, item) for name, item in items}
    if isinstance(value, list):
        return [_masked(item) for item in cast("list[object]", value)]
    return MASK if isinstance(value, str) and _SECRET_TEXT.search(value) else value


def _masked_field(name: str, value: object) -> object:
    if value is None or not _SECRET_NAME.fullmatch(name):
        return _masked(value)
    return MASK
