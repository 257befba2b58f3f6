"""Lines of a journal, as bytes: read, written, and told from what a crash leaves of one."""

import json
from collections.abc import Mapping
from typing import Any, Final

from privy_async.json_types import MAX_DEPTH, is_array, is_object, parse_json

_MOST_VALUES: Final = 1_000_000
_STARTS: Final = (b'{"begun": "', b'{"done": "', b'{"refused": "')


def write_entry(entry: Mapping[str, Any]) -> bytes:
    """Return the line that holds an entry, its line break included."""
    return f"{json.dumps(entry, allow_nan=False)}\n".encode()


def read_entry(line: bytes) -> Mapping[str, Any] | None:
    """Return the JSON object that a line holds; None if it holds none."""
    try:
        entry: object = parse_json(line)
    except ValueError:
        return None
    return entry if is_object(entry) else None


def is_unfinished(line: bytes) -> bool:
    """True if a crash can have left this of an entry: its beginning, or a power cut's zeros."""
    left = line.rstrip(b"\0")
    return any(left.startswith(start) or start.startswith(left) for start in _STARTS)


def can_be_kept(value: object) -> bool:
    """True if JSON gives a value back as it is, which it does not do with a tuple or a NaN."""
    try:
        if not _is_of_a_size(value):
            return False
        return bool(parse_json(json.dumps(value, allow_nan=False)) == value)
    except Exception:
        # Whatever there is about a value, its item is done, and the run goes on.
        return False


def _is_of_a_size(value: object) -> bool:
    """True if walking through it comes to an end that is neither deep nor far away."""
    # The entry around it is one level more.
    ahead: list[tuple[object, int]] = [(value, 2)]
    for _ in range(_MOST_VALUES):
        if not ahead:
            return True
        here, depth = ahead.pop()
        if is_object(here) or is_array(here):
            if depth > MAX_DEPTH:
                return False
            inner = here.values() if is_object(here) else here
            ahead += [(each, depth + 1) for each in inner]
    return False
