"""An Ethereum chain in memory: py-evm with the rules of Prague and a block for each transaction."""

import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import Any, Final

import attrs

from privy_async.sandbox.blockchains.journal import Recorder
from privy_async.sandbox.blockchains.json_rpc import RpcError
from privy_async.sandbox.records.chain_inputs import ChainInput

BLOCK_GAS_LIMIT: Final = 30_000_000
_EMPTY_ROOT: Final = bytes.fromhex(
    "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
)
_BLOB_TYPE: Final = 3
_REVERT_CODE: Final = 3
# keccak256("Error(string)")[:4], with which Solidity's `require` reverts.
_ERROR_SELECTOR: Final = bytes.fromhex("08c379a0")


@contextmanager
def _same_recursion_limit() -> Generator[None]:
    # py-evm raises the limit of the whole process a hundredfold when it is imported.
    limit = sys.getrecursionlimit()
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


with _same_recursion_limit():
    from eth.abc import BlockAPI, ReceiptAPI, SignedTransactionAPI, StateAPI
    from eth.chains.base import MiningChain
    from eth.db.atomic import AtomicDB
    from eth.db.backends.memory import MemoryDB
    from eth.exceptions import Revert, VMError
    from eth.vm.forks.prague import PragueVM
    from eth.vm.spoof import SpoofTransaction
    from eth_typing import Address, BlockNumber
    from eth_utils.exceptions import ValidationError


@attrs.frozen
class MinedTransaction:
    """A transaction, the block it is alone in, and what became of it."""

    transaction: SignedTransactionAPI
    block: BlockAPI
    receipt: ReceiptAPI


@attrs.frozen(kw_only=True)
class Message:
    """The message of an `eth_call` or `eth_estimateGas`. `to` is empty for creating a contract."""

    sender: Address
    to: Address
    value: int
    data: bytes
    gas: int


@attrs.frozen(kw_only=True)
class SavedEvm:
    """All of a chain at one moment.

    Attributes:
        database: What py-evm has written.
        header: The block that is being built.
        snapshots: Those taken over JSON-RPC, by their numbers.
    """

    blocks: Sequence[BlockAPI]
    mined: Mapping[bytes, MinedTransaction]
    numbers: Mapping[bytes, int]
    database: Mapping[bytes, bytes]
    header: Any
    state_changed: bool
    ahead: int
    snapshots: Mapping[int, "SavedEvm"]
    last_snapshot: int


class EvmNode:
    """One chain. Not for use from several threads at once.

    Args:
        recorder: Is told what is done to the chain, and gives the time, which becomes that of
            blocks.
    """

    def __init__(self, chain_id: int, recorder: Recorder) -> None:
        self.chain_id = chain_id
        self.blocks: list[BlockAPI] = []
        self.mined: dict[bytes, MinedTransaction] = {}
        self._recorder = recorder
        self._database = MemoryDB()
        self._chain = _new_chain(chain_id, int(recorder.note("start")), self._database)
        self._state_changed = False
        self._ahead = 0
        self._snapshots: dict[int, SavedEvm] = {}
        self._last_snapshot = 0
        genesis = self._chain.get_canonical_block_by_number(BlockNumber(0))
        self.blocks.append(genesis)
        self._numbers: dict[bytes, int] = {genesis.hash: 0}

    @property
    def head(self) -> BlockAPI:
        """The latest block, with every change of state in it."""
        if self._state_changed:
            self.mine()
        return self.blocks[-1]

    @property
    def base_fee(self) -> int:
        """The price of a unit of gas in the next block, in wei."""
        return int(self._pending_header().base_fee_per_gas or 0)

    def block_with_hash(self, block_hash: bytes) -> BlockAPI | None:
        """The block, or None if there is none."""
        number = self._numbers.get(block_hash)
        return None if number is None else self.blocks[number]

    def transactions_in(self, block: BlockAPI) -> Sequence[MinedTransaction]:
        """The receipts of the block's transactions."""
        return [self.mined[transaction.hash] for transaction in block.transactions]

    def state_at(self, block: BlockAPI) -> StateAPI:
        """The state after a block."""
        return self._chain.get_vm(block.header).state

    def mine(self) -> BlockAPI:
        """End the block that is being built, and begin the next."""
        self._begin_block(self._recorder.note("mine"))
        return self._mine()

    def _mine(self) -> BlockAPI:
        # Contracts read this as a random number.
        mix_hash = sha256(self.blocks[-1].hash).digest()
        block = self._chain.mine_block(coinbase=bytes(20), mix_hash=mix_hash)
        self._state_changed = False
        self._numbers[block.hash] = len(self.blocks)
        self.blocks.append(block)
        return block

    def send(self, raw: bytes) -> bytes:
        """Execute a signed transaction in a block of its own. Returns its hash.

        Raises:
            RpcError: It cannot be part of the chain; the texts are those of geth.
        """
        transaction = self._decode(raw)
        self._check(transaction)
        self._begin_block(self._recorder.note("send", raw))
        try:
            _, receipt, _ = self._chain.apply_transaction(transaction)
        except (ValidationError, VMError) as error:
            raise RpcError(str(error)) from None
        block = self._mine()
        self.mined[transaction.hash] = MinedTransaction(transaction, block, receipt)
        return transaction.hash

    def call(self, message: Message, block: BlockAPI) -> bytes:
        """Execute without a trace. Returns the output.

        Raises:
            RpcError: It reverted; `data` is what it reverted with, as 0x hex.
        """
        try:
            return self._chain.get_transaction_result(self._spoof(message, block), block.header)
        except (VMError, ValidationError) as error:
            raise _execution_error(error) from None

    def estimate_gas(self, message: Message) -> int:
        """The least gas it succeeds with, rounded up.

        Raises:
            RpcError: It reverts with any gas.
        """
        block = self.head
        try:
            return self._chain.estimate_gas(self._spoof(message, block), block.header)
        except (VMError, ValidationError) as error:
            raise _execution_error(error) from None

    def set_balance(self, address: bytes, wei: int) -> None:
        """Give an account a balance out of nothing."""
        self._recorder.note("set_balance", address, wei)
        self._change(lambda state: state.set_balance(Address(address), wei))

    def set_code(self, address: bytes, code: bytes) -> None:
        """Put a contract there."""
        self._recorder.note("set_code", address, code)
        self._change(lambda state: state.set_code(Address(address), code))

    def set_storage(self, address: bytes, slot: int, value: int) -> None:
        """Write a contract's storage."""
        self._recorder.note("set_storage", address, slot, value)
        self._change(lambda state: state.set_storage(Address(address), slot, value))

    def increase_time(self, seconds: int) -> int:
        """Have the next blocks so many seconds later; returns by how many they are in all."""
        self._recorder.note("increase_time", seconds)
        self._ahead += seconds
        return self._ahead

    def snapshot(self) -> int:
        """Remember the chain as it is, under the number that this returns."""
        self._recorder.note("snapshot")
        saved = self.saved()
        self._last_snapshot += 1
        self._snapshots[self._last_snapshot] = saved
        return self._last_snapshot

    def revert(self, number: int) -> bool:
        """Go back to a snapshot, which is gone then, as are later ones; False if there is none."""
        self._recorder.note("revert", number)
        if number not in self._snapshots:
            return False
        last = self._last_snapshot
        self.restore(self._snapshots[number])
        # A number never stands for two snapshots.
        self._last_snapshot = last
        return True

    def saved(self) -> SavedEvm:
        """All of the chain, as it is now."""
        return SavedEvm(
            blocks=tuple(self.blocks),
            mined=dict(self.mined),
            numbers=dict(self._numbers),
            database=dict(self._database.kv_store),
            header=self._chain.header,
            state_changed=self._state_changed,
            ahead=self._ahead,
            snapshots=dict(self._snapshots),
            last_snapshot=self._last_snapshot,
        )

    def restore(self, saved: SavedEvm) -> None:
        """Make the chain as it was."""
        self.blocks, self.mined = [*saved.blocks], dict(saved.mined)
        self._numbers = dict(saved.numbers)
        self._database.kv_store = dict(saved.database)
        self._chain.header = saved.header
        self._state_changed, self._ahead = saved.state_changed, saved.ahead
        self._snapshots, self._last_snapshot = dict(saved.snapshots), saved.last_snapshot

    def apply(self, entry: ChainInput) -> None:
        """Do again what was noted."""
        try:
            _INPUTS[entry.name](self, *entry.arguments)
        except RpcError:
            return  # as it failed the first time

    def _change(self, change: Callable[[StateAPI], None]) -> None:
        vm = self._chain.get_vm(self._pending_header())
        change(vm.state)
        vm.state.persist()
        self._chain.header = vm.get_header().copy(state_root=vm.state.state_root)
        self._state_changed = True

    def _pending_header(self) -> Any:
        return self._chain.header

    def _begin_block(self, now: float) -> None:
        # Otherwise py-evm takes the machine's time.
        self._chain.set_header_timestamp(
            max(self.blocks[-1].header.timestamp + 1, int(now) + self._ahead)
        )

    def _decode(self, raw: bytes) -> SignedTransactionAPI:
        if raw[:1] == bytes([_BLOB_TYPE]):
            raise RpcError("transaction type not supported")
        builder = self._chain.get_vm().get_transaction_builder()
        try:
            transaction = builder.decode(raw)
            # The sender follows from the signature.
            transaction.sender  # noqa: B018
        # py-evm lets through whatever its decoders raise for bytes that are no transaction.
        except Exception as error:
            raise RpcError(f"invalid transaction: {error}") from None
        return transaction

    def _check(self, transaction: SignedTransactionAPI) -> None:
        state = self.state_at(self.head)
        if transaction.chain_id not in (None, self.chain_id):
            raise RpcError(f"invalid chain id: have {transaction.chain_id} want {self.chain_id}")
        nonce = state.get_nonce(transaction.sender)
        if transaction.nonce != nonce:
            order = "low" if transaction.nonce < nonce else "high"
            raise RpcError(f"nonce too {order}: next nonce {nonce}, tx nonce {transaction.nonce}")
        if transaction.gas > BLOCK_GAS_LIMIT:
            raise RpcError("exceeds block gas limit")
        if transaction.gas < transaction.intrinsic_gas:
            needed = transaction.intrinsic_gas
            raise RpcError(f"intrinsic gas too low: gas {transaction.gas}, minimum needed {needed}")
        if transaction.max_fee_per_gas < self.base_fee:
            raise RpcError(f"max fee per gas less than block base fee: {self.base_fee}")
        cost = transaction.value + transaction.gas * transaction.max_fee_per_gas
        have = state.get_balance(transaction.sender)
        if have < cost:
            problem = f"have {have} want {cost}"
            raise RpcError(f"insufficient funds for gas * price + value: {problem}")

    def _spoof(self, message: Message, block: BlockAPI) -> Any:
        nonce = self.state_at(block).get_nonce(message.sender)
        unsigned = self._chain.create_unsigned_transaction(
            nonce=nonce,
            gas_price=0,
            gas=message.gas,
            to=message.to,
            value=message.value,
            data=message.data,
        )
        return SpoofTransaction(unsigned, from_=message.sender)


_INPUTS: Final[Mapping[str, Callable[..., object]]] = {
    "increase_time": EvmNode.increase_time,
    "snapshot": EvmNode.snapshot,
    "revert": EvmNode.revert,
    "mine": EvmNode.mine,
    "send": EvmNode.send,
    "set_balance": EvmNode.set_balance,
    "set_code": EvmNode.set_code,
    "set_storage": EvmNode.set_storage,
}


def _new_chain(id_of_chain: int, timestamp: int, database: MemoryDB) -> MiningChain:
    class Chain(MiningChain):
        chain_id = id_of_chain
        vm_configuration = ((BlockNumber(0), PragueVM),)

        def create_header_from_parent(self, parent_header: Any, **fields: Any) -> Any:
            # Otherwise it would move with what the blocks use.
            fields.setdefault("gas_limit", parent_header.gas_limit)
            return super().create_header_from_parent(parent_header, **fields)

    genesis: dict[str, Any] = {
        "coinbase": bytes(20),
        "difficulty": 0,
        "extra_data": b"",
        "gas_limit": BLOCK_GAS_LIMIT,
        "mix_hash": bytes(32),
        "nonce": bytes(8),
        "receipt_root": _EMPTY_ROOT,
        "timestamp": timestamp,
        "transaction_root": _EMPTY_ROOT,
    }
    chain = Chain.from_genesis(AtomicDB(database), genesis, {})
    assert isinstance(chain, MiningChain)
    return chain


def _execution_error(error: Exception) -> RpcError:
    if not isinstance(error, Revert):
        return RpcError(str(error) or type(error).__name__)
    output = error.args[0] if error.args and isinstance(error.args[0], bytes) else b""
    reason = _reason(output)
    message = f"execution reverted: {reason}" if reason else "execution reverted"
    return RpcError(message, _REVERT_CODE, "0x" + output.hex())


def _reason(output: bytes) -> str:
    """The text of Solidity's Error(string), "" if it is something else."""
    if output[:4] != _ERROR_SELECTOR or len(output) < 68:
        return ""
    length = int.from_bytes(output[36:68])
    return output[68 : 68 + length].decode(errors="replace")
