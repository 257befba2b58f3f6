"""The limit: the same signed call written by hand on aiohttp for this one purpose.

It does what a user's call does (idempotency key, expiry, canonical body and payload, signature,
timeout, errors told apart, the answer decoded into a value) and nothing for any other call: its
key is parsed once, the parts of the payload that stay the same are joined once.
"""

import asyncio
import json
import sys
import time
from base64 import b64decode, b64encode
from dataclasses import dataclass
from uuid import uuid4

import aiohttp
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key
from yarl import URL

from benchmarks import samples
from benchmarks.contenders.protocol import race


@dataclass(frozen=True, slots=True)
class Signature:
    signature: str
    encoding: str


class Refused(Exception):
    """An answer that is no success."""


async def main(base_url: str, key: str) -> None:
    private_key = load_der_private_key(b64decode(key.removeprefix("wallet-auth:")), None)
    assert isinstance(private_key, EllipticCurvePrivateKey)
    algorithm = ECDSA(SHA256())
    address = f"{base_url}/v1/wallets/{samples.WALLET_ID}/rpc"
    url = URL(address, encoded=True)
    encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
    credentials = b64encode(f"{samples.APP_ID}:{samples.APP_SECRET}".encode()).decode()
    fixed = {
        "Authorization": f"Basic {credentials}",
        "Accept": "application/json",
        "User-Agent": "by-hand/1",
        "Content-Type": "application/json",
        "privy-app-id": samples.APP_ID,
    }

    async def sign_message(http: aiohttp.ClientSession, message: str) -> Signature:
        body = encode(
            {
                "chain_type": "ethereum",
                "method": "personal_sign",
                "params": {"encoding": "utf-8", "message": message},
            }
        )
        idempotency_key = str(uuid4())
        expiry = str(int(time.time() * 1000) + 900_000)
        payload = (
            f'{{"body":{body},"headers":{{"privy-app-id":"{samples.APP_ID}",'
            f'"privy-idempotency-key":"{idempotency_key}","privy-request-expiry":"{expiry}"}},'
            f'"method":"POST","url":"{address}","version":1}}'
        )
        headers = {
            **fixed,
            "privy-idempotency-key": idempotency_key,
            "privy-request-expiry": expiry,
            "privy-authorization-signature": b64encode(
                private_key.sign(payload.encode(), algorithm)
            ).decode(),
        }
        async with http.post(
            url, data=body.encode(), headers=headers, allow_redirects=False
        ) as response:
            answer = await response.read()
            if response.status >= 300:
                raise Refused(response.status, answer)
        data = json.loads(answer)["data"]
        return Signature(data["signature"], data["encoding"])

    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=512),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=60, sock_connect=10),
    ) as http:
        await race(lambda: sign_message(http, samples.MESSAGE))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
