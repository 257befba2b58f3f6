"""Work that is done side by side, whose error comes out as it is."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

from anyio import create_task_group
from anyio.abc import TaskGroup

T = TypeVar("T")
Argument = TypeVar("Argument")


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


async def call_for_all(
    function: Callable[[Argument], Awaitable[T]], arguments: Sequence[Argument]
) -> list[T]:
    """Return the results in the arguments' order; once one call fails, none is waited for."""
    results: dict[int, T] = {}

    async def call(index: int, argument: Argument) -> None:
        results[index] = await function(argument)

    async with bare_task_group() as group:
        for index, argument in enumerate(arguments):
            group.start_soon(call, index, argument)
    return [results[index] for index in range(len(arguments))]
