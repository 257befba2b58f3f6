"""OpenTelemetry: a span and three metrics for each call, in applications that have loaded its API.

What is told is on a short list, by the names of its conventions for HTTP clients
(https://opentelemetry.io/docs/specs/semconv/http/http-spans): no URL, no id but the request's, no
header, no body.
"""

import sys
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

from privy_async.errors import APIError, APIStatusError
from privy_async.sending.call import Call
from privy_async.sending.outcome import Outcome, RawResponse
from privy_async.version import VERSION

if TYPE_CHECKING:
    from opentelemetry.metrics import Counter, Histogram
    from opentelemetry.trace import Tracer

    from privy_async.sending.audit import Audit

T = TypeVar("T")

_SCOPE: Final = "privy_async"


def is_loaded() -> bool:
    """True if the application uses OpenTelemetry: whoever configures it has imported this."""
    return "opentelemetry.trace" in sys.modules


@cache
def _tracer() -> "Tracer":
    from opentelemetry import trace

    return trace.get_tracer(_SCOPE, VERSION)


@cache
def _instruments() -> "tuple[Histogram, Counter, Histogram]":
    from opentelemetry import metrics

    meter = metrics.get_meter(_SCOPE, VERSION)
    return (
        meter.create_histogram(
            "http.client.request.duration", unit="s", description="How long each attempt took."
        ),
        meter.create_counter(
            "privy.client.retries", unit="{retry}", description="Attempts after the first."
        ),
        meter.create_histogram(
            "privy.client.turn.duration", unit="s", description="How long attempts waited in turn."
        ),
    )


async def observe(call: Call, work: Coroutine[Any, Any, T]) -> T:
    """Do the work of a call inside its span."""
    with _span(call):
        return await work


@contextmanager
def _span(call: Call) -> Generator[None]:
    """A span around a call with all its attempts. It is named after the operation."""
    from opentelemetry.trace import SpanKind, StatusCode

    address = urlsplit(call.url)
    attributes: dict[str, str | int] = {
        **_operation(call),
        "server.address": address.hostname or "",
        "server.port": address.port or (80 if address.scheme == "http" else 443),
    }
    with _tracer().start_as_current_span(
        call.operation.name,
        kind=SpanKind.CLIENT,
        attributes=attributes,
        # The text of an error may quote what the caller gave.
        record_exception=False,
        set_status_on_exception=False,
    ) as current:
        try:
            yield
        except BaseException as error:
            current.set_status(StatusCode.ERROR, type(error).__name__)
            current.set_attribute("error.type", type(error).__name__)
            if isinstance(error, APIStatusError) and error.code:
                current.set_attribute("privy.error_code", error.code)
            if isinstance(error, APIError):
                current.set_attribute("privy.may_have_happened", error.may_have_happened)
            raise


def record(
    call: Call, outcome: Outcome, *, retry: int, seconds: float, waited: float, audit: "Audit"
) -> None:
    """Add an attempt to the call's span and to the metrics."""
    from opentelemetry.trace import get_current_span

    if isinstance(outcome, RawResponse):
        result: dict[str, str | int] = {"http.response.status_code": outcome.status}
    else:
        result = {"error.type": "timeout" if outcome.timed_out else "connection"}
    duration, retries, turns = _instruments()
    duration.record(seconds, {**_operation(call), **result})
    if retry:
        retries.add(1, _operation(call))
    if waited:
        turns.record(waited, _operation(call))
    current = get_current_span()
    request_id = outcome.request_id if isinstance(outcome, RawResponse) else None
    told = {
        **result,
        **_audited(call, audit),
        "http.request.resend_count": retry,
        "privy.seconds": seconds,
    }
    if waited:
        told["privy.waited"] = waited
    if request_id:
        told["privy.request_id"] = request_id
    current.add_event("attempt", told)
    current.set_attribute("http.request.resend_count", retry)
    if isinstance(outcome, RawResponse):
        current.set_attribute("http.response.status_code", outcome.status)


def _audited(call: Call, audit: "Audit") -> dict[str, str]:
    """Return what an auditor asks for, and none of it that there is not."""
    signed_by = ",".join(f"{by.kind}:{by.fingerprint or '?'}" for by in audit.signed_by)
    found = {
        "privy.idempotency_key": call.idempotency_key,
        "privy.payload_sha256": audit.payload_sha256,
        "privy.signed_by": signed_by,
    }
    return {name: text for name, text in found.items() if text}


def _operation(call: Call) -> dict[str, str | int]:
    method, _, template = call.operation.name.partition(" ")
    named: dict[str, str | int] = {"http.request.method": method}
    if template:
        named["url.template"] = template
    if call.rpc_method:
        named["privy.rpc.method"] = call.rpc_method
    return named
