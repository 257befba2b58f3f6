"""taskiq: one client for each worker process, opened when it starts and closed when it stops.

broker = RedisStreamBroker("redis://localhost")
add_privy(broker)

@broker.task
async def send(privy: Privy, user_jwt: str, ...) -> str:
    alice = privy.for_user(user_jwt)
"""

from typing import Annotated, Any, TypeAlias

from privy_async.checks import needing

with needing("taskiq", install="taskiq"):
    from taskiq import AsyncBroker, Context, TaskiqDepends, TaskiqEvents, TaskiqState

from privy_async.client import PrivyClient
from privy_async.signing.secret import hides_arguments


@hides_arguments
def add_privy(broker: AsyncBroker, **options: Any) -> None:
    """Give the tasks of this broker a client, as a parameter of the type `Privy`.

    Args:
        broker: Its workers open and close the client.
        **options: Those of `PrivyClient`. What is wrong with them shows when a worker starts.
    """

    @hides_arguments
    async def open_privy(state: TaskiqState) -> None:
        state.privy = PrivyClient(**options)

    async def close_privy(state: TaskiqState) -> None:
        await state.privy.close()

    broker.add_event_handler(TaskiqEvents.WORKER_STARTUP, open_privy)
    broker.add_event_handler(TaskiqEvents.WORKER_SHUTDOWN, close_privy)


def _privy(context: Annotated[Context, TaskiqDepends()]) -> PrivyClient:
    privy: PrivyClient = context.state.privy
    return privy


Privy: TypeAlias = Annotated[PrivyClient, TaskiqDepends(_privy)]
"""The worker's client, as the type of a task's parameter."""
