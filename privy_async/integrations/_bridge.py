"""The way from sync code in a thread to the event loop that waits for the thread."""

from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError
from contextvars import ContextVar
from functools import partial
from threading import get_ident
from typing import Any, Final, TypeVar, TypeVarTuple

import attrs
from anyio import from_thread, to_thread
from anyio.lowlevel import checkpoint_if_cancelled

from privy_async.errors import PrivyError

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")


@attrs.define(eq=False)
class _Run:
    """A function that runs in a thread, until nobody waits for it any more."""

    thread: int = 0
    ended: bool = False

    def call(self, function: Callable[[*_Ts], _T], *args: *_Ts) -> _T:
        self.thread = get_ident()
        return function(*args)

    def check(self) -> None:
        """Refuse a signature for which nobody waits: it would be sent all the same."""
        if self.ended:
            raise PrivyError("nothing is signed any more: the wait for this function has ended")


_run: Final[ContextVar[_Run | None]] = ContextVar("run", default=None)


async def run_in_thread(function: Callable[[*_Ts], _T], *args: *_Ts) -> _T:
    """Return what a sync function returns, which runs in a thread and may `call_in_loop`.

    Where it is cancelled, nothing more is called; what runs in the thread cannot be stopped.
    """
    run = _Run()
    token = _run.set(run)
    try:
        return await to_thread.run_sync(run.call, function, *args)
    except Exception:
        # What a cancelled function raises is no news, that it was cancelled is.
        await checkpoint_if_cancelled()
        raise
    finally:
        run.ended = True
        _run.reset(token)


def call_in_loop(
    signer: str, method: Callable[..., Coroutine[Any, Any, _T]], *args: Any, **options: Any
) -> _T:
    """Return what an async method returns, called in the loop that waits for this thread.

    Args:
        signer: What is asked to sign: "account", "signer". It is named in the error.

    Raises:
        PrivyError: No loop waits for this thread.
    """
    run = _run.get()
    if run is None or run.thread != get_ident():
        raise PrivyError(
            f"this {signer} signs for a function that runs in a thread: "
            f"await {signer}.run(function, ...)"
        )
    run.check()
    try:
        return from_thread.run(partial(method, *args, **options))
    except CancelledError:
        run.ended = True
        raise
    finally:
        run.check()
