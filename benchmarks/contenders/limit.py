"""The limit: the call written by hand, sent with aiohttp."""

import aiohttp
from yarl import URL

from benchmarks import samples
from benchmarks.contenders.by_hand import Signature, preparing, read
from benchmarks.contenders.protocol import race, start


async def main(base_url: str, key: str) -> None:
    prepare = preparing(base_url, key)

    async def sign_message(wallet_id: str, message: str) -> Signature:
        address, headers, body = prepare(wallet_id, message)
        # Not `async with`, which takes two coroutines more: reading to the end gives the
        # connection back as well.
        response = await http.post(
            URL(address, encoded=True), data=body, headers=headers, allow_redirects=False
        )
        return read(response.status, await response.read())

    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=512),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=60, sock_connect=10),
    ) as http:
        await race(samples.signing(sign_message))


if __name__ == "__main__":
    start(main)
