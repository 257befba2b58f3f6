"""Looking after transactions that were sent, so that endpoints hear of them by themselves."""

import asyncio
import logging
from collections.abc import Iterator
from typing import Final

from privy_async.sandbox.background_tasks import BackgroundTasks
from privy_async.sandbox.blockchains import Blockchains
from privy_async.sandbox.blockchains.movements import Movement
from privy_async.sandbox.records.json_types import Json
from privy_async.sandbox.records.transactions import Transaction
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.state import State
from privy_async.sandbox.webhooks.dispatch import Webhooks
from privy_async.sandbox.webhooks.transaction_events import tell_of_transaction, tell_of_transfer

_LOGGER: Final = logging.getLogger("privy_async.sandbox")
_SHORTEST_PAUSE: Final = 0.02
_LONGEST_PAUSE: Final = 5.0


class TransactionWatch:
    """Asks the chains about transactions until they are in a block, if anybody is to be told."""

    def __init__(self, state: State, blockchains: Blockchains, webhooks: Webhooks) -> None:
        self._state = state
        self._blockchains = blockchains
        self._webhooks = webhooks
        self._pending = dict[str, None]()
        self._is_looking = False
        self._tasks = BackgroundTasks()
        blockchains.on_status = self.changed

    def begin(self, transaction: Transaction) -> None:
        """Tell that a transaction was sent, and what becomes of it."""
        tell_of_transaction(self._webhooks, transaction, "broadcasted")
        self._look_after(transaction)

    def look_again(self) -> None:
        """Look after the transactions that are in the state now, and no others."""
        self._pending.clear()
        for transaction in self._state.transactions.values():
            if transaction.status == "broadcasted":
                self._look_after(transaction)

    def _look_after(self, transaction: Transaction) -> None:
        if not self._webhooks.endpoints or not self._blockchains.has(transaction.caip2):
            return
        self._pending[transaction.id] = None
        if not self._is_looking:
            self._is_looking = True
            self._tasks.start(self._look())

    def changed(self, before: Transaction, transaction: Transaction) -> None:
        """Tell that a transaction is in a block. What is final is no event."""
        if not self._webhooks.endpoints or before.status != "broadcasted":
            return
        reverted = transaction.status == "execution_reverted"
        status = "execution_reverted" if reverted else "confirmed"
        tell_of_transaction(self._webhooks, transaction, status)
        for transfer in self._state.transfers.values():
            if transfer.transaction_id == transaction.id:
                outcome = "failed" if reverted else "succeeded"
                tell_of_transfer(self._webhooks, transfer, transaction, outcome)
        if not reverted:
            self._tasks.start(self._tell_of_funds(transaction))

    async def stop(self) -> None:
        """Look no more."""
        await self._tasks.cancel()
        self._is_looking = False
        self._pending.clear()

    async def _look(self) -> None:
        shortest = pause = max(self._blockchains.block_time, _SHORTEST_PAUSE)
        while self._pending:
            await asyncio.sleep(pause)
            failed = [each for each in tuple(self._pending) if not await self._refresh(each)]
            # What fails every time is not in the log every time there might be a block.
            pause = min(2 * pause, max(shortest, _LONGEST_PAUSE)) if failed else shortest
        self._is_looking = False

    async def _refresh(self, transaction_id: str) -> bool:
        """Look at one transaction; False, and a traceback in the log, if that is impossible."""
        try:
            transaction = self._state.transactions.get(transaction_id)
            if transaction is not None:
                await self._blockchains.refresh([transaction])
                transaction = self._state.transactions.get(transaction_id)
            if transaction is None or transaction.status != "broadcasted":
                self._pending.pop(transaction_id, None)
        except Refusal:
            return True  # The chain, which is elsewhere, does not answer now.
        except Exception:
            _LOGGER.exception("looking at the transaction %s failed", transaction_id)
            return False
        return True

    async def _tell_of_funds(self, transaction: Transaction) -> None:
        """`wallet.funds_withdrawn` and `wallet.funds_deposited`, for each movement."""
        sent = str(transaction.transaction_hash)
        try:
            moved = await self._blockchains.ask(
                transaction.caip2, lambda chain: chain.moved_by(sent)
            )
        except Refusal:
            return
        for movement in moved:
            for type, wallet_id in self._sides(movement):
                self._webhooks.emit(type, self._funds(transaction.caip2, wallet_id, movement))

    def _sides(self, movement: Movement) -> Iterator[tuple[str, str]]:
        for wallet in self._state.wallets_at(movement.sender):
            yield "wallet.funds_withdrawn", wallet.id
        for wallet in self._state.wallets_at(movement.recipient):
            yield "wallet.funds_deposited", wallet.id

    def _funds(self, caip2: str, wallet_id: str, movement: Movement) -> Json:
        return {
            "wallet_id": wallet_id,
            "idempotency_key": self._state.clock.uuid(),
            "caip2": caip2,
            "asset": _asset(caip2, movement.token),
            "amount": str(movement.units),
            "transaction_hash": movement.transaction_hash,
            "sender": movement.sender,
            "recipient": movement.recipient,
            "block": {"number": movement.block, "timestamp": movement.time},
        }


def _asset(caip2: str, token: str | None) -> Json:
    if token is None:
        return {"type": "native-token", "address": None}
    if caip2.startswith("solana:"):
        return {"type": "spl", "mint": token}
    return {"type": "erc20", "address": token}
