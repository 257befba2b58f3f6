"""Sends a transaction with web3.py over a node that never answers it, and is interrupted.

Arguments: "async" or "sync"; base URL, app id and secret of a sandbox; a user's token, his
wallet's id; a node's URL.
"""

import asyncio
import sys

from web3 import AsyncHTTPProvider, AsyncWeb3, HTTPProvider, Web3

import privy_async
import privy_async.integrations.web3 as async_web3
import privy_sync
import privy_sync.integrations.web3 as sync_web3

face, base_url, app_id, app_secret, user_jwt, wallet_id, node_url = sys.argv[1:]
connection = {"base_url": base_url, "app_id": app_id, "app_secret": app_secret}


async def send() -> None:
    async with privy_async.PrivyClient(**connection) as privy:
        wallet = await privy.wallets.get(wallet_id)
        w3 = AsyncWeb3(AsyncHTTPProvider(node_url))
        middleware = async_web3.sign_with(privy.for_user(user_jwt), wallet)
        w3.middleware_onion.inject(middleware, layer=0)
        try:
            await w3.eth.send_transaction({"from": wallet.address, "to": wallet.address})
        finally:
            await w3.provider.disconnect()


if face == "async":
    asyncio.run(send())
else:
    with privy_sync.PrivyClient(**connection) as privy:
        wallet = privy.wallets.get(wallet_id)
        w3 = Web3(HTTPProvider(node_url))
        middleware = sync_web3.sign_with(privy.for_user(user_jwt), wallet)
        w3.middleware_onion.inject(middleware, layer=0)
        w3.eth.send_transaction({"from": wallet.address, "to": wallet.address})
