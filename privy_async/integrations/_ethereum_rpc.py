"""What is asked of a node over JSON-RPC, and answered in its place, as far as a wallet signs.

The methods: https://ethereum.github.io/execution-apis and EIP-191, EIP-712, EIP-1474.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias, cast

from web3.types import RPCEndpoint, RPCResponse

from privy_async.encodings.texts import hex_text
from privy_async.errors import InvalidArgumentError
from privy_async.json_types import is_object

ACCOUNTS: Final = RPCEndpoint("eth_accounts")
SEND: Final = RPCEndpoint("eth_sendTransaction")
SEND_RAW: Final = RPCEndpoint("eth_sendRawTransaction")
SIGN_TRANSACTION: Final = RPCEndpoint("eth_signTransaction")
TRANSACTION_BY_HASH: Final = RPCEndpoint("eth_getTransactionByHash")

Message: TypeAlias = bytes | Mapping[str, Any]
"""A personal message (EIP-191), or typed data (EIP-712)."""


def is_same_address(one: object, other: str) -> bool:
    """Whether two addresses in 0x hex are the same, however they are written."""
    return isinstance(one, str) and one.lower() == other.lower()


def is_sent_from(address: str, params: Sequence[Any]) -> bool:
    """Whether a method's parameters are a transaction of this address."""
    return bool(params) and is_object(params[0]) and is_same_address(params[0].get("from"), address)


def message_to_sign(method: str, params: Sequence[Any], address: str) -> Message | None:
    """What a method asks this address to sign; None if it does not.

    Raises:
        InvalidArgumentError: It is no message.
    """
    typed = method.startswith("eth_signTypedData")
    if not (typed or method in ("eth_sign", "personal_sign")) or len(params) < 2:
        return None
    signer, message = params[1::-1] if method == "personal_sign" else params[:2]
    if not is_same_address(signer, address):
        return None
    if typed:
        return _typed_data(message, method)
    return bytes.fromhex(hex_text(message, argument=method)[2:])


def _typed_data(value: object, argument: str) -> Mapping[str, Any]:
    try:
        value = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        raise InvalidArgumentError(argument, "expected typed data as JSON") from None
    return cast("Mapping[str, Any]", value)


def lacks_fees(transaction: Mapping[str, Any]) -> bool:
    """Whether nothing is said of what it pays for gas."""
    return not {"gasPrice", "maxFeePerGas", "maxPriorityFeePerGas"} & transaction.keys()


def has_gas_price(transaction: Mapping[str, Any]) -> bool:
    """Whether its type is one with a gas price, from before EIP-1559."""
    return transaction.get("type") in (0, 1, "0x0", "0x1")


def fees(base_fee: int, tip: int) -> dict[str, int]:
    """What it pays for a unit of gas, in wei: enough should the base fee double, as in web3.py."""
    return {"maxPriorityFeePerGas": tip, "maxFeePerGas": tip + 2 * base_fee}


def answer(result: object) -> RPCResponse:
    """A node's answer."""
    return {"jsonrpc": "2.0", "id": 0, "result": result}


def with_account(address: str, response: RPCResponse) -> RPCResponse:
    """The answer to `eth_accounts` with one more; nodes that know none may refuse it."""
    return answer([address, *(response.get("result") or ())])


def note_of_lost(transaction_hash: str) -> str:
    """What to say of a transaction whose sending has no known outcome."""
    return f"It may have been sent: look for {transaction_hash} before you send another."
