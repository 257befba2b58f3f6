"""The log of requests, with what became of each, for tests and people to look at."""

from typing import Final, cast

import attrs

from privy_async.sandbox.http.api import HandledRequest
from privy_async.sandbox.http.idempotency import IDEMPOTENCY_HEADER
from privy_async.sandbox.http.masked_bodies import masked_body
from privy_async.sandbox.requests.diagnosis import Diagnosis
from privy_async.sandbox.requests.http_messages import HttpRequest, HttpResponse
from privy_async.sandbox.requests.json_text import parse
from privy_async.sandbox.requests.refusal import Refusal

MAX_PAYLOAD: Final = 20_000
MAX_ERROR: Final = 2_000
MAX_BODY_TEXT: Final = 4_000
MAX_RPC_METHOD: Final = 100


@attrs.frozen(kw_only=True)
class RequestRecord:
    """A request and what became of it, for tests to look at.

    Attributes:
        path: As sent, without the query and without the prefix `/api`.
        status: What was answered; None if the connection was closed instead.
        executed: Whether the operation took effect for this request.
        replayed: Whether it got the stored answer to an earlier one with the same key.
        body_form: What the signatures were over: "json", "empty string" or "empty object".
        expected_payload: What should have been signed, if the signatures were refused; its first
            20,000 characters.
        diagnosis: Why it was refused, as far as the sandbox knows more than it answers; of what
            was signed instead, the first 20,000 characters.
        error: The answer's text, if it is a refusal; its first 2,000 characters.
        at: Unix time in ms.
        request_id: The answer's `x-request-id`.
        rpc_method: The RPC's, such as "eth_sendTransaction"; None for other operations.
        body: The request's body as JSON on one line, tokens, codes and keys masked; its first
            4,000 characters. None if there was none.
    """

    method: str
    path: str
    status: int | None
    executed: bool
    replayed: bool
    idempotency_key: str | None
    body_form: str | None
    expected_payload: str | None
    diagnosis: Diagnosis | None
    error: str | None
    at: int
    request_id: str
    rpc_method: str | None = None
    body: str | None = None


def make_record(
    request: HttpRequest,
    handled: HandledRequest,
    response: HttpResponse | None,
    request_id: str,
    at: int,
) -> RequestRecord:
    """The record of a request; `answer` is what the client got to see, None if nothing."""
    return RequestRecord(
        method=request.method,
        path=request.path,
        status=response.status if response else None,
        executed=handled.executed,
        replayed=handled.replayed,
        idempotency_key=request.headers.get(IDEMPOTENCY_HEADER),
        body_form=handled.body_form,
        expected_payload=_cut(handled.expected_payload, MAX_PAYLOAD),
        diagnosis=_cut_diagnosis(handled.diagnosis),
        error=_cut(_error_text(response), MAX_ERROR),
        at=at,
        request_id=request_id,
        rpc_method=_rpc_method(request),
        body=_cut(masked_body(request), MAX_BODY_TEXT),
    )


def log_line(record: RequestRecord) -> str:
    """Return a request on one line: status, method, path, RPC method, and why it was refused."""
    status = "no answer" if record.status is None else record.status
    rpc = f" {record.rpc_method}" if record.rpc_method else ""
    cause = record.diagnosis.explanation if record.diagnosis else record.error
    # A path and an error may quote anything that was sent, a line's end too.
    text = f"{status} {record.method} {record.path}{rpc}{f': {cause}' if cause else ''}"
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")


def _rpc_method(request: HttpRequest) -> str | None:
    """The method that an RPC's body names, if it is one: of a wallet's, or of a chain's."""
    if not request.path.endswith("/rpc") and not request.path.startswith("/rpc/"):
        return None
    try:
        method = request.fields.values.get("method")
    except Refusal:
        return None
    return method[:MAX_RPC_METHOD] if isinstance(method, str) else None


def _cut_diagnosis(diagnosis: Diagnosis | None) -> Diagnosis | None:
    if diagnosis is None:
        return None
    return attrs.evolve(diagnosis, signed=_cut(diagnosis.signed, MAX_PAYLOAD))


def _cut(text: str | None, length: int) -> str | None:
    # Ten thousand records of bodies of 10 MB would fill the memory.
    return text if text is None else text[:length]


def _error_text(response: HttpResponse | None) -> str | None:
    if response is None or response.status < 400:
        return None
    try:
        body = parse(response.body)
    except ValueError:
        return None
    # An ordered fault may answer anything.
    text: object = cast("dict[str, object]", body).get("error") if isinstance(body, dict) else None
    return text if isinstance(text, str) else None
