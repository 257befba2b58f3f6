"""The requests and answers behind the calls, for whoever asks for them."""

import logging
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Final, TypeVar

import attrs

from privy_async.clock import Clock
from privy_async.sending import telemetry
from privy_async.sending.audit import Audit, SignedBy
from privy_async.sending.call import Call
from privy_async.sending.outcome import Outcome, RawResponse, code_of, recorder

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
    token = recorder.set(responses)
    try:
        yield responses
    finally:
        try:
            recorder.reset(token)
        except ValueError:
            # A generator that held this block open is closed in another context, as when it was
            # dropped half-way. Nobody records there.
            pass


class Watched:
    """An attempt that somebody asked about: hooks, who records, OpenTelemetry, the log at DEBUG."""

    def __init__(
        self,
        call: Call,
        audit: Audit,
        *,
        retry: int,
        waited: float,
        proxy: str | None,
        clock: Clock,
        on_request: Callable[[Request], object] | None,
        on_response: Callable[[Response], object] | None,
    ) -> None:
        """Tell that it is about to be sent.

        Args:
            call: What is sent.
            audit: Who signed it.
            retry: 0 for a call's first attempt.
            waited: Seconds for which it waited for its turn.
            proxy: The proxy's URL without its password, or None.
            clock: The time.
            on_request: The app's hook, told now.
            on_response: The app's hook, told in the end.
        """
        self._call, self._audit, self._clock = call, audit, clock
        self._retry, self._waited, self._proxy = retry, waited, proxy
        self._on_response = on_response
        if on_request is not None:
            _tell(on_request, self._request(), "on_request")
        self._started = clock.monotonic()

    def end(self, outcome: Outcome) -> None:
        """Tell how it ended."""
        seconds = self._clock.monotonic() - self._started
        responses, on_response = recorder.get(), self._on_response
        if responses is not None or on_response is not None:
            response = self._response(outcome, seconds)
            if responses is not None:
                responses.append(response)
            if on_response is not None:
                _tell(on_response, response, "on_response")
        if telemetry.is_loaded():
            telemetry.record(
                self._call,
                outcome,
                retry=self._retry,
                seconds=seconds,
                waited=self._waited,
                audit=self._audit,
            )
        if _log.isEnabledFor(logging.DEBUG):
            self._write_line(outcome, seconds)

    def _write_line(self, outcome: Outcome, seconds: float) -> None:
        if isinstance(outcome, RawResponse):
            request_id = outcome.request_id
            said = f"{outcome.status} {code_of(outcome) or ''}".rstrip()
        else:
            through = f", through the proxy {self._proxy}" if self._proxy else ""
            said, request_id = f"{outcome.problem}{through}", None
        signers = [f"{by.kind} {by.fingerprint or '?'}" for by in self._audit.signed_by]
        _log.debug(
            "%s %s %s: %s in %.1f ms (waited %.1f ms, retry %d, request id %s, key %s, payload %s, "
            "signed by %s)",
            self._call.method,
            self._call.url,
            self._call.rpc_method or "-",
            said,
            seconds * 1e3,
            self._waited * 1e3,
            self._retry,
            request_id or "-",
            self._call.idempotency_key or "-",
            self._audit.payload_sha256 or "-",
            ", ".join(signers) or "nobody",
        )

    def _request(self) -> Request:
        return Request(
            operation=self._call.operation.name,
            method=self._call.method,
            url=self._call.url,
            idempotency_key=self._call.idempotency_key,
            retry=self._retry,
            rpc_method=self._call.rpc_method,
            signed_by=self._audit.signed_by,
            payload_sha256=self._audit.payload_sha256,
            waited=self._waited,
        )

    def _response(self, outcome: Outcome, seconds: float) -> Response:
        answer = outcome if isinstance(outcome, RawResponse) else None
        return Response(
            operation=self._call.operation.name,
            method=self._call.method,
            url=self._call.url,
            status=answer.status if answer else None,
            headers=answer.lower_headers() if answer else {},
            request_id=answer.request_id if answer else None,
            idempotency_key=self._call.idempotency_key,
            retry=self._retry,
            seconds=seconds,
            rpc_method=self._call.rpc_method,
            signed_by=self._audit.signed_by,
            payload_sha256=self._audit.payload_sha256,
            waited=self._waited,
        )


def _tell(hook: Callable[[T], object], event: T, name: str) -> None:
    try:
        hook(event)
    except Exception as error:
        # A call that moved money must not fail for what an observer did.
        _log.error("the hook %s raised %s", name, type(error).__name__)
