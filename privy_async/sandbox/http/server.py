"""The HTTP side: sockets to requests, answers and ordered faults to sockets."""

import asyncio
import json
import logging
from collections import deque
from collections.abc import Mapping
from http.client import responses
from typing import Final

from aiohttp import web

from privy_async.sandbox.background_tasks import BackgroundTasks
from privy_async.sandbox.clock import SandboxClock
from privy_async.sandbox.http.api import Api, HandledRequest
from privy_async.sandbox.http.faults import Fault, Faults
from privy_async.sandbox.http.hosts import check_host, host_of
from privy_async.sandbox.http.page import Page
from privy_async.sandbox.http.request_record import RequestRecord, log_line, make_record
from privy_async.sandbox.requests.http_messages import JSON_HEADERS, HttpRequest, HttpResponse
from privy_async.sandbox.requests.refusal import Refusal

_REQUESTS: Final = logging.getLogger("privy_async.sandbox.requests")
LOG_LENGTH: Final = 10_000
MAX_BODY: Final = 10 * 1024 * 1024
_TOO_LARGE: Final = HttpResponse.refusal(Refusal(413, "The body is larger than 10 MB"))


class Server:
    """Serves an API over HTTP, with the faults that are ordered.

    Args:
        host: The name or address at which it is served.
        public_url: Where clients reach it, if they do so through something else.
    """

    def __init__(
        self,
        api: Api,
        faults: Faults,
        page: Page,
        clock: SandboxClock,
        *,
        host: str,
        public_url: str | None,
    ) -> None:
        self.log: deque[RequestRecord] = deque(maxlen=LOG_LENGTH)
        self._hosts = {host.lower()} if public_url is None else {host.lower(), host_of(public_url)}
        self._public_url = public_url
        self._api = api
        self._faults = faults
        self._page = page
        self._clock = clock
        self._connections = BackgroundTasks()

    async def handle(self, incoming: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        # aiohttp forgets a connection that is lost, though its handler still runs.
        self._connections.add(incoming.task)
        try:
            body = await _read_body(incoming)
        except ConnectionError:
            return web.Response()  # to nobody: the client went away while it was sending
        request = _to_request(incoming, body or b"", self._public_url)
        try:
            check_host(request, started_with=self._hosts, arrived_at=_own_address(incoming))
        except Refusal as refusal:
            handled = HandledRequest(HttpResponse.refusal(refusal))
            return await self._respond(incoming, request, handled, None)
        if self._page.is_for(request):
            shown = await self._page.respond(request, self.log)
            return await _send(incoming, shown, self._new_id(), truncate=False)
        fault = self._faults.take(request.method, request.path)
        too_large = HandledRequest(_TOO_LARGE)
        handled = too_large if body is None else await self._handled(request, fault)
        return await self._respond(incoming, request, handled, fault)

    async def stop(self) -> None:
        """End the requests that still run, save for what they do on a chain."""
        await self._connections.cancel()
        await self._api.settle()

    async def _respond(
        self,
        incoming: web.BaseRequest,
        request: HttpRequest,
        handled: HandledRequest,
        fault: Fault | None,
    ) -> web.StreamResponse:
        """Send what the fault lets through, and log it."""
        response, request_id = _after_fault(handled.response, fault), self._new_id()
        at = int(self._clock.now() * 1000)
        record = make_record(request, handled, response, request_id, at)
        self.log.append(record)
        if _REQUESTS.isEnabledFor(logging.INFO):
            _REQUESTS.info("%s", log_line(record))
        truncate = fault is not None and fault.truncate
        return await _send(incoming, response, request_id, truncate=truncate)

    def _new_id(self) -> str:
        return self._clock.random_bytes(16).hex()

    async def _handled(self, request: HttpRequest, fault: Fault | None) -> HandledRequest:
        delay = fault.delay if fault else 0.0
        if fault is None or fault.executes:
            return await self._api.handle(request, delay=delay)
        await asyncio.sleep(delay)
        return HandledRequest(HttpResponse.no_content())


def _after_fault(response: HttpResponse, fault: Fault | None) -> HttpResponse | None:
    """The part of the answer that the client gets to see; None if nothing."""
    if fault is None:
        return response
    if fault.drop:
        return None
    if fault.redirect:
        return HttpResponse(307, b"", {"Location": fault.redirect})
    if fault.status:
        return _ordered_answer(fault.status, fault.body, fault.headers)
    if fault.malformed:
        return HttpResponse(200, _first_half(response.body) or b"{", JSON_HEADERS)
    return response


def _ordered_answer(status: int, body: object, headers: Mapping[str, str]) -> HttpResponse:
    if isinstance(body, str | bytes):
        raw = body.encode() if isinstance(body, str) else body
        return HttpResponse(status, raw, {"Content-Type": "text/plain", **headers})
    error = {"error": responses.get(status, "Error")} if body is None else body
    return HttpResponse(status, json.dumps(error).encode(), {**JSON_HEADERS, **headers})


def _first_half(body: bytes) -> bytes:
    return body[: len(body) // 2]


async def _send(
    incoming: web.BaseRequest, response: HttpResponse | None, request_id: str, *, truncate: bool
) -> web.StreamResponse:
    if response is None:
        _close(incoming)
        return web.Response()
    headers = {**response.headers, "x-request-id": request_id}
    if not truncate:
        return web.Response(status=response.status, body=response.body or None, headers=headers)
    half = web.StreamResponse(status=response.status, headers=headers)
    half.content_length = len(response.body)
    await half.prepare(incoming)
    await half.write(_first_half(response.body))
    _close(incoming)
    return half


def _own_address(incoming: web.BaseRequest) -> str:
    """The address of this machine at which the request arrived; empty if the client is gone."""
    name = None if incoming.transport is None else incoming.transport.get_extra_info("sockname")
    return str(name[0]) if name else ""


def _close(incoming: web.BaseRequest) -> None:
    if incoming.transport is not None:
        incoming.transport.close()


async def _read_body(incoming: web.BaseRequest) -> bytes | None:
    """The whole body, or None if it is too large."""
    body = bytearray()
    async for chunk in incoming.content.iter_any():
        body += chunk
        if len(body) > MAX_BODY:
            return None
    return bytes(body)


def _to_request(incoming: web.BaseRequest, body: bytes, public_url: str | None) -> HttpRequest:
    headers = _headers(incoming)
    return HttpRequest(
        method=incoming.method,
        base_url=public_url or f"{incoming.scheme}://{headers.get('host', '')}",
        target=incoming.raw_path,
        query=dict(incoming.query.items()),
        headers=headers,
        body=body,
    )


def _headers(incoming: web.BaseRequest) -> Mapping[str, str]:
    """The headers by lower-case name, a repeated one joined as HTTP says (RFC 9110, 5.3)."""
    headers = dict[str, str]()
    for name, value in incoming.headers.items():
        before = headers.get(name.lower())
        text = _latin_1(value)
        headers[name.lower()] = text if before is None else f"{before}, {text}"
    return headers


def _latin_1(text: str) -> str:
    """A header as a JavaScript server reads it: a character for each byte."""
    return text.encode("utf-8", "surrogateescape").decode("latin-1")
