"""How applications get something done: once, again with the same key, or from their database."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from datetime import timedelta
from functools import partial
from typing import Any, Final, TypeVar

import anyio
import attrs

from privy_async.errors import APIError
from simulation.application import Application
from simulation.ledger import Call, Order

T = TypeVar("T")

MOST_TIMES: Final = 5
SAFE: Final = 23 * 3600.0
"""Seconds for which an application asks again with a key: the server forgets it after 24 h."""


async def once(app: Application, order: Order) -> None:
    """Ask once, whatever comes of it."""
    await attempt(app, order, None)


async def insist(app: Application, order: Order) -> None:
    """Ask until the outcome is known, as the errors advise: with the same key while in doubt."""
    key: str | None = None
    in_doubt, begun_at = False, app.world.loop.time()
    for _ in range(MOST_TIMES):
        call = await attempt(app, order, key)
        if call is not None and call.ended == "success":
            return
        if call is not None and not call.is_sure:
            in_doubt, key = True, _key_of(call)
            if key is None:
                return
        elif not in_doubt:
            key = None
        await _pause(app, order)
        if app.world.loop.time() - begun_at > SAFE:
            return


@attrs.define
class Row:
    """A row of an application's database, which outlives its processes."""

    key: str
    begun_at: float
    times: int = 0


async def from_row(app: Application, order: Order, row: Row, *, again: bool = False) -> None:
    """Ask with a key that was written down before, until the outcome is known."""
    app.unfinished[order.mark] = partial(from_row, app, order, row)
    while row.times < MOST_TIMES and app.world.loop.time() - row.begun_at < SAFE:
        if again:
            await _pause(app, order)
        row.times += 1
        call = await attempt(app, order, row.key)
        if call is not None and call.ended == "success":
            break
        again = True
    del app.unfinished[order.mark]


def _key_of(call: Call) -> str | None:
    """Return the key to ask again with, as the error says, or the client's hooks."""
    return call.error.idempotency_key if isinstance(call.error, APIError) else call.key


async def _pause(app: Application, order: Order) -> None:
    fate, name = app.world.fate, f"pause before {order.next_call}"
    mean = fate.weighted({0.1: 3.0, 5.0: 3.0, 600.0: 1.0, 9000.0: 0.5}, f"long {name}")
    await asyncio.sleep(fate.about(mean, name))


async def attempt(app: Application, order: Order, key: str | None) -> Call | None:
    """Make one call, which may be cancelled; None if it was before it began."""
    number, name = len(order.calls), order.next_call
    options = options_of(app, order)
    await cancellable(app, lambda: _quietly(app, order, key, options), name)
    return order.calls[number] if len(order.calls) > number else None


async def _quietly(
    app: Application, order: Order, key: str | None, options: Mapping[str, Any]
) -> None:
    try:
        await app.ask(order, key if order.kind.is_keyed else None, options)
    except Exception:
        pass  # The ledger has it.


async def cancellable(
    app: Application, work: Callable[[], Coroutine[Any, Any, T]], name: str
) -> asyncio.Task[T]:
    """Wait for something that somebody may lose patience with; return its task."""
    scope = anyio.CancelScope()

    async def within() -> T:
        with scope:
            return await work()
        raise asyncio.CancelledError

    task = asyncio.create_task(within())
    # anyio's scopes cancel again and again, asyncio's tasks once.
    by_scope = app.world.fate.unit(f"cancel by scope {name}") < 0.3
    _plan_cancelling(app, task, scope.cancel if by_scope else task.cancel, name)
    await asyncio.wait({task})
    return task


def options_of(app: Application, order: Order) -> dict[str, Any]:
    """Return the options of an order's next call."""
    fate, name = app.world.fate, order.next_call
    options: dict[str, Any] = {}
    if fate.strikes("impatient", name):
        limit = fate.pick(("timeout", "deadline"), f"limit of {name}")
        options[limit] = fate.pick((0.03, 0.2, 1.5, 6.0), f"patience of {name}")
    if order.kind.is_signed and fate.unit(f"expiry of {name}") < 0.1:
        options["request_expiry"] = fate.pick(
            (None, timedelta(seconds=3), timedelta(hours=2)), f"which expiry of {name}"
        )
    return options


def _plan_cancelling(
    app: Application, task: asyncio.Task[Any], cancel: Callable[[], object], name: str
) -> None:
    """Let somebody lose patience with a task, at any of its steps or at any time."""
    fate, loop = app.world.fate, app.world.loop
    if not fate.strikes("cancelled", name):
        return
    if fate.unit(f"cancel by steps {name}") < 0.4:
        _after_steps(loop, fate.whole(0, 80, f"steps of {name}"), cancel)
    else:
        mean = fate.pick((0.02, 0.2, 5.0), f"patience with {name}")
        timer = loop.call_later(fate.about(mean, f"cancel {name}"), cancel)
        task.add_done_callback(lambda done: timer.cancel())


def _after_steps(loop: asyncio.AbstractEventLoop, steps: int, cancel: Callable[[], object]) -> None:
    if steps == 0:
        cancel()
    else:
        loop.call_soon(_after_steps, loop, steps - 1, cancel)
