"""Signing as Svix does, written apart from the SDK's check on purpose.

Source: https://docs.svix.com/receiving/verifying-payloads/how-manual
"""

import base64
import hmac
from collections.abc import Callable

_PREFIX = "whsec_"
_SECRET_LENGTH = 24


def new_secret(random_bytes: Callable[[int], bytes]) -> str:
    """Make a signing secret from `random_bytes(n)`."""
    return _PREFIX + base64.b64encode(random_bytes(_SECRET_LENGTH)).decode()


def key_of(secret: str) -> bytes:
    """The bytes of a signing secret.

    Raises:
        ValueError: It is none.
    """
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except ValueError:
        key = b""
    if not key:
        raise ValueError("a webhook's secret is whsec_ and base64, such as the sandbox makes")
    return key


def signed_headers(secret: str, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers that prove where a body comes from, at a Unix time in s."""
    content = f"{message_id}.{timestamp}.".encode() + body
    signature = hmac.digest(key_of(secret), content, "sha256")
    return {
        "svix-id": message_id,
        "svix-timestamp": str(timestamp),
        "svix-signature": "v1," + base64.b64encode(signature).decode(),
    }
