"""Tries mutants drawn by a seed: `make mutate MUTANTS=300 SEED=monday`."""

import argparse
import difflib
import json
import random
import sys
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from itertools import islice
from pathlib import Path

from places import ROOT

from mutation.changes import Mutant, mutants_of
from mutation.equivalents import read_equivalents
from mutation.rooms import TESTS_OF, modules, room_of, stages_of, tests_of
from mutation.trial import Trial, preload

# To measure a room's tests takes as long as trying so many mutants.
_WORTH_IT = 8


def main() -> int:
    """Return 0 if all mutants were noticed, or are known to be equivalent."""
    options = _read_options()
    chosen = _choose(options.seed, options.mutants, options.only)
    results = _Results(options.results / f"{options.seed}.json")
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(Path(folder))
        trial.prepare()
        preload()
        fit = True if options.trusted else _passes_unchanged(trial)
        if fit:
            _try_at_once(trial, chosen, results, again=options.again)
        for number, mutant in enumerate(chosen if fit else [], 1):
            if any(each.is_of(mutant) for each in read_equivalents()):
                continue
            if not results.has(mutant) or (options.again and not results.killed(mutant)):
                results.add(mutant, trial.kills(mutant, stages_of(mutant.module)))
            print(number, mutant.module, mutant.line, results.word(mutant), flush=True)
    return _report(chosen, results) if fit else 2


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="mutation", description=__doc__)
    parser.add_argument("--mutants", type=int, default=100, help="how many are drawn")
    parser.add_argument("--seed", default="", help="the same seed draws the same mutants")
    parser.add_argument("--only", default="", help="the beginning of the modules' paths")
    parser.add_argument("--again", action="store_true", help="try survivors of this seed anew")
    parser.add_argument("--trusted", action="store_true", help="the tests pass: do not try it")
    kept = ROOT / "build" / "mutation"
    parser.add_argument("--results", type=Path, default=kept, help="where what came out is kept")
    options = parser.parse_args()
    options.seed = options.seed or str(random.randrange(10**6))
    return options


def _choose(seed: str, count: int, only: str) -> list[Mutant]:
    """Draw mutants; a change of one place leaves the draw from all others as it is."""
    package = ROOT / "privy_async"
    names = [name for name in modules() if name.startswith(only)]
    everything = [
        mutant for name in names for mutant in mutants_of(name, (package / name).read_bytes())
    ]
    everything.sort(key=lambda mutant: sha256(f"{seed}{_key(mutant)}".encode()).digest())
    usable: Iterator[Mutant] = (mutant for mutant in everything if mutant.compiles())
    return list(islice(usable, count))


def _passes_unchanged(trial: Trial) -> bool:
    """True if all tests pass in the copy; else they would kill anything."""
    failing = [
        room
        for room, places in TESTS_OF.items()
        if not trial.passes([f"tests/{place}" for place in places])
    ]
    print(f"tests fail without any change: {', '.join(failing)}" if failing else "tests pass")
    return not failing


def _try_at_once(trial: Trial, chosen: list[Mutant], results: "_Results", *, again: bool) -> None:
    """Take down what tests notice in processes that have them ready; all else is tried anew."""
    known = read_equivalents()
    for room in TESTS_OF:
        mutants = [
            mutant
            for mutant in chosen
            if room_of(mutant.module) == room and not any(each.is_of(mutant) for each in known)
            if not results.has(mutant) or (again and not results.killed(mutant))
        ]
        if len(mutants) >= _WORTH_IT:
            for noticed in trial.notices(mutants, tests_of(room)):
                results.add(noticed, True)
            print(room, "has been tried in processes that were ready", flush=True)


class _Results:
    """What came of each mutant of a seed, kept in a file: a run that was stopped goes on."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._killed = json.loads(self._file.read_text()) if self._file.exists() else {}

    def has(self, mutant: Mutant) -> bool:
        """True if it was tried."""
        return _key(mutant) in self._killed

    def killed(self, mutant: Mutant) -> bool:
        """True if a test noticed it."""
        return bool(self._killed[_key(mutant)])

    def word(self, mutant: Mutant) -> str:
        """What came of it, in a word."""
        return "killed" if self.killed(mutant) else "SURVIVED"

    def add(self, mutant: Mutant, killed: bool) -> None:
        """Keep what came of it."""
        self._killed[_key(mutant)] = killed
        self._file.write_text(json.dumps(self._killed, indent=0))


def _key(mutant: Mutant) -> str:
    return json.dumps(mutant.name)


def _report(chosen: list[Mutant], results: _Results) -> int:
    """Print the survivors and the score."""
    known = read_equivalents()
    equivalent = [mutant for mutant in chosen if any(each.is_of(mutant) for each in known)]
    tried = [mutant for mutant in chosen if mutant not in equivalent]
    holes = [mutant for mutant in tried if not results.killed(mutant)]
    for mutant in holes:
        print(f"\n{_difference(mutant)}")
    print(f"\nequivalent, not tried, with their reasons in equivalents.toml: {len(equivalent)}")
    for mutant in equivalent:
        print(f"  {mutant.module}:{mutant.line} {mutant.was!r} -> {mutant.becomes!r}")
    killed = len(tried) - len(holes)
    print(f"killed {killed} of {len(tried)}: {100 * killed / max(len(tried), 1):.1f} %")
    return bool(holes)


def _difference(mutant: Mutant) -> str:
    before, after = (text.decode().splitlines() for text in (mutant.text, mutant.source))
    name = f"privy_async/{mutant.module}"
    return "\n".join(difflib.unified_diff(before, after, name, name, n=2, lineterm=""))


if __name__ == "__main__":
    sys.exit(main())
