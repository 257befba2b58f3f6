"""The inputs of the chains, so that new ones can be brought to the same state.

A chain in memory does the same again when the same is done to it at the same times. So not its
state is kept, but the transactions it took, the money it gave away, and when.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Final, Protocol, TypeVar

import attrs

from privy_async.sandbox.clock import SandboxClock
from privy_async.sandbox.records.chain_inputs import ChainInput

INITIAL_BALANCES: Final = "initial_balances"
"""The entry that says how many of the sandbox's wallets a chain has met: nothing done to it."""


class Node(Protocol):
    """A chain that begins anew in each process."""

    def apply(self, entry: ChainInput) -> None:
        """Do again what was noted."""
        ...


AnyNode = TypeVar("AnyNode", bound=Node)


class Journal:
    """The inputs of all chains.

    They are noted in the chains' thread, and belong to the job that runs there. They are kept once
    the job's result is known on the event loop, so that none is kept without what follows from it.

    Args:
        kept: The inputs by chain and a running number.
        only: The one chain whose inputs are kept; None keeps those of all.
    """

    def __init__(self, kept: dict[tuple[str, int], ChainInput], *, only: str | None = None) -> None:
        self._only = only
        self._kept = kept
        self._noted = deque[tuple[int, str, ChainInput]]()
        self._jobs = count()
        self._running = 0

    def new_job(self) -> int:
        """The number of a job that is about to be given to the thread."""
        return next(self._jobs)

    def begin(self, job: int) -> None:
        """Say, in the chains' thread, that a job begins."""
        self._running = job

    def note(self, chain: str, entry: ChainInput) -> None:
        """Note an input, in the chains' thread, before it takes effect."""
        if self._only in (None, chain):
            self._noted.append((self._running, chain, entry))

    def keep(self, job: int | None = None) -> None:
        """Keep the inputs of a job that has ended and of those before it; or of all."""
        while self._noted and (job is None or self._noted[0][0] <= job):
            _, chain, entry = self._noted.popleft()
            number = next(reversed(self._kept))[1] + 1 if self._kept else 0
            self._kept[chain, number] = entry

    def inputs(self, chain: str) -> Sequence[ChainInput]:
        """The inputs of a chain that are kept, oldest first."""
        return [entry for entry in self._of(chain) if entry.name != INITIAL_BALANCES]

    def wallets_met(self, chain: str) -> int:
        """The number of the sandbox's wallets that the chain has met."""
        entries = (entry for entry in self._of(chain) if entry.name == INITIAL_BALANCES)
        return max((int(entry.arguments[0]) for entry in entries), default=0)

    def _of(self, chain: str) -> Iterator[ChainInput]:
        return (entry for (name, _), entry in self._kept.items() if name == chain)


@attrs.define
class Recorder:
    """The recorder of a chain in memory, which has its time from here.

    Args:
        keep: Keeps an input.
    """

    _clock: SandboxClock
    _keep: Callable[[ChainInput], None]
    _replayed: ChainInput | None = attrs.field(default=None, init=False)

    def note(self, name: str, *arguments: bytes | int) -> float:
        """Note what is about to be done. Returns the time at which it is: Unix, in seconds."""
        if self._replayed is not None:
            return self._replayed.at
        now = self.now()
        self.keep(ChainInput(now, name, arguments))
        return now

    def now(self) -> float:
        """The time: Unix, in seconds."""
        return self._clock.now()

    def keep(self, entry: ChainInput) -> None:
        """Keep what has been done, for a chain that notes it afterwards."""
        self._keep(entry)

    def restored(
        self, make: "Callable[[Recorder], AnyNode]", inputs: Sequence[ChainInput]
    ) -> AnyNode:
        """Make a chain, and do to it what was done before; the first is that it was made."""
        if not inputs:
            return make(self)
        with self._replaying(inputs[0]):
            node = make(self)
        for entry in inputs[1:]:
            with self._replaying(entry):
                node.apply(entry)
        return node

    @contextmanager
    def _replaying(self, entry: ChainInput) -> Generator[None]:
        self._replayed = entry
        try:
            yield
        finally:
            self._replayed = None
