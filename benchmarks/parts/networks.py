"""What users wait for behind a real network: round trips, and how many can be done without."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from benchmarks.contest import Contest
from benchmarks.figures import Bars, Picture, Row, Section, Spread, Table, Target, number
from benchmarks.networks.arena import Arena, Waits, arena

_OURS: Final = "privy_async"
# The round trip in s that targets and picture are about.
_SHOWN: Final = 0.08
# How often each work is done behind a round trip.
_TIMES: Final = {0.02: 7, _SHOWN: 7, 0.2: 4}
_GAPS: Final = (5, 20, 50)
# With fewer rounds than this, one round trip and the shortest silence must do.
_ROUNDS: Final = 5

_TEXT: Final = """\
The same signed call behind a proxy that makes the network long, over TLS 1.3 with a certificate
authority of our own. The proxy hands everything on half a round trip later, and counts: a new
connection costs the round trips of TCP and of TLS, as it does everywhere. Each figure is the median
of a few times, with the 95th percentile, the median in round trips, and how many round trips the
proxy counted one after the other; what lies between the last two is work, ours and the server's. In
a burst of new connections a request counts once more if it waits for the processor until the
tickets of TLS have come.
Clients are new for each time, processes are not.

"A new user" is one whose token must be exchanged for a key before the call can be signed. After
`prepare` that happens while the app does something else, here for one and a half round trips, which
nobody waits for. "Silence" is a client that does nothing for so long. The call can be repeated (it
has an idempotency key); one that cannot takes a new connection after 5 s of silence, here as with
the others, since nothing tells a dead connection from one that is idle.

Not comparable: `privy-client` does its 32 calls in 32 threads. DNS is not in it (addresses are
numbers), nor is loss, bandwidth, or TCP's slow start. Neither of the official SDKs can connect or
exchange ahead."""


@dataclass(frozen=True)
class _Work:
    """Something that a user waits for.

    `ours_ahead` is the work by which this SDK does it better if it is told before, and what that
    is called.
    """

    title: str
    name: str
    target: float
    ours_ahead: tuple[str, str, float] | None = None


_WORKS: Final = (
    _Work("the first call of all, by a new user", "cold", 4.3),
    _Work("a call right after another", "repeat", 1.1),
    _Work("the first call of a new user", "connected", 2.1, ("prepared", "after prepare()", 1.2)),
    _Work(
        "32 calls at once, after one",
        "burst",
        0.0,
        ("connected burst", "after connect(32)", 1.5),
    ),
)
# By the work's title, who did it, and the round trip in s.
_Found = dict[tuple[str, str, float], Waits]


def measure(contest: Contest) -> Section:
    """Let all contenders do all works behind each round trip, and be silent together."""
    quick = contest.pace.rounds < _ROUNDS
    times = {_SHOWN: 3} if quick else _TIMES
    found: _Found = {}
    with arena(tuple(times)) as opened:
        for name in opened.contenders:
            # The first calls load modules.
            opened.run(name, "cold", min(times), 2)
        for round_trip in times:
            for work in _WORKS:
                found.update(_of_work(opened, work, round_trip, times[round_trip]))
        found.update(_of_silence(opened, _GAPS[:1] if quick else _GAPS))
    tables = tuple(_table(found, round_trip) for round_trip in times)
    return Section("Real networks", _TEXT, tables, tuple(_rows(found)), _picture(found))


def _of_work(
    opened: Arena, work: _Work, round_trip: float, times: int
) -> Iterator[tuple[tuple[str, str, float], Waits]]:
    for name in opened.contenders:
        waits = opened.run(name, work.name, round_trip, times)
        yield (work.title, name, round_trip), waits
        if name == _OURS and work.ours_ahead is not None:
            ahead, how, _ = work.ours_ahead
            waits = opened.run(name, ahead, round_trip, times)
            yield (work.title, f"{name}, {how}", round_trip), waits


def _of_silence(
    opened: Arena, gaps: Iterable[int]
) -> Iterator[tuple[tuple[str, str, float], Waits]]:
    for (name, gap, round_trip), waits in opened.silence(tuple(gaps), 3).items():
        yield (_after(gap), name, round_trip), waits


def _after(gap: float) -> str:
    return f"a call after {gap:g} s of silence"


def _table(found: _Found, round_trip: float) -> Table:
    lines = [
        (
            title,
            name,
            f"{waits.milliseconds:,.0f} ({waits.slow_milliseconds:,.0f})",
            number(waits.milliseconds / 1000 / round_trip),
            f"{waits.counted:g}",
        )
        for title, name, waits in _sorted(found, round_trip)
    ]
    head = ("what a user waits for", "by", "ms (95 %)", "round trips", "counted")
    return Table(head, tuple(lines), f"a round trip of {1000 * round_trip:g} ms")


def _sorted(found: _Found, round_trip: float) -> list[tuple[str, str, Waits]]:
    """The works in their order, the contenders of each from the fastest on."""
    titles = list(dict.fromkeys(title for title, _, _ in found))
    those = [(title, name, waits) for (title, name, of), waits in found.items() if of == round_trip]
    return sorted(those, key=lambda each: (titles.index(each[0]), each[2].milliseconds))


def _picture(found: _Found) -> Picture:
    groups: dict[str, list[tuple[str, float]]] = {}
    for title, name, waits in _sorted(found, _SHOWN):
        groups.setdefault(title, []).append((name, waits.milliseconds))
    title = f"What a user waits for: ms, where a round trip takes {1000 * _SHOWN:g} ms"
    bars = [Bars(each, tuple(values)) for each, values in groups.items()]
    bars.sort(key=_saved)
    return Picture("waits.svg", title, tuple(bars), one_scale=True, leads=True)


def _saved(bars: Bars) -> float:
    """What share of the peers' shortest wait is left: where most is saved comes first."""
    ours = [wait for name, wait in bars.values if name.startswith(_OURS)]
    theirs = [wait for name, wait in bars.values if not name.startswith(_OURS)]
    return min(ours) / min(theirs, default=min(ours))


def _rows(found: _Found) -> Iterator[Row]:
    for work in _WORKS:
        if work.target:
            yield _row(found, work.title, _OURS, work.target)
        if work.ours_ahead is not None:
            _, how, target = work.ours_ahead
            yield _row(found, work.title, f"{_OURS}, {how}", target)
    for gap in _GAPS:
        if (_after(gap), _OURS, _SHOWN) in found:
            yield _row(found, _after(gap), _OURS, 1.1)


def _row(found: _Found, title: str, name: str, target: float) -> Row:
    waits = found[title, name, _SHOWN]
    what = f"{name}: {title} (round trips of {1000 * _SHOWN:g} ms)"
    return Row("round trips", what, Target(target, at_least=False), Spread.of(waits.trips))
