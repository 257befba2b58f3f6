"""The RPC methods of Solana wallets.

https://docs.privy.io/api-reference/wallets/solana/sign-message and its neighbours.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Final

from solders.hash import Hash
from solders.message import Message, MessageV0, to_bytes_versioned
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.transaction import SanitizeError, VersionedTransaction

from privy_async.sandbox.keys.curves import ed25519_sign
from privy_async.sandbox.keys.wallet_keys import WalletKey
from privy_async.sandbox.requests.encoded_fields import (
    base64_bytes,
    caip2,
    is_sponsored,
    reference_id,
)
from privy_async.sandbox.requests.fields import Fields, input_error
from privy_async.sandbox.rpc.values import Defaults, RpcResult, Submission

_AnyMessage = Message | MessageV0
# The most bytes of a transaction that fit in one packet of the network.
_MAX_PACKET: Final = 1232


def _sign_message(key: WalletKey, request: Fields, defaults: Defaults) -> RpcResult:
    params = request.object("params")
    params.choice("encoding", ("base64",))
    signature = ed25519_sign(key.secret, base64_bytes(params, "message"))
    return RpcResult({"signature": b64encode(signature).decode(), "encoding": "base64"})


def _sign_transaction(key: WalletKey, request: Fields, defaults: Defaults) -> RpcResult:
    """Sign a transaction; one that has no place for the wallet's signature stays as it is."""
    params = request.object("params")
    transaction = _read(params)
    wants = _place(key, _message(transaction, params)) is not None
    signed = _sign(key, params, transaction) if wants else transaction
    return RpcResult({"signed_transaction": _text(signed), "encoding": "base64"})


def _send_transaction(key: WalletKey, request: Fields, defaults: Defaults) -> RpcResult:
    chain = caip2(request, "solana")
    params = request.object("params")
    own = _own_blockhash(defaults.nonce)
    signed = _sign(key, params, _with_blockhash(_read(params), params, own))
    _check_sendable(signed, params)
    reference = reference_id(request)
    transaction_hash = str(signed.signatures[0])
    data: dict[str, object] = {
        "hash": transaction_hash,
        "caip2": chain,
        "signed_transaction": _text(signed),
    }
    if reference is not None:
        data["reference_id"] = reference
    sent = {"signed_transaction": _text(signed)}
    return RpcResult(
        data,
        Submission(chain, transaction_hash, sent, reference, sponsored=is_sponsored(request)),
    )


METHODS: Final[Mapping[str, Callable[[WalletKey, Fields, Defaults], RpcResult]]] = {
    "signMessage": _sign_message,
    "signTransaction": _sign_transaction,
    "signAndSendTransaction": _send_transaction,
}


def _read(params: Fields) -> VersionedTransaction:
    """Read the wire form of a legacy or version 0 transaction."""
    params.choice("encoding", ("base64",))
    wire = base64_bytes(params, "transaction")
    try:
        transaction = VersionedTransaction.from_bytes(wire)
        transaction.sanitize()
    except (ValueError, SanitizeError):
        raise input_error(params.at("transaction"), "Not a Solana transaction") from None
    # solders ignores what comes after a transaction.
    if bytes(transaction) != wire:
        raise input_error(params.at("transaction"), "Not a Solana transaction")
    return transaction


def _message(transaction: VersionedTransaction, params: Fields) -> _AnyMessage:
    message = transaction.message
    if not isinstance(message, Message | MessageV0):
        raise input_error(params.at("transaction"), "Expected a legacy or version 0 transaction")
    return message


def _sign(
    key: WalletKey, params: Fields, transaction: VersionedTransaction
) -> VersionedTransaction:
    """Put the wallet's signature where the transaction wants it."""
    message = _message(transaction, params)
    place = _place(key, message)
    if place is None:
        problem = f"The wallet {key.address} is not among the required signers"
        raise input_error(params.at("transaction"), problem)
    signatures = transaction.signatures
    signature = ed25519_sign(key.secret, to_bytes_versioned(message))
    signatures[place] = Signature(signature)
    return VersionedTransaction.populate(message, signatures)


def _place(key: WalletKey, message: _AnyMessage) -> int | None:
    """Return the place of the wallet's signature; None if there is none."""
    signers = message.account_keys[: message.header.num_required_signatures]
    wallet = Pubkey.from_string(key.address)
    return signers.index(wallet) if wallet in signers else None


def filled_transaction(params: Fields, blockhash: Hash) -> str:
    """The transaction to send, with this blockhash if it has none; base64."""
    return _text(_with_blockhash(_read(params), params, blockhash))


def _own_blockhash(nonce: int) -> Hash:
    """A blockhash that follows from `nonce`, so that sending twice makes two transactions."""
    return Hash(sha256(f"sandbox blockhash {nonce}".encode()).digest())


def _with_blockhash(
    transaction: VersionedTransaction, params: Fields, blockhash: Hash
) -> VersionedTransaction:
    """Replace a blockhash of 32 zero bytes, as Privy does when it sends."""
    message = _message(transaction, params)
    if message.recent_blockhash != Hash.default():
        return transaction
    if any(signature != Signature.default() for signature in transaction.signatures):
        problem = "Signed over an empty blockhash, which sending replaces"
        raise input_error(params.at("transaction"), problem)
    return VersionedTransaction.populate(_rebuild(message, blockhash), transaction.signatures)


def _rebuild(message: _AnyMessage, blockhash: Hash) -> _AnyMessage:
    header, keys, instructions = message.header, message.account_keys, message.instructions
    if isinstance(message, MessageV0):
        lookups = message.address_table_lookups
        return MessageV0(header, keys, blockhash, instructions, lookups)
    return Message.new_with_compiled_instructions(
        header.num_required_signatures,
        header.num_readonly_signed_accounts,
        header.num_readonly_unsigned_accounts,
        keys,
        blockhash,
        instructions,
    )


def _check_sendable(transaction: VersionedTransaction, params: Fields) -> None:
    """Refuse what the network would: missing or wrong signatures, and more than a packet."""
    if not all(transaction.verify_with_results()):
        problem = "The signature of another required signer is missing or wrong"
        raise input_error(params.at("transaction"), problem)
    size = len(bytes(transaction))
    if size > _MAX_PACKET:
        problem = f"Too large to send: {size} bytes, {_MAX_PACKET} at most"
        raise input_error(params.at("transaction"), problem)


def _text(transaction: VersionedTransaction) -> str:
    return b64encode(bytes(transaction)).decode()
