"""Solana in memory: LiteSVM, with a block for each transaction and blockhashes that expire."""

import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

import attrs
from solders.account import Account
from solders.hash import Hash
from solders.keypair import Keypair
from solders.litesvm import LiteSVM
from solders.message import Message
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.system_program import ID as SYSTEM_PROGRAM
from solders.system_program import TransferParams, transfer
from solders.token import ID as TOKEN_PROGRAM
from solders.token.associated import get_associated_token_address
from solders.token.state import Mint, TokenAccount, TokenAccountState
from solders.transaction import VersionedTransaction
from solders.transaction_metadata import FailedTransactionMetadata

from privy_async.sandbox.blockchains.assets import CHAINS, USDC_DECIMALS, usdc_addresses
from privy_async.sandbox.blockchains.journal import Recorder
from privy_async.sandbox.blockchains.json_rpc import RpcError
from privy_async.sandbox.records.chain_inputs import ChainInput
from privy_async.sandbox.requests.json_text import parse

# For how many blocks a blockhash is good (https://solana.com/docs/core/transactions).
BLOCKHASH_LIFETIME: Final = 150
_SIMULATION_FAILED: Final = -32002
_SIGNATURE_FAILED: Final = -32003
# Lamports that pay for any transaction.
_PLENTY: Final = 10**12
# More than the faucet pays for a transaction, and enough to keep its account.
_FAUCET_FEES: Final = 1_000_000
_MINT_SIZE: Final = 82
_TOKEN_ACCOUNT_SIZE: Final = 165
# What accounts of these sizes must hold to be exempt from rent.
_TOKEN_LAMPORTS: Final = 2_039_280
_MINT_LAMPORTS: Final = 1_461_600


@attrs.frozen(kw_only=True)
class ExecutedTransaction:
    """A transaction and what became of it.

    Attributes:
        block_time: Unix time in seconds.
        error: As the JSON-RPC API writes it; None if it succeeded.
        before: The lamports of its accounts before it, `after` those after.
    """

    transaction: VersionedTransaction
    slot: int
    block_time: int
    error: object
    fee: int
    logs: Sequence[str]
    compute_units: int
    before: Sequence[int]
    after: Sequence[int]


class SvmNode:
    """One Solana for all clusters. Not for use from several threads at once.

    Args:
        recorder: Is told what is done to the chain, and gives the time, which becomes that of
            blocks.
    """

    def __init__(self, recorder: Recorder) -> None:
        self.executed: dict[Signature, ExecutedTransaction] = {}
        self._recorder = recorder
        now = self._note("start")
        # LiteSVM takes only the newest blockhash, so the check is made here.
        self.vm = LiteSVM().with_blockhash_check(False)
        self._blockhashes: dict[Hash, int] = {}
        self.genesis_hash = Hash(sha256(b"sandbox genesis").digest())
        self._faucet = Keypair.from_seed(sha256(b"sandbox faucet").digest())
        for mint in usdc_addresses(CHAINS["solana"]):
            self._write_mint(Pubkey.from_string(mint), 0)
        self._next_block(now)

    @property
    def slot(self) -> int:
        """The newest block's slot; every slot has a block."""
        return self.vm.get_clock().slot

    @property
    def blockhash(self) -> Hash:
        """The newest block's hash."""
        return next(reversed(self._blockhashes))

    def saved(self) -> object:
        """Something that stands for the chain as it is, since LiteSVM cannot be copied."""
        return self._version

    def restore(self, saved: object) -> bool:
        """True if the chain is as it was; otherwise it must be made anew."""
        return saved is self._version

    def close(self) -> None:
        """Leave it in memory."""

    def _note(self, name: str, *arguments: bytes | int) -> float:
        self._version = object()
        return self._recorder.note(name, *arguments)

    def expiry_of(self, blockhash: Hash) -> int | None:
        """The last slot in which the blockhash is good; None if it is good no more."""
        return self._blockhashes.get(blockhash)

    def check(self, transaction: VersionedTransaction, *, preflight: bool) -> None:
        """Do what `send` does before it executes."""
        if not all(transaction.verify_with_results()):
            raise RpcError("Transaction signature verification failure", _SIGNATURE_FAILED)
        if transaction.signatures[0] in self.executed:
            raise _failure("AlreadyProcessed", "This transaction has already been processed")
        if transaction.message.recent_blockhash not in self._blockhashes:
            raise _failure("BlockhashNotFound", "Blockhash not found")
        outcome = self.vm.simulate_transaction(transaction) if preflight else None
        if isinstance(outcome, FailedTransactionMetadata):
            raise simulation_error(outcome)

    def send(self, transaction: VersionedTransaction, *, preflight: bool = True) -> Signature:
        """Execute a signed transaction in a block of its own.

        Args:
            preflight: Whether to refuse it if it would fail, as nodes do unless told otherwise.
                Without, a failing transaction is executed, and costs its fee.

        Raises:
            RpcError: It cannot be part of a block, or fails; `data` has the error and the logs.
        """
        self.check(transaction, preflight=preflight)
        now = self._note("send", bytes(transaction))
        before = self._lamports(transaction)
        result = self.vm.send_transaction(transaction)
        failed = isinstance(result, FailedTransactionMetadata)
        meta = result.meta() if isinstance(result, FailedTransactionMetadata) else result
        if isinstance(result, FailedTransactionMetadata) and not meta.logs():
            # It did not come to be executed, so it is in no block.
            raise simulation_error(result)
        signature = transaction.signatures[0]
        self.executed[signature] = ExecutedTransaction(
            transaction=transaction,
            slot=self.slot,
            block_time=int(now),
            error=error_json(result) if failed else None,
            fee=meta.fee(),
            logs=meta.logs(),
            compute_units=meta.compute_units_consumed(),
            before=before,
            after=self._lamports(transaction),
        )
        self._next_block(now)
        return signature

    def fee_of(self, transaction: VersionedTransaction, payer: Pubkey) -> int:
        """The fee of a transaction, in lamports, whether or not the payer has them."""
        self._add(payer, _PLENTY)
        try:
            return self.vm.simulate_transaction(transaction).meta().fee()
        finally:
            self._add(payer, -_PLENTY)

    def airdrop(self, address: Pubkey, lamports: int) -> Signature:
        """Send lamports from a faucet, in a transaction.

        Raises:
            RpcError: They are too few for an account that is not there yet.
        """
        faucet = self._faucet.pubkey()
        self.credit(faucet, lamports + _FAUCET_FEES)
        transfer_params = TransferParams(from_pubkey=faucet, to_pubkey=address, lamports=lamports)
        message = Message.new_with_blockhash([transfer(transfer_params)], faucet, self.blockhash)
        return self.send(VersionedTransaction(message, [self._faucet]))

    def credit(self, address: Pubkey, lamports: int) -> None:
        """Give an account lamports out of nothing."""
        self._note("credit", bytes(address), lamports)
        self._add(address, lamports)

    def _add(self, address: Pubkey, lamports: int) -> None:
        account = self.vm.get_account(address)
        if account is None:
            account = Account(lamports, b"", SYSTEM_PROGRAM)
        else:
            account = _with_lamports(account, account.lamports + lamports)
        self.vm.set_account(address, account)

    def credit_token(self, owner: Pubkey, mint: Pubkey, units: int) -> None:
        """Give an owner's associated token account units out of nothing, and make it if need be.

        Raises:
            RpcError: There is no such token.
        """
        known = self.mint(mint)
        if known is None:
            raise RpcError(f"{mint} is not a token")
        self._note("credit_token", bytes(owner), bytes(mint), units)
        address = get_associated_token_address(owner, mint)
        before = self.token_account(address)
        if before is not None and before.owner != owner:
            raise RpcError(f"{address} belongs to somebody else")
        amount = units + (before.amount if before else 0)
        data = TokenAccount(mint, owner, amount, None, TokenAccountState.Initialized, None, 0)
        self.vm.set_account(address, Account(_TOKEN_LAMPORTS, bytes(data), TOKEN_PROGRAM))
        self._write_mint(mint, known.supply + units, known.decimals)

    def apply(self, entry: ChainInput) -> None:
        """Do again what was noted."""
        try:
            _INPUTS[entry.name](self, *entry.arguments)
        except RpcError:
            return  # as it failed the first time

    def mint(self, address: Pubkey) -> Mint | None:
        """A token, or None if there is none."""
        data = self._token_data(address, _MINT_SIZE)
        try:
            return None if data is None else Mint.from_bytes(data)
        except ValueError:  # not initialized
            return None

    def token_account(self, address: Pubkey) -> TokenAccount | None:
        """A token account, or None if there is none."""
        data = self._token_data(address, _TOKEN_ACCOUNT_SIZE)
        try:
            return None if data is None else TokenAccount.from_bytes(data)
        except ValueError:  # not initialized
            return None

    def token_accounts(self, owner: Pubkey) -> Sequence[tuple[Pubkey, TokenAccount]]:
        """The token accounts of an owner."""
        found = (
            (address, self.token_account(address))
            for address, _ in self.vm.get_program_accounts(TOKEN_PROGRAM)
        )
        return [(a, account) for a, account in found if account and account.owner == owner]

    def _token_data(self, address: Pubkey, size: int) -> bytes | None:
        account = self.vm.get_account(address)
        if account is None or account.owner != TOKEN_PROGRAM or len(account.data) != size:
            return None
        return account.data

    def _write_mint(self, address: Pubkey, supply: int, decimals: int = USDC_DECIMALS) -> None:
        mint = Mint(None, supply, decimals, True)
        self.vm.set_account(address, Account(_MINT_LAMPORTS, bytes(mint), TOKEN_PROGRAM))

    def _lamports(self, transaction: VersionedTransaction) -> Sequence[int]:
        return [self.vm.get_balance(key) or 0 for key in transaction.message.account_keys]

    def _next_block(self, now: float) -> None:
        slot = self.slot + 1
        self.vm.warp_to_slot(slot)
        clock = self.vm.get_clock()
        clock.unix_timestamp = int(now)
        self.vm.set_clock(clock)
        self._blockhashes[Hash(sha256(f"sandbox block {slot}".encode()).digest())] = (
            slot + BLOCKHASH_LIFETIME
        )
        if len(self._blockhashes) > BLOCKHASH_LIFETIME:
            del self._blockhashes[next(iter(self._blockhashes))]


def _send_again(node: SvmNode, wire: bytes) -> None:
    node.send(VersionedTransaction.from_bytes(wire), preflight=False)


def _credit_again(node: SvmNode, address: bytes, lamports: int) -> None:
    node.credit(Pubkey.from_bytes(address), lamports)


def _credit_token_again(node: SvmNode, owner: bytes, mint: bytes, units: int) -> None:
    node.credit_token(Pubkey.from_bytes(owner), Pubkey.from_bytes(mint), units)


_INPUTS: Final[Mapping[str, Callable[..., None]]] = {
    "credit": _credit_again,
    "credit_token": _credit_token_again,
    "send": _send_again,
}


def error_json(result: Any) -> object:
    """An error as the JSON-RPC API writes it."""
    error: object = parse(result.to_json())["err"]
    return error


def simulation_error(failed: FailedTransactionMetadata) -> RpcError:
    """The refusal of a transaction that would fail."""
    error = error_json(failed)
    return _failure(error, json.dumps(error), failed.meta().logs())


def _failure(error: object, text: str, logs: Sequence[str] = ()) -> RpcError:
    data = {"err": error, "logs": list(logs), "accounts": None, "unitsConsumed": 0}
    return RpcError(f"Transaction simulation failed: {text}", _SIMULATION_FAILED, data)


def _with_lamports(account: Account, lamports: int) -> Account:
    return Account(lamports, account.data, account.owner, account.executable, account.rent_epoch)
