"""An Ethereum chain in anvil, with the rules of Prague and a block for each transaction.

What is done to it is what is done to one in memory (`node.py`), under the same names: so it can be
done again, to the one or to the other.
"""

import logging
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, cast

import attrs

from privy_async.sandbox.blockchains.evm.anvil_process import AnvilProcess, Mark
from privy_async.sandbox.blockchains.evm.fork import Fork
from privy_async.sandbox.blockchains.evm.writing import WRITES
from privy_async.sandbox.blockchains.journal import Recorder
from privy_async.sandbox.blockchains.json_rpc import METHOD_NOT_FOUND, Params, RpcError
from privy_async.sandbox.records.chain_inputs import ChainInput

_LOGGER: Final = logging.getLogger("privy_async.sandbox")
_GAS_LIMIT: Final = "30000000"
_BASE_FEE: Final = "1000000000"
# Sets an account's balance of a token that others have made.
_DEAL: Final = "anvil_dealERC20"
_BLOB_TYPE: Final = b"\x03"

# Those that look at the latest block; what was written is in it then, as in a chain in memory.
_OF_LATEST: Final = frozenset(
    {
        "eth_blockNumber", "eth_call", "eth_estimateGas", "eth_feeHistory", "eth_getBalance",
        "eth_getBlockByNumber", "eth_getBlockReceipts", "eth_getBlockTransactionCountByNumber",
        "eth_getCode", "eth_getLogs", "eth_getStorageAt", "eth_getTransactionCount",
    }
)  # fmt: skip
READS: Final = _OF_LATEST | {
    "eth_accounts", "eth_chainId", "eth_gasPrice", "eth_getBlockByHash",
    "eth_getTransactionByHash", "eth_getTransactionReceipt", "eth_maxPriorityFeePerGas",
    "eth_syncing", "net_listening", "net_version", "web3_clientVersion", "web3_sha3",
}  # fmt: skip


@attrs.frozen
class Anvil:
    """The program, and the chain elsewhere that it goes on from."""

    program: str
    fork: Fork | None = None


@attrs.frozen
class _Moment:
    """A chain at one moment, but for what anvil itself knows.

    Attributes:
        history: What was done to it since it began.
        time: The latest block's, in Unix seconds.
        is_changed: Whether state was written that is in no block yet.
        ahead: Seconds by which the next blocks are later.
        snapshots: Those taken over JSON-RPC, by their numbers.
    """

    time: int
    history: Sequence[ChainInput] = ()
    is_changed: bool = False
    ahead: int = 0
    snapshots: Mapping[int, "SavedAnvil"] = attrs.field(factory=dict[int, "SavedAnvil"])
    last_snapshot: int = 0


@attrs.define
class SavedAnvil:
    """All of a chain at one moment; without a mark it comes back by doing it all again."""

    moment: _Moment
    mark: Mark | None


class AnvilEvm:
    """One chain, and its JSON-RPC. The process starts when it is first needed.

    Not for use from several threads at once.

    Args:
        recorder: Is told what is done to the chain, and gives the time, which becomes that of
            blocks.
    """

    def __init__(self, anvil: Anvil, chain_id: int, recorder: Recorder) -> None:
        self._anvil, self._chain_id, self._recorder = anvil, chain_id, recorder
        self._began = int(recorder.note("start"))
        if anvil.fork is not None:
            self._began = max(self._began, anvil.fork.time)
        self._process: AnvilProcess | None = None
        self._base: Mark | None = None
        self._now = _Moment(self._began)
        self._history: list[ChainInput] = []
        self._inputs: Mapping[str, Callable[..., object]] = {
            "increase_time": self._increase_time,
            "snapshot": self._snapshot,
            "revert": self._revert,
            "mine": self._mine,
            "send": self._send,
            "set_balance": self._set_balance,
            "set_code": self._set_code,
            "set_storage": self._set_storage,
            "deal": self._deal,
        }

    @property
    def first_block(self) -> int:
        """The number of the first block that is its own."""
        return self._anvil.fork.block + 1 if self._anvil.fork else 0

    # --- JSON-RPC

    def request(self, method: str, params: Params) -> object:
        """Execute a method.

        Raises:
            RpcError: It failed, or there is no such method.
        """
        if method in WRITES:
            return WRITES[method](self, params)
        if method == _DEAL and self._anvil.fork is not None:
            address, token = (params.data(index, length=20) for index in range(2))
            return self._do("deal", address, token, params.quantity(2))
        if method not in READS:
            problem = f"the method {method} does not exist/is not available"
            raise RpcError(problem, METHOD_NOT_FOUND)
        if method in _OF_LATEST:
            self._settle()
        return self._ask(method, *params.values)

    def mine(self) -> None:
        """End the block that is being built, and begin the next."""
        self._do("mine")

    def send(self, raw: bytes) -> bytes:
        """Execute a signed transaction in a block of its own. Returns its hash.

        Raises:
            RpcError: It cannot be part of the chain.
        """
        self._settle()
        return cast("bytes", self._do("send", raw))

    def set_balance(self, address: bytes, wei: int) -> None:
        """Give an account a balance out of nothing."""
        self._do("set_balance", address, wei)

    def set_code(self, address: bytes, code: bytes) -> None:
        """Put a contract there."""
        self._do("set_code", address, code)

    def set_storage(self, address: bytes, slot: int, value: int) -> None:
        """Write a contract's storage."""
        self._do("set_storage", address, slot, value)

    def increase_time(self, seconds: int) -> int:
        """Have the next blocks so many seconds later; returns by how many they are in all."""
        return cast("int", self._do("increase_time", seconds))

    def snapshot(self) -> int:
        """Remember the chain as it is, under the number that this returns."""
        return cast("int", self._do("snapshot"))

    def revert(self, number: int) -> bool:
        """Go back to a snapshot, which is gone then, as are later ones; False if there is none."""
        return cast("bool", self._do("revert", number))

    # --- going back, and coming back

    def saved(self) -> SavedAnvil:
        """All of the chain, as it is now."""
        moment = attrs.evolve(self._now, history=tuple(self._history))
        try:
            return SavedAnvil(moment, self._process.mark() if self._process else None)
        except OSError:
            self.close()
            return SavedAnvil(moment, None)

    def restore(self, saved: object) -> bool:
        """Make the chain as it was; False if there was none."""
        if not isinstance(saved, SavedAnvil):
            return False
        try:
            self._restore(saved)
        except OSError:
            # The next process is brought to where the chain was then.
            self.close()
            self._restore(saved)
        return True

    def apply(self, entry: ChainInput) -> None:
        """Do again what was noted."""
        try:
            self._again(entry)
        except RpcError as error:
            if self._process is None:
                raise  # It was not refused: nothing was there that could.
            _LOGGER.warning("anvil refuses what the state file says was done: %s", error.message)

    def close(self) -> None:
        """End the process. The next use of the chain starts another, and does all of it again."""
        process, self._process = self._process, None
        if process is not None:
            process.end()

    def _restore(self, saved: SavedAnvil) -> None:
        process = self._process
        is_back = process and saved.mark and process.go_back(saved.mark)
        self._now, self._history = saved.moment, [*saved.moment.history]
        if process is not None and not is_back:
            assert self._base is not None
            process.go_back(self._base)
            self._do_all_again(saved.moment.history)
            saved.mark = process.mark()

    def _do_all_again(self, history: Sequence[ChainInput]) -> None:
        self._now, self._history = _Moment(self._began), []
        for entry in history:
            self._again(entry)

    def _again(self, entry: ChainInput) -> None:
        self._inputs[entry.name](entry.at, *entry.arguments)
        self._history.append(entry)

    def _do(self, name: str, *arguments: bytes | int) -> object:
        """Do something to the chain, and note it once it is done."""
        entry = ChainInput(self._recorder.now(), name, arguments)
        with self._reaching():
            result = self._inputs[name](entry.at, *arguments)
        self._history.append(entry)
        self._recorder.keep(entry)
        return result

    # --- what is done, and at what time

    def _settle(self) -> None:
        """Have a block that holds what was written."""
        if self._now.is_changed:
            self._do("mine")

    def _mine(self, at: float) -> None:
        time = max(self._now.time + 1, int(at) + self._now.ahead)
        self._ask("evm_mine", {"timestamp": time})
        self._now = attrs.evolve(self._now, time=time, is_changed=False)

    def _send(self, at: float, raw: bytes) -> bytes:
        if raw[:1] == _BLOB_TYPE:
            raise RpcError("transaction type not supported")
        try:
            sent = str(self._ask("eth_sendRawTransaction", "0x" + raw.hex()))
        except RpcError as error:
            # Geth's words, which many look for, all begin so.
            error.message = error.message[:1].lower() + error.message[1:]
            raise
        waiting = cast("dict[str, str]", self._ask("txpool_status"))
        if int(waiting["pending"], 16) == 0:
            problem = self._is_early(sent)
            self._ask("anvil_dropAllTransactions")
            raise RpcError(problem)
        self._mine(at)
        if self._ask("eth_getTransactionReceipt", sent) is None:
            self._ask("anvil_dropAllTransactions")
            raise RpcError("the transaction did not get into a block")
        return bytes.fromhex(sent[2:])

    def _is_early(self, sent: str) -> str:
        transaction = cast("dict[str, str]", self._ask("eth_getTransactionByHash", sent))
        next_one = int(str(self._ask("eth_getTransactionCount", transaction["from"], "latest")), 16)
        own = int(transaction["nonce"], 16)
        return f"nonce too high: next nonce {next_one}, tx nonce {own}"

    def _set_balance(self, at: float, address: bytes, wei: int) -> None:
        self._write("anvil_setBalance", _hex(address), hex(wei))

    def _set_code(self, at: float, address: bytes, code: bytes) -> None:
        self._write("anvil_setCode", _hex(address), _hex(code))

    def _set_storage(self, at: float, address: bytes, slot: int, value: int) -> None:
        self._write("anvil_setStorageAt", _hex(address), hex(slot), f"0x{value:064x}")

    def _deal(self, at: float, address: bytes, token: bytes, units: int) -> None:
        self._write(_DEAL, _hex(address), _hex(token), hex(units))

    def _write(self, method: str, *params: str) -> None:
        self._ask(method, *params)
        self._now = attrs.evolve(self._now, is_changed=True)

    def _increase_time(self, at: float, seconds: int) -> int:
        self._now = attrs.evolve(self._now, ahead=self._now.ahead + seconds)
        return self._now.ahead

    def _snapshot(self, at: float) -> int:
        self._running()
        number = self._now.last_snapshot + 1
        known = {**self._now.snapshots, number: self.saved()}
        self._now = attrs.evolve(self._now, snapshots=known, last_snapshot=number)
        return number

    def _revert(self, at: float, number: int) -> bool:
        self._running()
        saved = self._now.snapshots.get(number)
        if saved is None:
            return False
        last, history = self._now.last_snapshot, self._history
        self._restore(saved)
        # A number never stands for two snapshots; and the way here can be gone again.
        self._now, self._history = attrs.evolve(self._now, last_snapshot=last), history
        return True

    # --- the process

    def _ask(self, method: str, *params: object) -> object:
        try:
            with self._reaching():
                return self._running().request(method, params)
        except RpcError as error:
            if self._anvil.fork is not None:
                error.message = self._anvil.fork.without_address(error.message)
            raise

    @contextmanager
    def _reaching(self) -> Generator[None]:
        try:
            yield
        except OSError as error:
            self.close()
            problem = f"anvil has ended or does not answer ({type(error).__name__})"
            raise RpcError(problem) from None

    def _running(self) -> AnvilProcess:
        """Return the process; a new one is brought to where the chain was."""
        if self._process is None:
            self._process = self._started()
            try:
                self._do_all_again(self._history)
            except BaseException:
                self.close()
                raise
        return self._process

    def _started(self) -> AnvilProcess:
        genesis = ("--timestamp", str(self._began), "--block-base-fee-per-gas", _BASE_FEE)
        options = ("--chain-id", str(self._chain_id), "--gas-limit", _GAS_LIMIT, *genesis)
        process = AnvilProcess(self._anvil.program, options)
        try:
            if self._anvil.fork is not None:
                process.request("anvil_reset", ({"forking": self._anvil.fork.to_json()},))
            self._base = process.mark()
            # A fork's first block has another difficulty than after it has gone back.
            process.go_back(self._base)
        except BaseException:
            process.end()
            raise
        return process


def _hex(value: bytes) -> str:
    return "0x" + value.hex()
