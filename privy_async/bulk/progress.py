"""A progress bar for the command line, on standard error (needs `privy-async[progress]`)."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

from privy_async.checks import needing

with needing("rich", install="privy-async[progress]"):
    from rich import progress as rich
    from rich.console import Console

from privy_async.bulk.run import Progress


@contextmanager
def progress_bar(
    title: str = "", *, console: Console | None = None
) -> Generator[Callable[[Progress[object, object]], None]]:
    """Show how far a bulk run has come: give what this yields as `on_progress`.

        with progress_bar("payroll") as on_progress:
            results = await call_each(rows, pay, run_id="payroll-2026-11", on_progress=on_progress)

    Where standard error is not a terminal, only the last state is printed.

    Args:
        title: What stands before the bar.
        console: Where to show it instead.
    """
    bar = rich.Progress(
        rich.TextColumn("{task.description}", markup=False),
        rich.BarColumn(),
        rich.MofNCompleteColumn(),
        rich.TextColumn("{task.fields[failed]} failed"),
        rich.TimeElapsedColumn(),
        rich.TimeRemainingColumn(),
        console=console or Console(stderr=True),
    )
    task = bar.add_task(title, total=None, failed=0)

    def on_progress(progress: Progress[object, object]) -> None:
        ended = progress.done + progress.failed + progress.skipped
        bar.update(task, completed=ended, total=progress.total, failed=progress.failed)

    with bar:
        yield on_progress
