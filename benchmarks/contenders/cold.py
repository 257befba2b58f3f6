"""A process that starts cold, does one thing, and says what it took in seconds and memory.

    python -m benchmarks.contenders.cold "import privy_async"

What Python's own start takes is not in it.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

PAGE_SIZE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def memory() -> int:
    """The bytes of memory this process holds; 0 where the system does not say."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * PAGE_SIZE if statm.exists() else 0


def name_client() -> None:
    """Load what makes a client."""
    from privy_async import PrivyClient  # noqa: F401


def aiohttp_and_cryptography() -> None:
    """What any client needs that signs with P-256 and sends with aiohttp."""
    import aiohttp  # noqa: F401
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA  # noqa: F401
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: F401
    from cryptography.hazmat.primitives.serialization import load_der_private_key  # noqa: F401


def first_call(base_url: str, key: str) -> None:
    """Import this SDK, make a client, and do its first signed call."""
    import asyncio

    from benchmarks import samples
    from privy_async import PrivyClient

    async def sign() -> None:
        async with PrivyClient(
            app_id=samples.APP_ID,
            app_secret=samples.APP_SECRET,
            base_url=base_url,
            authorization_key=key,
        ) as privy:
            await privy.wallets.ethereum.sign_message(samples.WALLET_ID, samples.MESSAGE)

    asyncio.run(sign())


def keep_users_keys(users: str) -> None:
    """Keep the keys of so many users, after as many others have warmed the process up."""
    import asyncio
    import gc

    from benchmarks.contenders.keeping import keep_keys

    global start_memory
    first = asyncio.run(keep_keys(1000))
    gc.collect()
    start_memory = memory()
    kept.append((first, asyncio.run(keep_keys(int(users)))))
    gc.collect()


# Every work but the last two ignores where the server is.
WORKS: dict[str, Callable[..., object]] = {
    "import privy_async": lambda *_: __import__("privy_async"),
    "import privy_sync": lambda *_: __import__("privy_sync"),
    "from privy_async import PrivyClient": lambda *_: name_client(),
    "import privy": lambda *_: __import__("privy"),
    "import aiohttp and cryptography": lambda *_: aiohttp_and_cryptography(),
    "import, client, first signed call": first_call,
    "keep keys": keep_users_keys,
}
kept: list[object] = []
start_memory = memory()


if __name__ == "__main__":
    work, arguments = WORKS[sys.argv[1]], sys.argv[2:]
    start = time.perf_counter()
    work(*arguments)
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "memory": memory() - start_memory}))
