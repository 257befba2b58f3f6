"""Where the CPU time of a call goes, by package, beside the limit's."""

from collections import Counter
from typing import Final

from benchmarks.contest import Contest, Entry
from benchmarks.figures import Measured, Section, Table

_TEXT: Final = """\
µs of CPU a call by package, 64 at once: samples of the running process, each counted for the
innermost Python function's package, what C code does for it included. "OpenSSL" is signing and its
base64. asyncio has the sockets' reads and writes in it, aiohttp its parser in C. Sampling itself
adds a little to both."""
_TURNS: Final = 6


def measure(contest: Contest) -> Section:
    """Sample both by turns."""
    names = ("ours_async", "limit")
    turns: dict[str, list[Measured]] = {name: [] for name in names}
    for _ in range(_TURNS):
        for name, found in turns.items():
            entry = Entry(name, name, at_once=64)
            found.append(contest.turn(entry, 2 * contest.pace.seconds, profile=True))
    ours, limit = (_micros(turns[name]) for name in names)
    packages = sorted(ours | limit, key=lambda name: -ours.get(name, 0))
    lines = [_line(name, ours.get(name, 0), limit.get(name, 0)) for name in packages]
    lines.append(_line("all", sum(ours.values()), sum(limit.values())))
    head = ("package", "privy_async", "limit", "difference")
    return Section("Where the time goes", _TEXT, (Table(head, tuple(lines)),))


def _micros(turns: list[Measured]) -> dict[str, float]:
    samples: Counter[str] = Counter()
    for turn in turns:
        samples.update(turn.samples)
    call = 1e6 * sum(turn.cpu for turn in turns) / sum(turn.calls for turn in turns)
    return {name: count / samples.total() * call for name, count in samples.items()}


def _line(name: str, ours: float, limit: float) -> tuple[str, ...]:
    return (name, f"{ours:.1f}", f"{limit:.1f}", f"{ours - limit:+.1f}")
