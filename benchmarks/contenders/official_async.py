"""The official Python SDK's async client, on httpx or on aiohttp.

It has no `ethereum.sign_message`, and signs nothing by itself: what its sync client does is done
here by hand, with the functions that it exports. It runs in that SDK's own environment.
"""

import asyncio
import sys
import time
from uuid import uuid4

from privy import (
    AsyncPrivyAPI,
    AuthorizationContext,
    DefaultAioHttpClient,
    DefaultAsyncHttpxClient,
    prepare_request,
)

from benchmarks import samples
from benchmarks.contenders.protocol import race

TRANSPORTS = {"httpx": DefaultAsyncHttpxClient, "aiohttp": DefaultAioHttpClient}


async def main(base_url: str, key: str, transport: str) -> None:
    context = AuthorizationContext(authorization_private_keys=[key])
    async with AsyncPrivyAPI(
        app_id=samples.APP_ID,
        app_secret=samples.APP_SECRET,
        base_url=base_url,
        http_client=TRANSPORTS[transport](),
    ) as privy:

        async def sign(wallet_id: str, message: str) -> object:
            body = {
                "method": "personal_sign",
                "chain_type": "ethereum",
                "params": {"message": message, "encoding": "utf-8"},
            }
            prepared = prepare_request(
                app_id=samples.APP_ID,
                method="POST",
                url=f"{base_url}/v1/wallets/{wallet_id}/rpc",
                body=body,
                idempotency_key=str(uuid4()),
                authorization_context=context,
                request_expiry=int(time.time() * 1000) + 900_000,
            )
            # The async client has the call only under this name.
            answer = await privy.wallets._rpc(
                wallet_id,
                **body,
                **{name.replace("-", "_"): value for name, value in prepared.headers.items()},
            )
            return answer.data

        await race(samples.signing(sign))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
