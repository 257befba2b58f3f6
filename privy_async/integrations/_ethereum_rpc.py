"""Answers of a wallet in a node's place, for `Web3` and for `AsyncWeb3`.

Its steps are generators, so that they are written once: each hands out what it asked of the node
or of Privy, with `yield`, and gets the answer. In a sync program that is the answer already, in an
async one it is awaited in between.

The methods: https://ethereum.github.io/execution-apis and EIP-191, EIP-712, EIP-1474.
"""

import logging
from collections.abc import Generator, Mapping, Sequence
from typing import Any, Final, TypeAlias, TypeVar, cast

from eth_account.datastructures import SignedTransaction
from hexbytes import HexBytes
from web3.exceptions import Web3RPCError
from web3.middleware import (
    ExtraDataToPOAMiddleware,  # pyright: ignore[reportUnknownVariableType]
)
from web3.types import RPCResponse

from privy_async.clock import Clock
from privy_async.encodings.texts import hex_text
from privy_async.errors import InvalidArgumentError
from privy_async.integrations._ethereum_transactions import (
    UnsignedTransaction,
    read_transaction,
    wallet_address,
)
from privy_async.json_types import is_object, parse_json
from privy_async.resources.wallets.values import Wallet

T = TypeVar("T")
Steps: TypeAlias = Generator[Any, Any, T]

_log = logging.getLogger("privy_async.integrations")

_SEND: Final = "eth_sendTransaction"
_SIGN: Final = "eth_signTransaction"
_SIGN_TYPED_DATA: Final = "eth_signTypedData"
_BLOCKS: Final = ("eth_getBlockByNumber", "eth_getBlockByHash")
# web3.py refuses a block with more `extraData` than the yellow paper allows, in hex with 0x.
_LONGEST_EXTRA_DATA: Final = 2 + 2 * 32
_FEES: Final = ("gasPrice", "maxFeePerGas", "maxPriorityFeePerGas")


class WalletNode:
    """A node that knows how to sign with one wallet, for as long as its `w3` lives.

    Args:
        w3: `Web3` or `AsyncWeb3`, by which what a transaction lacks is asked for.
        privy: The client of the same face.
        wallet: An Ethereum wallet.
        clock: The client's, for idempotency keys.
    """

    def __init__(self, w3: Any, privy: Any, wallet: Wallet, clock: Clock) -> None:
        self._eth = w3.eth
        self._layers = w3.middleware_onion
        self._ethereum = privy.wallets.ethereum
        self._wallet_id = wallet.id
        self._address = wallet_address(wallet)
        self._clock = clock

    def sends(self, method: str, params: Sequence[Any]) -> bool:
        """True for a transaction of the wallet's that is to be sent."""
        return method == _SEND and self._is_sender(params)

    def answers(self, method: str, params: Sequence[Any]) -> bool:
        """True for what the wallet is asked, and not the node."""
        if method in (_SEND, _SIGN):
            return self._is_sender(params)
        address, _ = _address_and_message(method, params)
        return _is_same_address(address, self._address)

    def answer(self, method: str, params: Any) -> Steps[RPCResponse]:
        """Answer what the wallet is asked."""
        if method == _SEND:
            return (yield from self._send(params[0]))
        if method == _SIGN:
            transaction = yield from self._filled(params[0])
            return _result(transaction.to_rpc((yield from self._signed(transaction))))
        _, message = _address_and_message(method, params)
        if method.startswith(_SIGN_TYPED_DATA):
            signed = yield self._ethereum.sign_typed_data(
                self._wallet_id, _read_typed_data(message, method)
            )
        else:
            text = hex_text(message, argument=method)
            signed = yield self._ethereum.sign_message(self._wallet_id, bytes.fromhex(text[2:]))
        return _result(signed.signature)

    def completed(self, method: str, response: RPCResponse) -> RPCResponse:
        """Complete what the node answered to a method that it was asked."""
        if method == "eth_accounts":
            accounts = [self._address, *(response.get("result") or ())]
            # A node that knows of no accounts may refuse to say so.
            return {**_result(accounts), "id": response.get("id", 0)}
        # Where web3.py's own middleware does it, it must find what the node answered.
        layers = self._layers.as_tuple_of_middleware()
        if method in _BLOCKS and ExtraDataToPOAMiddleware not in layers:
            return _without_long_extra_data(response)
        return response

    def _is_sender(self, params: Sequence[Any]) -> bool:
        return bool(
            params
            and is_object(params[0])
            and _is_same_address(params[0].get("from"), self._address)
        )

    def _send(self, transaction: Mapping[str, Any]) -> Steps[RPCResponse]:
        filled = yield from self._filled(transaction)
        key = self._clock.uuid()
        signed = yield from self._signed(filled, idempotency_key=key)
        named = f"{signed.hash.to_0x_hex()} (signed by Privy with idempotency_key={key})"
        try:
            yield from self._broadcast(signed)
        except Web3RPCError as refusal:
            refusal.add_note(f"The node refused {named}.")
            raise
        except BaseException as error:
            # Whatever it is, a cancelled task and Ctrl-C too: the node may have it by now.
            note = f"It may have been sent: look for {named} before you send another."
            error.add_note(note)
            _log.warning("A transaction's sending has no known outcome. %s", note)
            raise
        return _result(signed.hash.to_0x_hex())

    def _broadcast(self, signed: SignedTransaction) -> Steps[None]:
        try:
            yield self._eth.send_raw_transaction(signed.raw_transaction)
        except Exception:
            # A node refuses what it has already, as when web3.py repeats what got no answer.
            if not (yield from self._is_known(signed)):
                raise

    def _is_known(self, signed: SignedTransaction) -> Steps[bool]:
        try:
            return bool((yield self._eth.get_transaction(signed.hash)))
        except Exception:
            return False

    def _signed(self, transaction: UnsignedTransaction, **options: Any) -> Steps[SignedTransaction]:
        sign = self._ethereum.sign_transaction
        signed = yield sign(self._wallet_id, transaction.to_privy(), **options)
        return transaction.with_signature(signed.signed_transaction)

    def _filled(self, transaction: Mapping[str, Any]) -> Steps[UnsignedTransaction]:
        filled: dict[str, Any] = {**transaction}
        if "chainId" not in filled:
            filled["chainId"] = yield self._eth.chain_id
        if "gas" not in filled:
            filled["gas"] = yield self._eth.estimate_gas(filled)
        if not any(name in filled for name in _FEES):
            filled.update((yield from self._fees(filled)))
        if "nonce" not in filled:
            filled["nonce"] = yield self._eth.get_transaction_count(self._address, "pending")
        return read_transaction(filled, self._address)

    def _fees(self, transaction: Mapping[str, Any]) -> Steps[dict[str, int]]:
        base_fee = (yield self._eth.get_block("latest")).get("baseFeePerGas")
        # The types 0 and 1 are from before EIP-1559.
        if base_fee is None or transaction.get("type") in (0, 1, "0x0", "0x1"):
            return {"gasPrice": (yield self._eth.gas_price)}
        tip = yield self._eth.max_priority_fee
        # Enough should the base fee double, as in web3.py.
        return {"maxPriorityFeePerGas": tip, "maxFeePerGas": tip + 2 * base_fee}


def _address_and_message(method: str, params: Sequence[Any]) -> tuple[object, object]:
    """Return who is asked to sign what; nobody if it is another method."""
    if len(params) > 1 and method == "personal_sign":
        return params[1], params[0]
    if len(params) > 1 and (method == "eth_sign" or method.startswith(_SIGN_TYPED_DATA)):
        return params[0], params[1]
    return None, None


def _read_typed_data(value: object, method: str) -> Any:
    try:
        return parse_json(value) if isinstance(value, str) else value
    except ValueError:
        raise InvalidArgumentError(method, "expected typed data as JSON") from None


def _is_same_address(one: object, other: str) -> bool:
    return isinstance(one, str) and one.lower() == other.lower()


def _result(result: object) -> RPCResponse:
    return {"jsonrpc": "2.0", "id": 0, "result": result}


def _without_long_extra_data(response: RPCResponse) -> RPCResponse:
    """Name the long `extraData` of a chain with proof of authority as web3.py's own middleware.

    Polygon, BNB Smart Chain and others put more there than 32 bytes, which web3.py refuses to
    read; and it reads the latest block whenever it fills in a transaction.
    """
    block: Any = response.get("result")
    extra_data = block.get("extraData") if is_object(block) else None
    if not isinstance(extra_data, str) or len(extra_data) <= _LONGEST_EXTRA_DATA:
        return response
    rest = {name: value for name, value in block.items() if name != "extraData"}
    block = {**rest, "proofOfAuthorityData": HexBytes(extra_data)}
    return cast("RPCResponse", {**response, "result": block})
