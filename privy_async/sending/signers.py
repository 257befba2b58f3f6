"""Asks a user's signers, the sync ones in threads of the client's own.

These are no threads of asyncio's default executor: DNS look-ups wait in there, and `asyncio.run`
waits for them when it ends. They are none of anyio's either: its worker threads are no daemons, so
that one hung signer would keep the process from exiting, and they go with the task that runs the
event loop, so that each call of the sync face would start one. Here the limit holds for all event
loops together, and a signer that hangs keeps its place, also where nobody waits for it any more.
"""

import asyncio
import os
import threading
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from functools import partial
from inspect import isawaitable, iscoroutinefunction
from typing import Any, Final
from weakref import WeakSet

import attrs

from privy_async.errors import PrivyError, SigningError
from privy_async.signing.authorization import Signer, check_signature

# Seconds after which a thread without work ends.
_IDLE: Final = 60.0


class Signers:
    """Asks signers. At most so many sync ones run at once, each in a thread; others wait."""

    def __init__(self, threads: int = 64) -> None:
        self._limit = threads
        self.forget_threads()
        _everywhere.add(self)

    def forget_threads(self) -> None:
        """Begin anew, as in a forked child, which has none of its parent's threads."""
        self._ahead = deque[_Job]()
        self._changed = threading.Condition()
        self._threads = self._idle = 0

    async def sign(self, signer: Signer, payload: bytes, index: int) -> str:
        """Return a signer's signature of a payload, base64.

        Args:
            signer: A function; an async one runs in the event loop, a sync one in a thread.
            payload: The canonical payload.
            index: The signer's place among the call's signers, for errors.

        Raises:
            SigningError: It raises, or returns no signature.
        """
        try:
            signature = await self.call(signer, payload)
        except PrivyError:
            raise
        except Exception as error:
            raise SigningError(f"signers[{index}] raised {type(error).__name__}") from error
        return check_signature(signature, index)

    async def call(self, function: Callable[..., object], *arguments: bytes) -> object:
        """Return what a function of the app's returns, without holding the event loop up."""
        call: Callable[..., object] = getattr(function, "__call__", function)  # noqa: B004
        if iscoroutinefunction(function) or iscoroutinefunction(call):
            made = function(*arguments)
        else:
            made = await self._call_in_thread(function, arguments)
        # A sync function may still return an awaitable, as functools.partial and lambdas do.
        return await made if isawaitable(made) else made

    async def _call_in_thread(
        self, function: Callable[..., object], arguments: tuple[bytes, ...]
    ) -> object:
        loop = asyncio.get_running_loop()
        job = _Job(function, arguments, copy_context(), loop, loop.create_future())
        try:
            self._submit(job)
            return await job.outcome
        finally:
            self._withdraw(job)
            # It holds the error, whose traceback holds this frame.
            del job

    def _submit(self, job: "_Job") -> None:
        with self._changed:
            self._ahead.append(job)
            if self._idle >= len(self._ahead):
                self._changed.notify()
            elif self._threads < self._limit:
                self._start_thread()

    def _start_thread(self) -> None:
        # The empty context keeps the first caller's variables out of later calls, where threads
        # inherit the context of the thread that starts them.
        work = threading.Thread(
            target=Context().run, args=(self._work,), name="privy-signer", daemon=True
        )
        self._threads += 1
        try:
            work.start()
        except RuntimeError:
            self._threads -= 1
            if not self._threads:
                raise

    def _withdraw(self, job: "_Job") -> None:
        with self._changed:
            if job in self._ahead:
                self._ahead.remove(job)

    def _work(self) -> None:
        self._become_idle()
        while (job := self._next()) is not None:
            tell = job.run()
            # Before the caller hears of it, so that its next call finds this thread.
            self._become_idle()
            tell()
            del job, tell

    def _become_idle(self) -> None:
        with self._changed:
            self._idle += 1

    def _next(self) -> "_Job | None":
        with self._changed:
            self._changed.wait_for(lambda: self._ahead, _IDLE)
            self._idle -= 1
            if self._ahead:
                return self._ahead.popleft()
            self._threads -= 1
            return None


@attrs.define(eq=False, repr=False)
class _Job:
    """A call that a task waits for."""

    function: Callable[..., object]
    arguments: tuple[bytes, ...] = attrs.field(repr=False)
    context: Context
    loop: asyncio.AbstractEventLoop
    outcome: "asyncio.Future[object]"

    def run(self) -> Callable[[], None]:
        """Call the function; returns what tells of the outcome."""
        try:
            made = self.context.run(self.function, *self.arguments)
        except StopIteration:
            # No future takes it, since a generator would take it for its end.
            odd = RuntimeError("the function raised StopIteration")
            return partial(self._tell, self.outcome.set_exception, odd)
        except BaseException as error:
            return partial(self._tell, self.outcome.set_exception, error)
        return partial(self._tell, self.outcome.set_result, made)

    def _tell(self, put: Callable[[Any], None], outcome: object) -> None:
        try:
            self.loop.call_soon_threadsafe(self._settle, put, outcome)
        except RuntimeError:
            pass  # The loop is closed, so nobody waits.

    def _settle(self, put: Callable[[Any], None], outcome: object) -> None:
        if not self.outcome.done():
            put(outcome)


_everywhere = WeakSet[Signers]()


def _forget_threads() -> None:
    for signers in _everywhere:
        signers.forget_threads()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_threads)
