"""What an error tracker sees of an error: its frames' locals, and theirs of all that led to it."""

from collections.abc import Iterator, Mapping
from types import FrameType, MethodType
from typing import Any

from places import ROOT

TESTS = str(ROOT / "tests")


def chain(error: BaseException) -> Iterator[BaseException]:
    """The error, its causes and contexts, suppressed ones too, and the members of groups."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        waiting += [each.__cause__, each.__context__, *getattr(each, "exceptions", ())]


def frames(error: BaseException) -> Iterator[FrameType]:
    """The frames of the whole chain, but those of a test, which are the caller's."""
    for each in chain(error):
        traceback = each.__traceback__
        while traceback is not None:
            if not traceback.tb_frame.f_code.co_filename.startswith(TESTS):
                yield traceback.tb_frame
            traceback = traceback.tb_next


def place(frame: FrameType) -> str:
    return f"{frame.f_code.co_filename}:{frame.f_lineno} {frame.f_code.co_name}"


def seen_in(error: BaseException) -> Iterator[tuple[str, str]]:
    """Where something stands, and its text."""
    for each in chain(error):
        for text in (str(each), repr(each), repr(each.args), repr(getattr(each, "__notes__", ()))):
            yield type(each).__name__, text
        for value in vars(each).values():
            yield from ((type(each).__name__, text) for text in texts(value))
    for frame in frames(error):
        yield from seen_in_frame(frame)


def seen_in_frame(frame: FrameType) -> Iterator[tuple[str, str]]:
    for name, value in frame.f_locals.items():
        yield from ((f"{place(frame)}: {name}", text) for text in texts(value))


def is_ours(value: object) -> bool:
    return type(value).__module__.startswith(("privy_async", "privy_sync"))


def texts(value: Any) -> Iterator[str]:
    """The repr of a value, of all that containers hold, and of every object of ours in reach."""
    seen: dict[int, object] = {}
    waiting: list[tuple[Any, bool]] = [(value, True)]
    while waiting:
        each, shown = waiting.pop()
        if id(each) in seen:
            continue
        seen[id(each)] = each
        if shown or is_ours(each):
            yield repr(each)
            if isinstance(each, (bytes, bytearray)):
                yield bytes(each).decode("latin-1")
        # What an object of ours holds shows by that object's repr alone.
        waiting += [(inner, shown and not is_ours(each)) for inner in inside(each)]


def inside(value: Any) -> Iterator[Any]:
    """What a container or an object of ours holds."""
    if isinstance(value, Mapping):
        yield from (*value.keys(), *value.values())
    elif isinstance(value, (list, tuple, set, frozenset)):
        yield from value
    elif isinstance(value, MethodType):
        yield value.__self__
    elif is_ours(value):
        yield from getattr(value, "__dict__", {}).values()
        for kind in type(value).__mro__:
            for name in getattr(kind, "__slots__", ()):
                yield getattr(value, name, None)
