"""A target to ask, the sandbox or Privy itself, and what is made there and removed again."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Mapping
from contextlib import asynccontextmanager
from functools import cached_property, partial
from typing import Any, Final

import aiohttp
import attrs
from api_client import ABSENT, Reply, new_key, sign, spki
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from yarl import URL

PREFIX: Final = "privy-contract"
# Seconds to wait where Privy asks for patience.
_PAUSES: Final = (1.0, 2.0, 4.0, 8.0)
HELLO: Final = {"method": "personal_sign", "params": {"message": "hello", "encoding": "utf-8"}}


class NotAskedError(Exception):
    """This target cannot be asked, and why."""


@attrs.frozen
class Target:
    """Whom to ask.

    Attributes:
        user_jwt: Gives a token of a user of the app, if there is a way to have one.
        user_id: The Privy id of that user.
    """

    name: str
    base_url: str
    app_id: str
    app_secret: str = attrs.field(repr=False)
    user_jwt: str | None = attrs.field(default=None, repr=False)
    user_id: str | None = None
    run: str = attrs.field(factory=lambda: f"{int(time.time()):x}")


@attrs.define(slots=False)
class Scene:
    """What the statements share at one target. What they make is removed in the end.

    Attributes:
        left: What could not be removed.
    """

    target: Target
    session: aiohttp.ClientSession
    left: list[str] = attrs.field(factory=list)
    _count: int = 0
    _undo: list[partial[Coroutine[Any, Any, Reply]]] = attrs.field(factory=list)
    _kept: dict[str, Any] = attrs.field(factory=dict)
    _owners: set[str] = attrs.field(factory=set)

    @cached_property
    def key(self) -> EllipticCurvePrivateKey:
        """The key that owns what is owned."""
        return new_key()

    @cached_property
    def other_key(self) -> EllipticCurvePrivateKey:
        """A key that owns nothing by itself."""
        return new_key()

    def name(self) -> str:
        """Return a new name, by which everybody sees what made it."""
        self._count += 1
        return f"{PREFIX}-{self.target.run}-{self._count}"

    def payload(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Any:
        """Return what is to be signed."""
        signed = {"privy-app-id": self.target.app_id, **headers}
        url = self.target.base_url + path
        return {"version": 1, "method": method, "url": url, "body": body, "headers": signed}

    async def call(
        self,
        method: str,
        path: str,
        body: Any = ABSENT,
        *,
        keys: Iterable[EllipticCurvePrivateKey] = (),
        headers: Mapping[str, str] = {},
        signed: Any = ABSENT,
        signature: str | None = None,
        without: Iterable[str] = (),
        auth: str | None = None,
    ) -> Reply:
        """Call an operation as the app.

        Args:
            keys: Who signs.
            headers: More headers that are sent, and signed.
            signed: Another payload to sign instead.
            signature: The signature header as it is.
            without: Headers that are left out.
            auth: Another app secret.
        """
        payload = self.payload(method, path, "" if body is ABSENT else body, headers)
        payload = payload if signed is ABSENT else signed
        signature = signature or ",".join(sign(key, payload) for key in keys)
        secret = self.target.app_secret if auth is None else auth
        credentials = base64.b64encode(f"{self.target.app_id}:{secret}".encode()).decode()
        sent = {
            "Authorization": f"Basic {credentials}",
            "privy-app-id": self.target.app_id,
            **headers,
        }
        if signature:
            sent["privy-authorization-signature"] = signature
        data = None if body is ABSENT else json.dumps(body).encode()
        if data is not None:
            sent["Content-Type"] = "application/json"
        sent = {name: value for name, value in sent.items() if name not in without}
        return await self._send(method, path, data, sent)

    async def _send(
        self, method: str, path: str, data: bytes | None, headers: Mapping[str, str]
    ) -> Reply:
        for pause in (*_PAUSES, None):
            reply = await self._attempt(method, path, data, headers)
            if reply.status != 429 or pause is None:
                break
            await asyncio.sleep(pause)
        return reply

    async def _attempt(
        self, method: str, path: str, data: bytes | None, headers: Mapping[str, str]
    ) -> Reply:
        async with self.session.request(
            method,
            URL(self.target.base_url + path, encoded=True),
            data=data,
            headers=headers,
            skip_auto_headers=("Content-Type",),
            allow_redirects=False,
        ) as response:
            text = await response.read()
            is_json = response.content_type == "application/json" and text
            return Reply(response.status, json.loads(text) if is_json else None, response.headers)

    # --- what is made, and removed again

    async def create(self, path: str, body: Any, **options: Any) -> Reply:
        """Create a resource; if it comes into being, it is removed in the end."""
        reply = await self.call("POST", path, body, **options)
        if reply.status < 300 and isinstance(reply.body, dict) and "id" in reply.body:
            self._remove_later(path, body, reply.body)
        return reply

    def _remove_later(self, path: str, body: Any, made: Mapping[str, Any]) -> None:
        """What was made last goes first, so that nothing is in use any more when it goes."""
        place = f"{path}/{made['id']}"
        if path == "/v1/wallets":
            self._remove_wallet_later(place, body, made)
        elif path == "/v1/key_quorums":
            self._undo.append(partial(self.call, "DELETE", place, keys=self._members(body)))
        else:
            signers = [self.key] if body.get("owner") else []
            self._undo.append(partial(self.call, "DELETE", place, keys=signers))

    def _members(self, body: Mapping[str, Any]) -> list[EllipticCurvePrivateKey]:
        keys = (self.key, self.other_key)
        return [key for key in keys if spki(key) in body.get("public_keys", ())]

    def _remove_wallet_later(self, place: str, body: Any, made: Mapping[str, Any]) -> None:
        """Have it archived, once it has let go of its owner, policies and signers."""
        self._undo.append(partial(self.call, "POST", f"{place}/archive"))
        if not {"owner", "owner_id", "policy_ids", "additional_signers"} & body.keys():
            return
        owner, signers = body.get("owner") or {}, list[EllipticCurvePrivateKey]()
        if "user_id" in owner:
            return  # Its owner alone may change it, and has nothing of ours.
        if made["owner_id"] is not None:
            signers = [self.key] if owner else [self.key, self.other_key]
        if owner and made["owner_id"] not in self._owners:
            # Privy made a quorum for this key. It goes after all its wallets.
            self._owners.add(made["owner_id"])
            quorum = f"/v1/key_quorums/{made['owner_id']}"
            self._undo.insert(0, partial(self.call, "DELETE", quorum, keys=[self.key]))
        free = {"owner": None, "policy_ids": [], "additional_signers": []}
        self._undo.append(partial(self.call, "PATCH", place, free, keys=signers))

    async def made(self, path: str, body: Any) -> dict[str, Any]:
        """Create a resource that a statement needs.

        Raises:
            NotAskedError: It cannot be made.
        """
        reply = await self.create(path, body)
        if reply.status >= 300:
            raise NotAskedError(f"POST {path} answers {reply.status} {reply.body}")
        return dict(reply.body)

    async def wallet(self, chain_type: str = "ethereum", **fields: Any) -> dict[str, Any]:
        """Make a wallet with a name of this run."""
        body = {"chain_type": chain_type, "display_name": self.name(), **fields}
        return await self.made("/v1/wallets", body)

    async def owned_wallet(self) -> dict[str, Any]:
        """Return the wallet that `key` owns."""
        return await self.kept("owned", lambda: self.wallet(owner={"public_key": spki(self.key)}))

    async def free_wallet(self) -> dict[str, Any]:
        """Return the wallet that nobody owns."""
        return await self.kept("free", self.wallet)

    async def kept(self, name: str, make: Callable[[], Awaitable[Any]]) -> Any:
        """Return something that is made once."""
        if name not in self._kept:
            self._kept[name] = await make()
        return self._kept[name]

    async def quorum(self, threshold: int | None = None) -> dict[str, Any]:
        """Make a key quorum of both keys."""
        keys = [spki(self.key), spki(self.other_key)]
        body: dict[str, Any] = {"public_keys": keys, "display_name": self.name()}
        if threshold is not None:
            body["authorization_threshold"] = threshold
        return await self.made("/v1/key_quorums", body)

    async def policy(self, *rules: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
        """Make a policy."""
        body = {"version": "1.0", "name": self.name(), "chain_type": "ethereum", "rules": rules}
        return await self.made("/v1/policies", {**body, **fields})

    async def user(self) -> dict[str, Any]:
        """Make a user of the app's own log-in."""
        account = {"type": "custom_auth", "custom_user_id": self.name()}
        return await self.made("/v1/users", {"linked_accounts": [account]})

    async def sign_hello(self, wallet_id: str, **options: Any) -> Reply:
        """Have a wallet sign a text."""
        return await self.call("POST", f"/v1/wallets/{wallet_id}/rpc", HELLO, **options)

    async def rpc(self, wallet: Mapping[str, Any], method: str, **body: Any) -> Reply:
        """Have a wallet that nobody owns do an RPC."""
        sent = {"method": method, **body}
        return await self.call("POST", f"/v1/wallets/{wallet['id']}/rpc", sent)

    async def remove(self) -> list[str]:
        """Remove all that was made. Return what could not be."""
        left = list[str]()
        while self._undo:
            undo = self._undo.pop()
            reply = await undo()
            if reply.status >= 300 and reply.status != 404:
                left.append(f"{' '.join(map(str, undo.args[:2]))}: {reply.status} {reply.body}")
        return left


@asynccontextmanager
async def scene_at(target: Target) -> AsyncIterator[Scene]:
    """Ask a target; what was made there is removed, whatever happens."""
    async with aiohttp.ClientSession() as session:
        scene = Scene(target, session)
        try:
            yield scene
        finally:
            scene.left = await scene.remove()
