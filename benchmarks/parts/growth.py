"""How the cost of a call grows: with more calls at once, and with larger bodies."""

from collections.abc import Mapping
from typing import Final

from benchmarks import samples
from benchmarks.contest import Contest, Entry
from benchmarks.figures import Rounds, Section, Table, number, spread_text

_TEXT: Final = """\
The signed call again, of this SDK and of the limit. Both have at most 512 connections, so that of
2,000 calls at once most wait for one. Large messages are sent by 8 calls at once; the server reads
all of a body and looks at none of it."""
_AT_ONCE: Final = (1, 8, 64, 512, 2000)


def measure(contest: Contest) -> Section:
    """Both growths."""
    by_count = [_line(f"{count:,} at once", _both(contest, "sign", count)) for count in _AT_ONCE]
    by_size = [
        _line(f"{size // 1000:,} KB", _both(contest, f"sign {size}", 8))
        for size in samples.MESSAGE_SIZES
    ]
    head = ("", "privy_async, calls a second", "µs of CPU a call", "limit, µs", "against the limit")
    return Section(
        "How cost grows",
        _TEXT,
        (
            Table(("calls", *head[1:]), tuple(by_count)),
            Table(("message", *head[1:]), tuple(by_size)),
        ),
    )


def _both(contest: Contest, work: str, at_once: int) -> Mapping[str, Rounds]:
    names = ("ours_async", "limit")
    return contest.run([Entry(name, name, work, at_once) for name in names], share=0.5)


def _line(name: str, found: Mapping[str, Rounds]) -> tuple[str, ...]:
    ours, limit = found["ours_async"], found["limit"]
    return (
        name,
        spread_text(ours.rate),
        number(ours.cpu_micros.middle),
        number(limit.cpu_micros.middle),
        number(ours.times_faster_than(limit).middle),
    )
