"""Secrets in memory: held where no repr, pickle or traceback shows them.

Error trackers print the local variables of every frame that a traceback names. So a secret that is
kept stands in a `Secret`, and the frames that must have its text are cut out of the traceback of
every error that leaves them (`hides_arguments`).
"""

import sys
from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from types import FrameType, TracebackType
from typing import Any, Final, Generic, NoReturn, Self, TypeAlias, TypeVar, cast

from privy_async.errors import PrivyError

T = TypeVar("T")
Function = TypeVar("Function", bound=Callable[..., Any])

_OURS: Final = frozenset({"privy_async", "privy_sync"})
# What our frames call by themselves, and what calls back to code of the app's.
_CALLED: Final = sys.stdlib_module_names | {
    "aiohttp", "anyio", "attr", "attrs", "cryptography", "jwt", "multidict", "redis", "yarl",
}  # fmt: skip


class NotPickled:
    """The base of what holds secrets: it does not pickle, and a copy is the thing itself."""

    __slots__ = ()

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__} does not pickle, since it holds secrets: make one in each "
            "process, of what its own environment has"
        )


class Secret(NotPickled, Generic[T]):
    """A value that shows nowhere. `reveal` it only where an expression hands it on."""

    __slots__ = ("_value",)

    def __init__(self, value: T) -> None:
        self._value = value

    def reveal(self) -> T:
        """Return the value."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(...)"


def hides_arguments(function: Function) -> Function:
    """Let no error that leaves a function, async or not, carry its frame or one below it.

    Frames of code that the function calls back, such as an app's own hook, stay in the traceback.
    """
    if iscoroutinefunction(function):

        @wraps(function)
        async def call_async(*args: Any, **kwargs: Any) -> Any:
            handled = sys.exception()
            try:
                return await function(*args, **kwargs)
            except BaseException as error:
                del args, kwargs
                _hide_frames(error, handled, _is_own)
                raise

        return cast(Function, call_async)

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        handled = sys.exception()
        try:
            return function(*args, **kwargs)
        except BaseException as error:
            del args, kwargs
            _hide_frames(error, handled, _is_own)
            raise

    return cast(Function, call)


def hide_frames(error: BaseException, handled: BaseException | None) -> None:
    """Cut all frames out of an error that has just been caught, and out of what led to it.

    Args:
        error: The error. What raises it again adds its own frame.
        handled: The error that was being handled before, if any, which stays as it is.
    """
    _hide_frames(error, handled, _is_any)


_Cut: TypeAlias = Callable[[FrameType], bool | None]


def _is_any(frame: FrameType) -> bool:
    return True


def _is_own(frame: FrameType) -> bool | None:
    """True for the SDK's own code, None for what both it and an app may have called."""
    name: object = frame.f_globals.get("__name__")
    package = name.partition(".")[0] if isinstance(name, str) else ""
    return True if package in _OURS else None if package in _CALLED else False


def _hide_frames(error: BaseException, handled: BaseException | None, cut: _Cut) -> None:
    """Cut frames out of an error and what led to it, but not out of what the caller had handled.

    An error that is none of the SDK's gets a note that names the place at which it was raised.
    """
    seen = {id(handled)}
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        shown, hidden = _split(each.__traceback__, cut)
        if hidden:
            _note(each, hidden[-1])
            each.__traceback__ = _chain(shown)
        if isinstance(each, PrivyError) and each.__suppress_context__:
            # Raised `from None`, since the other error may quote the secret that it was about.
            each.__context__ = None
        waiting += (each.__cause__, each.__context__)
        if isinstance(each, BaseExceptionGroup):
            waiting += cast("BaseExceptionGroup[BaseException]", each).exceptions


def _split(
    traceback: TracebackType | None, cut: _Cut
) -> tuple[list[TracebackType], list[TracebackType]]:
    """Return the entries of a traceback that stay, and those that go."""
    shown: list[TracebackType] = []
    hidden: list[TracebackType] = []
    hides = True
    while traceback is not None:
        decided = cut(traceback.tb_frame)
        # What may be called by either was called by whoever stands before it.
        hides = hides if decided is None else decided
        (hidden if hides else shown).append(traceback)
        traceback = traceback.tb_next
    return shown, hidden


def _chain(entries: list[TracebackType]) -> TracebackType | None:
    chain: TracebackType | None = None
    for entry in reversed(entries):
        chain = TracebackType(chain, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return chain


def _note(error: BaseException, innermost: TracebackType) -> None:
    """Tell whoever mends a fault of the SDK where it was raised, without any value."""
    if isinstance(error, PrivyError) or not isinstance(error, Exception):
        return
    # At an outer function the innermost entry is that of an inner one's wrapper.
    if innermost.tb_next is None and innermost.tb_frame.f_globals is not globals():
        code = innermost.tb_frame.f_code
        error.add_note(f"raised in {code.co_filename}:{innermost.tb_lineno}, {code.co_qualname}")
