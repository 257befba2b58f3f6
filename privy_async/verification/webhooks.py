"""Webhooks: checks that what arrived is from Privy, and reads what it tells.

https://docs.privy.io/api-reference/webhooks/overview
"""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final, NamedTuple, TypeAlias

import attrs

from privy_async.clock import Clock
from privy_async.errors import InvalidArgumentError, InvalidWebhookError
from privy_async.json_types import is_array, is_object, parse_json
from privy_async.resources.webhook_events import WebhookEvent
from privy_async.signing.secret import NotPickled, hides_arguments
from privy_async.values import decode

TOLERANCE: Final = timedelta(minutes=5)

WebhookSecrets: TypeAlias = str | Sequence[str]
"""An endpoint's signing secret (`whsec_...`), or several while it is being replaced."""

WebhookHeaders: TypeAlias = (
    Mapping[str, Any] | Mapping[bytes, Any] | Iterable[tuple[str | bytes, str | bytes]]
)
"""Headers as servers have them: a mapping or pairs, of str or bytes, with WSGI's names or plain."""


@attrs.frozen
class Webhooks(NotPickled):
    """Reached as `privy.webhooks`; it knows the client's `webhook_signing_secret`."""

    signing_secret: WebhookSecrets | None = attrs.field(default=None, repr=False)
    _clock: Clock = attrs.field(factory=Clock, repr=False)

    @hides_arguments
    def verify(
        self,
        body: bytes | str,
        headers: WebhookHeaders,
        *,
        secret: WebhookSecrets | None = None,
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


@hides_arguments
def verify(
    body: bytes | str,
    headers: WebhookHeaders,
    *,
    secret: WebhookSecrets,
    tolerance: timedelta = TOLERANCE,
    now: float | None = None,
) -> WebhookEvent:
    """Check that Privy sent this delivery just now, and return its event.

    An event may be delivered more than once, each time with the same header `svix-id`. One that
    is new, or lacks what its kind must have, comes as `WebhookEvent` with its JSON in `extra`.

    Args:
        body: Exactly as it came, before any framework parses it.
        headers: Of the request, with names in any case (`svix-...` or `webhook-...`): any mapping
            or list of pairs, of str or bytes; WSGI's environment too.
        secret: From the endpoint's page in Privy's dashboard; of several, one must fit.
        tolerance: By how much the sender's time may differ from this server's.
        now: The Unix time in s, if not the system's.

    Raises:
        InvalidWebhookError: The delivery is refused; its `reason` is "missing_header",
            "wrong_header", "wrong_signature", "too_old", "too_new" or "unreadable".
        InvalidArgumentError: The body was parsed already, or a secret or the headers are none.

    Source: https://docs.svix.com/receiving/verifying-payloads/how-manual
    """
    raw, keys, limits = _raw(body), _keys(secret), _limits(tolerance, now)
    delivery = _read_headers(headers)
    content = b".".join([delivery.id.encode(), delivery.timestamp.encode(), raw])
    if not any(_is_signed(delivery, content, key) for key in keys):
        raise InvalidWebhookError(
            "the signature is wrong: the secret is another endpoint's, or the body is not the "
            "one that came",
            reason="wrong_signature",
        )
    _check_age(int(delivery.timestamp), *limits)
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


def _limits(tolerance: object, now: object) -> tuple[float, float]:
    """The earliest and the latest Unix time in s that a delivery may have."""
    seconds = tolerance.total_seconds() if isinstance(tolerance, timedelta) else -1
    if seconds < 0:
        raise InvalidArgumentError("tolerance", "expected a timedelta, 0 or more")
    at = Clock().now() if now is None else now
    if isinstance(at, int | float) and 0 <= at < 1e12:
        return at - seconds, at + seconds
    raise InvalidArgumentError("now", "expected a Unix time in s")


def _read_headers(headers: object) -> _Delivery:
    by_name = _by_name(headers)
    for prefix in ("svix", "webhook"):
        found = [by_name.get(f"{prefix}-{name}") for name in ("id", "timestamp", "signature")]
        values = [value for value in found if value]
        if len(values) == 3:
            return _check_headers(_Delivery(*values))
    raise InvalidWebhookError(
        "the headers svix-id, svix-timestamp and svix-signature are not all there",
        reason="missing_header",
    )


def _by_name(headers: Any) -> dict[str, str]:
    """The headers that are text, by their names in lower case."""
    items: Any = getattr(headers, "items", lambda: headers)
    texts: list[tuple[str, str]] = []
    try:
        for name, value in items():
            texts.append((_header_text(name).lower(), _header_text(value)))
    except (TypeError, ValueError):
        raise InvalidArgumentError(
            "headers", "expected those of the request: a mapping, or a list of pairs"
        ) from None
    # WSGI writes HTTP_SVIX_ID.
    return {name.removeprefix("http_").replace("_", "-"): value for name, value in texts}


def _header_text(text: object) -> str:
    if isinstance(text, bytes | bytearray):
        return text.decode("latin-1")
    return text if isinstance(text, str) else ""


def _check_headers(delivery: _Delivery) -> _Delivery:
    digits = delivery.timestamp.isascii() and delivery.timestamp.isdecimal()
    if digits and len(delivery.timestamp) <= 12 and delivery.id.isascii():
        return delivery
    raise InvalidWebhookError(
        "svix-timestamp is no Unix time in s, or svix-id is not ASCII", reason="wrong_header"
    )


def _is_signed(delivery: _Delivery, content: bytes, key: bytes) -> bool:
    """True if one of the signatures is right; each is compared in constant time."""
    wanted = b"v1," + b64encode(hmac.digest(key, content, sha256))
    # The header lists signatures by all secrets of the endpoint, and maybe of other versions.
    given = delivery.signatures.encode("utf-8", "surrogatepass").split(b" ")
    return any(hmac.compare_digest(wanted, signature) for signature in given)


def _check_age(timestamp: int, earliest: float, latest: float) -> None:
    if timestamp < earliest:
        raise InvalidWebhookError(
            "the delivery is too old: it may be a repeated one", reason="too_old"
        )
    if timestamp > latest:
        raise InvalidWebhookError(
            "the delivery is from the future: check this server's clock", reason="too_new"
        )


def _read_event(raw: bytes) -> WebhookEvent:
    try:
        event: Any = parse_json(raw)
    except ValueError as error:
        problem = f"the event is not JSON that can be read: {error}"
        raise InvalidWebhookError(problem, reason="unreadable") from None
    # Privy signed it, so it is an event, if maybe one that only its JSON tells.
    return decode(WebhookEvent, event) if is_object(event) else WebhookEvent(extra={"": event})
