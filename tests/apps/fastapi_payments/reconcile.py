"""Settles the payments whose outcome is not known, for a timer that runs it every minute."""

import asyncio

from privy_async import PrivyClient

from .models import engine
from .payments import reconcile


async def main() -> None:
    async with PrivyClient() as privy:
        await reconcile(privy)
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main())
