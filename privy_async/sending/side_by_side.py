"""Work that is done side by side, whose error comes out as it is."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from anyio import create_task_group
from anyio.abc import TaskGroup


@asynccontextmanager
async def bare_task_group() -> AsyncGenerator[TaskGroup]:
    """A task group that raises the first error of its tasks bare, and cancels the others for it."""
    first: BaseException | None = None
    try:
        async with create_task_group() as group:
            yield group
    except BaseExceptionGroup as errors:
        first = errors.exceptions[0]
    # Raised here, it keeps the cause and context that it came with.
    if first is not None:
        raise first
