"""What starting costs: imports, the first call, memory."""

import json
import sys
from pathlib import Path
from typing import Final

from benchmarks.contest import Contest, running
from benchmarks.figures import (
    Rounds,
    Row,
    Section,
    Spread,
    Table,
    Target,
    number,
    seconds_rounds,
    spread_text,
)
from benchmarks.machine import PEER_PYTHON

_TEXT: Final = """\
New processes, one after another, their files in the system's cache and their bytecode kept, as it
is of what pip installs. What Python's own start takes is not in it. `import privy_async` alone
loads little: names load what they need when they are first used, which the import of `PrivyClient`
shows. The first call is all of it: the imports, a client, a connection, a signed call; the imports
that it is measured against are aiohttp and the parts of cryptography that sign, which no client on
aiohttp can do without. Memory is what the process grew by."""
_WORKS: Final = {
    "import privy_async": False,
    "import privy_sync": False,
    "from privy_async import PrivyClient": False,
    "import privy": True,
    "import aiohttp and cryptography": False,
    "import, client, first signed call": False,
}


def measure(contest: Contest) -> Section:
    """Imports and the first call."""
    figures: dict[str, list[dict[str, float]]] = {
        work: [] for work, by_peer in _WORKS.items() if PEER_PYTHON.exists() or not by_peer
    }
    for number_of_round in range(contest.pace.rounds + 1):
        for work, found in figures.items():
            figure = cold(work, contest.url, contest.key, by_peer=_WORKS[work])
            # The first round only brings the files into the cache.
            found += [figure] if number_of_round else []
    rounds = {
        work: seconds_rounds(work, [each["seconds"] for each in found])
        for work, found in figures.items()
    }
    lines = tuple(
        (
            work,
            spread_text(_milliseconds(rounds[work])),
            number(Spread.of([each["memory"] / 1e6 for each in found]).middle),
        )
        for work, found in figures.items()
    )
    table = Table(("work", "ms", "MB of memory"), lines)
    return Section("Starting", _TEXT, (table,), _rows(rounds))


def _rows(rounds: dict[str, Rounds]) -> tuple[Row, ...]:
    call = rounds["import, client, first signed call"]
    first = Row(
        "first call",
        "import, client, first signed call, against importing aiohttp and cryptography "
        "(times its time)",
        Target(1.2, at_least=False),
        call.times_as_long_as(rounds["import aiohttp and cryptography"]),
    )
    if "import privy" not in rounds:
        return (first,)
    ratio = rounds["import privy_async"].times_as_long_as(rounds["import privy"])
    what = "import privy_async, against import privy (times its time)"
    return (Row("import", what, Target(0.1, at_least=False), ratio), first)


def _milliseconds(rounds: Rounds) -> Spread:
    return Spread.of([turn.seconds * 1000 for turn in rounds.turns])


def cold(work: str, *arguments: str, by_peer: bool = False) -> dict[str, float]:
    """What a new process says that does one thing; in the official SDK's environment if asked."""
    python = PEER_PYTHON if by_peer else Path(sys.executable)
    command = [str(python), "-m", "benchmarks.contenders.cold", work, *arguments]
    with running(command, core=1) as process:
        line, _ = process.communicate()
    figures: dict[str, float] = json.loads(line)
    return figures
