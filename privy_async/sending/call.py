"""A call as a value: what is sent, and what the answer means. Nothing here waits."""

import re
from collections.abc import Mapping
from datetime import timedelta
from enum import Enum
from math import isfinite
from typing import Any, Final, Literal, TypeAlias, TypedDict
from urllib.parse import quote, unquote, urlencode

import attrs

from privy_async.checks import RequestExpiry, mixed_up
from privy_async.errors import InvalidArgumentError
from privy_async.json_types import is_array, is_encodable, is_object, parse_json
from privy_async.sending.operations import Operation
from privy_async.signing.authorization import (
    APP_ID,
    IDEMPOTENCY_KEY,
    REQUEST_EXPIRY,
    AuthorizationContext,
    canonical_payload,
)
from privy_async.signing.canonical_json import canonical_json


class Omit(Enum):
    """The type of OMIT, the default of parameters that are not sent unless given."""

    OMIT = "OMIT"

    def __repr__(self) -> str:
        return "OMIT"


OMIT: Final = Omit.OMIT
"""A parameter left at OMIT is not sent at all; None is sent as JSON null."""


class CallOptions(TypedDict, total=False):
    """The options that every call takes besides its own parameters.

    timeout: seconds for one attempt.
    deadline: seconds for all of it: waiting for a turn, for keys and signers, each attempt, and
        the pauses between them. None for no such limit.
    extra_body: fields to add to the JSON body, for parameters the SDK does not know yet. Those in
        a mapping that the call sends go into it: `{"params": {"new": 1}}` leaves what the call
        has in `params`. A field that the call sends already is refused, never replaced.
    """

    timeout: float
    deadline: float | None
    extra_body: Mapping[str, Any]


class ExpiringOptions(CallOptions, total=False):
    """`request_expiry`: when Privy must refuse it, as a span, a Unix time in ms, or None."""

    request_expiry: RequestExpiry


class IdempotentOptions(CallOptions, total=False):
    """`idempotency_key`: at most 256 characters; the SDK makes a UUIDv4 if you give none."""

    idempotency_key: str


class SignedOptions(ExpiringOptions, total=False):
    """`authorization`: who signs this call, instead of the client's own; None for nobody."""

    authorization: AuthorizationContext | None


class MoneyOptions(SignedOptions, IdempotentOptions, total=False):
    """Signed, expiring and idempotent: the options of every call that moves money."""


class RequestOptions(MoneyOptions, total=False):
    """`user_jwt`: the user's own token, where an operation takes the header `privy-user-token`."""

    user_jwt: str


USER_TOKEN: Final = "privy-user-token"
"""The header of the user's own token. No signature covers it."""
Method: TypeAlias = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


@attrs.define(eq=False, repr=False)
class Call:
    """One request, the same over all its attempts. Nothing writes to it once it is made.

    Attributes:
        operation: Which operation of the API it is.
        url: Full and percent-encoded: signed and sent as it stands.
        body: The canonical JSON, signed and sent as it stands; None if none is sent.
        request_expiry: A span is counted from each attempt anew.
        rpc_method: The RPC's method, such as `eth_sendTransaction`; None if the call is none.
    """

    operation: Operation
    url: str
    app_id: str
    body: bytes | None
    idempotency_key: str | None
    request_expiry: RequestExpiry
    authorization: AuthorizationContext | None
    user_jwt: str | None = None
    rpc_method: str | None = None

    def read_body(self) -> Any:
        """Return the body as JSON values, made anew."""
        return None if self.body is None else parse_json(self.body)

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.operation.method

    @property
    def idempotent(self) -> bool:
        """True if sending it again cannot execute it twice (RFC 9110, section 9.2.2)."""
        return self.idempotency_key is not None or self.operation.accepts.safe

    @property
    def safe(self) -> bool:
        """True if it changes nothing, so that it does not matter if it was executed."""
        return self.operation.accepts.safe

    def headers(self, now: float) -> dict[str, str]:
        """The Privy headers of an attempt at Unix time `now` in s: those that are signed."""
        headers = {APP_ID: self.app_id}
        if self.idempotency_key is not None:
            headers[IDEMPOTENCY_KEY] = self.idempotency_key
        if isinstance(self.request_expiry, timedelta):
            headers[REQUEST_EXPIRY] = str(int((now + self.request_expiry.total_seconds()) * 1000))
        elif self.request_expiry is not None:
            headers[REQUEST_EXPIRY] = str(self.request_expiry)
        return headers

    def payload(self, headers: Mapping[str, str]) -> bytes:
        """The canonical payload of an attempt with these headers."""
        # A server that gets neither Content-Type nor body verifies an empty string as the body.
        body = b'""' if self.body is None else self.body
        return canonical_payload(self.method, self.url, body, headers)


def given(**fields: Any) -> dict[str, Any]:
    """The fields that were given: all that are not OMIT."""
    return {name: value for name, value in fields.items() if value is not OMIT}


def encode_body(body: Any, extra: Mapping[str, Any] | None) -> bytes | None:
    """Return the bytes of the body with the extra fields added, or None for no body.

    Raises:
        InvalidArgumentError: An extra field is in the body already, or a value has no canonical
            JSON.
    """
    if extra is not None:
        if not is_object(extra):
            raise InvalidArgumentError("extra_body", "expected a mapping")
        if body is not OMIT and not is_object(body):
            raise InvalidArgumentError(
                "extra_body", "can only be added to a body that is a mapping"
            )
        body = _with_extra({} if body is OMIT else body, extra, "extra_body")
    return None if body is OMIT else canonical_json(body)


def _with_extra(fields: Mapping[Any, Any], extra: Mapping[Any, Any], path: str) -> dict[Any, Any]:
    """Return the fields and the extra ones, at every depth of mappings that both have."""
    merged = dict(fields)
    for key, item in extra.items():
        # A subclass of str could differ from an equal key in its hash, and be sent beside it.
        name = str.__str__(key) if isinstance(key, str) else key
        if name not in merged:
            merged[name] = item
        elif is_object(merged[name]) and is_object(item):
            merged[name] = _with_extra(merged[name], item, f"{path}.{name}")
        else:
            raise InvalidArgumentError(
                f"{path}.{name}", "is a field of the call itself: give it there, once"
            )
    return merged


def expand_path(template: str, values: Mapping[str, object]) -> str:
    """Fill a path template, percent-encoding each value so that it stays one segment.

    Raises:
        InvalidArgumentError: A value is not a str, is empty, or is a dot segment, which would
            make it another path.
    """
    for name, value in values.items():
        template = template.replace(f"{{{name}}}", _encode_segment(name, value), 1)
    return template


def _encode_segment(name: str, value: object) -> str:
    if not isinstance(value, str) or value in ("", ".", ".."):
        what = "" if isinstance(value, str) else mixed_up(value, "id")
        raise InvalidArgumentError(name, f"{what}expected a non-empty string that is an id")
    if value.isascii() and value.isalnum():
        return value
    if not is_encodable(value):
        raise InvalidArgumentError(name, "holds a lone surrogate, which has no UTF-8")
    return quote(value, safe="")


# Bits. Quantities have no more, and Python writes no integer of more than some thousands.
_LONGEST_INTEGER: Final = 256
_PATH: Final = re.compile(r"(?:/(?:[A-Za-z0-9\-._~:@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+)+")


def check_path(path: str) -> str:
    """Return a path given by hand, if it can be signed and sent as it stands.

    Raises:
        InvalidArgumentError: It is not one, or not percent-encoded.
    """
    if not (isinstance(path, str) and _PATH.fullmatch(path)):
        raise InvalidArgumentError(
            "path", "expected a percent-encoded path such as /v1/wallets/abc (query= is apart)"
        )
    if not {".", ".."}.isdisjoint(unquote(path).split("/")):
        raise InvalidArgumentError("path", "must not have dot segments, which make another path")
    return path


def encode_query(query: Mapping[str, Any] | None) -> str:
    """The query string with its question mark, or nothing. None and OMIT are left out."""
    if not (query is None or is_object(query)):
        raise InvalidArgumentError("query", "expected a mapping")
    pairs: list[tuple[str, str]] = []
    for name, value in (query or {}).items():
        if value is None or value is OMIT:
            continue
        items = value if is_array(value) else (value,)
        pairs += [(_query_name(name), query_text(name, item)) for item in items]
    return f"?{urlencode(pairs, quote_via=quote)}" if pairs else ""


def _query_name(name: object) -> str:
    if isinstance(name, str) and is_encodable(name):
        return str.__str__(name)
    raise InvalidArgumentError("query", "expected names that are text with a form in UTF-8")


def query_text(name: str, value: object) -> str:
    """Return a query's value as it is written there.

    Raises:
        InvalidArgumentError: It has no such form; `name` is what it is called.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    # What an enum calls itself is not its value, so str() of a subclass will not do.
    if isinstance(value, str) and is_encodable(value):
        return str.__str__(value)
    if isinstance(value, int) and value.bit_length() <= _LONGEST_INTEGER:
        return int.__repr__(value)
    if isinstance(value, float) and isfinite(value):
        return float.__repr__(value)
    raise InvalidArgumentError(name, f"this {type(value).__name__} cannot stand in a query")
