"""All chains of one sandbox. Each starts when it is first used, in the chains' own thread."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import attrs

from privy_async.sandbox.blockchains.assets import (
    SOLANA_MAINNET,
    USDC,
    USDC_DECIMALS,
    chain_of,
    to_units,
    usdc_addresses,
)
from privy_async.sandbox.blockchains.evm.engines import EvmEngine
from privy_async.sandbox.blockchains.evm.remote import RemoteEvm
from privy_async.sandbox.blockchains.failures import broadcast_failure
from privy_async.sandbox.blockchains.journal import INITIAL_BALANCES, Journal, Recorder
from privy_async.sandbox.blockchains.json_rpc import Params, RpcError, answer
from privy_async.sandbox.blockchains.movements import Movement
from privy_async.sandbox.blockchains.worker import Worker
from privy_async.sandbox.keys.wallet_keys import WalletKey
from privy_async.sandbox.records.chain_inputs import ChainInput
from privy_async.sandbox.records.transactions import Transaction
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.rpc import RPC_METHODS, RpcResult
from privy_async.sandbox.state import State

if TYPE_CHECKING:
    from privy_async.sandbox.blockchains.evm.chain import EvmRpc
    from privy_async.sandbox.blockchains.svm.node import SvmNode

_LOGGER: Final = logging.getLogger("privy_async.sandbox")
_SENDING: Final = ("eth_sendTransaction", "wallet_sendCalls", "signAndSendTransaction")
_SVM: Final = "solana"
# What it comes to where a node elsewhere answers something else than it should.
_NONSENSE: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

Result = TypeVar("Result")


class Blockchain(Protocol):
    """A chain as the sandbox uses it; an EvmChain or an SvmChain."""

    def execute(
        self, key: WalletKey, body: Mapping[str, object], approve: Callable[[], None]
    ) -> RpcResult:
        """Execute a wallet's RPC request that sends a transaction, or raise Refusal.

        `approve` is called before it is sent, and raises what it has against it.
        """
        ...

    def is_successful(self, transaction_hash: str) -> bool | None:
        """True if a transaction succeeded; None while it is in no block."""
        ...

    def balance(self, address: str, token: str | None = None) -> int:
        """The units an address holds of the chain's coin, or of a token."""
        ...

    def decimals(self, token: str) -> int | None:
        """A token's decimals; None if there is no such token."""
        ...

    def credit(self, address: str, units: int, *, token: str | None = None) -> None:
        """Give an address units out of nothing, or raise RpcError."""
        ...

    def movements(self, address: str) -> Sequence[Movement]:
        """The movements from and to an address, oldest first."""
        ...

    def moved_by(self, transaction_hash: str) -> Sequence[Movement]:
        """The movements of a transaction; none while it is in no block."""
        ...


@attrs.frozen
class SavedChains:
    """The chains at one moment: what each node has saved, and the wallets that it knew."""

    nodes: Mapping[str, object]
    known_wallets: Mapping[str, int]


class Blockchains:
    """The chains by CAIP-2 id; Solana's clusters are one chain.

    Attributes:
        on_status: Told of a ledger entry whose status has changed: before, and now.

    Args:
        enabled: Without, there are none.
        initial_balance: What each wallet gets of each chain's coin and of USDC when it first
            meets the chain, in whole coins.
        engine: Executes Ethereum's.
        block_time: Seconds after which a transaction counts as confirmed; it is final after two.
        is_forgetful: Whether chains in memory end with the thread, and what was done to them is
            done again to new ones, as where a file keeps that.

    Raises:
        ValueError: If `initial_balance` is no number of coins.
    """

    def __init__(
        self,
        state: State,
        *,
        enabled: bool,
        initial_balance: str | int | Decimal,
        engine: EvmEngine,
        block_time: float,
        is_forgetful: bool = False,
    ) -> None:
        self.block_time = block_time
        self._state = state
        self._initial_balance = Decimal(initial_balance)
        if not self._initial_balance.is_finite() or self._initial_balance < 0:
            raise ValueError("initial_balance must be zero or a positive number")
        self._enabled = enabled
        self._engine = engine
        self._chains: dict[str, Blockchain] = {}
        self._nodes: dict[str, "EvmRpc | SvmNode"] = {}
        self._known_wallets: dict[str, int] = {}
        self._worker = Worker()
        # Solana goes back to a snapshot by doing it all again, Ethereum's chains are copied.
        self._journal = Journal(state.chain_inputs, only=None if is_forgetful else _SVM)
        self._is_forgetful = is_forgetful
        self.on_status: Callable[[Transaction, Transaction], None] | None = None

    def executes(self, key: WalletKey, body: Mapping[str, object]) -> bool:
        """True if a wallet's RPC request sends a transaction to one of these chains."""
        method, caip2 = body.get("method"), body.get("caip2")
        return (
            method in _SENDING
            and RPC_METHODS[str(method)] == key.chain_type
            and isinstance(caip2, str)
            and self.has(caip2)
        )

    def has(self, caip2: str) -> bool:
        """True if there is such a chain; for Ethereum's an engine is needed."""
        namespace, _, reference = caip2.partition(":")
        if not self._enabled:
            return False
        if namespace == "eip155":
            number = reference.isdecimal() and reference.isascii()
            return number and self._engine.is_there
        return namespace == "solana" and bool(reference)

    @property
    def started(self) -> tuple[str, ...]:
        """The CAIP-2 ids of the chains that have been used; Solana's mainnet for all clusters."""
        return tuple(SOLANA_MAINNET if key == _SVM else key for key in tuple(self._chains))

    async def execute(
        self, key: WalletKey, body: Mapping[str, object], approve: Callable[[], None]
    ) -> RpcResult:
        """Execute a request for which `executes` is true.

        Args:
            approve: Called on this event loop once the transaction is complete, before it is sent.

        Raises:
            Refusal: 400 if the request is wrong, or the chain does not take the transaction; or
                what `approve` raises.
        """
        loop = asyncio.get_running_loop()

        async def approve_here() -> None:
            approve()

        def approve_there() -> None:
            asyncio.run_coroutine_threadsafe(approve_here(), loop).result()

        return await self.ask(
            str(body["caip2"]), lambda chain: chain.execute(key, body, approve_there)
        )

    async def ask(self, caip2: str, question: Callable[[Blockchain], Result]) -> Result:
        """Run `question(chain)` in the chains' thread, once every wallet there has its money.

        Raises:
            Refusal: 400 `transaction_broadcast_failure` if the chain refuses or does not answer.
        """
        key = _key_of(caip2)
        new_wallets, met = self._new_wallets(key), len(self._state.wallets)
        inputs = () if key in self._chains else self._journal.inputs(key)
        number = self._journal.new_job()

        def job() -> Result:
            self._journal.begin(number)
            try:
                chain = self._chain(key, inputs)
                if new_wallets:
                    self._give_all(chain, caip2, new_wallets)
                    self._recorder(key).note(INITIAL_BALANCES, met)
                return question(chain)
            except RpcError as error:
                raise broadcast_failure(error.message) from None
            except _NONSENSE as error:
                if not isinstance(self._nodes.get(key), RemoteEvm):
                    raise
                _LOGGER.warning("the chain's address gave an answer that is none: %r", error)
                raise broadcast_failure("the chain's address gave an answer that is none") from None

        try:
            result = await self._worker.run(job)
        except Exception:
            # Not if it is cancelled: then the job goes on, and is kept with the next one.
            self._journal.keep(number)
            raise
        self._journal.keep(number)
        return result

    async def request_evm(self, chain_id: int, request: object) -> object:
        """Answer a JSON-RPC request, or a batch, to an Ethereum chain."""
        caip2 = f"eip155:{chain_id}"

        def call(method: str, params: Params) -> object:
            node: Any = self._nodes[caip2]
            return node.request(method, params)

        return await self.ask(caip2, lambda chain: answer(request, call))

    async def request_svm(self, request: object) -> object:
        """Answer a JSON-RPC request, or a batch, to Solana."""

        def call(method: str, params: Params) -> object:
            from privy_async.sandbox.blockchains.svm.methods import execute

            node: Any = self._nodes[_SVM]
            return execute(node, method, params)

        return await self.ask("solana:any", lambda chain: answer(request, call))

    async def fund(
        self, address: str, amount: str | int | Decimal, *, caip2: str, asset: str
    ) -> None:
        """Give an address coins or tokens out of nothing; see `Sandbox.fund`."""
        try:
            token, decimals = await self.asset(caip2, asset)
            units = to_units(amount, decimals)
            await self.ask(caip2, lambda chain: chain.credit(address, units, token=token))
        except Refusal as refusal:
            raise RuntimeError(refusal.message) from None

    async def refresh(self, transactions: Sequence[Transaction]) -> None:
        """Bring the status of ledger entries up to date."""
        for transaction in transactions:
            await self._refresh(transaction)

    async def saved(self) -> SavedChains:
        """All of the chains, as they are once what was begun has ended.

        Raises:
            RpcError: A chain elsewhere takes no snapshots.
        """
        nodes = await self._worker.run(
            lambda: {key: node.saved() for key, node in self._nodes.items()}
        )
        self._journal.keep()
        return SavedChains(nodes, dict(self._known_wallets))

    async def restore(self, saved: SavedChains) -> None:
        """Make the chains as they were; then restore the state, with what was done to them.

        Raises:
            RpcError: A chain elsewhere does not go back.
        """

        def restore() -> None:
            for key, node in list(self._nodes.items()):
                if not node.restore(saved.nodes.get(key)):
                    node.close()
                    del self._nodes[key], self._chains[key]

        await self._worker.run(restore)
        self._journal.keep()
        known = saved.known_wallets.items()
        self._known_wallets = {key: count for key, count in known if key in self._nodes}

    async def stop(self) -> None:
        """Wait for what was begun, and end the thread. The chains keep their state."""

        def close() -> None:
            for node in self._nodes.values():
                node.close()

        if self._nodes:
            await self._worker.run(close)
        await self._worker.stop()
        self._journal.keep()
        if self._is_forgetful:
            self._chains, self._nodes, self._known_wallets = {}, {}, {}

    async def asset(self, caip2: str, asset: str) -> tuple[str | None, int]:
        """A token's address (None for the chain's coin) and the asset's decimals.

        Args:
            asset: "native" or the coin's name, "usdc", or a token's address.

        Raises:
            ValueError: There is no such chain or token.
        """
        if not self.has(caip2):
            raise ValueError(f"There is no chain {caip2}")
        named = chain_of(caip2)
        if asset in ("native", named.native):
            return None, named.native_decimals
        token = named.usdc if asset == USDC else asset
        decimals = await self.ask(caip2, lambda chain: chain.decimals(token))
        if decimals is None and asset == USDC:
            decimals = USDC_DECIMALS
        if decimals is None:
            raise ValueError(f"There is no {asset} on {caip2}")
        return token, decimals

    async def _refresh(self, transaction: Transaction) -> None:
        sent_hash = transaction.transaction_hash or transaction.content.get("transaction_hash")
        age = self._state.now - transaction.created_at
        due = transaction.status in ("broadcasted", "confirmed") and age > self.block_time * 1000
        if not due or not isinstance(sent_hash, str) or not self.has(transaction.caip2):
            return
        successful = await self.ask(transaction.caip2, lambda chain: chain.is_successful(sent_hash))
        if successful is None:
            return
        final = age > 2 * self.block_time * 1000
        status = ("finalized" if final else "confirmed") if successful else "execution_reverted"
        before = self._state.transactions.get(transaction.id)
        if before is None:
            return  # It was reverted meanwhile.
        now = attrs.evolve(before, status=status, transaction_hash=sent_hash)
        self._state.transactions[transaction.id] = now
        if self.on_status is not None and now.status != before.status:
            self.on_status(before, now)

    def _new_wallets(self, key: str) -> Sequence[str]:
        """The addresses of wallets that were made since the chain was last used."""
        chain_type = "solana" if key == _SVM else "ethereum"
        seen = self._known_wallets.get(key)
        if seen is None:
            seen = self._journal.wallets_met(key)
        self._known_wallets[key] = len(self._state.wallets)
        new = islice(self._state.wallets.values(), seen, None)
        return [wallet.key.address for wallet in new if wallet.key.chain_type == chain_type]

    def _give_all(self, chain: Blockchain, caip2: str, addresses: Sequence[str]) -> None:
        if not self._initial_balance:
            return
        named = chain_of(caip2)
        coins, usdc = (
            int(self._initial_balance.scaleb(decimals))
            for decimals in (named.native_decimals, USDC_DECIMALS)
        )
        try:
            for address in addresses:
                chain.credit(address, coins)
                for token in usdc_addresses(named):
                    chain.credit(address, usdc, token=token)
        except RpcError:
            # A chain elsewhere that is not one for tests gives nothing away.
            return

    def _chain(self, key: str, inputs: Sequence[ChainInput]) -> Blockchain:
        if key not in self._chains:
            start = self._start_svm if key == _SVM else self._start_evm
            self._chains[key] = start(key, inputs)
        return self._chains[key]

    def _recorder(self, key: str) -> Recorder:
        return Recorder(self._state.clock, partial(self._journal.note, key))

    def _start_svm(self, key: str, inputs: Sequence[ChainInput]) -> Blockchain:
        from privy_async.sandbox.blockchains.svm.chain import SvmChain
        from privy_async.sandbox.blockchains.svm.node import SvmNode

        node = self._nodes[key] = self._recorder(key).restored(SvmNode, inputs)
        return SvmChain(node)

    def _start_evm(self, caip2: str, inputs: Sequence[ChainInput]) -> Blockchain:
        from privy_async.sandbox.blockchains.evm.chain import EvmChain

        node = self._nodes[caip2] = self._engine.start(caip2, self._recorder(caip2), inputs)
        return EvmChain(caip2, node)


def _key_of(caip2: str) -> str:
    return _SVM if caip2.startswith("solana:") else caip2
