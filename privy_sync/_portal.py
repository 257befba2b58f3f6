"""Runs coroutines for threads that wait: one private event loop in each process.

The loop runs in a daemon thread. The first call makes it, never an import, and it is found by
process id: a forked child, in which that thread is gone, makes one of its own. What a child
inherits it neither closes nor drops, since that would break the connections its parent goes on
using. The loop is the one that `asyncio.new_event_loop` makes, so uvloop serves where a program
has set its event loop policy.
"""

import asyncio
import atexit
import os
import sys
import threading
import warnings
from collections.abc import AsyncGenerator, Coroutine
from contextvars import Context, copy_context
from typing import Any, Final, Generic, NoReturn, TypeVar
from weakref import WeakSet

from privy_async.errors import PrivyError

T = TypeVar("T")

LOOK: Final = 0.5
"""Seconds after which a thread that waits looks whether it was interrupted.

A signal that comes in the moment before it begins to wait does not wake it; on Windows none does.
"""
# Seconds for cancelled calls to end and for connections to close when the interpreter exits.
_EXIT_TIMEOUT: Final = 2.0


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the private loop and wait for it, in any thread but the loop's own.

    It sees the caller's context variables. Whatever interrupts the wait, such as Ctrl-C, also
    cancels the coroutine.

    Raises:
        PrivyError: This is the loop's own thread, or the interpreter is exiting.
    """
    __tracebackhide__ = True
    pid = os.getpid()
    portal = _portals.get(pid) or _portals.setdefault(pid, _Portal())
    # The low-level function, which raises nothing where no loop runs.
    loop = asyncio._get_running_loop()  # pyright: ignore[reportPrivateUsage]
    if loop is not None and not portal.is_home():
        _warn_of_blocking(coroutine)
    call = _Call(coroutine)
    try:
        portal.submit(call)
        while not call.ended.acquire(timeout=LOOK):
            pass
    except BaseException:
        portal.cancel(call)
        raise
    assert call.task is not None
    try:
        return call.task.result()
    except asyncio.CancelledError:
        portal.refuse("the call was cancelled while it ran, and may have been executed")
    finally:
        # It holds the error, whose traceback holds this frame, which holds the call.
        del call


class EventLoopBlockedWarning(RuntimeWarning):
    """A call of privy_sync holds up the event loop of the thread that makes it. Told once.

    To turn it off: `warnings.simplefilter("ignore", privy_sync.EventLoopBlockedWarning)`. In
    notebooks, whose cells run on an event loop, it is off.
    """


_warned: Final[set[int]] = set()


def _warn_of_blocking(coroutine: Coroutine[Any, Any, Any]) -> None:
    if os.getpid() in _warned or "ipykernel" in sys.modules:
        return
    try:
        warnings.warn(
            "a call of privy_sync blocks the event loop that runs in this thread, and all its "
            "tasks: await privy_async there, or make the call in a thread (asyncio.to_thread)",
            EventLoopBlockedWarning,
            stacklevel=4,
        )
    except EventLoopBlockedWarning:
        coroutine.close()
        raise
    _warned.add(os.getpid())


def refuse_async_with(client: object, *exc_info: object) -> NoReturn:
    """Raise what `async with` on a sync client is told."""
    raise TypeError("this client is one of privy_sync: use `with`, or a client of privy_async")


class _Call(Generic[T]):
    """A coroutine that a thread waits for. `ended` can be acquired once it has ended."""

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self.coroutine = coroutine
        self.context = copy_context()
        self.task: asyncio.Task[T] | None = None
        self.ended = threading.Lock()
        self.ended.acquire()

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self.task = loop.create_task(self.coroutine, context=self.context)
        self.task.add_done_callback(self._end)

    def cancel(self) -> None:
        if self.task is None:
            self.coroutine.close()
        else:
            self.task.cancel()

    def _end(self, task: asyncio.Task[T]) -> None:
        if not task.cancelled():
            # Looking at the error marks it as seen, also if nobody waits any more.
            task.exception()
        self.ended.release()


class _Portal:
    """The private loop of one process, and the thread it runs in."""

    def __init__(self) -> None:
        # Reentrant, because a signal handler may make a call while its thread is in `submit`.
        self._lock = threading.RLock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._exiting = False
        self._generators = WeakSet[AsyncGenerator[Any, Any]]()
        self._kept: list[AsyncGenerator[Any, Any]] = []

    def is_home(self) -> bool:
        """True in the thread of the private loop, where no call can be made."""
        return self._thread is threading.current_thread()

    def submit(self, call: _Call[Any]) -> None:
        """Start a call on the loop; the first one starts the loop."""
        with self._lock:
            try:
                loop = self._open_loop()
            except BaseException:
                call.coroutine.close()
                raise
            loop.call_soon_threadsafe(call.start, loop)

    def cancel(self, call: _Call[Any]) -> None:
        """Cancel a call that nobody waits for any more, however far `submit` got with it."""
        if self._loop is not None:
            try:
                self._loop.call_soon_threadsafe(call.cancel)
            except RuntimeError:
                pass  # The loop is closed, and was the end of all calls.

    def _open_loop(self) -> asyncio.AbstractEventLoop:
        if self._exiting:
            self.refuse("the interpreter is exiting, so no call can be made")
        if self.is_home():
            raise PrivyError(
                "a sync call on the event loop that runs all sync calls would wait for itself: "
                "use privy_async there, such as in an async signer"
            )
        return self._loop or self._start()

    def _start(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.new_event_loop()
        # The empty context keeps the first caller's variables out of later calls: where threads
        # inherit the context of the thread that starts them, they would stay for good.
        thread = threading.Thread(
            target=Context().run, args=(self._serve, loop), name="privy-sync", daemon=True
        )
        try:
            thread.start()
        except RuntimeError as error:
            loop.close()
            raise PrivyError(f"the thread for sync calls cannot start: {error}") from error
        self._loop, self._thread = loop, thread
        return loop

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        while True:
            loop.call_soon(self._remember_generators)
            try:
                loop.run_forever()
                break
            except (SystemExit, KeyboardInterrupt):
                # A signer of the user's raised it. Its caller gets it; the other calls go on.
                continue
        loop.run_until_complete(_end_all(loop))
        loop.close()

    def _remember_generators(self) -> None:
        """Know the loop's open generators: each session of the transport is held by one."""
        first, final = sys.get_asyncgen_hooks()

        def remember(generator: AsyncGenerator[Any, Any]) -> None:
            self._generators.add(generator)
            if first is not None:
                first(generator)

        sys.set_asyncgen_hooks(remember, final)

    def keep(self) -> None:
        """In a forked child, keep the parent's sessions from being closed as garbage.

        The frame that ran in the lost thread still refers to this object, and Python never
        releases it; so nothing that this object refers to is garbage, not even at exit.
        """
        self._kept = list(self._generators)

    def refuse(self, problem: str) -> NoReturn:
        """End a call that has no result."""
        if self._exiting and threading.current_thread() is not threading.main_thread():
            # At exit only daemon threads are left, and Python ends those silently.
            raise SystemExit
        raise PrivyError(problem) from None

    def stop(self) -> None:
        """Cancel every call and close the loop, at exit."""
        with self._lock:
            self._exiting = True
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_EXIT_TIMEOUT)


async def _end_all(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel what runs, then close what is open: sessions end with their loop's generators."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    # The default executor is left alone: to wait for it takes a thread, and none starts at exit.
    await loop.shutdown_asyncgens()


_portals: dict[int, _Portal] = {}
_inherited: list[_Portal] = []


@atexit.register
def _stop_at_exit() -> None:
    portal = _portals.get(os.getpid())
    if portal is not None:
        portal.stop()


def _keep_inherited() -> None:
    for portal in _portals.values():
        portal.keep()
    _inherited.extend(_portals.values())
    # A process of the same id as a dead ancestor would otherwise find the ancestor's portal.
    _portals.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_keep_inherited)
