"""web3.py: a Privy wallet sends and signs what is asked of its address in `Web3`.

    w3.middleware_onion.inject(sign_with(alice, wallet), layer=0)  # alice = privy.for_user(jwt)
    w3.eth.send_transaction({"from": wallet.address, "to": recipient, "value": 1})

It needs web3 (the extra `ethereum`). `privy_async.integrations.web3` has the same for `AsyncWeb3`.
"""

import threading
from functools import partial
from typing import Any, TypeVar, cast

from privy_async.checks import needing

with needing("web3", install="privy-async[ethereum]"):
    from web3 import Web3
    from web3.middleware.base import Middleware, Web3Middleware
    from web3.types import MakeRequestFn, RPCEndpoint, RPCResponse

from privy_async.errors import InvalidArgumentError
from privy_async.integrations._ethereum_rpc import Steps, WalletNode
from privy_async.integrations._ethereum_transactions import wallet_address
from privy_async.resources.wallets.values import Wallet
from privy_sync.client import PrivyClient

T = TypeVar("T")


def sign_with(privy: PrivyClient, wallet: Wallet) -> Middleware:
    """A middleware for `Web3` by which a wallet signs for its address.

    What `eth_sendTransaction` leaves out, the node fills in; Privy signs, and the node sends: so
    it works on every chain, also where blocks have a long `extraData` (Polygon, BNB Smart Chain):
    it then stands in `proofOfAuthorityData`, as web3.py names it. One transaction is sent after
    the other, each with the next nonce. `eth_signTransaction`, `eth_sign`, `personal_sign` and
    `eth_signTypedData` are signed by Privy, and `eth_accounts` has the address. All else is the
    node's, as ever.

    Privy's refusals are the SDK's errors, such as `PolicyViolationError`; the node's are
    web3.py's. Whatever ends a sending after Privy has signed, a time-out or Ctrl-C too,
    has a note that names the transaction and the signature's idempotency key; it is logged too.

    Args:
        privy: Signs the requests: `privy.for_user(user_jwt)` for a user's wallet.
        wallet: An Ethereum wallet, as `privy.wallets.get` or `create` gives it.

    Raises:
        InvalidArgumentError: It is another client, or not an Ethereum wallet.
    """
    if not isinstance(privy, PrivyClient):
        raise InvalidArgumentError("privy", "expected a client of privy_sync")
    wallet_address(wallet)
    middleware = partial(_SignWith, privy=privy, wallet=wallet, lock=threading.Lock())
    # web3.py calls it a class, and does no more with it than to call it.
    return cast("Middleware", middleware)


class _SignWith(Web3Middleware):
    """web3.py makes a new one whenever its layers change; the lock stays."""

    def __init__(
        self, w3: Web3, *, privy: PrivyClient, wallet: Wallet, lock: threading.Lock
    ) -> None:
        if not isinstance(w3, Web3):
            raise InvalidArgumentError("w3", "for AsyncWeb3 use privy_async.integrations.web3")
        super().__init__(w3)
        twin = privy._async_privyclient  # pyright: ignore[reportPrivateUsage]
        clock = twin._requester.settings.clock  # pyright: ignore[reportPrivateUsage]
        self._node = WalletNode(w3, privy, wallet, clock)
        self._lock = lock

    def wrap_make_request(self, make_request: MakeRequestFn) -> MakeRequestFn:
        def middleware(method: RPCEndpoint, params: Any) -> RPCResponse:
            if self._node.answers(method, params):
                return self._answer(method, params)
            return self._node.completed(method, make_request(method, params))

        return middleware

    def response_processor(self, method: RPCEndpoint, response: RPCResponse) -> RPCResponse:
        """Used in batches, where each request goes to the node."""
        return self._node.completed(method, response)

    def _answer(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        steps = self._node.answer(method, params)
        if not self._node.sends(method, params):
            return _run(steps)
        # Until the node has the one, it gives the same nonce to the next.
        with self._lock:
            return _run(steps)


def _run(steps: Steps[T]) -> T:
    """Take the steps: what each asks for is answered when it hands it out."""
    try:
        answer = next(steps)
        while True:
            answer = steps.send(answer)
    except StopIteration as done:
        return cast("T", done.value)
