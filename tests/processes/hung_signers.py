"""Gives up on signers that hang, prints how many threads are left, and comes to its end.

Arguments: "async" or "sync", the base URL, "given up" or "running".
"""

import asyncio
import sys
import threading
from contextlib import suppress

from connecting import connect

from privy_async import AuthorizationContext, PrivyClient

FACE, BASE_URL, WAY = sys.argv[1:]
hung = threading.Semaphore(0)


def sign(payload: bytes) -> str:
    hung.release()
    threading.Event().wait()
    return ""


SIGNERS = AuthorizationContext(signers=[sign])


async def run_async() -> None:
    options = {"app_id": "a", "app_secret": "b", "base_url": BASE_URL}
    async with PrivyClient(**options, signer_threads=4) as privy:
        alice = privy.with_authorization(SIGNERS)

        async def give_up() -> None:
            with suppress(TimeoutError):
                async with asyncio.timeout(0.2):
                    await alice.wallets.ethereum.sign_message("w1", "hello")

        await asyncio.gather(*(give_up() for _ in range(20)))
        if WAY == "running":
            task = asyncio.create_task(alice.wallets.ethereum.sign_message("w1", "hello"))
            await asyncio.sleep(0.1)
            assert not task.done()


def run_sync() -> None:
    alice = connect(BASE_URL).with_authorization(SIGNERS)

    def sign_for_ever() -> None:
        alice.wallets.ethereum.sign_message("w1", "hello")

    for _ in range(4):
        threading.Thread(target=sign_for_ever, daemon=True).start()
    for _ in range(4):
        hung.acquire()
    if WAY == "given up":
        alice.close()


asyncio.run(run_async()) if FACE == "async" else run_sync()
print(sum(thread.name == "privy-signer" for thread in threading.enumerate()), "hang")
