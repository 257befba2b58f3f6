"""From a request to its answer: who asks, was it asked before, who signed, and then do it."""

import asyncio
import logging
from collections.abc import Awaitable, Generator
from contextlib import contextmanager
from typing import Final

import attrs

from privy_async.sandbox.app import App
from privy_async.sandbox.authorization import Diagnosis
from privy_async.sandbox.authorization.check import (
    Authorization,
    SignatureRefusal,
    check_expiry,
    check_signatures,
)
from privy_async.sandbox.operations import Operation, Router
from privy_async.sandbox.requests.idempotency import (
    IDEMPOTENCY_HEADER,
    IdempotencyStore,
    Use,
    key_of,
)
from privy_async.sandbox.requests.javascript import canonical_json
from privy_async.sandbox.requests.messages import Answer, Request
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.store import Store

_LOGGER: Final = logging.getLogger("privy_async.sandbox")
_BUG: Final = Refusal(500, "The sandbox has a bug; its log has the traceback", "internal")
_NOT_SAVED: Final = Answer.refusal(
    Refusal(500, "The sandbox cannot write its state file; its log says why", "internal")
)


@attrs.frozen
class Outcome:
    """An answer and how it came about.

    Attributes:
        ran: Whether the operation itself gave the answer now, be it a refusal.
        replayed: Whether it is the stored answer to an earlier request with the same key.
        body_form: Which form of the body the signatures were over, if any were checked.
        expected_payload: What should have been signed, if the signatures were refused.
        diagnosis: What was wrong with them.
    """

    answer: Answer
    ran: bool = False
    replayed: bool = False
    body_form: str | None = None
    expected_payload: str | None = None
    diagnosis: Diagnosis | None = None

    @property
    def executed(self) -> bool:
        """Whether the operation took effect now."""
        return self.ran and self.answer.status < 400


class Api:
    """Answers the requests to one app."""

    def __init__(self, app: App, store: Store) -> None:
        self._app = app
        self._store = store
        self._router = Router()
        self._idempotency = IdempotencyStore(app.state.clock, app.state.idempotent_uses)
        self._running: set[asyncio.Task[Outcome]] = set()

    async def answer(self, request: Request, *, delay: float = 0.0) -> Outcome:
        """Answer a request, executing it no sooner than `delay` seconds from now.

        What it changed is saved by then.
        """
        outcome = await self._answer(request, delay)
        try:
            self._store.save()
        except OSError as error:
            _LOGGER.error("%s %s is not saved: %s", request.method, request.path, error)
            return attrs.evolve(outcome, answer=_NOT_SAVED)
        except Exception:
            return _bug(request)
        return outcome

    async def _answer(self, request: Request, delay: float) -> Outcome:
        try:
            operation, request = self._admit(request)
            use = _use(operation, request)
            stored = self._idempotency.begin(use, _canonical_body(request)) if use else None
            with self._freed_on_failure(None if stored else use):
                if delay:
                    await asyncio.sleep(delay)
                authorization = await self._permit(operation, request)
        except Refusal as refusal:
            return _refused(refusal)
        except Exception:
            return _bug(request)
        body_form = authorization.body_form if authorization else None
        if stored:
            return Outcome(stored, replayed=True, body_form=body_form)
        if authorization:
            request = attrs.evolve(request, authorized_by=authorization.quorum_id)
        outcome = await self._run(operation, request, use)
        return attrs.evolve(outcome, body_form=body_form)

    async def settle(self) -> None:
        """Wait for the operations that still run, though their requests may be gone."""
        if self._running:
            await asyncio.wait(self._running)

    def _admit(self, request: Request) -> tuple[Operation, Request]:
        operation, request = self._router.find(request)
        if not operation.public:
            self._app.authenticate(request)
        return operation, request

    @contextmanager
    def _freed_on_failure(self, use: Use | None) -> Generator[None]:
        # A refusal before the operation runs and a cancelled request leave the key free.
        try:
            yield
        except BaseException:
            if use:
                self._idempotency.forget(use)
            raise

    async def _permit(self, operation: Operation, request: Request) -> Authorization | None:
        """Return who has signed; None if nobody has to."""
        if operation.prepare:
            await operation.prepare(self._app, request)
        if operation.signers is None:
            return None
        check_expiry(self._app.state, request)
        quorum_ids = operation.signers(self._app, request)
        return check_signatures(self._app.state, request, quorum_ids) if quorum_ids else None

    async def _run(self, operation: Operation, request: Request, use: Use | None) -> Outcome:
        try:
            answer = operation.run(self._app, request)
        except Refusal as refusal:
            return self._remembered(attrs.evolve(_refused(refusal), ran=True), use)
        except Exception:
            return self._remembered(_bug(request), use)
        if isinstance(answer, Answer):
            return self._remembered(Outcome(answer, ran=True), use)
        # What a chain has taken must be remembered, so this is not cancelled with its request.
        task = asyncio.ensure_future(self._finish(answer, request, use))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def _finish(
        self, answer: Awaitable[Answer], request: Request, use: Use | None
    ) -> Outcome:
        try:
            return self._remembered(Outcome(await answer, ran=True), use)
        except Refusal as refusal:
            return self._remembered(attrs.evolve(_refused(refusal), ran=True), use)
        except Exception:
            return self._remembered(_bug(request), use)

    def _remembered(self, outcome: Outcome, use: Use | None) -> Outcome:
        """Store the answer for those who ask again; a 5xx leaves the key free."""
        if use and outcome.ran and outcome.answer.status < 500:
            self._idempotency.finish(use, outcome.answer)
        elif use:
            self._idempotency.forget(use)
        return outcome


def _bug(request: Request) -> Outcome:
    _LOGGER.exception("%s %s failed", request.method, request.path)
    return _refused(_BUG)


def _refused(refusal: Refusal) -> Outcome:
    outcome = Outcome(Answer.refusal(refusal))
    if not isinstance(refusal, SignatureRefusal):
        return outcome
    return attrs.evolve(
        outcome, expected_payload=refusal.expected_payload, diagnosis=refusal.diagnosis
    )


def _use(operation: Operation, request: Request) -> Use | None:
    key = key_of(request.headers.get(IDEMPOTENCY_HEADER)) if operation.keyed else None
    return None if key is None else (request.method, request.path, key)


def _canonical_body(request: Request) -> bytes:
    return canonical_json(request.json)
