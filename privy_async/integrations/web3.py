"""web3.py, async: a Privy wallet sends and signs what is asked of its address in `AsyncWeb3`.

    w3.middleware_onion.inject(sign_with(alice, wallet), layer=0)  # alice = privy.for_user(jwt)
    await w3.eth.send_transaction({"from": wallet.address, "to": recipient, "value": 1})

It needs web3 (the extra `ethereum`). `privy_sync.integrations.web3` has the same for `Web3`.
"""

import asyncio
import logging
from collections.abc import MutableMapping
from functools import partial
from typing import Any, Self, TypeAlias, TypeVar, cast
from weakref import WeakKeyDictionary

from privy_async.checks import needing

with needing("web3", install="privy-async[ethereum]"):
    from web3 import AsyncWeb3
    from web3.middleware.base import Middleware, Web3Middleware
    from web3.types import AsyncMakeRequestFn, RPCEndpoint, RPCResponse

from privy_async.client import PrivyClient
from privy_async.errors import InvalidArgumentError
from privy_async.integrations._ethereum_rpc import Steps, WalletNode
from privy_async.integrations._ethereum_transactions import wallet_address
from privy_async.resources.wallets.values import Wallet

T = TypeVar("T")
_log = logging.getLogger("privy_async.integrations")
_Locks: TypeAlias = MutableMapping[asyncio.AbstractEventLoop, asyncio.Lock]


def sign_with(privy: PrivyClient, wallet: Wallet) -> Middleware:
    """A middleware for `AsyncWeb3` by which a wallet signs for its address.

    What `eth_sendTransaction` leaves out, the node fills in; Privy signs, and the node sends: so
    it works on every chain, also where blocks have a long `extraData` (Polygon, BNB Smart Chain):
    it then stands in `proofOfAuthorityData`, as web3.py names it. One transaction is sent after
    the other, each with the next nonce. `eth_signTransaction`, `eth_sign`, `personal_sign` and
    `eth_signTypedData` are signed by Privy, and `eth_accounts` has the address. All else is the
    node's, as ever.

    Privy's refusals are the SDK's errors, such as `PolicyViolationError`; the node's are
    web3.py's. Whatever ends a sending after Privy has signed, a cancelled task or a time-out too,
    has a note that names the transaction and the signature's idempotency key; it is logged too.

    Over a persistent connection (WebSocket, IPC), where web3.py lets no middleware answer, a
    request for the chain's id follows each that the wallet answered. What ends that one has no
    note; the transaction's hash is logged (`privy_async.integrations`, INFO) before it.

    Args:
        privy: Signs the requests: `privy.for_user(user_jwt)` for a user's wallet.
        wallet: An Ethereum wallet, as `privy.wallets.get` or `create` gives it.

    Raises:
        InvalidArgumentError: It is another client, or not an Ethereum wallet.
    """
    if not isinstance(privy, PrivyClient):
        raise InvalidArgumentError("privy", "expected a client of privy_async")
    wallet_address(wallet)
    middleware = partial(_SignWith, privy=privy, wallet=wallet, locks=WeakKeyDictionary())
    # web3.py calls it a class, and does no more with it than to call it.
    return cast("Middleware", middleware)


class _SignWith(Web3Middleware):
    """web3.py makes a new one whenever its layers change; the locks stay."""

    def __init__(
        self, w3: "AsyncWeb3[Any]", *, privy: PrivyClient, wallet: Wallet, locks: _Locks
    ) -> None:
        if not isinstance(w3, AsyncWeb3):
            raise InvalidArgumentError("w3", "for Web3 use privy_sync.integrations.web3")
        super().__init__(w3)
        clock = privy._requester.settings.clock  # pyright: ignore[reportPrivateUsage]
        self._node = WalletNode(w3, privy, wallet, clock)
        self._locks = locks

    async def async_wrap_make_request(self, make_request: AsyncMakeRequestFn) -> AsyncMakeRequestFn:
        async def middleware(method: RPCEndpoint, params: Any) -> RPCResponse:
            if self._node.answers(method, params):
                return await self._answer(method, params)
            return self._node.completed(method, await make_request(method, params))

        return middleware

    async def async_request_processor(self, method: RPCEndpoint, params: Any) -> Any:
        """Used over persistent connections, where each request goes to the node.

        What the wallet answers is answered here, and a request without effect goes in its place.
        """
        if not self._node.answers(method, params):
            return method, params
        response = await self._answer(method, params)
        if self._node.sends(method, params):
            # What ends the request in its place is web3.py's alone, and gets no note.
            _log.info("a transaction was sent: %s", response.get("result"))
        return _Answered(response), []

    async def async_response_processor(
        self, method: RPCEndpoint, response: RPCResponse
    ) -> RPCResponse:
        """Put the wallet's answer in the place of the node's."""
        asked: object = method
        if isinstance(asked, _Answered):
            return {**asked.response, "id": response.get("id", 0)}
        return self._node.completed(method, response)

    async def _answer(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        steps = self._node.answer(method, params)
        if not self._node.sends(method, params):
            return await _run(steps)
        # Until the node has the one, it gives the same nonce to the next.
        async with self._locks.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
            return await _run(steps)


class _Answered(str):
    """The method of a request without effect, and the answer to what was asked for instead."""

    response: RPCResponse

    def __new__(cls, response: RPCResponse) -> Self:
        method = super().__new__(cls, "eth_chainId")
        method.response = response
        return method


async def _run(steps: Steps[T]) -> T:
    """Take the steps, and await what each asks for."""
    try:
        asked = next(steps)
        while True:
            try:
                answer = await asked
            except BaseException as error:
                asked = steps.throw(error)
            else:
                asked = steps.send(answer)
    except StopIteration as done:
        return cast("T", done.value)
