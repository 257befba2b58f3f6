"""What an application sees of its calls: hooks, OpenTelemetry's spans and metrics, the log."""

import logging
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sdk_helpers import Owner, RawServer

import privy_sync
from privy_async import (
    APIConnectionError,
    InvalidArgumentError,
    NotFoundError,
    PrivyClient,
    Request,
    Response,
)
from privy_async.sandbox import Sandbox
from privy_async.sending import telemetry
from privy_async.version import VERSION

pytest_plugins = ("fixtures_sdk",)
pytestmark = pytest.mark.anyio

RPC = "POST /v1/wallets/{wallet_id}/rpc"
EXPORTER = InMemorySpanExporter()
READER = InMemoryMetricReader()
ALLOWED = {
    "error.type",
    "http.request.method",
    "http.request.resend_count",
    "http.response.status_code",
    "privy.error_code",
    "privy.idempotency_key",
    "privy.may_have_happened",
    "privy.payload_sha256",
    "privy.request_id",
    "privy.rpc.method",
    "privy.seconds",
    "privy.signed_by",
    "privy.waited",
    "server.address",
    "server.port",
    "url.template",
}


@pytest.fixture(autouse=True)
def _providers() -> None:
    _provide()


@cache
def _provide() -> None:
    # OpenTelemetry takes one of each for the whole process.
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(EXPORTER))
    trace.set_tracer_provider(provider)
    metrics.set_meter_provider(MeterProvider(metric_readers=[READER]))


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """The spans of this test alone."""
    EXPORTER.clear()
    yield EXPORTER
    EXPORTER.clear()


def named(spans: InMemorySpanExporter, name: str) -> ReadableSpan:
    [span] = [span for span in spans.get_finished_spans() if span.name == name]
    return span


async def test_hooks_see_each_attempt(sandbox: Sandbox) -> None:
    """A call that is sent twice is told of twice, with one idempotency key and its operation."""
    requests: list[Request] = []
    responses: list[Response] = []
    hooks = {"on_request": requests.append, "on_response": responses.append}
    sandbox.faults.add(path="/v1/wallets", status=503)
    async with sandbox.client(**hooks) as privy:
        await privy.wallets.create(chain_type="ethereum")
    assert [(seen.operation, seen.retry) for seen in requests] == [
        ("POST /v1/wallets", 0),
        ("POST /v1/wallets", 1),
    ]
    assert [seen.status for seen in responses] == [503, 200]
    assert len({seen.idempotency_key for seen in [*requests, *responses]}) == 1


async def test_hooks_see_exchanges_and_derived_clients(sandbox: Sandbox, alice: Owner) -> None:
    """The exchange of a user's token is a request like any other."""
    operations: list[str] = []

    def note(request: Request) -> None:
        operations.append(request.operation)

    async with sandbox.client(on_request=note) as privy:
        await privy.for_user(alice.jwt).wallets.ethereum.sign_message(alice.wallet.id, "hi")
    assert operations == ["POST /v1/wallets/authenticate", RPC]


async def test_a_hook_that_raises_changes_nothing(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """The call goes on; the log names the hook and the kind of error, and not its text."""

    def fail(request: object) -> None:
        raise RuntimeError("a secret")

    async with sandbox.client(on_request=fail, on_response=fail) as privy:
        await privy.wallets.create(chain_type="ethereum")
    assert [record.getMessage() for record in caplog.records if record.levelno > 30] == [
        "the hook on_request raised RuntimeError",
        "the hook on_response raised RuntimeError",
    ]
    assert "a secret" not in caplog.text


def test_the_sync_face_has_the_hooks() -> None:
    """Both faces tell of the same attempts."""
    responses: list[Response] = []
    with (
        Sandbox(real_chains=False) as sandbox,
        sandbox.sync_client(on_response=responses.append) as privy,
    ):
        privy.wallets.create(chain_type="solana")
    assert [seen.operation for seen in responses] == ["POST /v1/wallets"]


def test_a_hook_that_is_no_function_is_refused() -> None:
    """The error names the argument."""
    with pytest.raises(InvalidArgumentError, match="on_response"):
        privy_sync.PrivyClient(app_id="a", app_secret="b", on_response="print")  # type: ignore[arg-type]


async def test_a_call_is_a_span(
    sandbox: Sandbox, alice: Owner, spans: InMemorySpanExporter
) -> None:
    """The span is named after the operation, knows its attempts, and holds the exchange's span."""
    sandbox.faults.add(path="/v1/wallets/*/rpc", status=500)
    await alice.privy.wallets.ethereum.sign_message(alice.wallet.id, "hi")
    call, exchange = named(spans, RPC), named(spans, "POST /v1/wallets/authenticate")
    assert call.kind is trace.SpanKind.CLIENT
    assert call.context is not None
    assert exchange.parent is not None
    assert exchange.parent.span_id == call.context.span_id
    assert call.attributes is not None
    assert call.attributes["url.template"] == "/v1/wallets/{wallet_id}/rpc"
    assert call.attributes["http.request.resend_count"] == 1
    statuses = [(event.attributes or {})["http.response.status_code"] for event in call.events]
    assert statuses == [500, 200]


async def test_a_failed_call_is_a_failed_span(
    sandbox: Sandbox, spans: InMemorySpanExporter
) -> None:
    """It names the error's type and code, and quotes nothing."""
    async with sandbox.client() as privy:
        with pytest.raises(NotFoundError):
            await privy.wallets.get("no-such-wallet")
    span = named(spans, "GET /v1/wallets/{wallet_id}")
    assert span.attributes is not None
    assert span.status.status_code is trace.StatusCode.ERROR
    assert span.attributes["error.type"] == "NotFoundError"
    assert span.attributes["privy.error_code"] == "not_found"
    assert "no-such-wallet" not in span.to_json()


async def test_spans_hold_only_what_is_on_the_list(
    sandbox: Sandbox, alice: Owner, spans: InMemorySpanExporter
) -> None:
    """No attribute of a span or an event lies outside the list, and none has an id or a secret."""
    sandbox.faults.add(path="/v1/wallets/*/rpc", drop="after")
    signed = await alice.privy.wallets.ethereum.sign_message(alice.wallet.id, "hi")
    for span in spans.get_finished_spans():
        for attributes in (span.attributes, *(event.attributes for event in span.events)):
            assert set(attributes or {}) <= ALLOWED
        for secret in (alice.jwt, sandbox.app_secret, signed.signature, alice.wallet.id):
            assert secret not in span.to_json()


async def test_attempts_are_measured(sandbox: Sandbox) -> None:
    """The duration of each attempt is in the histogram, by operation and status."""
    async with sandbox.client() as privy:
        await privy.wallets.create(chain_type="ethereum")
    data = READER.get_metrics_data()
    assert data is not None
    points = {
        (point.attributes or {}).get("url.template"): point
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == "http.client.request.duration"
        for point in metric.data.data_points
    }
    assert (points["/v1/wallets"].attributes or {})["http.response.status_code"] == 200


def metric(name: str, template: str) -> tuple[str, dict[Any, Any]]:
    """A metric's unit, and its points of an operation by their other attributes."""
    data = READER.get_metrics_data()
    assert data is not None
    scopes = [scope for resource in data.resource_metrics for scope in resource.scope_metrics]
    (ours,) = [scope for scope in scopes if scope.scope.name == "privy_async"]
    assert ours.scope.version == VERSION
    (found,) = [metric for metric in ours.metrics if metric.name == name]
    points = {
        (point.attributes or {}).get("http.response.status_code"): point
        for point in found.data.data_points
        if (point.attributes or {}).get("url.template") == template
    }
    return found.unit, points


async def test_retries_are_counted(sandbox: Sandbox) -> None:
    """Each attempt after the first counts as one, in a counter of its own; durations are in s."""
    template = "/v1/key_quorums/{key_quorum_id}"
    sandbox.faults.add(path="/v1/key_quorums/*", status=503, times=2)
    async with sandbox.client(max_retries=2) as privy:
        key = privy_sync.AuthorizationKey.generate().public_key
        quorum = await privy.key_quorums.create(public_keys=[key], authorization_threshold=1)
        await privy.key_quorums.get(quorum.id)
    unit, retries = metric("privy.client.retries", template)
    assert (unit, [point.value for point in retries.values()]) == ("{retry}", [2])
    unit, durations = metric("http.client.request.duration", template)
    assert (unit, durations[503].count, durations[200].count) == ("s", 2, 1)
    assert 0 < durations[200].sum < 60


@pytest.mark.parametrize(
    ("timeout", "told"), [(5.0, "connection"), (0.05, "timeout")], ids=["broken", "late"]
)
async def test_an_attempt_without_an_answer(
    spans: InMemorySpanExporter, timeout: float, told: str
) -> None:
    """Its kind is told, and whether the request may have been executed."""
    async with RawServer(None) as server, server.client(max_retries=0) as privy:
        server.delay = 0.0 if told == "connection" else 30.0
        with pytest.raises(APIConnectionError):
            await privy.users.create(linked_accounts=[], timeout=timeout)
    span = named(spans, "POST /v1/users")
    assert span.attributes is not None
    assert span.attributes["privy.may_have_happened"] is True
    assert (span.attributes["server.address"], span.attributes["server.port"]) == (
        "127.0.0.1",
        server.port,
    )
    assert "privy.error_code" not in span.attributes
    assert [(event.attributes or {})["error.type"] for event in span.events] == [told]


@pytest.mark.parametrize(("scheme", "port"), [("http", 80), ("https", 443)])
async def test_the_port_of_an_address_without_one(
    spans: InMemorySpanExporter, scheme: str, port: int
) -> None:
    """It is the scheme's own."""
    url = f"{scheme}://name.localhost"
    async with PrivyClient(app_id="a", app_secret="b", base_url=url, max_retries=0) as privy:
        with pytest.raises(APIConnectionError):
            await privy.wallets.get("w", timeout=2)
    span = named(spans, "GET /v1/wallets/{wallet_id}")
    assert span.attributes is not None
    assert (span.attributes["server.address"], span.attributes["server.port"]) == (
        "name.localhost",
        port,
    )
    assert "privy.rpc.method" not in span.attributes


async def test_waiting_for_a_turn_is_measured(
    sandbox: Sandbox, spans: InMemorySpanExporter
) -> None:
    """How long an attempt waited is in its event, and in a histogram by operation."""
    sandbox.faults.add(path="/v1/wallets", status=429, headers={"Retry-After": "0.5"})
    async with sandbox.client() as privy:
        await privy.wallets.create(chain_type="ethereum")
    first, second = named(spans, "POST /v1/wallets").events
    assert "privy.waited" not in (first.attributes or {})
    waited = (second.attributes or {})["privy.waited"]
    assert isinstance(waited, float)
    assert waited > 0.4
    data = READER.get_metrics_data()
    assert data is not None
    assert "privy.client.turn.duration" in data.to_json()


async def test_each_attempt_is_a_line_of_the_log(
    sandbox: Sandbox, alice: Owner, caplog: pytest.LogCaptureFixture
) -> None:
    """At DEBUG the logger `privy_async` has one line an attempt, with no secret in it."""
    caplog.set_level(logging.DEBUG, "privy_async")
    sandbox.faults.add(path="/v1/wallets/*/rpc", status=500)
    signed = await alice.privy.wallets.ethereum.sign_message(alice.wallet.id, "hi")
    lines = [record.getMessage() for record in caplog.records if record.name == "privy_async"]
    assert len([line for line in lines if "/rpc" in line]) == 2
    assert all(" personal_sign: " in line for line in lines if "/rpc" in line)
    for secret in (alice.jwt, sandbox.app_secret, signed.signature):
        assert secret not in caplog.text


async def test_a_refusal_in_the_log_has_its_code(
    sandbox: Sandbox, alice: Owner, caplog: pytest.LogCaptureFixture
) -> None:
    """Beside the status, with the request id."""
    caplog.set_level(logging.DEBUG, "privy_async")
    with pytest.raises(NotFoundError) as caught:
        await alice.privy.wallets.get("nothing")
    line = caplog.records[-1].getMessage()
    assert " -: 404 not_found in " in line
    assert f"request id {caught.value.request_id}," in line


async def test_the_pause_before_a_new_user_key_is_in_the_log(
    sandbox: Sandbox, alice: Owner, caplog: pytest.LogCaptureFixture
) -> None:
    """It may take half a second, which is told where it is asked for."""
    sandbox.faults.add(path="/v1/wallets/*/rpc", status=401)
    caplog.set_level(logging.DEBUG, "privy_async")
    await alice.privy.wallets.ethereum.sign_message(alice.wallet.id, "hi")
    (line,) = [each.getMessage() for each in caplog.records if "a new user key" in each.message]
    assert line.endswith("/rpc: a new user key in 0.5 s")


async def test_metrics_have_the_rpc_method(alice: Owner) -> None:
    """Each point of the durations tells which RPC method it was."""
    await alice.privy.wallets.ethereum.sign_message(alice.wallet.id, "hi")
    data = READER.get_metrics_data()
    assert data is not None
    methods = {
        (point.attributes or {}).get("privy.rpc.method")
        for resource in data.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == "http.client.request.duration"
        for point in metric.data.data_points
    }
    assert "personal_sign" in methods


class Collected(list[Any]):
    """A hook that is empty, and so false, until it has been told of something."""

    def __call__(self, event: object) -> None:
        self.append(event)


async def test_a_hook_that_is_false_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else asks: neither OpenTelemetry nor the log."""
    monkeypatch.setattr(telemetry, "is_loaded", lambda: False)
    asked, answered = Collected(), Collected()
    async with RawServer() as server:
        for hooks in ({"on_request": asked}, {"on_response": answered}):
            async with server.client(**hooks) as privy:
                await privy.request("GET", "/v1/x")
    assert [type(event) for event in (*asked, *answered)] == [Request, Response]
