"""eth-account: a Privy wallet for sync code in an async program, which must not wait.

    account = PrivyAccount(alice, wallet)  # alice = privy.for_user(user_jwt)
    exchange = Exchange(account, ...)  # of a library that signs and sends by itself
    order = await account.run(exchange.market_open, "ETH", True, 0.1)

The function runs in a thread; each signature that it asks for is made in the event loop, over the
connections and user keys of the rest of the program. It needs eth-account (the extra `ethereum`).
"""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any, TypeVar, TypeVarTuple

from privy_async.checks import needing

with needing("eth_account", install="privy-async[ethereum]"):
    import_module("eth_account")

from privy_async.client import PrivyClient
from privy_async.errors import InvalidArgumentError
from privy_async.integrations._bridge import call_in_loop, run_in_thread
from privy_async.integrations._ethereum_account import KeylessAccount
from privy_async.resources.wallets.ethereum import SignatureOptions
from privy_async.resources.wallets.values import Wallet

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")


class PrivyAccount(KeylessAccount):
    """An Ethereum wallet of Privy's as eth-account's other accounts: it signs, and has no key.

    It signs only for functions that `run` runs. What it returns are eth-account's own values,
    checked against what was to be signed; errors are the SDK's.
    """

    def __init__(
        self,
        privy: PrivyClient,
        wallet: Wallet,
        *,
        signature_options: SignatureOptions | None = None,
        chain_id: int | None = None,
    ) -> None:
        """Make an account; nothing is sent.

        Args:
            privy: Signs the requests: `privy.for_user(user_jwt)` for a user's wallet.
            wallet: As `privy.wallets.get` or `create` gives it.
            signature_options: `{"type": "erc1271"}` for signatures of messages and typed data that
                the wallet's smart contract account verifies (ERC-1271). They are as the contract
                wants them: of what is returned `signature` alone counts, and r, s and v are 0.
            chain_id: The chain of that contract, for what names none: typed data may.

        Raises:
            InvalidArgumentError: It is another client, or not an Ethereum wallet.
        """
        if not isinstance(privy, PrivyClient):
            raise InvalidArgumentError("privy", "expected a client of privy_async")
        super().__init__(wallet, signature_options, chain_id)
        self._ethereum = _InTheLoop(privy.wallets.ethereum)

    async def run(self, function: Callable[[*_Ts], _T], *args: *_Ts) -> _T:
        """Return what a sync function returns, which runs in a thread and may sign meanwhile.

        Where it is cancelled, nothing more is signed; what runs in the thread cannot be stopped,
        and a transaction that was signed before may be sent.

        Args:
            function: Called in one of anyio's worker threads, with the caller's context variables.
            args: Its arguments; for keywords, give a `functools.partial`.

        Raises:
            PrivyError: What a signature ends in, unless the function catches it.
        """
        return await run_in_thread(function, *args)


class _InTheLoop:
    """`wallets.ethereum` for a thread: each call is made in the loop that waits for the thread."""

    def __init__(self, ethereum: object) -> None:
        self._ethereum = ethereum

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return partial(call_in_loop, "account", getattr(self._ethereum, name))
