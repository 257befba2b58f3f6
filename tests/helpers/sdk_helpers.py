"""What the tests of the SDK share: users with wallets, the sandbox's log, and a raw server."""

import asyncio
import base64
import json
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from types import TracebackType
from typing import Any, Self

import attrs
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from privy_async import PrivyClient
from privy_async.resources.wallets.values import ChainType, Wallet
from privy_async.sandbox import RequestRecord, Sandbox

SIGNED_HEADERS = ("privy-app-id", "privy-idempotency-key", "privy-request-expiry")


@attrs.frozen
class Owner:
    """A user of the app with a wallet of his own, and the client that signs as him."""

    user_id: str
    jwt: str
    wallet: Wallet
    privy: PrivyClient


async def new_user(privy: PrivyClient, subject: str) -> str:
    """Make a user known by the subject of his tokens, and return his id."""
    account = {"type": "custom_auth", "custom_user_id": subject}
    return (await privy.users.create(linked_accounts=[account])).id


async def new_owner(
    sandbox: Sandbox,
    privy: PrivyClient,
    subject: str = "alice",
    *,
    chain_type: ChainType = "ethereum",
) -> Owner:
    """Make a user with a wallet."""
    user_id = await new_user(privy, subject)
    wallet = await privy.wallets.create(chain_type=chain_type, owner={"user_id": user_id})
    jwt = sandbox.issue_user_jwt(subject)
    return Owner(user_id, jwt, wallet, privy.for_user(jwt))


def logged(sandbox: Sandbox, method: str, path: str) -> list[RequestRecord]:
    """The requests that the sandbox has dealt with; `*` in the path stands for any text."""
    return [
        record
        for record in sandbox.log
        if record.method == method and fnmatchcase(record.path, path)
    ]


@contextmanager
def nothing_sent(sandbox: Sandbox) -> Iterator[None]:
    """Fail if a request arrives meanwhile."""
    before = len(sandbox.log)
    yield
    assert len(sandbox.log) == before


@attrs.frozen
class RawRequest:
    """A request as it came over the wire; `headers` in their order, with the case they had."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """The value of a header that may stand there once, or None."""
        values = [value for each, value in self.headers if each.lower() == name]
        assert len(values) <= 1, f"{name} was sent {len(values)} times"
        return values[0] if values else None

    @property
    def header_names(self) -> set[str]:
        """The names of its headers in lower case."""
        return {name.lower() for name, _ in self.headers}

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)

    @property
    def url(self) -> str:
        """Where it is addressed to; what a proxy gets says so itself."""
        if self.target.startswith("http://"):
            return self.target
        return f"http://{self.header('host')}{self.target}"

    @property
    def payload(self) -> bytes:
        """What the receiver of this request would verify signatures over (RFC 8785)."""
        names = [name for name in SIGNED_HEADERS if name in self.header_names]
        return rfc8785.dumps(
            {
                "version": 1,
                "method": self.method,
                "url": self.url,
                "body": self.json if self.body else "",
                "headers": {name: str(self.header(name)) for name in names},
            }
        )

    def check_signatures(self, *public_keys: str) -> None:
        """Fail unless it is signed by exactly these keys (base64 SPKI DER), in this order."""
        signatures = str(self.header("privy-authorization-signature")).split(",")
        for signature, public_key in zip(signatures, public_keys, strict=True):
            der = base64.b64decode(signature, validate=True)
            _public_key(public_key).verify(der, self.payload, ECDSA(SHA256()))


def _public_key(text: str) -> EllipticCurvePublicKey:
    key = load_der_public_key(base64.b64decode(text))
    assert isinstance(key, EllipticCurvePublicKey)
    return key


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def http_answer(
    body: Any = None,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    raw: bytes | None = None,
) -> bytes:
    """A whole HTTP/1.1 answer; `raw` is sent instead of the JSON of `body`."""
    content = json.dumps(body).encode() if raw is None else raw
    fields = {
        "Content-Type": "application/json",
        "Content-Length": str(len(content)),
        **(headers or {}),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} Some Reason\r\n{head}\r\n".encode() + content


def chunked_answer(body: bytes, size: int) -> bytes:
    """A whole HTTP/1.1 answer whose body comes in chunks of so many bytes."""
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    framed = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + framed + b"0\r\n\r\n"


class RawServer:
    """A server of plain sockets, which keeps what arrives byte for byte.

    Each request gets the next of `answers`, and once these are used up, the last again. None
    closes the connection without an answer.

    Attributes:
        arrived: Set once the first request is there.
        delay: Seconds before each answer.
    """

    def __init__(
        self, *answers: bytes | None, port: int = 0, tls: ssl.SSLContext | None = None
    ) -> None:
        self.port = port
        self.requests: list[RawRequest] = []
        self.arrived = asyncio.Event()
        self.connections = 0
        self.open_connections = 0
        self.most_open_connections = 0
        self.delay = 0.0
        self._answers: Sequence[bytes | None] = answers or (http_answer({}),)
        self._tls = tls
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(
            self._accept, "127.0.0.1", self.port, ssl=self._tls
        )
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def url(self) -> str:
        """Such as "http://127.0.0.1:49152"."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def client(self, **options: Any) -> PrivyClient:
        """A client of this server. The options are those of `PrivyClient`."""
        return PrivyClient(
            **{"app_id": "app", "app_secret": "secret", "base_url": self.url, **options}
        )

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        self.open_connections += 1
        self.most_open_connections = max(self.most_open_connections, self.open_connections)
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # The client has gone, or the test is over.
        finally:
            self.open_connections -= 1
            self._tasks.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            self.requests.append(await _read_request(reader))
            self.arrived.set()
            await asyncio.sleep(self.delay)
            answer = self._answers[min(len(self.requests), len(self._answers)) - 1]
            if answer is None:
                return
            writer.write(answer)
            await writer.drain()


async def _read_request(reader: asyncio.StreamReader) -> RawRequest:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
    method, target, _ = first.split(" ")
    pairs = (line.partition(":") for line in lines)
    headers = tuple((name, value.strip()) for name, _, value in pairs)
    length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
    return RawRequest(method, target, headers, await reader.readexactly(length))
