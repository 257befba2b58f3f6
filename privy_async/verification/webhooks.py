"""Webhooks: whether what arrived is from Privy, and what it tells.

https://docs.privy.io/api-reference/webhooks/overview
"""

import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final, NamedTuple, TypeAlias

import attrs

from privy_async.clock import Clock
from privy_async.errors import APIResponseError, InvalidArgumentError, InvalidWebhookError
from privy_async.json_types import is_array
from privy_async.resources.webhook_events import WebhookEvent
from privy_async.values import decode

TOLERANCE: Final = timedelta(minutes=5)

Secrets: TypeAlias = str | Sequence[str]
"""An endpoint's signing secret (`whsec_...`), or several while it is being replaced."""


@attrs.frozen
class Webhooks:
    """Reached as `privy.webhooks`; it knows the client's `webhook_signing_secret`."""

    signing_secret: Secrets | None = attrs.field(default=None, repr=False)
    _clock: Clock = attrs.field(factory=Clock, repr=False)

    def verify(
        self,
        body: bytes | str,
        headers: Mapping[str, str],
        *,
        secret: Secrets | None = None,
        tolerance: timedelta = TOLERANCE,
        now: float | None = None,
    ) -> WebhookEvent:
        """Check a delivery with the client's secret, or another; see `verify` of the module."""
        secret = self.signing_secret if secret is None else secret
        if secret is None:
            raise InvalidArgumentError(
                "secret",
                "is missing: give secret=, or the client webhook_signing_secret=, or set "
                "PRIVY_WEBHOOK_SIGNING_SECRET",
            )
        now = self._clock.now() if now is None else now
        return verify(body, headers, secret=secret, tolerance=tolerance, now=now)

    def unsafe_unwrap(self, body: bytes | str) -> WebhookEvent:
        """Read an event without any check: anyone may have sent it."""
        return _read_event(_raw(body))


def verify(
    body: bytes | str,
    headers: Mapping[str, str],
    *,
    secret: Secrets,
    tolerance: timedelta = TOLERANCE,
    now: float | None = None,
) -> WebhookEvent:
    """Check that Privy sent this delivery just now, and return its event.

    An event may be delivered more than once, each time with the same header `svix-id`.

    Args:
        body: Exactly as it came, before any framework parses it.
        headers: Of the request, with names in any case (`svix-...` or `webhook-...`).
        secret: From the endpoint's page in Privy's dashboard; of several, one must fit.
        tolerance: By how much the sender's time may differ from this server's.
        now: The Unix time in s, if not the system's.

    Raises:
        InvalidWebhookError: The delivery is refused; its `reason` is "missing_header",
            "wrong_header", "wrong_signature", "too_old", "too_new" or "unreadable".
        InvalidArgumentError: The body was parsed already, or a secret is none.

    Source: https://docs.svix.com/receiving/verifying-payloads/how-manual
    """
    raw, keys = _raw(body), _keys(secret)
    delivery = _read_headers(headers)
    content = b".".join([delivery.id.encode(), delivery.timestamp.encode(), raw])
    if not any(_is_signed(delivery, content, key) for key in keys):
        raise InvalidWebhookError(
            "the signature is wrong: the secret is another endpoint's, or the body is not the "
            "one that came",
            reason="wrong_signature",
        )
    _check_age(int(delivery.timestamp), tolerance, Clock().now() if now is None else now)
    return _read_event(raw)


class _Delivery(NamedTuple):
    id: str
    timestamp: str
    signatures: str


def _raw(body: object) -> bytes:
    if isinstance(body, str):
        return body.encode("utf-8", "surrogatepass")
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    raise InvalidArgumentError(
        "body", "expected the bytes that came: what a framework has parsed cannot be checked"
    )


def _keys(secret: object) -> list[bytes]:
    secrets: Sequence[object] = secret if is_array(secret) else (secret,)
    keys = [_key(each) for each in secrets]
    if keys:
        return keys
    raise InvalidArgumentError("secret", "expected at least one")


def _key(secret: object) -> bytes:
    text = secret.strip().removeprefix("whsec_") if isinstance(secret, str) else ""
    try:
        key = b64decode(text, validate=True)
    except ValueError:
        key = b""
    if key:
        return key
    raise InvalidArgumentError("secret", "expected a signing secret such as whsec_... in base64")


def _read_headers(headers: Mapping[str, str]) -> _Delivery:
    by_name = {name.lower(): value for name, value in headers.items()}
    for prefix in ("svix", "webhook"):
        found = [by_name.get(f"{prefix}-{name}") for name in ("id", "timestamp", "signature")]
        values = [value for value in found if isinstance(value, str) and value]
        if len(values) == 3:
            return _check_headers(_Delivery(*values))
    raise InvalidWebhookError(
        "the headers svix-id, svix-timestamp and svix-signature are not all there",
        reason="missing_header",
    )


def _check_headers(delivery: _Delivery) -> _Delivery:
    digits = delivery.timestamp.isascii() and delivery.timestamp.isdecimal()
    if digits and len(delivery.timestamp) <= 12 and delivery.id.isascii():
        return delivery
    raise InvalidWebhookError(
        "svix-timestamp is no Unix time in s, or svix-id is not ASCII", reason="wrong_header"
    )


def _is_signed(delivery: _Delivery, content: bytes, key: bytes) -> bool:
    """Whether one of the signatures is right; each is compared in constant time."""
    wanted = b"v1," + b64encode(hmac.digest(key, content, sha256))
    # The header lists signatures by all secrets of the endpoint, and maybe of other versions.
    given = delivery.signatures.encode("utf-8", "surrogatepass").split(b" ")
    return any(hmac.compare_digest(wanted, signature) for signature in given)


def _check_age(timestamp: int, tolerance: timedelta, now: float) -> None:
    seconds = tolerance.total_seconds()
    if timestamp < now - seconds:
        raise InvalidWebhookError(
            "the delivery is too old: it may be a repeated one", reason="too_old"
        )
    if timestamp > now + seconds:
        raise InvalidWebhookError(
            "the delivery is from the future: check this server's clock", reason="too_new"
        )


def _read_event(raw: bytes) -> WebhookEvent:
    try:
        event: Any = json.loads(raw)
        return decode(WebhookEvent, event)
    except APIResponseError as error:
        problem = error.message.replace("answer", "event")
    except (ValueError, RecursionError):
        problem = "the event is not JSON"
    raise InvalidWebhookError(problem, reason="unreadable")
