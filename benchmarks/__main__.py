"""Measures all, side by side, and writes RESULTS.md and its pictures beside this file.

python -m benchmarks            # about ten minutes
python -m benchmarks --quick    # under two; prints, and writes nothing
python -m benchmarks --quick --only prepare,decoding
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Final

from benchmarks.contest import Contest, Pace, contest, missing_contenders
from benchmarks.figures import Section
from benchmarks.machine import describe
from benchmarks.parts import bulk, calls, growth, networks, pieces, profile, signers, startup, users
from benchmarks.picture import draw
from benchmarks.report import markdown

FULL: Final = Pace(rounds=11, seconds=0.7)
QUICK: Final = Pace(rounds=3, seconds=0.25)
_PARTS: Final[dict[str, Callable[[Contest], Section]]] = {
    "networks": networks.measure,
    "calls": calls.measure,
    "profile": profile.measure,
    "prepare": pieces.prepare,
    "canonical": pieces.canonical,
    "decoding": pieces.decoding,
    "addresses": pieces.addresses,
    "starting": startup.measure,
    "users": users.user_keys,
    "cached": users.cached_users,
    "signers": signers.measure,
    "growth": growth.measure,
    "bulk": bulk.measure,
}


def main(arguments: Sequence[str]) -> None:
    """Run the parts that are asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--only", default=",".join(_PARTS), help=f"of {', '.join(_PARTS)}")
    parser.add_argument("--write", type=Path, help="the folder for RESULTS.md and its pictures")
    options = parser.parse_args(arguments)
    names = options.only.split(",")
    if not set(names) <= set(_PARTS):
        parser.error(f"--only takes some of {', '.join(_PARTS)}")
    pace = QUICK if options.quick else FULL
    sections = run(names, pace)
    machine = {"date": date.today().isoformat(), "rounds": _pace(pace), **describe()}
    text = markdown(sections, machine, missing_contenders())
    sys.stdout.write(text)
    whole = not options.quick and set(names) == set(_PARTS)
    folder = options.write or (Path(__file__).parent if whole else None)
    if folder is not None:
        write(folder, text, sections)


def run(names: Sequence[str], pace: Pace) -> list[Section]:
    """The parts, each with contenders of its own."""
    sections: list[Section] = []
    for name in names:
        started = time.perf_counter()
        with contest(pace) as opened:
            sections.append(_PARTS[name](opened))
        sys.stderr.write(f"{name}: {time.perf_counter() - started:.0f} s\n")
    return sections


def write(folder: Path, text: str, sections: Sequence[Section]) -> None:
    """Keep the results."""
    (folder / "RESULTS.md").write_text(text)
    for section in sections:
        if section.picture is not None:
            (folder / section.picture.file).write_text(draw(section.picture))


def _pace(pace: Pace) -> str:
    return f"{pace.rounds}, turns of {pace.seconds:g} s"


if __name__ == "__main__":
    main(sys.argv[1:])
