"""Transactions and signatures between solders and Privy."""

from base64 import b64decode
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from solders.message import from_bytes_versioned, to_bytes_versioned
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.transaction import Transaction, VersionedTransaction

from privy_async.errors import APIResponseError, InvalidArgumentError
from privy_async.resources.wallets.values import Wallet

AnyTransaction: TypeAlias = Transaction | VersionedTransaction
T = TypeVar("T", Transaction, VersionedTransaction)


class KeylessKeypair:
    """A Solana wallet of Privy's as solders' `Keypair`: it signs at once, and has no key.

    Code that is written for a `Keypair` takes it, as x402's does. solders' own transactions do
    not: they take no signers but solders', so give them a `NullSigner` and sign afterwards.
    """

    def __init__(
        self,
        pubkey: Pubkey,
        sign_message: Callable[[bytes], Signature],
        sign_transaction: Callable[[VersionedTransaction], Any],
    ) -> None:
        self._pubkey = pubkey
        self._sign_message = sign_message
        self._sign_transaction = sign_transaction

    def pubkey(self) -> Pubkey:
        """Return the wallet's address."""
        return self._pubkey

    def sign_message(self, message: bytes) -> Signature:
        """Sign bytes. Those of a transaction of the wallet's are signed as one.

        So Privy's policies see what the transaction does.

        Raises:
            InvalidArgumentError: They are no bytes.
        """
        if not isinstance(message, bytes):
            raise InvalidArgumentError("message", "expected bytes")
        found = _transaction_message(message, self._pubkey)
        if found is None:
            return self._sign_message(message)
        signers = found.header.num_required_signatures
        unsigned = VersionedTransaction.populate(found, [Signature.default()] * signers)
        signed: VersionedTransaction = self._sign_transaction(unsigned)
        return signed.signatures[check_signer(signed, self._pubkey)]

    def __repr__(self) -> str:
        return f"{type(self).__name__}(pubkey={self._pubkey})"


def _transaction_message(raw: bytes, pubkey: Pubkey) -> Any:
    """Return the message of a transaction that the wallet is a signer of; None if it is no such."""
    try:
        message: Any = from_bytes_versioned(raw)
    except ValueError:
        return None
    signers = message.account_keys[: message.header.num_required_signatures]
    return message if pubkey in signers and to_bytes_versioned(message) == raw else None


def wallet_pubkey(wallet: Wallet) -> Pubkey:
    """The public key of a Solana wallet.

    Raises:
        InvalidArgumentError: It is a wallet of another kind of chain.
    """
    if not isinstance(wallet, Wallet) or wallet.chain_type != "solana":
        raise InvalidArgumentError("wallet", "expected a Solana wallet, as wallets.get gives")
    return Pubkey.from_string(wallet.address)


def check_signer(transaction: AnyTransaction, pubkey: Pubkey) -> int:
    """Return the place of this wallet's signature among those of a transaction.

    Raises:
        InvalidArgumentError: There is none, or it is no transaction.
    """
    if not isinstance(transaction, (Transaction, VersionedTransaction)):
        raise InvalidArgumentError("transaction", "expected a transaction of solders")
    message = transaction.message
    signers = message.account_keys[: message.header.num_required_signatures]
    if pubkey not in signers:
        raise InvalidArgumentError("transaction", f"{pubkey} is none of its signers")
    return signers.index(pubkey)


def with_signature(transaction: T, signed: str, pubkey: Pubkey) -> T:
    """The transaction with the wallet's signature, taken from what Privy signed (base64).

    The other signatures stay as they are.

    Raises:
        APIResponseError: The wallet did not sign this transaction.
    """
    index = check_signer(transaction, pubkey)
    try:
        signature = VersionedTransaction.from_bytes(b64decode(signed)).signatures[index]
    except (ValueError, IndexError):
        raise _not_signed("data.signed_transaction") from None
    message: Any = transaction.message
    _check(signature, pubkey, to_bytes_versioned(message), "data.signed_transaction")
    signatures = transaction.signatures
    signatures[index] = signature
    return type(transaction).populate(message, signatures)


def read_signature(text: str, message: bytes, pubkey: Pubkey) -> Signature:
    """Read a signature (base64) over a message.

    Raises:
        APIResponseError: It is not the wallet's.
    """
    try:
        signature = Signature(b64decode(text))
    except ValueError:
        raise _not_signed("data.signature") from None
    return _check(signature, pubkey, message, "data.signature")


def _check(signature: Signature, pubkey: Pubkey, message: bytes, path: str) -> Signature:
    if not signature.verify(pubkey, message):
        raise _not_signed(path)
    return signature


def _not_signed(path: str) -> APIResponseError:
    return APIResponseError("the wallet did not sign what it was asked to sign", path=path)
