"""The tasks and threads of a bulk run: as many as are needed, and none left behind."""

import asyncio
import os
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any, NoReturn

import anyio
import attrs
import pytest

from privy_async import PrivyError
from privy_async.bulk import Progress, call_each

pytestmark = pytest.mark.anyio


async def echo(item: str, key: str) -> str:
    """Do what takes no time."""
    return item


# --- as many as are needed


async def test_no_more_tasks_than_items() -> None:
    """A high limit costs nothing: three items take four tasks, not half a million."""
    before, most = len(asyncio.all_tasks()), 0

    def on_progress(progress: Progress[str, str]) -> None:
        nonlocal most
        most = max(most, len(asyncio.all_tasks()))

    tracemalloc.start()
    try:
        await call_each("abc", echo, run_id="r", concurrency=500_000, on_progress=on_progress)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most <= before + 4
    assert peak < 1_000_000


async def test_no_more_tasks_than_are_busy() -> None:
    """Where calls end as fast as items come, one or two tasks do all of them."""
    before, most = len(asyncio.all_tasks()), 0

    async def slowly() -> AsyncIterator[str]:
        nonlocal most
        for number in range(50):
            await asyncio.sleep(0.001)
            most = max(most, len(asyncio.all_tasks()))
            yield str(number)

    await call_each(slowly(), echo, run_id="r", concurrency=1000)
    assert most <= before + 2


async def test_each_task_has_the_callers_context() -> None:
    """What one call sets is not seen by the tasks that start after it."""
    variable = ContextVar("variable", default="nothing")
    variable.set("caller")
    seen: list[str] = []
    both = asyncio.Event()

    async def call(item: str, key: str) -> None:
        seen.append(variable.get())
        variable.set(item)
        if len(seen) == 3:
            both.set()
        await both.wait()

    await call_each("abc", call, run_id="r")
    assert seen == ["caller"] * 3


# --- errors come out bare


async def failing_items() -> AsyncIterator[str]:
    """Two items and an error that has a cause."""
    yield "a"
    yield "b"
    raise LookupError("no more") from OSError("the disk")


async def test_an_error_of_the_items_comes_out_bare() -> None:
    """It is no group, and keeps its cause."""
    with pytest.raises(LookupError) as caught:
        await call_each(failing_items(), echo, run_id="r")
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("error", [KeyError("x"), ExceptionGroup("theirs", [KeyError("x")])])
async def test_of_several_errors_the_first_comes_out(error: Exception) -> None:
    """Whatever the others raise as they are cancelled; a group of the caller's stays one."""
    all_run = asyncio.Event()
    running: list[str] = []

    def on_progress(progress: Progress[str, None]) -> NoReturn:
        raise error if progress.result.item == "a" else ValueError("late")

    async def call(item: str, key: str) -> None:
        running.append(item)
        if len(running) == 3:
            all_run.set()
        await all_run.wait()
        if item != "a":
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(60)

    with pytest.raises(type(error)) as caught:
        await call_each("abc", call, run_id="r", on_progress=on_progress)
    assert caught.value is error


@pytest.mark.parametrize("end", ["timeout", "fail_after", "cancel twice"])
async def test_ends_of_a_run(end: str) -> None:
    """A run under a time limit ends with TimeoutError, a cancelled one with CancelledError."""
    ended: list[str] = []

    async def call(item: str, key: str) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(item)

    if end == "timeout":
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await call_each("abc", call, run_id="r")
    elif end == "fail_after":
        with pytest.raises(TimeoutError), anyio.fail_after(0.05):
            await call_each("abc", call, run_id="r")
    else:
        task = asyncio.create_task(call_each("abc", call, run_id="r"))
        await asyncio.sleep(0.05)
        task.cancel()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert sorted(ended) == ["a", "b", "c"]
    current = asyncio.current_task()
    assert current is not None
    assert current.cancelling() == 0


def run_exiting(code: str) -> "subprocess.CompletedProcess[str]":
    """Run this code in a process of its own."""
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


@pytest.mark.parametrize(
    ("raised", "code"), [("SystemExit(3)", 3), ("KeyboardInterrupt", -2)], ids=["exit", "Ctrl-C"]
)
def test_what_a_call_exits_with(raised: str, code: int) -> None:
    """SystemExit and KeyboardInterrupt are no errors of an item: the process ends with them."""
    ended = run_exiting(
        "import asyncio\n"
        "from privy_async.bulk import call_each\n"
        "async def call(item, key):\n"
        f"    raise {raised}\n"
        "asyncio.run(call_each('abc', call, run_id='r'))\n"
        "print('went on')\n"
    )
    assert ended.returncode == code
    assert ended.stdout == ""
    assert "Group" not in ended.stderr


# --- the journal's thread


@attrs.define
class SlowDisk:
    """An `os.fsync` that takes a moment, and tells of what happens.

    Attributes:
        told: "begin" and "end" of each, "broken" for one whose file was gone.
    """

    fsync: Callable[[int], None] = os.fsync
    told: list[str] = attrs.field(factory=list)
    begun: threading.Event = attrs.field(factory=threading.Event)

    def __call__(self, file: int) -> None:
        if threading.current_thread() is threading.main_thread():
            self.fsync(file)
            return
        self.told.append("begin")
        self.begun.set()
        time.sleep(0.2)
        try:
            self.fsync(file)
        except OSError:
            self.told.append("broken")
        self.told.append("end")


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowDisk]:
    """A slow disk, and at the end no thread that still waits for it."""
    disk = SlowDisk()
    monkeypatch.setattr(os, "fsync", disk)
    yield disk
    time.sleep(0.3)
    assert disk.told.count("begin") == disk.told.count("end")


def cancel_once(task: "asyncio.Task[Any]") -> None:
    task.cancel()


def cancel_often(task: "asyncio.Task[Any]") -> None:
    for delay in (0, 0.02, 0.04, 0.06):
        asyncio.get_running_loop().call_later(delay, task.cancel)


@pytest.mark.parametrize("cancel", [cancel_once, cancel_often])
async def test_a_cancelled_run_waits_for_the_disk(
    tmp_path: Path, disk: SlowDisk, cancel: Callable[["asyncio.Task[Any]"], None]
) -> None:
    """When it has ended, no thread writes to its journal any more; nothing was called."""
    called: list[str] = []

    async def call(item: str, key: str) -> None:
        called.append(item)

    run = asyncio.create_task(call_each("abc", call, run_id="r", journal=tmp_path / "journal"))
    while not disk.begun.is_set():  # noqa: ASYNC110
        await asyncio.sleep(0.005)
    cancel(run)
    with pytest.raises(asyncio.CancelledError):
        await run
    assert disk.told == ["begin", "end"]
    assert called == []


async def test_a_time_limit_waits_for_the_disk(tmp_path: Path, disk: SlowDisk) -> None:
    """The same where the run is ended by an anyio scope."""
    with anyio.move_on_after(0.05):
        await call_each("abc", echo, run_id="r", journal=tmp_path / "journal")
    assert disk.told == ["begin", "end"]


def test_a_loop_that_ends_waits_for_the_disk(tmp_path: Path, disk: SlowDisk) -> None:
    """The same where `asyncio.run` cancels every task on its own, those of the run too."""
    ended: list[str] = []

    async def run() -> None:
        try:
            await call_each("abc", echo, run_id="r", journal=tmp_path / "journal")
        finally:
            ended.extend(disk.told)

    async def main() -> None:
        task = asyncio.create_task(run())
        while not disk.begun.is_set():  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        del task

    asyncio.run(main())
    assert ended == ["begin", "end"]


async def test_busy_threads_of_the_app(tmp_path: Path) -> None:
    """A journal's disk is not waited for behind other work in threads, of asyncio or anyio."""
    free = threading.Event()
    loop = asyncio.get_running_loop()
    busy = [loop.run_in_executor(None, free.wait, 20) for _ in range(50)]
    async with anyio.create_task_group() as group:
        for _ in range(50):
            group.start_soon(anyio.to_thread.run_sync, free.wait, 20)
        await asyncio.sleep(0.05)
        async with asyncio.timeout(10):
            results = await call_each("abc", echo, run_id="r", journal=tmp_path / "journal")
        free.set()
    await asyncio.gather(*busy)
    assert [result.unwrap() for result in results] == ["a", "b", "c"]


async def test_a_disk_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its error comes out bare, with its cause, and nothing is called."""

    def fail(file: int) -> NoReturn:
        raise OSError("input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(PrivyError, match="journal cannot be written: input/output error") as caught:
        await call_each("abc", echo, run_id="r", journal=tmp_path / "journal")
    assert isinstance(caught.value.__cause__, OSError)
