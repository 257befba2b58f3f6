"""What was wanted, what was asked for, and what the server did about it."""

from collections import defaultdict
from typing import Any, Literal, TypeAlias

import attrs

from privy_async.errors import APIError, PrivyError
from privy_async.sandbox.records.users import UserKey
from simulation.kinds import Kind, User
from simulation.machine.history import History
from simulation.machine.processes import Process

Ended: TypeAlias = Literal["success", "error", "cancelled", "wrong"]


@attrs.define(eq=False)
class Order:
    """Something that an application wants to have done once.

    Attributes:
        mark: Its name, which no other has.
        journalled: Whether a bulk run's journal keeps it from being done twice for ever.
        calls: The calls that asked for it, in order.
        executions: When the server did it.
        answers: What the server answered to its requests.
        refused: The calls that did not do it, for certain, as a bulk run reports.
    """

    mark: str
    kind: Kind
    user: User
    journalled: bool = False
    refused: list["Call"] = attrs.field(factory=list, repr=False)
    calls: list["Call"] = attrs.field(factory=list, repr=False)
    executions: list["Execution"] = attrs.field(factory=list, repr=False)
    answers: list[bytes] = attrs.field(factory=list, repr=False)

    @property
    def next_call(self) -> str:
        """The name of the call that asks for it next."""
        return f"{self.mark}.{len(self.calls)}"


@attrs.define(eq=False)
class Call:
    """One call of the client.

    Attributes:
        client: The number of the client, of which a process has one after another.
        token: The token of the user that signs.
        key: The idempotency key that was given, or else the one that the client chose.
        timeout: The seconds that one of its attempts may take.
        deadline: The seconds that all of it may take; infinite if it has none.
        begun_at: The world's time in s, like `ended_at`.
        ended: How it ended; None for never, as in a crash.
        announced_at: When its process, by its own clock, last began an attempt.
        attempt_at: The same by the world's clock.
        asked: Whether any attempt was begun, save for exchanging the user's token.
    """

    name: str
    order: Order
    process: Process
    client: int
    token: str = attrs.field(repr=False)
    key: str | None
    timeout: float
    deadline: float
    begun_at: float = 0.0
    ended_at: float | None = None
    ended: Ended | None = None
    error: Exception | None = None
    announced_at: float = 0.0
    attempt_at: float = 0.0
    asked: bool = False
    _counts: dict[str, int] = attrs.field(factory=lambda: defaultdict(int), repr=False)

    def next_name(self, what: str) -> str:
        """Name the next event of this kind, the same in every run."""
        self._counts[what] += 1
        return f"{self.name} {what} {self._counts[what]}"

    def next_request(self) -> str:
        """Name the next request that is written for it."""
        self._counts["request"] += 1
        return f"{self.name}#{self._counts['request']}"

    @property
    def is_sure(self) -> bool:
        """True if it is over and says that it was not executed."""
        if self.ended == "cancelled":
            return not self.asked
        if not isinstance(self.error, PrivyError):
            return False
        return not (isinstance(self.error, APIError) and self.error.may_have_happened)


@attrs.define(eq=False)
class Execution:
    """The server did it.

    Attributes:
        call: Whose request it was.
        key: The idempotency key that the request carried.
        at: The world's time in s.
        server_at: The server's time in s.
        is_kept: Whether the server would remember it after a crash.
    """

    call: Call
    request: str
    key: str | None
    at: float
    server_at: float
    is_kept: bool


@attrs.frozen
class Violation:
    """An invariant that does not hold."""

    invariant: str
    text: str
    at: float


@attrs.define(eq=False)
class Ledger:
    """All of it, of one world.

    Attributes:
        answered: By the ids of the server's answers, the calls that they are for.
        issued: The keys that the server gave out, by user id, newest first.
    """

    history: History
    orders: dict[str, Order] = attrs.field(factory=dict)
    answered: dict[str, Call | None] = attrs.field(factory=dict)
    issued: dict[str, list[UserKey]] = attrs.field(factory=lambda: defaultdict(list))
    executions: list[Execution] = attrs.field(factory=list)
    violations: list[Violation] = attrs.field(factory=list)

    @property
    def calls(self) -> list[Call]:
        """All calls."""
        return [call for order in self.orders.values() for call in order.calls]

    def order(self, mark: str, kind: Kind, user: User, *, journalled: bool = False) -> Order:
        """Enter something that is wanted."""
        order = self.orders[mark] = Order(mark, kind, user, journalled)
        return order

    def enter(self, execution: Execution) -> None:
        """Enter that the server did something."""
        self.executions.append(execution)
        execution.call.order.executions.append(execution)
        self.history.add("server", f"{execution.request} executed")

    def keep(self) -> None:
        """The server has written all that it did to its disk."""
        for execution in self.executions:
            execution.is_kept = True

    def lose(self) -> None:
        """The server crashed: what it had not written never happened."""
        for execution in [each for each in self.executions if not each.is_kept]:
            self.executions.remove(execution)
            execution.call.order.executions.remove(execution)
            self.history.add("server", f"{execution.request} was never executed: it is forgotten")

    def violate(self, invariant: str, text: str) -> None:
        """An invariant does not hold."""
        at = self.history.events[-1].at if self.history.events else 0.0
        self.violations.append(Violation(invariant, text, at))
        self.history.add("VIOLATION", f"{invariant}: {text}")


def describe(error: BaseException) -> str:
    """Say what an error is, without anything that differs from run to run."""
    said: list[Any] = [type(error).__name__]
    status = getattr(error, "status", None)
    if status is not None:
        said.append(status)
    if isinstance(error, APIError):
        said.append("may have happened" if error.may_have_happened else "did not happen")
    return " ".join(map(str, said))
