"""All that a sandbox is at one moment, and the way back to it."""

from collections import deque
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from typing import Any

import attrs

from privy_async.sandbox.blockchains import Blockchains
from privy_async.sandbox.blockchains.blockchains import SavedChains
from privy_async.sandbox.blockchains.json_rpc import RpcError
from privy_async.sandbox.clock import SandboxClock
from privy_async.sandbox.http.faults import Faults, SavedFaults
from privy_async.sandbox.http.request_record import RequestRecord
from privy_async.sandbox.state import State
from privy_async.sandbox.webhooks.transaction_watch import TransactionWatch


@attrs.frozen(eq=False)
class Parts:
    """The parts of a sandbox.

    Attributes:
        log: The last requests, oldest first.
        settle: Waits for the operations that still run.
    """

    state: State
    blockchains: Blockchains
    watch: TransactionWatch
    faults: Faults
    log: deque[RequestRecord]
    settle: Callable[[], Awaitable[None]]


@attrs.frozen
class _Saved:
    records: Mapping[str, Any]
    ahead: float
    faults: SavedFaults
    log: Sequence[RequestRecord]
    chains: SavedChains


class Snapshot:
    """A sandbox as it was at one moment, which `Sandbox.revert` makes it again.

    That of an async sandbox is taken when it is awaited.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._saved: _Saved | None = None

    def __await__(self) -> "Generator[Any, Any, Snapshot]":
        yield from self.take().__await__()
        return self

    async def take(self) -> None:
        """Take it, unless it is taken.

        Raises:
            RuntimeError: A chain elsewhere takes no snapshots.
        """
        if self._saved is not None:
            return
        parts = self._parts
        await parts.settle()
        try:
            chains = await parts.blockchains.saved()
        except RpcError as error:
            raise RuntimeError(error.message) from None
        clock = parts.state.clock
        self._saved = _Saved(
            _copy(parts.state), clock.ahead, parts.faults.saved(), tuple(parts.log), chains
        )

    async def restore(self, parts: Parts) -> None:
        """Make everything as it was.

        Raises:
            ValueError: It is another sandbox's, or is not taken yet.
            RuntimeError: A chain elsewhere does not go back.
        """
        saved = self._saved
        if parts is not self._parts:
            raise ValueError("the snapshot is another sandbox's")
        if saved is None:
            raise ValueError("the snapshot is not taken yet: await it first")
        await parts.settle()
        try:
            await parts.blockchains.restore(saved.chains)
        except RpcError as error:
            raise RuntimeError(error.message) from None
        _restore(parts.state, saved.records)
        parts.state.undo_interrupted()
        parts.state.clock.move_to(saved.ahead)
        parts.faults.restore(saved.faults)
        parts.log.clear()
        parts.log.extend(saved.log)
        parts.watch.look_again()


def _copy(state: State) -> Mapping[str, Any]:
    values: dict[str, Any] = {
        field.name: getattr(state, field.name) for field in attrs.fields(State)
    }
    return {
        name: dict(value) if _is_table(value) else value
        for name, value in values.items()
        if not isinstance(value, SandboxClock)
    }


def _restore(state: State, records: Mapping[str, Any]) -> None:
    for name, value in records.items():
        if _is_table(value):
            # The same dict, which others have too.
            table: dict[Any, Any] = getattr(state, name)
            table.clear()
            table.update(value)
        else:
            setattr(state, name, value)


def _is_table(value: object) -> bool:
    return isinstance(value, dict)
