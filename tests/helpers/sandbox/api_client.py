"""A plain HTTP client of the sandbox that signs on its own, apart from the SDK."""

import asyncio
import base64
import io
import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import aiohttp
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
)
from yarl import URL

from privy_async.sandbox import Sandbox

ABSENT: Any = object()


class Reply(NamedTuple):
    """An answer; `body` is its JSON, or None if it has no body."""

    status: int
    body: Any
    headers: Mapping[str, str]


def new_key() -> EllipticCurvePrivateKey:
    """A fresh P-256 key."""
    return generate_private_key(SECP256R1())


def spki(key: EllipticCurvePrivateKey) -> str:
    """The public half as Privy wants it: base64 of SPKI DER."""
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def pem(key: Any) -> str:
    """The public half as PEM."""
    public_key = key.public_key()
    return str(public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())


def sign(key: EllipticCurvePrivateKey, payload: Mapping[str, Any]) -> str:
    """Sign the canonical form of a payload."""
    return base64.b64encode(key.sign(rfc8785.dumps(dict(payload)), ECDSA(SHA256()))).decode()


class Clock:
    """A clock that tests set by hand. `now` is Unix time in seconds."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


async def until_faults_struck(sandbox: Sandbox) -> None:
    """Wait until every ordered fault has met its request."""
    while len(sandbox.faults):  # noqa: ASYNC110 - the sandbox tells nobody, and soon is enough
        await asyncio.sleep(0.001)


class ApiClient:
    """Calls a sandbox as its app, unless told otherwise."""

    def __init__(self, sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
        self.sandbox = sandbox
        self.session = session
        self.url = sandbox.base_url

    def app_headers(self) -> dict[str, str]:
        """The app's credentials."""
        credentials = f"{self.sandbox.app_id}:{self.sandbox.app_secret}".encode()
        return {
            "Authorization": f"Basic {base64.b64encode(credentials).decode()}",
            "privy-app-id": self.sandbox.app_id,
        }

    def payload(
        self, method: str, path: str, body: Any, headers: Mapping[str, str] = {}
    ) -> dict[str, Any]:
        """What is signed for a request; `headers` are the other `privy-` headers sent."""
        return {
            "version": 1,
            "method": method,
            "url": self.url + path,
            "body": body,
            "headers": {"privy-app-id": self.sandbox.app_id, **headers},
        }

    async def send(
        self,
        method: str,
        path: str,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send exactly these headers and bytes, without redirects."""
        async with self.session.request(
            method,
            URL(self.url + path, encoded=True),
            data=None if data is None else io.BytesIO(data),
            headers=headers or {},
            skip_auto_headers=("Content-Type",),
            allow_redirects=False,
        ) as response:
            text = await response.read()
            is_json = response.content_type == "application/json" and text
            return Reply(response.status, json.loads(text) if is_json else None, response.headers)

    async def send_signed(
        self,
        method: str,
        path: str,
        data: bytes | None,
        signature: str,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send as the app with this signature; a body is JSON."""
        content = {} if data is None else {"Content-Type": "application/json"}
        signed = {"privy-authorization-signature": signature}
        all_headers = {**self.app_headers(), **content, **signed, **(headers or {})}
        return await self.send(method, path, data, all_headers)

    async def call(
        self,
        method: str,
        path: str,
        body: Any = ABSENT,
        *,
        keys: Iterable[EllipticCurvePrivateKey] = (),
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Call as the app, with a signature by each of `keys` and these further headers.

        Without a body there is no Content-Type, and the empty string is signed.
        """
        extra = dict(headers or {})
        payload = self.payload(method, path, "" if body is ABSENT else body, extra)
        signature = ",".join(sign(key, payload) for key in keys)
        data = None if body is ABSENT else json.dumps(body).encode()
        if signature:
            return await self.send_signed(method, path, data, signature, extra)
        content = {} if data is None else {"Content-Type": "application/json"}
        return await self.send(method, path, data, {**self.app_headers(), **content, **extra})

    async def create_user(self, custom_user_id: str) -> str:
        """Make a user with an account of the app's own login, and return the user's id."""
        account = {"type": "custom_auth", "custom_user_id": custom_user_id}
        reply = await self.call("POST", "/v1/users", {"linked_accounts": [account]})
        assert reply.status == 200, reply
        return str(reply.body["id"])

    async def create_account_user(self, *accounts: Mapping[str, Any], **fields: Any) -> Any:
        """Make a user with these linked accounts."""
        reply = await self.call("POST", "/v1/users", {"linked_accounts": accounts, **fields})
        assert reply.status == 200, reply
        return reply.body

    async def create_wallet(self, **fields: Any) -> dict[str, Any]:
        """Make a wallet, of Ethereum unless told otherwise."""
        reply = await self.call("POST", "/v1/wallets", {"chain_type": "ethereum", **fields})
        assert reply.status == 200, reply
        return dict(reply.body)

    async def create_quorum(self, **fields: Any) -> str:
        """Make a key quorum and return its id."""
        reply = await self.call("POST", "/v1/key_quorums", fields)
        assert reply.status == 200, reply
        return str(reply.body["id"])

    async def exchange(self, subject: str) -> EllipticCurvePrivateKey:
        """Exchange a token of the sandbox's own for the user's key."""
        body = {"user_jwt": self.sandbox.issue_user_jwt(subject)}
        reply = await self.call("POST", "/v1/wallets/authenticate", body)
        assert reply.status == 200, reply
        key = load_der_private_key(base64.b64decode(reply.body["authorization_key"]), None)
        assert isinstance(key, EllipticCurvePrivateKey)
        return key

    async def personal_sign(
        self,
        wallet_id: str,
        *keys: EllipticCurvePrivateKey,
        headers: Mapping[str, str] | None = None,
        message: str = "hello",
    ) -> Reply:
        """Have a wallet sign a message."""
        params = {"message": message, "encoding": "utf-8"}
        body = {"method": "personal_sign", "params": params}
        path = f"/v1/wallets/{wallet_id}/rpc"
        return await self.call("POST", path, body, keys=keys, headers=headers)
