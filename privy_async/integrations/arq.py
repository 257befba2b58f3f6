"""arq: one client for each worker, opened when it starts and closed when it stops.

class WorkerSettings:
    functions = [send]
    on_startup = open_privy
    on_shutdown = close_privy

async def send(ctx: dict[str, Any], *, user_jwt: str, ...) -> str:
    alice = ctx["privy"].for_user(user_jwt)
"""

from typing import Any

from privy_async.client import PrivyClient
from privy_async.signing.secret import hides_arguments


@hides_arguments
async def open_privy(ctx: dict[Any, Any], **options: Any) -> None:
    """Put a client at `ctx["privy"]`, for `on_startup`.

    Args:
        ctx: What arq gives to each job.
        **options: Those of `PrivyClient`: `on_startup = partial(open_privy, timeout=30)`.

    Raises:
        InvalidArgumentError: An option is missing or wrong, so the worker does not start.
    """
    ctx["privy"] = PrivyClient(**options)


async def close_privy(ctx: dict[Any, Any]) -> None:
    """Close the connections of the client at `ctx["privy"]`, for `on_shutdown`."""
    await ctx["privy"].close()
