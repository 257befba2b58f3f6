"""The holder of the sandbox's background tasks."""

import asyncio
import logging

import pytest

from privy_async.sandbox.background_tasks import BackgroundTasks

pytestmark = pytest.mark.anyio


async def test_what_a_task_raises_is_logged(
    anyio_backend: str, caplog: pytest.LogCaptureFixture
) -> None:
    """An error is in the log with its traceback, though nobody waits for the task."""

    async def fail() -> None:
        raise RuntimeError("unforeseen")

    tasks = BackgroundTasks()
    with caplog.at_level(logging.ERROR, logger="privy_async.sandbox"):
        tasks.start(fail())
        await tasks.wait()
    (record,) = caplog.records
    assert "fail" in record.getMessage()
    assert record.exc_info is not None
    assert str(record.exc_info[1]) == "unforeseen"


async def test_cancelling_waits_for_what_a_task_still_does(anyio_backend: str) -> None:
    """A task that cleans up has done so when `cancel` returns, and that is no failure."""
    done: list[str] = []

    async def run(name: str) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            done.append(name)

    tasks = BackgroundTasks()
    started = [tasks.start(run(name)) for name in ("a", "b")]
    await asyncio.sleep(0)
    await tasks.cancel()
    assert sorted(done) == ["a", "b"]
    assert all(task.cancelled() for task in started)


async def test_waiting_includes_what_tasks_begin(anyio_backend: str) -> None:
    """A task that a task starts is waited for too; a task may be added twice."""
    done: list[str] = []
    tasks = BackgroundTasks()

    async def second() -> None:
        await asyncio.sleep(0.01)
        done.append("second")

    async def first() -> None:
        await asyncio.sleep(0)
        tasks.start(second())

    tasks.add(tasks.start(first()))
    await tasks.wait()
    assert done == ["second"]


async def test_a_task_that_nobody_else_holds_goes_on(anyio_backend: str) -> None:
    """The loop holds tasks weakly; here none is collected before it ends."""
    import gc

    done = asyncio.Event()
    tasks = BackgroundTasks()

    async def run() -> None:
        await asyncio.get_running_loop().create_future()

    tasks.start(run()).add_done_callback(lambda task: done.set())
    gc.collect()
    await asyncio.sleep(0)
    assert not done.is_set()
    await tasks.cancel()
    assert done.is_set()
