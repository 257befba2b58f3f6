"""Runs worlds until so many calls are made: `make simulate`."""

import argparse
import os
import secrets
import sys
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from itertools import count

import attrs
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from simulation.runs import Run, run
from simulation.shrink import Shrinker, report


@attrs.frozen
class Totals:
    """What a number of worlds came to."""

    worlds: int
    calls: int
    failed: Run | None


def main() -> int:
    """Return 0 if every invariant held."""
    options = _read_options()
    seed = options.seed or secrets.token_hex(4)
    # A seed with a stroke is that of one world.
    seeds = iter([seed]) if "/" in seed else (f"{seed}/{number}" for number in count())
    print(f"seed {seed}, {options.calls} calls, {options.workers} processes")
    totals = _simulate(seeds, options.calls, options.workers)
    if totals.failed is None:
        print(
            f"{totals.calls} calls in {totals.worlds} worlds: every invariant holds (seed {seed})"
        )
        return 0
    _explain(totals.failed)
    return 1


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="simulation", description=__doc__)
    parser.add_argument("--seed", default="", help="of all worlds, or NAME/NUMBER of a single one")
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    return parser.parse_args()


def _simulate(seeds: Iterator[str], calls: int, workers: int) -> Totals:
    totals = Totals(0, 0, None)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f} of {task.total:.0f} calls"),
        TextColumn("{task.fields[rate]:.0f}/s"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with (
        Progress(*columns, console=Console(stderr=True)) as progress,
        ProcessPoolExecutor(workers) as pool,
    ):
        task = progress.add_task("simulating", total=calls, rate=0.0)
        for done in _runs(pool, seeds, 2 * workers):
            totals = Totals(
                totals.worlds + 1, totals.calls + done.calls, done if done.violations else None
            )
            elapsed = progress.tasks[0].elapsed or 1.0
            progress.update(task, completed=totals.calls, rate=totals.calls / elapsed)
            if totals.failed is not None or totals.calls >= calls:
                pool.shutdown(wait=False, cancel_futures=True)
                break
    return totals


def _runs(pool: ProcessPoolExecutor, seeds: Iterator[str], ahead: int) -> Iterator[Run]:
    """Run worlds side by side, so many of them begun before they are asked for."""
    begun: set[Future[Run]] = set()
    while True:
        for seed in seeds:
            begun.add(pool.submit(run, seed))
            if len(begun) >= ahead:
                break
        if not begun:
            return
        ended, begun = wait(begun, return_when=FIRST_COMPLETED)
        for each in ended:
            yield each.result()


def _explain(failed: Run) -> None:
    print(f"\nThe world {failed.seed} breaks an invariant:")
    for violation in failed.violations[:10]:
        print(f"  {violation.invariant}: {violation.text}")
    print("\nlooking for a shorter history ...")
    shrinker = Shrinker(failed)
    print(f"\n{report(shrinker.shrink())}\n")
    print(
        f"Found in {shrinker.runs} runs. To see all of it again: make simulate SEED={failed.seed}"
    )


if __name__ == "__main__":
    sys.exit(main())
