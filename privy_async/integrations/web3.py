"""web3.py, async: a Privy wallet sends and signs what is asked of its address in `AsyncWeb3`.

    w3.middleware_onion.inject(sign_with(alice, wallet), layer=0)  # alice = privy.for_user(jwt)
    await w3.eth.send_transaction({"from": wallet.address, "to": recipient, "value": 1})

It needs web3 (the extra `ethereum`). `privy_sync.integrations.web3` has the same for `Web3`.
"""

import asyncio
from collections.abc import Mapping, MutableMapping
from functools import partial
from typing import Any, TypeAlias, cast
from weakref import WeakKeyDictionary

from eth_account.datastructures import SignedTransaction
from web3 import AsyncWeb3
from web3.exceptions import MethodNotSupported
from web3.middleware.base import Middleware, Web3Middleware
from web3.types import AsyncMakeRequestFn, RPCEndpoint, RPCResponse

from privy_async.client import PrivyClient
from privy_async.errors import InvalidArgumentError
from privy_async.integrations import _ethereum_rpc as rpc
from privy_async.integrations._ethereum_transactions import (
    UnsignedTransaction,
    read_transaction,
    wallet_address,
)
from privy_async.resources.wallets.values import Wallet

_Locks: TypeAlias = MutableMapping[asyncio.AbstractEventLoop, asyncio.Lock]


def sign_with(privy: PrivyClient, wallet: Wallet) -> Middleware:
    """A middleware for `AsyncWeb3` by which a wallet signs for its address.

    What `eth_sendTransaction` leaves out, the node fills in; Privy signs, and the node sends: so
    it works on every chain. One transaction is sent after the other, each with the next nonce.
    `eth_signTransaction`, `eth_sign`, `personal_sign` and `eth_signTypedData` are signed by
    Privy, and `eth_accounts` has the address. All else is the node's, as ever.

    Privy's refusals are the SDK's errors, such as `PolicyViolationError`; the node's are web3.py's.

    Over a persistent connection (WebSocket, IPC), middlewares of web3.py only change requests:
    there `eth_sendTransaction` works alone, and to send several at once give each its nonce.

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
        self._eth = w3.eth
        self._ethereum = privy.wallets.ethereum
        self._wallet_id = wallet.id
        self._address = wallet_address(wallet)
        self._locks = locks

    async def async_wrap_make_request(self, make_request: AsyncMakeRequestFn) -> AsyncMakeRequestFn:
        async def middleware(method: RPCEndpoint, params: Any) -> RPCResponse:
            if method == rpc.SEND and rpc.is_sent_from(self._address, params):
                # Until the node has the one, it gives the same nonce to the next.
                async with self._lock():
                    return await self._send(make_request, params[0])
            if method == rpc.ACCOUNTS:
                return rpc.with_account(self._address, await make_request(method, params))
            result = await self._sign(method, params)
            return await make_request(method, params) if result is None else rpc.answer(result)

        return middleware

    async def async_request_processor(self, method: RPCEndpoint, params: Any) -> Any:
        """Used over persistent connections alone."""
        if method == rpc.SEND and rpc.is_sent_from(self._address, params):
            signed = await self._signed(await self._filled(params[0]))
            return rpc.SEND_RAW, [signed.raw_transaction.to_0x_hex()]
        signs = method == rpc.SIGN_TRANSACTION and rpc.is_sent_from(self._address, params)
        if signs or rpc.message_to_sign(method, params, self._address) is not None:
            raise MethodNotSupported(f"{method} does not work over a persistent connection")
        return method, params

    def _lock(self) -> asyncio.Lock:
        return self._locks.setdefault(asyncio.get_running_loop(), asyncio.Lock())

    async def _send(
        self, make_request: AsyncMakeRequestFn, transaction: Mapping[str, Any]
    ) -> RPCResponse:
        signed = await self._signed(await self._filled(transaction))
        transaction_hash = signed.hash.to_0x_hex()
        try:
            response = await make_request(rpc.SEND_RAW, [signed.raw_transaction.to_0x_hex()])
        except Exception as error:
            if await self._has(make_request, transaction_hash):
                return rpc.answer(transaction_hash)
            error.add_note(rpc.note_of_lost(transaction_hash))
            raise
        # A node refuses what it has already, as when web3.py repeats what got no answer.
        if "error" in response and await self._has(make_request, transaction_hash):
            return rpc.answer(transaction_hash)
        return response

    async def _has(self, make_request: AsyncMakeRequestFn, transaction_hash: str) -> bool:
        try:
            found = await make_request(rpc.TRANSACTION_BY_HASH, [transaction_hash])
        except Exception:
            return False
        return bool(found.get("result"))

    async def _sign(self, method: str, params: Any) -> object:
        """The result of a method that signs with this wallet; None for another."""
        if method == rpc.SIGN_TRANSACTION and rpc.is_sent_from(self._address, params):
            transaction = await self._filled(params[0])
            return transaction.to_rpc(await self._signed(transaction))
        message = rpc.message_to_sign(method, params, self._address)
        if message is None:
            return None
        if isinstance(message, bytes):
            signed = await self._ethereum.sign_message(self._wallet_id, message)
        else:
            signed = await self._ethereum.sign_typed_data(self._wallet_id, message)
        return signed.signature

    async def _signed(self, transaction: UnsignedTransaction) -> SignedTransaction:
        signed = await self._ethereum.sign_transaction(self._wallet_id, transaction.to_privy())
        return transaction.with_signature(signed.signed_transaction)

    async def _filled(self, transaction: Mapping[str, Any]) -> UnsignedTransaction:
        filled: dict[str, Any] = {**transaction}
        if "chainId" not in filled:
            filled["chainId"] = await self._eth.chain_id
        if "gas" not in filled:
            filled["gas"] = await self._eth.estimate_gas(cast("Any", filled))
        if rpc.lacks_fees(filled):
            filled.update(await self._fees(filled))
        if "nonce" not in filled:
            filled["nonce"] = await self._eth.get_transaction_count(self._address, "pending")
        return read_transaction(filled, self._address)

    async def _fees(self, transaction: Mapping[str, Any]) -> dict[str, int]:
        base_fee = (await self._eth.get_block("latest")).get("baseFeePerGas")
        if base_fee is None or rpc.has_gas_price(transaction):
            return {"gasPrice": await self._eth.gas_price}
        return rpc.fees(base_fee, await self._eth.max_priority_fee)
