"""Finding what moved on an Ethereum chain: ether by transactions, tokens by their events.

Ether that contracts pass on is not found, as nodes do not tell of it.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, Protocol

from privy_async.sandbox.blockchains.json_rpc import Params
from privy_async.sandbox.blockchains.movements import Movement

# keccak256("Transfer(address,address,uint256)").
_TRANSFER: Final = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
_MAX_BLOCKS: Final = 1000


class _Rpc(Protocol):
    @property
    def first_block(self) -> int: ...
    def request(self, method: str, params: Params) -> object: ...


def movements(rpc: _Rpc, address: str) -> Sequence[Movement]:
    """The movements from and to an account in the last 1000 blocks, oldest first.

    Those of a fork go no further back than the fork, as each has to be fetched from elsewhere.
    """
    last = int(str(rpc.request("eth_blockNumber", Params(()))), 16)
    found: list[Movement] = []
    for number in range(max(rpc.first_block, last - _MAX_BLOCKS), last + 1):
        found.extend(_in_block(rpc, number, address.lower()))
    return found


def movements_in(rpc: _Rpc, transaction_hash: str) -> Sequence[Movement]:
    """The movements of a transaction; none while it is in no block."""
    receipt: Any = rpc.request("eth_getTransactionReceipt", Params((transaction_hash,)))
    if not receipt:
        return ()
    block: Any = rpc.request("eth_getBlockByNumber", Params((receipt["blockNumber"], True)))
    sent = [each for each in block["transactions"] if each["hash"] == receipt["transactionHash"]]
    return [movement for each in sent for movement in _moved(rpc, each, block)]


def _in_block(rpc: _Rpc, number: int, address: str) -> Iterator[Movement]:
    block: Any = rpc.request("eth_getBlockByNumber", Params((hex(number), True)))
    if not block or not block["transactions"]:
        return
    for transaction in block["transactions"]:
        for movement in _moved(rpc, transaction, block):
            if address in (movement.sender, movement.recipient):
                yield movement


def _moved(rpc: _Rpc, transaction: Any, block: Any) -> Iterator[Movement]:
    receipt: Any = rpc.request("eth_getTransactionReceipt", Params((transaction["hash"],)))
    if receipt["status"] == "0x1":
        yield from _ether(transaction, block)
        yield from _tokens(receipt, block)


def _ether(transaction: Any, block: Any) -> Iterator[Movement]:
    value = int(transaction["value"], 16)
    if value and transaction["to"]:
        yield Movement(
            transaction_hash=transaction["hash"],
            token=None,
            sender=transaction["from"].lower(),
            recipient=transaction["to"].lower(),
            units=value,
            block=int(block["number"], 16),
            time=int(block["timestamp"], 16),
        )


def _tokens(receipt: Any, block: Any) -> Iterator[Movement]:
    for log in receipt["logs"]:
        topics: list[str] = log["topics"]
        if len(topics) == 3 and topics[0] == _TRANSFER and len(log["data"]) == 66:
            yield Movement(
                transaction_hash=receipt["transactionHash"],
                token=log["address"],
                sender="0x" + topics[1][-40:],
                recipient="0x" + topics[2][-40:],
                units=int(log["data"], 16),
                block=int(block["number"], 16),
                time=int(block["timestamp"], 16),
            )
