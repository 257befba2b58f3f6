"""Blocks, transactions, receipts and logs as an Ethereum node answers them.

Names and forms: https://ethereum.github.io/execution-apis/
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, cast

import rlp  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs]
from eth.abc import BlockAPI, SignedTransactionAPI

from privy_async.sandbox.blockchains.evm.node import MinedTransaction
from privy_async.sandbox.keys.addresses import keccak256

Json = dict[str, Any]

_rlp: Final[Callable[[object], bytes]] = cast("Any", rlp).encode

_DYNAMIC_FEE, _SET_CODE = 2, 4


def data(value: bytes | None) -> str | None:
    """0x hex of bytes; None stays None."""
    return None if value is None else "0x" + value.hex()


def word(value: int) -> str:
    """0x hex of a number as 32 bytes."""
    return f"0x{value:064x}"


def block_json(block: BlockAPI, transactions: Iterable[MinedTransaction], *, full: bool) -> Json:
    """A block with its transactions, or with only their hashes."""
    header: Any = block.header
    return {
        "number": hex(block.number),
        "hash": data(block.hash),
        "parentHash": data(header.parent_hash),
        "nonce": data(header.nonce),
        "mixHash": data(header.mix_hash),
        "sha3Uncles": data(header.uncles_hash),
        "logsBloom": f"0x{header.bloom:0512x}",
        "transactionsRoot": data(header.transaction_root),
        "receiptsRoot": data(header.receipt_root),
        "stateRoot": data(header.state_root),
        "miner": data(header.coinbase),
        "difficulty": hex(header.difficulty),
        "totalDifficulty": "0x0",
        "extraData": data(header.extra_data),
        "size": hex(len(_rlp(block))),
        "gasLimit": hex(header.gas_limit),
        "gasUsed": hex(header.gas_used),
        "timestamp": hex(header.timestamp),
        "baseFeePerGas": hex(header.base_fee_per_gas),
        "withdrawals": [],
        "withdrawalsRoot": data(header.withdrawals_root),
        "parentBeaconBlockRoot": data(header.parent_beacon_block_root),
        "blobGasUsed": hex(header.blob_gas_used),
        "excessBlobGas": hex(header.excess_blob_gas),
        "requestsHash": data(header.requests_hash),
        "transactions": [
            transaction_json(mined) if full else data(mined.transaction.hash)
            for mined in transactions
        ],
        "uncles": [],
    }


def transaction_json(mined: MinedTransaction) -> Json:
    """A transaction and where it is."""
    transaction: Any = mined.transaction
    kind = type_of(mined.transaction)
    answer: Json = {
        "type": hex(kind),
        "hash": data(transaction.hash),
        "nonce": hex(transaction.nonce),
        "blockHash": data(mined.block.hash),
        "blockNumber": hex(mined.block.number),
        "transactionIndex": "0x0",
        "from": data(transaction.sender),
        "to": data(transaction.to or None),
        "value": hex(transaction.value),
        "gas": hex(transaction.gas),
        "gasPrice": hex(effective_gas_price(mined)),
        "input": data(transaction.data),
        "r": hex(transaction.r),
        "s": hex(transaction.s),
    }
    if kind == 0:
        return {**answer, "v": hex(transaction.v)}
    answer |= {
        "chainId": hex(transaction.chain_id),
        "v": hex(transaction.y_parity),
        "yParity": hex(transaction.y_parity),
        "accessList": [
            {"address": data(address), "storageKeys": [word(key) for key in keys]}
            for address, keys in transaction.access_list
        ],
    }
    if kind >= _DYNAMIC_FEE:
        answer["maxFeePerGas"] = hex(transaction.max_fee_per_gas)
        answer["maxPriorityFeePerGas"] = hex(transaction.max_priority_fee_per_gas)
    if kind == _SET_CODE:
        answer["authorizationList"] = [_authorization(a) for a in transaction.authorization_list]
    return answer


def receipt_json(mined: MinedTransaction) -> Json:
    """A transaction's receipt."""
    transaction, receipt = mined.transaction, mined.receipt
    return {
        "type": hex(type_of(transaction)),
        "transactionHash": data(transaction.hash),
        "transactionIndex": "0x0",
        "blockHash": data(mined.block.hash),
        "blockNumber": hex(mined.block.number),
        "from": data(transaction.sender),
        "to": data(transaction.to or None),
        "contractAddress": None if transaction.to else _contract_address(transaction),
        "cumulativeGasUsed": hex(receipt.gas_used),
        "gasUsed": hex(receipt.gas_used),
        "effectiveGasPrice": hex(effective_gas_price(mined)),
        "logs": logs_json(mined),
        "logsBloom": f"0x{receipt.bloom:0512x}",
        "status": "0x1" if succeeded(mined) else "0x0",
    }


def logs_json(mined: MinedTransaction) -> Sequence[Json]:
    """The events of a transaction."""
    return [
        {
            "address": data(log.address),
            "topics": [word(topic) for topic in log.topics],
            "data": data(log.data),
            "logIndex": hex(index),
            "transactionHash": data(mined.transaction.hash),
            "transactionIndex": "0x0",
            "blockHash": data(mined.block.hash),
            "blockNumber": hex(mined.block.number),
            "removed": False,
        }
        for index, log in enumerate(mined.receipt.logs)
    ]


def succeeded(mined: MinedTransaction) -> bool:
    """True if the transaction did not revert; since Byzantium this stands in the state root."""
    return mined.receipt.state_root == b"\x01"


def type_of(transaction: SignedTransactionAPI) -> int:
    """The type of EIP-2718, 0 for a legacy transaction."""
    return int(getattr(transaction, "type_id", None) or 0)


def effective_gas_price(mined: MinedTransaction) -> int:
    """The price of a unit of gas, in wei (EIP-1559)."""
    header: Any = mined.block.header
    transaction = mined.transaction
    tip = transaction.max_priority_fee_per_gas
    return int(min(transaction.max_fee_per_gas, tip + header.base_fee_per_gas))


def _contract_address(transaction: SignedTransactionAPI) -> str | None:
    return data(keccak256(_rlp([transaction.sender, transaction.nonce]))[12:])


def _authorization(authorization: Any) -> Json:
    return {
        "chainId": hex(authorization.chain_id),
        "address": data(authorization.address),
        "nonce": hex(authorization.nonce),
        "yParity": hex(authorization.y_parity),
        "r": hex(authorization.r),
        "s": hex(authorization.s),
    }
