"""Children that go on with the event loop of their parent: each prints what became of its call.

Arguments: the URL of a server that answers each payment with its value as the hash.
"""

import asyncio
import os
import sys

from privy_async import PrivyClient, PrivyError

TO = "0x" + "11" * 20


async def pay(privy: PrivyClient, value: int) -> str:
    sent = await privy.wallets.ethereum.send_transaction(
        "w", {"to": TO, "value": value}, caip2="eip155:1"
    )
    return str(sent.hash)


async def again(privy: PrivyClient, value: int) -> bool:
    """Return whether a loop of the child's own gets the right answer."""
    return await pay(privy, value) == hex(value)


def child(loop: asyncio.AbstractEventLoop, privy: PrivyClient, value: int) -> str:
    try:
        got = loop.run_until_complete(pay(privy, value))
    except PrivyError as error:
        said = "fork" in str(error)
        return "refused" if said and asyncio.run(again(privy, value)) else f"{error!r}"
    return "right" if got == hex(value) else f"another's: {got}"


def main() -> None:
    privy = PrivyClient(app_id="a", app_secret="b", base_url=sys.argv[1], max_retries=0, timeout=5)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(pay(privy, 99))
    for value in range(1, 9):
        if os.fork() == 0:
            # In one piece: the others write to the same pipe.
            os.write(1, f"{child(loop, privy, value)}\n".encode())
            os._exit(0)
    for _ in range(8):
        os.wait()
    assert loop.run_until_complete(pay(privy, 98)) == hex(98), "the parent's connection is its own"
    loop.run_until_complete(privy.close())
    loop.close()


main()
