"""Parsing JSON that others wrote: never nested deeper than Python can follow."""

import json
import re
from itertools import accumulate
from typing import Any, Final

MAX_DEPTH: Final = 200
# All but brackets. A text is one match, ended or not, so that nothing in it is looked at twice.
_NO_BRACKET: Final = re.compile(r'(?:[^\[\]{}"]++|"(?:[^"\\]++|\\.)*+"?)++', re.DOTALL)
_STEPS: Final = {"[": 1, "{": 1, "]": -1, "}": -1}


def parse(text: str | bytes, **options: Any) -> Any:
    """Parse JSON, with the options of `json.loads`.

    Parsing must not find out by itself how deep the JSON is: eth-account's libraries raise Python's
    recursion limit so far that nothing but brackets would overflow the stack and kill the process.

    Raises:
        ValueError: If it is not JSON in UTF-8, or nested deeper than 200 levels.
    """
    decoded = text if isinstance(text, str) else text.decode()
    if _depth(decoded) > MAX_DEPTH:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
    return json.loads(decoded, **options)


def _depth(text: str) -> int:
    """Count how deep brackets are nested, those in strings aside."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return 0
    brackets = _NO_BRACKET.sub("", text)
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0)
