"""From a request to its answer: who asks, was it asked before, who signed, and then do it."""

import asyncio
import logging
from collections.abc import Awaitable, Generator
from contextlib import contextmanager
from typing import Final

import attrs

from privy_async.sandbox.app import App
from privy_async.sandbox.authorization.check import (
    Authorization,
    SignatureRefusal,
    check_expiry,
    check_signatures,
)
from privy_async.sandbox.background_tasks import BackgroundTasks
from privy_async.sandbox.http.idempotency import (
    IDEMPOTENCY_HEADER,
    IdempotencyStore,
    key_of,
)
from privy_async.sandbox.http.rate_limits import RateLimits
from privy_async.sandbox.operations import Route, Router
from privy_async.sandbox.records.idempotent_uses import Use
from privy_async.sandbox.requests.diagnosis import Diagnosis
from privy_async.sandbox.requests.http_messages import HttpRequest, HttpResponse
from privy_async.sandbox.requests.javascript import canonical_json
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.store import Store

_LOGGER: Final = logging.getLogger("privy_async.sandbox")
_BUG: Final = Refusal(500, "The sandbox has a bug; its log has the traceback", "internal")
_NOT_SAVED: Final = HttpResponse.refusal(
    Refusal(500, "The sandbox cannot write its state file; its log says why", "internal")
)


@attrs.frozen
class HandledRequest:
    """A request's response and how it came about.

    Attributes:
        ran: Whether the operation itself gave the response now, be it a refusal.
        replayed: Whether it is the stored response to an earlier request with the same key.
        body_form: Which form of the body the signatures were over, if any were checked.
        expected_payload: What should have been signed, if the signatures were refused.
        diagnosis: Why it was refused, as far as the sandbox knows more than it answers.
    """

    response: HttpResponse
    ran: bool = False
    replayed: bool = False
    body_form: str | None = None
    expected_payload: str | None = None
    diagnosis: Diagnosis | None = None

    @property
    def executed(self) -> bool:
        """True if the operation took effect now."""
        return self.ran and self.response.status < 400


class Api:
    """Answers the requests to one app."""

    def __init__(self, app: App, store: Store, limits: RateLimits) -> None:
        self._app = app
        self._limits = limits
        self._store = store
        self._router = Router()
        self._idempotency = IdempotencyStore(app.state.clock, app.state.idempotent_uses)
        self._running = BackgroundTasks()

    async def handle(self, request: HttpRequest, *, delay: float = 0.0) -> HandledRequest:
        """Answer a request, executing it no sooner than `delay` seconds from now.

        What it changed is saved by then.
        """
        handled = await self._handle(request, delay)
        try:
            self._store.save()
        except OSError as error:
            _LOGGER.error("%s %s is not saved: %s", request.method, request.path, error)
            return attrs.evolve(handled, response=_NOT_SAVED)
        except Exception:
            return _bug(request)
        return handled

    async def _handle(self, request: HttpRequest, delay: float) -> HandledRequest:
        try:
            route, request = self._admit(request)
            use = _use(route, request)
            stored = self._idempotency.begin(use, _canonical_body(request)) if use else None
            with self._freed_on_failure(None if stored else use):
                if delay:
                    await asyncio.sleep(delay)
                authorization = await self._permit(route, request)
                if authorization:
                    request = attrs.evolve(
                        request,
                        authorized_by=authorization.quorum_id,
                        without_mfa=authorization.without_mfa,
                    )
                route.check_mfa(self._app, request)
        except Refusal as refusal:
            return _refused(refusal)
        except Exception:
            return _bug(request)
        body_form = authorization.body_form if authorization else None
        if stored:
            return HandledRequest(stored, replayed=True, body_form=body_form)
        handled = await self._run(route, request, use)
        return attrs.evolve(handled, body_form=body_form)

    async def settle(self) -> None:
        """Wait for the operations that still run, though their requests may be gone."""
        await self._running.wait()

    def _admit(self, request: HttpRequest) -> tuple[Route, HttpRequest]:
        route, request = self._router.find(request)
        if not route.public:
            self._app.authenticate(request)
        self._limits.check(route)
        return route, request

    @contextmanager
    def _freed_on_failure(self, use: Use | None) -> Generator[None]:
        # A refusal before the operation runs and a cancelled request leave the key free.
        try:
            yield
        except BaseException:
            if use:
                self._idempotency.forget(use)
            raise

    async def _permit(self, route: Route, request: HttpRequest) -> Authorization | None:
        """Return who has signed; None if nobody has to."""
        if route.prepare:
            await route.prepare(self._app, request)
        if route.signers is None:
            return None
        check_expiry(self._app.state, request)
        quorum_ids = route.signers(self._app, request)
        return check_signatures(self._app.state, request, quorum_ids) if quorum_ids else None

    async def _run(self, route: Route, request: HttpRequest, use: Use | None) -> HandledRequest:
        try:
            response = route.run(self._app, request)
        except Refusal as refusal:
            return self._remembered(attrs.evolve(_refused(refusal), ran=True), use)
        except Exception:
            return self._remembered(_bug(request), use)
        if isinstance(response, HttpResponse):
            return self._remembered(HandledRequest(response, ran=True), use)
        # What a chain has taken must be remembered, so this is not cancelled with its request.
        return await asyncio.shield(self._running.start(self._finish(response, request, use)))

    async def _finish(
        self, response: Awaitable[HttpResponse], request: HttpRequest, use: Use | None
    ) -> HandledRequest:
        try:
            return self._remembered(HandledRequest(await response, ran=True), use)
        except Refusal as refusal:
            return self._remembered(attrs.evolve(_refused(refusal), ran=True), use)
        except Exception:
            return self._remembered(_bug(request), use)

    def _remembered(self, handled: HandledRequest, use: Use | None) -> HandledRequest:
        """Store the answer for those who ask again; a 5xx leaves the key free.

        So does a 401: with a second factor the user may do the same.
        """
        status = handled.response.status
        if use and handled.ran and status < 500 and status != 401:
            self._idempotency.finish(use, handled.response)
        elif use:
            self._idempotency.forget(use)
        return handled


def _bug(request: HttpRequest) -> HandledRequest:
    _LOGGER.exception("%s %s failed", request.method, request.path)
    return _refused(_BUG)


def _refused(refusal: Refusal) -> HandledRequest:
    expected = refusal.expected_payload if isinstance(refusal, SignatureRefusal) else None
    response = HttpResponse.refusal(refusal)
    return HandledRequest(response, expected_payload=expected, diagnosis=refusal.diagnosis)


def _use(route: Route, request: HttpRequest) -> Use | None:
    key = key_of(request.headers.get(IDEMPOTENCY_HEADER)) if route.keyed else None
    return None if key is None else (request.method, request.path, key)


def _canonical_body(request: HttpRequest) -> bytes:
    return canonical_json(request.json)
