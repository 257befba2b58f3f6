"""What the tests of x402 share: a buyer, a shop, and a gateway before it that may fail."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import requests
from aiohttp import ClientSession, web
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from x402.http.utils import encode_payment_required_header
from x402.mechanisms.evm.constants import (
    PERMIT2_ADDRESS,
    X402_EXACT_PERMIT2_PROXY_ADDRESS,
    X402_UPTO_PERMIT2_PROXY_ADDRESS,
)
from x402.schemas import PaymentRequired, PaymentRequirements
from x402_shop import BASE, FACILITATOR, SELLER, VALIDITY, Shop, shop

from privy_async import PrivyClient
from privy_async.resources.wallets.values import Wallet
from privy_async.sandbox import Sandbox
from privy_async.sandbox.blockchains.json_rpc import Params

USDC = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"
PRICE_UNITS = 10_000
CONTRACTS = {
    PERMIT2_ADDRESS: "permit2",
    X402_EXACT_PERMIT2_PROXY_ADDRESS: "exact_proxy",
    X402_UPTO_PERMIT2_PROXY_ADDRESS: "upto_proxy",
}


@attrs.frozen
class Stage:
    """A sandbox in a thread, a shop that is paid on its chain, and a user with 5 USDC."""

    sandbox: Sandbox
    shop: Shop
    wallet: Wallet
    jwt: str = attrs.field(repr=False)

    def balance(self, address: str | None = None) -> int:
        """USDC in millionths; the buyer's unless told otherwise."""
        data = keccak(text="balanceOf(address)")[:4] + encode(
            ["address"], [address or self.wallet.address]
        )
        return int(self.rpc("eth_call", {"to": USDC, "data": "0x" + data.hex()}, "latest"), 16)

    def rpc(self, method: str, *params: Any) -> Any:
        """The result of a call of the chain."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return requests.post(self.sandbox.evm_rpc_url(8453), json=body, timeout=20).json()["result"]

    def signatures(self) -> int:
        """How often Privy was asked to sign."""
        return sum(record.path.endswith("/rpc") for record in self.sandbox.log)

    @contextmanager
    def moving(self, units: int, *, signatures: int) -> Iterator[None]:
        """Fail if anything else moves from the buyer to the seller, or is signed, meanwhile."""
        buyer, seller, signed = self.balance(), self.balance(SELLER), self.signatures()
        yield
        assert self.balance() == buyer - units
        assert self.balance(SELLER) == seller + units
        assert self.signatures() == signed + signatures


@contextmanager
def stage() -> Iterator[Stage]:
    """Set it all up, once for many tests."""
    with Sandbox() as sandbox, sandbox.sync_client() as app:
        account = {"type": "custom_auth", "custom_user_id": "alice"}
        user = app.users.create(linked_accounts=[account])
        wallet = app.wallets.create(chain_type="ethereum", owner={"user_id": user.id})
        sandbox.fund(FACILITATOR.address, 1, caip2=BASE)
        sandbox.fund(wallet.address, 5, caip2=BASE, asset="usdc")
        with shop(sandbox.evm_rpc_url(8453)) as opened:
            yield Stage(sandbox, opened, wallet, sandbox.issue_user_jwt("alice"))


def install_permit2(stage: Stage) -> None:
    """Put Permit2 and x402's proxies of it on the chain, and have the buyer's USDC trust it."""
    from vyper_contracts import compile_contract

    chains, thread = stage.sandbox._blockchains, stage.sandbox._thread
    assert thread is not None
    for address, name in CONTRACTS.items():
        code = "0x" + compile_contract(Path(__file__).parent / "contracts" / f"{name}.vy")
        params = Params([address, code])
        thread.run(chains.ask(BASE, lambda chain, p=params: chain.rpc.request("anvil_setCode", p)))
    data = keccak(text="approve(address,uint256)")[:4] + encode(
        ["address", "uint256"], [PERMIT2_ADDRESS, 2**256 - 1]
    )
    with stage.sandbox.sync_client() as app:
        app.for_user(stage.jwt).wallets.ethereum.send_transaction(
            stage.wallet.id, {"to": USDC, "data": "0x" + data.hex()}, caip2=BASE
        )


@attrs.define
class Gateway:
    """An HTTP server that hands on to the shop, unless a handler of the test's answers.

    Attributes:
        requests: The method, the path and whether it was paid, of each request.
    """

    shop: Shop
    url: str = ""
    handlers: dict[str, Callable[[web.Request], Awaitable[web.StreamResponse]]] = attrs.field(
        factory=dict
    )
    requests: list[tuple[str, str, bool]] = attrs.field(factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        paid = "PAYMENT-SIGNATURE" in request.headers or "X-PAYMENT" in request.headers
        self.requests.append((request.method, request.path, paid))
        handler = self.handlers.get(request.path, self.hand_on)
        return await handler(request)

    async def hand_on(self, request: web.Request) -> web.Response:
        """The shop's answer."""
        body = await request.read()
        headers = {name: value for name, value in request.headers.items() if name != "Host"}
        async with (
            ClientSession(auto_decompress=False) as session,
            session.request(
                request.method, self.shop.url + request.path, data=body or None, headers=headers
            ) as answer,
        ):
            content = await answer.read()
            kept = {
                name: value
                for name, value in answer.headers.items()
                if name.lower().startswith(("payment", "x-payment", "content-type"))
            }
            return web.Response(status=answer.status, body=content, headers=kept)

    @property
    def paid(self) -> int:
        """How many requests carried a payment."""
        return sum(paid for *_, paid in self.requests)


@contextmanager
def watching(gateway: Gateway, *, paid: int) -> Iterator[None]:
    """Fail if another number of payments is handed over meanwhile."""
    before = gateway.paid
    yield
    assert gateway.paid == before + paid


def asks(amount: int = PRICE_UNITS, **fields: Any) -> web.Response:
    """A 402 that asks for an amount of USDC on Base, unless told otherwise."""
    return asks_for(requirements(amount=str(amount), **fields))


def requirements(**fields: Any) -> dict[str, Any]:
    """What may be accepted."""
    return {
        "scheme": "exact", "network": BASE, "asset": USDC, "amount": str(PRICE_UNITS),
        "payTo": SELLER, "maxTimeoutSeconds": VALIDITY,
        "extra": {"name": "USD Coin", "version": "2"},
        **fields,
    }  # fmt: skip


def asks_for(*accepts: dict[str, Any], error: str | None = None) -> web.Response:
    """A 402 that accepts these."""
    required = PaymentRequired(
        error=error, accepts=[PaymentRequirements.model_validate(each) for each in accepts]
    )
    header = encode_payment_required_header(required)
    return web.Response(status=402, headers={"PAYMENT-REQUIRED": header})


def buyer(stage: Stage, app: PrivyClient) -> PrivyClient:
    """The client that signs as the user."""
    return app.for_user(stage.jwt)
