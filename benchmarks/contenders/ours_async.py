"""This SDK, awaited."""

import asyncio
import sys

from benchmarks import samples
from benchmarks.contenders.protocol import race
from privy_async import PrivyClient


async def main(base_url: str, key: str) -> None:
    async with PrivyClient(
        app_id=samples.APP_ID,
        app_secret=samples.APP_SECRET,
        base_url=base_url,
        authorization_key=key,
        max_connections=512,
    ) as privy:
        sign = privy.wallets.ethereum.sign_message
        await race(lambda: sign(samples.WALLET_ID, samples.MESSAGE))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
