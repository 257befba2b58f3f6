"""The progress bar of bulk runs: what it shows in a terminal, and that it goes with the run."""

import io
import re

import pytest
from rich.console import Console

from privy_async.bulk import BulkResult, Progress, call_each
from privy_async.bulk.progress import progress_bar

pytestmark = pytest.mark.anyio


def console(*, terminal: bool) -> Console:
    """A console that writes to text of its own."""
    return Console(file=io.StringIO(), force_terminal=terminal, width=100)


def shown(console: Console) -> str:
    """The last line that it shows, without colours."""
    assert isinstance(console.file, io.StringIO)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", console.file.getvalue())
    lines = [line for line in re.split(r"[\r\n]+", text) if line.strip()]
    return lines[-1]


async def call(item: str, key: str) -> int:
    """Do nothing; some items fail."""
    return int(item)


@pytest.mark.parametrize("terminal", [True, False])
async def test_what_it_shows(terminal: bool) -> None:
    """In the end: the title as it is, how many have ended of how many, and how many failed."""
    there = console(terminal=terminal)
    with progress_bar("payroll [red]", console=there) as on_progress:
        await call_each(["1", "2", "x", "4"], call, run_id="r", on_progress=on_progress)
    assert shown(there).startswith("payroll [red] ")
    assert " 4/4 1 failed " in shown(there)


async def test_an_unknown_total() -> None:
    """It counts all the same."""
    there = console(terminal=True)
    with progress_bar(console=there) as on_progress:
        await call_each(iter(["1", "2"]), call, run_id="r", on_progress=on_progress)
    assert " 2/? 0 failed " in shown(there)


async def test_what_was_skipped_counts() -> None:
    """An item that an earlier run has done has ended."""
    there = console(terminal=True)
    result = BulkResult[str, int](index=0, item="1", skipped=True)
    with progress_bar(console=there) as on_progress:
        on_progress(Progress(done=1, failed=2, skipped=3, total=7, result=result))
    assert " 6/7 2 failed " in shown(there)


async def test_an_error_takes_it_down() -> None:
    """The cursor is visible again, whatever ended the run."""
    there = console(terminal=True)
    with pytest.raises(KeyError), progress_bar(console=there):
        raise KeyError("x")
    assert isinstance(there.file, io.StringIO)
    assert there.file.getvalue().rstrip("\n").endswith("\x1b[?25h")


async def test_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    """It leaves standard output to the program."""
    with progress_bar("payroll") as on_progress:
        await call_each(["1"], call, run_id="r", on_progress=on_progress)
    stdout, stderr = capsys.readouterr()
    assert stdout == ""
    assert "payroll" in stderr
    assert "1/1" in stderr
