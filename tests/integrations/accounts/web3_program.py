"""A program with AsyncWeb3 and a user's wallet, and a node that a test can change."""

import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import attrs
import requests
from account_helpers import CHAIN_ID
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from sdk_helpers import Owner, logged
from web3 import AsyncHTTPProvider, AsyncWeb3, Web3, WebSocketProvider

from privy_async import PrivyClient
from privy_async.integrations.web3 import sign_with
from privy_async.sandbox import Sandbox


@attrs.frozen
class Program:
    """A program of a user's: his wallet and a web3 that signs with it."""

    sandbox: Sandbox
    app: PrivyClient
    alice: Owner
    w3: AsyncWeb3[AsyncHTTPProvider]

    @property
    def address(self) -> Any:
        return self.alice.wallet.address

    async def balance(self, address: str) -> int:
        return await self.w3.eth.get_balance(Web3.to_checksum_address(address))

    def signed(self) -> int:
        """How many signatures Privy was asked for."""
        return len(logged(self.sandbox, "POST", "/v1/wallets/*/rpc"))


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[AsyncWeb3[AsyncHTTPProvider]]:
    provider = AsyncHTTPProvider(url)
    try:
        yield AsyncWeb3(provider)
    finally:
        await provider.disconnect()


@asynccontextmanager
async def signing(program: Program, url: str) -> AsyncIterator[AsyncWeb3[AsyncHTTPProvider]]:
    """Another web3 with the wallet, at another node."""
    async with connected(url) as w3:
        w3.middleware_onion.inject(sign_with(program.alice.privy, program.alice.wallet), layer=0)
        yield w3


@asynccontextmanager
async def over_websocket(
    sandbox: Sandbox, *, silent: tuple[str, ...] = (), heard: list[str] | None = None
) -> AsyncIterator[AsyncWeb3[WebSocketProvider]]:
    """The sandbox's chain over a WebSocket, as nodes offer it; silent methods get no answer.

    `heard` is told the methods that the chain has dealt with.
    """

    async def serve(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async with ClientSession() as session:
            async for message in socket:
                headers = {"Content-Type": "application/json"}
                url = sandbox.evm_rpc_url(CHAIN_ID)
                async with session.post(url, data=message.data, headers=headers) as answer:
                    text, method = await answer.text(), json.loads(message.data)["method"]
                if heard is not None:
                    heard.append(method)
                if method not in silent:
                    await socket.send_str(text)
        return socket

    app = web.Application()
    app.router.add_get("/", serve)
    async with TestServer(app) as server:
        provider = WebSocketProvider(str(server.make_url("/").with_scheme("ws")))
        async with AsyncWeb3(provider) as w3:
            yield w3


# --- nodes that differ

Change = Callable[[str, Any], Any]


@attrs.define
class Front:
    """A node's front: an HTTP server of its own that hands requests on and may change answers.

    Attributes:
        url: Where it listens.
        heard: The methods that it was asked, in their order.
        silent: The methods that the node gets, and that nobody gets an answer to.
        released: Set to let the silent ones end, with their connections closed.
    """

    url: str
    heard: list[str] = attrs.field(factory=list)
    silent: set[str] = attrs.field(factory=set)
    released: threading.Event = attrs.field(factory=threading.Event)


def unchanged(method: str, result: Any) -> Any:
    return result


def like_polygon(method: str, result: Any) -> Any:
    """Blocks with the vanity, validators and seal of proof of authority in their `extraData`."""
    if method.startswith("eth_getBlockBy") and result is not None:
        return {**result, "extraData": "0x" + "d8" * 517}
    return result


@contextmanager
def node_front(node_url: str, change: Change = unchanged) -> Iterator[Front]:
    """A front of this node, which may change the results."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = requests.post(node_url, json=asked).json()
            calls = asked if isinstance(asked, list) else [asked]
            for call, each in zip(calls, answer if calls is asked else [answer], strict=True):
                front.heard.append(call["method"])
                if "result" in each:
                    each["result"] = change(call["method"], each["result"])
            if front.silent.intersection(call["method"] for call in calls):
                front.released.wait(30)
                self.close_connection = True
                return
            data = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing is written."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        front = Front(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield front
        finally:
            front.released.set()
            server.shutdown()
            thread.join()
