"""The same signed call by all contenders: the main table."""

from collections.abc import Mapping
from typing import Final

from benchmarks.contest import Contest, Entry
from benchmarks.figures import Bars, Picture, Rounds, Row, Section, Table, Target, rates

LIMIT: Final = "by hand on aiohttp (the limit)"
SOCKETS: Final = "by hand, no HTTP library"
OURS: Final = "privy_async"
OURS_SYNC: Final = "privy_sync"
OFFICIAL_SYNC: Final = "privy-client"
HTTPX: Final = "AsyncPrivyAPI on httpx"
AIOHTTP: Final = "AsyncPrivyAPI on aiohttp"
NODE: Final = "@privy-io/node"
_CONTENDERS: Final = {
    LIMIT: "limit",
    OURS: "ours_async",
    OURS_SYNC: "ours_sync",
    OFFICIAL_SYNC: "official_sync",
    HTTPX: "official_async httpx",
    AIOHTTP: "official_async aiohttp",
    NODE: "node",
    SOCKETS: "sockets",
    f"{LIMIT}, uvloop": "limit uvloop",
    f"{OURS}, uvloop": "ours_async uvloop",
}
_UVLOOP: Final = (f"{LIMIT}, uvloop", f"{OURS}, uvloop")

_TEXT: Final = """\
One `personal_sign` call of a wallet: its JSON, an idempotency key, an expiry in 15 minutes, the
canonical payload, a P-256 signature by a key that the client was given, the request, the answer as
a value. The server answers at once and checks nothing, so what is measured is the client.

Not comparable: what a real network adds is the same for all and is not in it, so in use the ratios
are nearer to 1 for calls done one at a time. All threads of a contender share one core; Node's
engine and Python's sync threads could use some of a second one. `privy-client` sends no idempotency
key by itself and is given one. `AsyncPrivyAPI` signs nothing by itself: `prepare_request`, which
the SDK exports, is called by hand, and the call stands under the name `_rpc`. The limit checks no
argument, sends nothing again, and knows this one call only. "No HTTP library" is the same over bare
connections and no client to use: it is there to show what aiohttp costs."""


# Its key, our contender, whom it is measured against (the fastest of them), the target.
_Comparison = tuple[str, str, tuple[str, ...], Target]
_ONE: Final[tuple[_Comparison, ...]] = (
    ("limit at 1", OURS, (LIMIT,), Target(0.85, at_least=True)),
    ("official at 1", OURS, (OFFICIAL_SYNC,), Target(5, at_least=True)),
    ("sync limit at 1", OURS_SYNC, (LIMIT,), Target(0.72, at_least=True)),
    ("sync at 1", OURS_SYNC, (OFFICIAL_SYNC,), Target(4, at_least=True)),
)
_MANY: Final[tuple[_Comparison, ...]] = (
    ("limit at 64", OURS, (LIMIT,), Target(0.9, at_least=True)),
    ("official at 64", OURS, (HTTPX, AIOHTTP), Target(8, at_least=True)),
    ("node at 64", OURS, (NODE,), Target(6, at_least=True)),
)
_THREADS: Final[tuple[_Comparison, ...]] = (
    ("threads", OURS_SYNC, (OFFICIAL_SYNC,), Target(6, at_least=True)),
)
_ALL: Final = (LIMIT, OURS, HTTPX, AIOHTTP, NODE, SOCKETS, *_UVLOOP)
# How many calls at once, by whom, and what must be reached.
_GROUPS: Final[tuple[tuple[str, int, tuple[str, ...], tuple[_Comparison, ...]], ...]] = (
    ("1 at a time", 1, (*_ALL, OURS_SYNC, OFFICIAL_SYNC), _ONE),
    ("64 at once", 64, _ALL, _MANY),
    ("8 threads", 8, (OURS_SYNC, OFFICIAL_SYNC), _THREADS),
    ("32 threads", 32, (OURS_SYNC, OFFICIAL_SYNC), _THREADS),
    ("512 at once", 512, (LIMIT, OURS, *_UVLOOP), ()),
)


def measure(contest: Contest) -> Section:
    """Run all groups."""
    tables: list[Table] = []
    rows: list[Row] = []
    bars: list[Bars] = []
    for title, at_once, names, comparisons in _GROUPS:
        entries = [Entry(name, _CONTENDERS[name], at_once=at_once) for name in names]
        found = contest.run(entries)
        tables.append(rates(found.values(), title=title))
        bars.append(Bars(title, tuple((name, r.rate.middle) for name, r in found.items())))
        rows += [row for each in comparisons if (row := _compare(title, found, each)) is not None]
    title = "Signed calls a second, on one core"
    picture = Picture("results.svg", title, tuple(bars))
    return Section("The signed call", _TEXT, tuple(tables), tuple(rows), picture)


def _compare(title: str, found: Mapping[str, Rounds], comparison: _Comparison) -> Row | None:
    """A row, unless whom it is measured against is not installed."""
    key, ours, against, target = comparison
    others = [found[name] for name in against if name in found]
    if not others:
        return None
    best = max(others, key=lambda rounds: rounds.rate.middle)
    limit = found.get(LIMIT)
    return Row(
        key,
        f"{ours} against {best.name}, {title}",
        target,
        found[ours].times_faster_than(best),
        None if limit in (None, best) else limit.times_faster_than(best),
        found[ours].times_less_cpu_than(best),
    )
