"""Solana as the sandbox uses it: filling in, sending, asking, funding."""

import re
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, cast

import attrs
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.transaction import VersionedTransaction

from privy_async.sandbox.blockchains.assets import SOLANA_MAINNET
from privy_async.sandbox.blockchains.failures import (
    broadcast_failure,
    insufficient_funds,
    too_little,
)
from privy_async.sandbox.blockchains.json_rpc import RpcError
from privy_async.sandbox.blockchains.movements import Movement
from privy_async.sandbox.blockchains.svm.movements import movements, movements_in
from privy_async.sandbox.blockchains.svm.node import SvmNode
from privy_async.sandbox.keys.wallet_keys import WalletKey
from privy_async.sandbox.requests.encoded_fields import base64_bytes
from privy_async.sandbox.requests.fields import Fields
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.rpc import RpcResult, execute
from privy_async.sandbox.rpc.solana import filled_transaction

# As the system program says it in its log.
_LAMPORTS: Final = re.compile("insufficient lamports ([0-9]+), need ([0-9]+)")


@attrs.frozen
class SvmChain:
    """The one Solana there is, under the name of any cluster."""

    node: SvmNode

    def execute(
        self, key: WalletKey, body: Mapping[str, object], approve: Callable[[], None]
    ) -> RpcResult:
        """Execute `signAndSendTransaction` on the chain.

        Args:
            approve: Called once the transaction has been simulated, before it is sent.

        Raises:
            Refusal: 400 if the request is wrong, or the chain does not take the transaction; or
                what `approve` raises.
        """
        request = Fields(body, "")
        params = request.object("params")
        preflight = body.get("optimistic_broadcast") is None or not request.boolean(
            "optimistic_broadcast"
        )
        filled = filled_transaction(params, self.node.blockhash)
        complete_body = {**body, "params": {**params.values, "transaction": filled}}
        result = execute(key, complete_body)
        assert result.submission is not None, "sending submits"
        wire = base64_bytes(Fields(result.submission.transaction, ""), "signed_transaction")
        transaction = VersionedTransaction.from_bytes(wire)
        try:
            with self._fee_paid(key, transaction, paid=result.submission.sponsored):
                self.node.check(transaction, preflight=preflight)
                approve()
                self.node.send(transaction, preflight=False)
        except RpcError as error:
            raise _refusal(error, self.balance(key.address)) from None
        return result

    @contextmanager
    def _fee_paid(
        self, key: WalletKey, transaction: VersionedTransaction, *, paid: bool
    ) -> Generator[None]:
        """Give a sponsored wallet the fee, and take it back if nothing was sent."""
        wallet = Pubkey.from_string(key.address)
        if not paid or transaction.message.account_keys[0] != wallet:
            yield
            return
        fee = self.node.fee_of(transaction, wallet)
        self.node.credit(wallet, fee)
        try:
            yield
        except BaseException:
            self.node.credit(wallet, -fee)
            raise

    def is_successful(self, transaction_hash: str) -> bool | None:
        """True if a transaction succeeded; None while it is in no block."""
        executed = self.node.executed.get(Signature.from_string(transaction_hash))
        return None if executed is None else executed.error is None

    def balance(self, address: str, token: str | None = None) -> int:
        """The lamports of an account, or an owner's units of a token."""
        owner = Pubkey.from_string(address)
        if token is None:
            return self.node.vm.get_balance(owner) or 0
        held = self.node.token_accounts(owner)
        mint = Pubkey.from_string(token)
        return sum(account.amount for _, account in held if account.mint == mint)

    def decimals(self, token: str) -> int | None:
        """A token's decimals; None if there is no such token."""
        mint = self.node.mint(Pubkey.from_string(token))
        return None if mint is None else mint.decimals

    def credit(self, address: str, units: int, *, token: str | None = None) -> None:
        """Give an account units out of nothing.

        Raises:
            RpcError: There is no such token.
        """
        owner = Pubkey.from_string(address)
        if token is None:
            self.node.credit(owner, units)
        else:
            self.node.credit_token(owner, Pubkey.from_string(token), units)

    def movements(self, address: str) -> Sequence[Movement]:
        """The movements from and to an account, oldest first."""
        return movements(self.node, address)

    def moved_by(self, transaction_hash: str) -> Sequence[Movement]:
        """The movements of a transaction; none while it is in no block."""
        executed = self.node.executed.get(Signature.from_string(transaction_hash))
        return () if executed is None else movements_in(self.node, executed)


def _refusal(error: RpcError, lamports: int) -> Refusal:
    """Return the refusal as Privy would say it; `lamports` is what the wallet has."""
    data: dict[str, Any] = cast("dict[str, Any]", error.data) if error.data else {}
    logs = " ".join(data.get("logs", ()))
    what = str(data.get("err"))
    if what.startswith(("AccountNotFound", "InsufficientFundsForFee")):
        return too_little(SOLANA_MAINNET, lamports, None, " for the fee")
    if (short := _LAMPORTS.search(logs)) is not None:
        return too_little(SOLANA_MAINNET, int(short[1]), int(short[2]))
    if "insufficient funds" in logs:
        return insufficient_funds("The wallet holds less of the token than it sends")
    return broadcast_failure(error.message)
