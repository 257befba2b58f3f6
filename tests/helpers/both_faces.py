"""One test for both faces of the SDK: steps that yield each call, and get its result back.

def steps(privy: Any) -> Steps:
    wallet = yield privy.wallets.create(chain_type="ethereum")
    with pytest.raises(NotFoundError):
        yield privy.wallets.get("nothing")
"""

from collections.abc import Callable, Generator
from contextlib import suppress
from typing import Any

from privy_async.sandbox import Sandbox

Steps = Generator[Any, Any, None]
Play = Callable[[Sandbox, Any], Steps]


async def play_async(play: Play, *, client: Any = None, **settings: Any) -> None:
    """Play the steps on a sandbox with the client that is awaited."""
    options = client or {"request_expiry": None}
    async with Sandbox(**settings) as sandbox, sandbox.client(**options) as privy:
        steps = play(sandbox, privy)
        with suppress(StopIteration):
            call = next(steps)
            while True:
                try:
                    result = await call
                except Exception as error:
                    call = steps.throw(error)
                else:
                    call = steps.send(result)


def play_sync(play: Play, *, client: Any = None, **settings: Any) -> None:
    """Play the steps on a sandbox with the client that is not."""
    options = client or {"request_expiry": None}
    with Sandbox(**settings) as sandbox, sandbox.sync_client(**options) as privy:
        steps = play(sandbox, privy)
        with suppress(StopIteration):
            result = next(steps)
            while True:
                result = steps.send(result)
