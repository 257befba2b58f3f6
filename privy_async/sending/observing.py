"""The requests and answers behind the calls, for whoever asks for them."""

import logging
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, TypeVar

import attrs

from privy_async.sending.audit import Audit, SignedBy
from privy_async.sending.call import Call
from privy_async.sending.outcome import Outcome, RawResponse, code_of

T = TypeVar("T")

_log: Final = logging.getLogger("privy_async")


@attrs.frozen
class Request:
    """One attempt of a call that is about to be sent.

    Attributes:
        operation: The method, and the path's template if it is known, such as
            `POST /v1/wallets/{wallet_id}/rpc`.
        method: The HTTP method.
        url: The full URL.
        idempotency_key: The key that it carries.
        retry: 0 for a call's first attempt.
        rpc_method: The RPC's, such as `eth_sendTransaction`; None for other operations.
        signed_by: Those who signed it, each with the fingerprint of its public key.
        payload_sha256: SHA-256 of the payload that they signed, in hex; None if nobody did.
        waited: How long the attempt waited for its turn before that, in s: see `pace=`.
    """

    operation: str
    method: str
    url: str
    idempotency_key: str | None
    retry: int
    rpc_method: str | None = None
    signed_by: tuple[SignedBy, ...] = ()
    payload_sha256: str | None = None
    waited: float = 0.0


@attrs.frozen
class Response:
    """One HTTP answer of Privy, or the lack of one.

    Attributes:
        operation: As in `Request`.
        method: The HTTP method.
        url: The full URL.
        status: The HTTP status; None if no answer came.
        headers: The answer's headers, names in lower case.
        request_id: The answer's request id, for Privy's support.
        idempotency_key: The key that the request carried.
        retry: 0 for a call's first attempt.
        seconds: How long the attempt took, in s.
        rpc_method: As in `Request`.
        signed_by: As in `Request`.
        payload_sha256: As in `Request`.
        waited: As in `Request`; it is no part of `seconds`.
    """

    operation: str
    method: str
    url: str
    status: int | None
    headers: Mapping[str, str] = attrs.field(repr=False)
    request_id: str | None
    idempotency_key: str | None
    retry: int
    seconds: float
    rpc_method: str | None = None
    signed_by: tuple[SignedBy, ...] = ()
    payload_sha256: str | None = None
    waited: float = 0.0


_recorder: ContextVar[list[Response] | None] = ContextVar("privy_recorder", default=None)


@contextmanager
def record_responses() -> Generator[list[Response]]:
    """Collect the response of each attempt that calls inside the block make.

    The list grows as answers come, in this task and in those it starts; the exchange of a
    user's token and each retry are in it too. The last item belongs to the last call.

        with record_responses() as responses:
            wallet = await privy.wallets.get(wallet_id)
        print(responses[-1].status, responses[-1].request_id)
    """
    responses: list[Response] = []
    token = _recorder.set(responses)
    try:
        yield responses
    finally:
        try:
            _recorder.reset(token)
        except ValueError:
            # A generator that held this block open is closed in another context, as when it was
            # dropped half-way. Nobody records there.
            pass


def announce(
    on_request: Callable[[Request], object], call: Call, retry: int, audit: Audit, waited: float
) -> None:
    """Tell a hook of an attempt that is about to be sent."""
    request = Request(
        call.operation.name,
        call.method,
        call.url,
        call.idempotency_key,
        retry,
        call.rpc_method,
        audit.signed_by,
        audit.payload_sha256,
        waited,
    )
    _tell(on_request, request, "on_request")


def record(
    call: Call,
    outcome: Outcome,
    *,
    retry: int,
    seconds: float,
    waited: float,
    audit: Callable[[], Audit],
    on_response: Callable[[Response], object] | None = None,
) -> None:
    """Tell of an attempt: the hook, and the list of whoever is recording."""
    responses = _recorder.get()
    if responses is None and on_response is None:
        return
    response = _response(call, outcome, retry, seconds, waited, audit())
    if responses is not None:
        responses.append(response)
    if on_response is not None:
        _tell(on_response, response, "on_response")


def log(
    call: Call,
    outcome: Outcome,
    retry: int,
    seconds: float,
    waited: float,
    audit: Audit,
    proxy: str | None,
) -> None:
    """Write an attempt's line at DEBUG. The proxy comes without its password."""
    if isinstance(outcome, RawResponse):
        said, request_id = f"{outcome.status} {code_of(outcome) or ''}".rstrip(), outcome.request_id
    else:
        through = f", through the proxy {proxy}" if proxy else ""
        said, request_id = f"{outcome.problem}{through}", None
    _log.debug(
        "%s %s %s: %s in %.1f ms (waited %.1f ms, retry %d, request id %s, key %s, payload %s, "
        "signed by %s)",
        call.method,
        call.url,
        call.rpc_method or "-",
        said,
        seconds * 1e3,
        waited * 1e3,
        retry,
        request_id or "-",
        call.idempotency_key or "-",
        audit.payload_sha256 or "-",
        ", ".join(f"{by.kind} {by.fingerprint or '?'}" for by in audit.signed_by) or "nobody",
    )


def _tell(hook: Callable[[T], object], event: T, name: str) -> None:
    try:
        hook(event)
    except Exception as error:
        # A call that moved money must not fail for what an observer did.
        _log.error("the hook %s raised %s", name, type(error).__name__)


def _response(
    call: Call, outcome: Outcome, retry: int, seconds: float, waited: float, audit: Audit
) -> Response:
    answer = outcome if isinstance(outcome, RawResponse) else None
    return Response(
        operation=call.operation.name,
        method=call.method,
        url=call.url,
        status=answer.status if answer else None,
        headers=answer.lower_headers() if answer else {},
        request_id=answer.request_id if answer else None,
        idempotency_key=call.idempotency_key,
        retry=retry,
        seconds=seconds,
        rpc_method=call.rpc_method,
        signed_by=audit.signed_by,
        payload_sha256=audit.payload_sha256,
        waited=waited,
    )
