"""This SDK, awaited."""

from benchmarks import samples
from benchmarks.contenders.protocol import race, start
from privy_async import PrivyClient


async def main(base_url: str, key: str) -> None:
    async with PrivyClient(
        app_id=samples.APP_ID,
        app_secret=samples.APP_SECRET,
        base_url=base_url,
        authorization_key=key,
        max_connections=512,
    ) as privy:
        await race(samples.signing(privy.wallets.ethereum.sign_message))


if __name__ == "__main__":
    start(main)
