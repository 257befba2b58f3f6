"""The JSON-RPC methods that change an Ethereum chain, whatever executes it."""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from privy_async.sandbox.blockchains.json_rpc import Params, invalid_params

_MAX_SECONDS: Final = 10**10


class WritableNode(Protocol):
    """A chain that can be changed. What its methods are called is what is noted of them."""

    def mine(self) -> object:
        """End the block that is being built, and begin the next."""
        ...

    def send(self, raw: bytes) -> bytes:
        """Execute a signed transaction in a block of its own. Returns its hash, or RpcError."""
        ...

    def set_balance(self, address: bytes, wei: int) -> None:
        """Give an account a balance out of nothing."""
        ...

    def set_code(self, address: bytes, code: bytes) -> None:
        """Put a contract there."""
        ...

    def set_storage(self, address: bytes, slot: int, value: int) -> None:
        """Write a contract's storage."""
        ...

    def increase_time(self, seconds: int) -> int:
        """Have the next blocks so many seconds later; returns by how many they are in all."""
        ...

    def snapshot(self) -> int:
        """Remember the chain as it is, under the number that this returns."""
        ...

    def revert(self, number: int) -> bool:
        """Go back to a snapshot, which is gone then, as are later ones; False if there is none."""
        ...


def _address(params: Params) -> bytes:
    return params.data(0, length=20)


def _send(node: WritableNode, params: Params) -> str:
    return "0x" + node.send(params.data(0)).hex()


def _set_balance(node: WritableNode, params: Params) -> bool:
    node.set_balance(_address(params), params.quantity(1))
    return True


def _set_code(node: WritableNode, params: Params) -> bool:
    node.set_code(_address(params), params.data(1))
    return True


def _set_storage(node: WritableNode, params: Params) -> bool:
    node.set_storage(_address(params), params.quantity(1), params.quantity(2))
    return True


def _mine(node: WritableNode, params: Params) -> str:
    node.mine()
    return "0x0"


def _increase_time(node: WritableNode, params: Params) -> int:
    seconds = params.quantity(0)
    if seconds > _MAX_SECONDS:
        raise invalid_params("expected fewer seconds")
    return node.increase_time(seconds)


WRITES: Final[Mapping[str, Callable[[WritableNode, Params], object]]] = {
    "eth_sendRawTransaction": _send,
    "evm_mine": _mine,
    "evm_increaseTime": _increase_time,
    "evm_snapshot": lambda node, params: hex(node.snapshot()),
    "evm_revert": lambda node, params: node.revert(params.quantity(0)),
    # Anvil's names, so that funding works on a chain elsewhere too.
    "anvil_setBalance": _set_balance,
    "anvil_setCode": _set_code,
    "anvil_setStorageAt": _set_storage,
}
