"""The JSON-RPC methods of the Ethereum chains (https://ethereum.github.io/execution-apis/)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, cast

import attrs
from eth.abc import BlockAPI
from eth_typing import Address

from privy_async.sandbox.blockchains.evm.encoding import (
    Json,
    block_json,
    data,
    logs_json,
    receipt_json,
    transaction_json,
    word,
)
from privy_async.sandbox.blockchains.evm.node import BLOCK_GAS_LIMIT, EvmNode, Message, SavedEvm
from privy_async.sandbox.blockchains.evm.writing import WRITES
from privy_async.sandbox.blockchains.json_rpc import (
    METHOD_NOT_FOUND,
    Params,
    RpcError,
    invalid_params,
    read_data,
    read_quantity,
)
from privy_async.sandbox.keys.addresses import keccak256

_GWEI: Final = 10**9
_CLIENT: Final = "privy-sandbox/py-evm"
# There are no forks here, so a block is as safe and final as the latest.
_TAGS: Final = ("latest", "pending", "safe", "finalized")
_MAX_FEE_HISTORY: Final = 1024

_Method = Callable[[EvmNode, Params], object]


@attrs.frozen
class LocalEvm:
    """The JSON-RPC face of a chain in memory."""

    node: EvmNode

    @property
    def first_block(self) -> int:
        """The number of the first block that is its own."""
        return 0

    def request(self, method: str, params: Params) -> object:
        """Execute a method.

        Raises:
            RpcError: It failed, or there is no such method.
        """
        execute = METHODS.get(method)
        if execute is None:
            problem = f"the method {method} does not exist/is not available"
            raise RpcError(problem, METHOD_NOT_FOUND)
        return execute(self.node, params)

    def saved(self) -> SavedEvm:
        """All of the chain, as it is now."""
        return self.node.saved()

    def restore(self, saved: object) -> bool:
        """Make the chain as it was; False if there was none."""
        if isinstance(saved, SavedEvm):
            self.node.restore(saved)
        return isinstance(saved, SavedEvm)

    def close(self) -> None:
        """Leave it in memory."""


def _block(node: EvmNode, value: object) -> BlockAPI:
    """The block a parameter names: a tag, a number, or an object of EIP-1898."""
    if isinstance(value, dict):
        named = cast("dict[str, object]", value)
        if "blockHash" in named:
            block = node.block_with_hash(read_data(named["blockHash"], length=32))
            if block is None:
                raise RpcError("header for hash not found")
            return block
        value = named.get("blockNumber")
    head = node.head
    if value is None or value in _TAGS:
        return head
    number = 0 if value == "earliest" else read_quantity(value)
    if number > head.number:
        raise RpcError("header not found")
    return node.blocks[number]


def _address(params: Params, index: int = 0) -> Address:
    return Address(params.data(index, length=20))


def _balance(node: EvmNode, params: Params) -> str:
    return hex(node.state_at(_block(node, params.get(1))).get_balance(_address(params)))


def _nonce(node: EvmNode, params: Params) -> str:
    return hex(node.state_at(_block(node, params.get(1))).get_nonce(_address(params)))


def _code(node: EvmNode, params: Params) -> str | None:
    return data(node.state_at(_block(node, params.get(1))).get_code(_address(params)))


def _storage(node: EvmNode, params: Params) -> str:
    state = node.state_at(_block(node, params.get(2)))
    return word(state.get_storage(_address(params), params.quantity(1)))


def _message(params: Params) -> Message:
    fields = params.object(0)
    code = fields.get("input") or fields.get("data") or "0x"
    return Message(
        sender=Address(read_data(fields.get("from") or "0x" + "00" * 20, length=20)),
        to=Address(read_data(fields["to"], length=20) if fields.get("to") else b""),
        value=read_quantity(fields.get("value") or 0),
        data=read_data(code),
        gas=min(read_quantity(fields.get("gas") or BLOCK_GAS_LIMIT), BLOCK_GAS_LIMIT),
    )


def _call(node: EvmNode, params: Params) -> str | None:
    return data(node.call(_message(params), _block(node, params.get(1))))


def _estimate_gas(node: EvmNode, params: Params) -> str:
    return hex(node.estimate_gas(_message(params)))


def _transaction(node: EvmNode, params: Params) -> Json | None:
    mined = node.mined.get(params.data(0, length=32))
    return transaction_json(mined) if mined else None


def _receipt(node: EvmNode, params: Params) -> Json | None:
    mined = node.mined.get(params.data(0, length=32))
    return receipt_json(mined) if mined else None


def _block_by_number(node: EvmNode, params: Params) -> Json | None:
    try:
        block = _block(node, params.get(0))
    except RpcError as error:
        if error.message == "header not found":
            return None
        raise
    return block_json(block, node.transactions_in(block), full=params.boolean(1))


def _block_by_hash(node: EvmNode, params: Params) -> Json | None:
    block = node.block_with_hash(params.data(0, length=32))
    if block is None:
        return None
    return block_json(block, node.transactions_in(block), full=params.boolean(1))


def _block_receipts(node: EvmNode, params: Params) -> Sequence[Json]:
    return [receipt_json(mined) for mined in node.transactions_in(_block(node, params.get(0)))]


def _block_transaction_count(node: EvmNode, params: Params) -> str:
    return hex(len(_block(node, params.get(0)).transactions))


def _logs(node: EvmNode, params: Params) -> Sequence[Json]:
    filters = params.object(0)
    if "blockHash" in filters:
        blocks = [_block(node, {"blockHash": filters["blockHash"]})]
    else:
        first = _block(node, filters.get("fromBlock")).number
        last = _block(node, filters.get("toBlock")).number
        blocks = node.blocks[first : last + 1]
    addresses = _alternatives(filters.get("address"))
    topics: object = filters.get("topics") or ()
    if topics and not isinstance(topics, list):
        raise invalid_params("expected an array of topics")
    wanted = [_alternatives(topic) for topic in cast("Sequence[object]", topics)]
    return [
        log
        for block in blocks
        for mined in node.transactions_in(block)
        for log in logs_json(mined)
        if (not addresses or log["address"] in addresses) and _has_topics(log, wanted)
    ]


def _alternatives(value: object) -> set[str]:
    """A value or several of which one must match; none matches everything."""
    values = cast("list[object]", value) if isinstance(value, list) else [value]
    return {"0x" + read_data(each).hex() for each in values if each is not None}


def _has_topics(log: Json, wanted: Sequence[set[str]]) -> bool:
    topics: Sequence[str] = log["topics"]
    return len(topics) >= len(wanted) and all(
        not alternatives or topic in alternatives
        for topic, alternatives in zip(topics, wanted, strict=False)
    )


def _gas_price(node: EvmNode, params: Params) -> str:
    return hex(node.base_fee + _GWEI)


def _fee_history(node: EvmNode, params: Params) -> Json:
    newest = _block(node, params.get(1)).number
    count = max(1, min(params.quantity(0), _MAX_FEE_HISTORY, newest + 1))
    blocks = node.blocks[newest + 1 - count : newest + 1]
    headers: list[Any] = [block.header for block in blocks]
    percentiles = params.get(2)
    wanted = cast("list[object]", percentiles) if isinstance(percentiles, list) else []
    rewards = [hex(_GWEI) for _ in wanted]
    return {
        "oldestBlock": hex(blocks[0].number),
        "baseFeePerGas": [*(hex(h.base_fee_per_gas) for h in headers), hex(node.base_fee)],
        "gasUsedRatio": [h.gas_used / h.gas_limit for h in headers],
        "reward": [rewards for _ in headers],
    }


METHODS: Final[Mapping[str, _Method]] = {
    "web3_clientVersion": lambda node, params: _CLIENT,
    "web3_sha3": lambda node, params: data(keccak256(params.data(0))),
    "net_version": lambda node, params: str(node.chain_id),
    "net_listening": lambda node, params: True,
    "eth_chainId": lambda node, params: hex(node.chain_id),
    "eth_syncing": lambda node, params: False,
    "eth_accounts": lambda node, params: [],
    "eth_blockNumber": lambda node, params: hex(node.head.number),
    "eth_gasPrice": _gas_price,
    "eth_maxPriorityFeePerGas": lambda node, params: hex(_GWEI),
    "eth_feeHistory": _fee_history,
    "eth_getBalance": _balance,
    "eth_getTransactionCount": _nonce,
    "eth_getCode": _code,
    "eth_getStorageAt": _storage,
    "eth_call": _call,
    "eth_estimateGas": _estimate_gas,
    "eth_getTransactionByHash": _transaction,
    "eth_getTransactionReceipt": _receipt,
    "eth_getBlockByNumber": _block_by_number,
    "eth_getBlockByHash": _block_by_hash,
    "eth_getBlockReceipts": _block_receipts,
    "eth_getBlockTransactionCountByNumber": _block_transaction_count,
    "eth_getLogs": _logs,
    **WRITES,
}
