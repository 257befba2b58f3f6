"""The signed call written by hand for this one purpose, all but sending it.

It does what a user's call does (any wallet, any message, idempotency key, expiry, canonical body
and payload, signature, errors told apart, the answer decoded into a value) and nothing for any
other call: its key is parsed once, the headers and the parts of the payload that stay the same are
joined once. It checks no argument, sends nothing again, and exchanges no user key.
"""

import json
import time
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key

from benchmarks import samples

# From a wallet's id and a message: the address, the headers and the body to post.
Prepare = Callable[[str, str], tuple[str, dict[str, str], bytes]]


@dataclass(frozen=True, slots=True)
class Signature:
    """What the wallet signed."""

    signature: str
    encoding: str


class Refused(Exception):
    """An answer that is no success."""


def preparing(base_url: str, key: str) -> Prepare:
    """Parse the key, join what stays the same, and return what prepares a request."""
    private_key = load_der_private_key(b64decode(key), None)
    assert isinstance(private_key, EllipticCurvePrivateKey)
    algorithm = ECDSA(SHA256())
    encode = json.JSONEncoder(
        sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False
    ).encode
    credentials = b64encode(f"{samples.APP_ID}:{samples.APP_SECRET}".encode()).decode()
    fixed = {
        "Authorization": f"Basic {credentials}",
        "Accept": "application/json",
        "Accept-Encoding": "gzip, deflate",
        "User-Agent": "by-hand/1",
        "Content-Type": "application/json",
        "privy-client": "by-hand:1",
        "privy-app-id": samples.APP_ID,
    }

    def sign(payload: str) -> str:
        return b64encode(private_key.sign(payload.encode(), algorithm)).decode()

    def prepare(wallet_id: str, message: str) -> tuple[str, dict[str, str], bytes]:
        address = f"{base_url}/v1/wallets/{wallet_id}/rpc"
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
            "privy-authorization-signature": sign(payload),
        }
        return address, headers, body.encode()

    return prepare


def read(status: int, answer: bytes) -> Signature:
    """The value of an answer."""
    if status >= 300:
        raise Refused(status, answer)
    data = json.loads(answer)["data"]
    return Signature(data["signature"], data["encoding"])
