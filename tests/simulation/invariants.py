"""What must be true of every world, by name."""

import asyncio
import os
import traceback
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import combinations, pairwise, product
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from privy_async.errors import APIStatusError, ConflictError
from simulation.kinds import DEVICES, KINDS, User
from simulation.ledger import Call, Execution, Order
from simulation.machine.processes import Process

if TYPE_CHECKING:
    from simulation.application import Application
    from simulation.world import World


NAMES: Final[Mapping[str, str]] = {
    "idempotency_executes_at_most_once": (
        "what was asked for with one idempotency key was executed at most once in 24 hours"
    ),
    "success_executed_once": "what a call reports as done was executed exactly once",
    "refusal_never_executed": "what Privy certainly refused was never executed",
    "may_have_happened_never_lies": (
        "what an error says did not happen did not happen, by that call or another with its key"
    ),
    "journalled_at_most_once": "an item of a journalled run was executed at most once, for ever",
    "right_unexpired_key_signed": "each signature is by a key of the right user, not yet expired",
    "no_foreign_answer": "no call took an answer that was not for it",
    "old_connections_for_repeats_alone": (
        "what is not sent again went out on a new connection, or one that was idle for 5 s at most"
    ),
    "one_exchange_at_a_time": "a client exchanges one user's token once at a time",
    "every_call_ends_in_bounds": "every call and every attempt ends in time",
    "only_documented_errors": "nothing but the SDK's own errors leaves a call",
    "works_after_faults": "once no fault strikes any more, every client works again",
    "nothing_left_over": "at the end no task, connection, timer or file is left",
    "no_secret_in_logs_or_errors": "no secret stands in a log line or an error",
}
CALM: Final = "calm"
"""How the orders are called that see whether all works at the end."""
_DAY: Final = 24 * 3600.0
_IsApart: TypeAlias = Callable[[Execution, Execution], bool]


# --- at the end, on the ledger


def check_ledger(world: "World") -> None:
    """Check what was done against what was said."""
    ledger, is_apart = world.ledger, partial(_is_a_day_apart, world)
    for order in ledger.orders.values():
        for invariant, texts in (
            ("idempotency_executes_at_most_once", _executed_twice(order, is_apart)),
            ("success_executed_once", _success_not_once(order, is_apart)),
            ("refusal_never_executed", _refusal_executed(order)),
            ("may_have_happened_never_lies", _lied(order)),
            ("journalled_at_most_once", _journalled_twice(order)),
        ):
            for text in texts:
                ledger.violate(invariant, text)
    for text in _unlike_the_sandbox(world):
        ledger.violate("success_executed_once", text)


def _is_a_day_apart(world: "World", first: Execution, second: Execution) -> bool:
    """True if the server has forgotten the first one's key before the second one."""
    forgotten_at = first.server_at + _DAY
    clock = world.server.clock
    return second.server_at >= forgotten_at or clock.has_passed(forgotten_at, first.at, second.at)


def _executed_twice(order: Order, is_apart: _IsApart) -> Iterator[str]:
    for first, second in combinations(order.executions, 2):
        if not is_apart(first, second):
            yield f"{order.mark} was executed by {first.request} and again by {second.request}"


def _success_not_once(order: Order, is_apart: _IsApart) -> Iterator[str]:
    for call in order.calls:
        if call.ended != "success" or order.kind.is_harmless:
            continue
        if not order.executions:
            yield f"{call.name} reports a success, but it was never executed"
        own = [each for each in order.executions if each.call is call]
        if any(not is_apart(first, second) for first, second in pairwise(own)):
            yield f"{call.name} reports a success, and it executed {len(own)} times"


def _refusal_executed(order: Order) -> Iterator[str]:
    for call in order.calls:
        if call.is_sure and isinstance(call.error, APIStatusError) and _executed_by(order, call):
            yield f"{call.name} was refused ({call.error.status}), but it was executed"
    for call in order.refused:
        if _executed_by(order, call):
            yield f"the bulk run says that {order.mark} was certainly refused, not so {call.name}"


def _lied(order: Order) -> Iterator[str]:
    for call in order.calls:
        if not call.is_sure or call.ended is None:
            continue
        if not isinstance(call.error, APIStatusError) and _executed_by(order, call):
            said = "was cancelled before it asked" if call.error is None else str(type(call.error))
            yield f"{call.name} {said}, but it was executed"
        if _speaks_for_the_key(call) and any(each.key == call.key for each in order.executions):
            yield f"{call.name} says that its key was certainly not executed, but it was"


def _speaks_for_the_key(call: Call) -> bool:
    """True if an error is about what was asked with its key, not only about this request."""
    error = call.error
    return isinstance(error, ConflictError) and error.idempotency_key is not None


def _executed_by(order: Order, call: Call) -> bool:
    return any(execution.call is call for execution in order.executions)


def _journalled_twice(order: Order) -> Iterator[str]:
    if order.journalled and len(order.executions) > 1:
        requests = ", ".join(each.request for each in order.executions)
        yield f"the journalled {order.mark} was executed by {requests}"


def _unlike_the_sandbox(world: "World") -> Iterator[str]:
    """The sandbox's own ledger must show each transaction that was seen to be executed."""
    shown: dict[str, int] = {}
    for transaction in world.server.sandbox.state.transactions.values():
        mark = str(transaction.reference_id)
        shown[mark] = shown.get(mark, 0) + 1
    for order in world.ledger.orders.values():
        if order.kind.name.startswith("send"):
            count = shown.get(order.mark, 0)
            if count != len(order.executions):
                yield f"the sandbox shows {order.mark} {count} times, not {len(order.executions)}"


# --- at the end, on the processes


def check_waiting(world: "World") -> None:
    """Somebody waits for what will never happen."""
    waiting = [
        call.name for call in world.ledger.calls if call.ended is None and call.process.alive
    ]
    text = f"nothing happens any more, and {', '.join(waiting) or 'somebody'} waits for ever"
    world.ledger.violate("every_call_ends_in_bounds", text)


async def check_works_again(world: "World") -> None:
    """Each client must work for each user, once it has found out which connections are dead."""
    for application in world.applications.values():
        patience = 12
        for user, device in product(world.users, DEVICES):
            if not await _works(world, application, user, device, patience):
                text = f"{application.name} fails {user.subject} though no fault strikes"
                world.ledger.violate("works_after_faults", text)
            patience = 2


async def _works(
    world: "World", application: "Application", user: User, device: str, patience: int
) -> bool:
    for number in range(patience):
        mark = f"{CALM}-{application.name}-{user.subject}-{device}-{number}"
        order = world.ledger.order(mark, KINDS["sign (Solana)"], user)
        asking = application.ask(order, None, {"timeout": 30.0}, device=device)
        await world.wait_for(application.process.start(asking))
        if order.calls[-1].ended == "success":
            return True
        # A limit of one request a second is no fault, and a client without retries meets it.
        await asyncio.sleep(2.0)
    return False


def check_nothing_left(world: "World") -> None:
    """After its clients are closed, a process has nothing open."""
    for application in world.applications.values():
        for text in _left_over(world, application.process):
            world.ledger.violate("nothing_left_over", f"{application.name} has {text}")


def _left_over(world: "World", process: Process) -> Iterator[str]:
    for task in process.tasks:
        yield f"a task left: {getattr(task.get_coro(), '__qualname__', '?')}"
    for timer in world.loop.timers_of(process):
        callback = getattr(timer, "_callback", None)
        name = getattr(callback, "__qualname__", type(callback).__name__)
        # What is still on its way to a closed connection is the network's.
        if name != "End._come":
            yield f"a timer left: {name}"
    for connection in world.network.left_open(process):
        yield f"connection {connection.number} left open"
    for _ in world.network.sockets_of(process):
        yield "a socket left open"


def check_files(world: "World") -> None:
    """Once all is closed, no file is open, nor a pipe or a socket of the operating system."""
    for path in world.files_left():
        world.ledger.violate("nothing_left_over", f"{os.path.basename(path)} is left open")


def check_problems(world: "World") -> None:
    """Nobody has told the event loop of an exception that nobody took."""
    for problem in world.loop.problems:
        world.ledger.violate("nothing_left_over", _describe_problem(problem))


def _describe_problem(problem: Mapping[str, Any]) -> str:
    error = problem.get("exception")
    if error is None:
        return str(problem.get("message"))
    frames = traceback.extract_tb(error.__traceback__)
    where = f" in {frames[-1].name}" if frames else ""
    return f"{problem.get('message')}: {type(error).__name__}{where}"
