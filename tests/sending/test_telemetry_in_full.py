"""All that OpenTelemetry is told of a call and of its attempts, name by name."""

from collections.abc import Iterator
from typing import Any

import attrs
import pytest
from kinds_of_calls import KEYED, READ
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode
from test_observing import EXPORTER, READER
from test_observing import _providers as _providers

from privy_async.errors import APIConnectionError, APIStatusError, PrivyError
from privy_async.sending import telemetry
from privy_async.sending.audit import Audit, SignedBy
from privy_async.sending.outcome import NoResponse, RawResponse
from privy_async.version import VERSION

pytestmark = pytest.mark.anyio

RPC: Any = attrs.evolve(KEYED, rpc_method="eth_sendTransaction")
TEMPLATE = KEYED.operation.name.partition(" ")[2]
OPERATION = {
    "http.request.method": KEYED.method,
    "url.template": TEMPLATE,
    "privy.rpc.method": "eth_sendTransaction",
}
AUDIT = Audit((SignedBy("key", "ab"), SignedBy("signer")), "cd")


@pytest.fixture(autouse=True)
def _alone() -> Iterator[None]:
    EXPORTER.clear()
    yield
    EXPORTER.clear()


async def span_of(
    call: Any, *attempts: dict[str, Any], error: BaseException | None = None
) -> ReadableSpan:
    """The span of a call with these attempts, which ends in an error or not."""

    async def work() -> str:
        for attempt in attempts:
            usual = {"retry": 0, "seconds": 0.5, "waited": 0.0, "audit": Audit()}
            telemetry.record(call, **{**usual, **attempt})
        if error is not None:
            raise error
        return "done"

    if error is None:
        assert await telemetry.observe(call, work()) == "done"
    else:
        with pytest.raises(type(error)):
            await telemetry.observe(call, work())
    (span,) = EXPORTER.get_finished_spans()
    return span


@pytest.mark.parametrize(
    ("url", "address", "port"),
    [
        ("https://api.privy.io/v1/x", "api.privy.io", 443),
        ("http://127.0.0.1/v1/x", "127.0.0.1", 80),
        ("https://api.privy.io:8443/v1/x", "api.privy.io", 8443),
    ],
)
async def test_a_call(url: str, address: str, port: int) -> None:
    """It is a client's span, named after the operation, with the server's address."""
    span = await span_of(attrs.evolve(RPC, url=url))
    assert (span.name, span.kind) == (RPC.operation.name, SpanKind.CLIENT)
    assert dict(span.attributes or {}) == {
        **OPERATION,
        "server.address": address,
        "server.port": port,
    }
    assert span.status.status_code is StatusCode.UNSET
    scope: Any = span.instrumentation_scope
    assert (scope.name, scope.version) == ("privy_async", VERSION)


async def test_what_an_operation_is_called() -> None:
    """By method and template; a path by hand has none, and what is no RPC no method of one."""
    span = await span_of(attrs.evolve(RPC, rpc_method=None))
    assert "privy.rpc.method" not in (span.attributes or {})
    EXPORTER.clear()
    span = await span_of(attrs.evolve(RPC, operation=RPC.operation._replace(name="POST")))
    assert "url.template" not in (span.attributes or {})
    assert (span.attributes or {})["http.request.method"] == "POST"


STATUS = {"status": 400, "body": None, "headers": {}, "method": "POST", "url": "http://x"}


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            APIStatusError("secret", code="policy_violation", **STATUS),
            {"privy.error_code": "policy_violation", "privy.may_have_happened": False},
        ),
        (APIStatusError("secret", **STATUS), {"privy.may_have_happened": False}),
        (
            APIConnectionError("secret", method="POST", url="http://x", may_have_happened=True),
            {"privy.may_have_happened": True},
        ),
        (PrivyError("secret"), {}),
        (KeyError("secret"), {}),
    ],
)
async def test_a_call_that_fails(error: Exception, told: dict[str, Any]) -> None:
    """The error's class and code, and whether it may have been executed; no word of its text."""
    span = await span_of(RPC, error=error)
    kind = type(error).__name__
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, kind)
    found = dict(span.attributes or {})
    usual = {*OPERATION, "server.address", "server.port"}
    rest = {name: item for name, item in found.items() if name not in usual}
    assert rest == {"error.type": kind, **told}
    assert span.events == ()


@pytest.mark.parametrize(
    ("attempt", "event"),
    [
        (
            {
                "outcome": RawResponse(200, {"x-request-id": "r1"}, b""),
                "audit": AUDIT,
                "waited": 0.25,
            },
            {
                "http.response.status_code": 200,
                "privy.payload_sha256": "cd",
                "privy.signed_by": "key:ab,signer:?",
                "privy.waited": 0.25,
                "privy.request_id": "r1",
            },
        ),
        ({"outcome": RawResponse(503, {}, b"")}, {"http.response.status_code": 503}),
        ({"outcome": NoResponse("x", sent=True)}, {"error.type": "connection"}),
        ({"outcome": NoResponse("x", sent=True, timed_out=True)}, {"error.type": "timeout"}),
    ],
)
@pytest.mark.parametrize("retry", [0, 2])
async def test_an_attempt(attempt: dict[str, Any], event: dict[str, Any], retry: int) -> None:
    """It is an event of the call's span, which has the last one's status too."""
    span = await span_of(RPC, {**attempt, "retry": retry})
    (told,) = span.events
    assert told.name == "attempt"
    assert dict(told.attributes or {}) == {
        **event,
        "privy.idempotency_key": RPC.idempotency_key,
        "http.request.resend_count": retry,
        "privy.seconds": 0.5,
    }
    attributes = dict(span.attributes or {})
    assert attributes["http.request.resend_count"] == retry
    status = event.get("http.response.status_code")
    assert attributes.get("http.response.status_code") == status


async def test_what_there_is_not_is_not_told() -> None:
    """No key, no payload, nobody who signed."""
    (told,) = (await span_of(READ, {"outcome": RawResponse(200, {}, b"")})).events
    assert set(told.attributes or {}) == {
        *("http.response.status_code", "http.request.resend_count", "privy.seconds"),
    }


def points() -> dict[str, tuple[str, str, list[Any]]]:
    """The metrics by their names: unit, description and points."""
    data = READER.get_metrics_data()
    if data is None:
        return {}
    return {
        metric.name: (metric.unit, metric.description, list(metric.data.data_points))
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    }


def total(name: str, **attributes: Any) -> float:
    """The sum over a metric's points with these attributes."""
    found = [
        each for each in points().get(name, ("", "", []))[2] if dict(each.attributes) == attributes
    ]
    return sum(getattr(each, "sum", None) or getattr(each, "value", 0) for each in found)


async def test_metrics() -> None:
    """Each attempt's time, retries, and waits for a turn, by operation."""
    fine = {**OPERATION, "http.response.status_code": 299}
    lost = {**OPERATION, "error.type": "timeout"}
    names = ("http.client.request.duration", "privy.client.retries", "privy.client.turn.duration")
    before = [total(names[0], **fine), total(names[0], **lost)]
    before += [total(names[1], **OPERATION), total(names[2], **OPERATION)]
    answer = RawResponse(299, {}, b"")
    late = NoResponse("x", sent=True, timed_out=True)
    await span_of(
        RPC,
        {"outcome": answer, "seconds": 0.5},
        {"outcome": late, "seconds": 2.0, "retry": 1, "waited": 4.0},
        {"outcome": answer, "seconds": 1.0, "retry": 2},
    )
    after = [total(names[0], **fine), total(names[0], **lost)]
    after += [total(names[1], **OPERATION), total(names[2], **OPERATION)]
    assert [now - then for now, then in zip(after, before, strict=True)] == [1.5, 2.0, 2, 4.0]
    told = {name: (unit, text) for name, (unit, text, _) in points().items() if name in names}
    assert told == {
        names[0]: ("s", "How long each attempt took."),
        names[1]: ("{retry}", "Attempts after the first."),
        names[2]: ("s", "How long attempts waited in turn."),
    }
