"""Bulk runs of many items hold what they return, and little else."""

import asyncio
import gc
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from privy_async.bulk import Progress, call_each

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(180)]

CONCURRENCY = 32


def items(count: int) -> Iterator[str]:
    """Items that are made as they are asked for."""
    return (f"item {number}" for number in range(count))


async def call(item: str, key: str) -> None:
    """Do what takes as long as a request may, and holds as much."""
    body = bytearray(20_000)
    await asyncio.sleep(0)
    del body


async def memory(count: int, journal: Path | None) -> tuple[float, int]:
    """The bytes for each item at the peak of a run, and the most tasks there were at once."""
    most = 0

    def on_progress(progress: Progress[str, None]) -> None:
        nonlocal most
        most = max(most, len(asyncio.all_tasks()))

    gc.collect()
    tracemalloc.start()
    try:
        await call_each(
            items(count),
            call,
            run_id="r",
            concurrency=CONCURRENCY,
            journal=journal,
            on_progress=on_progress,
        )
        return tracemalloc.get_traced_memory()[1] / count, most
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("journaled", [False, True])
async def test_memory(tmp_path: Path, journaled: bool) -> None:
    """10,000 items take under 1 KB each at the peak, and no more tasks than calls may run."""
    before = len(asyncio.all_tasks())
    each, tasks = await memory(10_000, tmp_path / "journal" if journaled else None)
    assert each < 1000
    assert tasks <= before + CONCURRENCY
