"""Parses so many hostile texts at the recursion limit that eth-account sets; prints the refused.

usage: python hostile_json.py COUNT
"""

import random
import sys
from collections.abc import Iterator

from privy_async.json_types import parse_json

OPENINGS = (b"[", b"{", b'{"a":', b'["",', b"[[],", b'{"\\\\":[', b'[{"":"\\"]"},')
PIECES = (*OPENINGS, b"]", b"}", b'"', b"\\\\", b'\\"', b"1", b",", b"NaN", b"1e999")


def texts(count: int) -> Iterator[bytes]:
    """Deep texts of each kind, whole and cut off; then mixtures, some of them very long."""
    for depth in (99, 100, 101, 1000, 30_000, 100_000):
        for opening in OPENINGS:
            yield opening * depth
            yield opening * depth + b"]" * depth
            yield b'"' + opening * depth
    draw = random.Random(7)
    for number in range(count):
        weights = draw.choices(range(1, 9), k=len(PIECES))
        mixture = b"".join(draw.choices(PIECES, weights=weights, k=draw.randint(1, 60)))
        yield mixture * (draw.randint(100, 3000) if number % 100 == 0 else 3)


def is_refused(text: bytes) -> bool:
    try:
        parse_json(text)
    except ValueError:
        return True
    return False


if __name__ == "__main__":
    sys.setrecursionlimit(100_000)
    print(sum(map(is_refused, texts(int(sys.argv[1])))))
