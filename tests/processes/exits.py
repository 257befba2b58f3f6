"""Makes a call and comes to its end, in one of several ways.

Arguments: the base URL; the way: closed, open, raised, stubborn, or daemons. For the last, the base
URL of a server that never answers.
"""

import asyncio
import sys
import threading

from connecting import connect

from privy_sync import AuthorizationContext, PrivyClient


def call_for_ever(privy: PrivyClient) -> None:
    while True:
        privy.wallets.get("any")


async def sign_never(payload: bytes) -> str:
    calling.set()
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            print("cancelled", flush=True)


def sign_for_ever(privy: PrivyClient) -> None:
    authorization = AuthorizationContext(signers=[sign_never])
    privy.wallets.ethereum.sign_message("any", "hello", authorization=authorization)


calling = threading.Event()
privy = connect(sys.argv[1])
privy.wallets.create(chain_type="ethereum")
if sys.argv[2] == "closed":
    privy.close()
if sys.argv[2] == "raised":
    sys.exit(3)
if sys.argv[2] == "daemons":
    stalled = connect(sys.argv[3])
    for _ in range(8):
        threading.Thread(target=call_for_ever, args=(stalled,), daemon=True).start()
    print("calling", flush=True)
    sys.stdin.read()
if sys.argv[2] == "stubborn":
    threading.Thread(target=sign_for_ever, args=(privy,), daemon=True).start()
    calling.wait()
    print("calling", flush=True)
