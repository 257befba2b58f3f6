"""What the official Python and Node SDKs get signed on the sandbox is valid on the chains.

It is checked with libraries that know nothing of this project.
"""

from base64 import b64decode
from hashlib import sha256
from typing import Any

import pytest
import rlp
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256K1,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.typed_transactions import TypedTransaction
from eth_keys.datatypes import PublicKey, Signature
from eth_utils import keccak
from hexbytes import HexBytes
from official_sdk import (
    RAW_HASH,
    RECEIVER,
    TEXT,
    TRANSACTION,
    TYPED_DATA,
    Run,
    signer_of,
)
from solders.hash import Hash
from solders.message import to_bytes_versioned
from solders.pubkey import Pubkey
from solders.signature import Signature as SolanaSignature
from solders.transaction import VersionedTransaction

pytestmark = pytest.mark.peer


def key_behind(digest: bytes, signature: str) -> PublicKey:
    """Which key signed a digest with r, s and v of 27 or 28, by eth-keys."""
    raw = bytes.fromhex(signature.removeprefix("0x"))
    compact = Signature(raw[:64] + bytes([raw[64] - 27]))
    return compact.recover_public_key_from_msg_hash(digest)


def solana_transaction(answer: dict[str, Any]) -> VersionedTransaction:
    """The transaction in an answer; the signatures in it are valid."""
    transaction = VersionedTransaction.from_bytes(b64decode(answer["signed_transaction"]))
    assert all(transaction.verify_with_results())
    return transaction


@pytest.mark.parametrize("kind", ["user", "key", "quorum", "ownerless"])
def test_a_wallet_of_each_kind_of_owner_signs(run: Run, kind: str) -> None:
    """A user's token, a key, two of three of a quorum, or nobody: eth-account finds the wallet."""
    signed = run.scene("messages")[kind]
    assert signed["encoding"] == "hex"
    assert signer_of(f"I am a {kind} wallet", signed["signature"]) == signed["wallet"]["address"]


@pytest.mark.parametrize(
    ("form", "message"), [("text", TEXT.encode()), ("hex", b"\x00\xff"), ("bytes", b"\x00\xff")]
)
def test_message_forms(run: Run, form: str, message: bytes) -> None:
    """Text, 0x hex and bytes sign what they stand for, beyond ASCII too."""
    signed = run.scene("message_forms")
    assert signer_of(message, signed[form]) == signed["address"]


def test_typed_data(run: Run) -> None:
    """eth-account recovers the wallet from typed data."""
    signed = run.scene("ethereum")
    full = {**TYPED_DATA, "primaryType": TYPED_DATA["primary_type"]}
    full["message"] = {**full["message"], "amount": int(full["message"]["amount"], 16)}
    del full["primary_type"]
    message = encode_typed_data(full_message=full)
    signature = signed["typed_data"]["signature"]
    assert Account.recover_message(message, signature=signature) == signed["address"]


def test_sign_transaction(run: Run) -> None:
    """The transaction comes back as it was given, signed by the wallet."""
    signed = run.scene("ethereum")
    raw = HexBytes(signed["transaction"]["signed_transaction"])
    fields = TypedTransaction.from_bytes(raw).as_dict()
    assert signed["transaction"]["encoding"] == "rlp"
    assert Account.recover_transaction(raw) == signed["address"]
    assert HexBytes(fields["to"]) == HexBytes(RECEIVER)
    assert fields["value"] == int(str(TRANSACTION["value"]), 16)
    assert (fields["nonce"], fields["chainId"], fields["gas"]) == (7, 8453, 21000)


def test_sign_hash(run: Run) -> None:
    """A bare hash is signed as it is."""
    signed = run.scene("ethereum")
    key = key_behind(RAW_HASH, signed["hash"]["signature"])
    assert key.to_checksum_address() == signed["address"]


def test_sign_7702_authorization(run: Run) -> None:
    """The authorization's signer, as EIP-7702 computes it, is the wallet."""
    scene = run.scene("ethereum")
    signed = scene["authorization"]["authorization"]
    assert (signed["contract"], signed["chain_id"], signed["nonce"]) == (RECEIVER, 1, 5)
    digest = keccak(b"\x05" + rlp.encode([1, bytes(HexBytes(RECEIVER)), 5]))
    signature = Signature(vrs=(int(signed["y_parity"]), int(signed["r"], 16), int(signed["s"], 16)))
    authority = signature.recover_public_key_from_msg_hash(digest).to_checksum_address()
    assert authority == scene["address"]


def test_user_operation_and_calls(run: Run) -> None:
    """A user operation is signed with 65 bytes; bundled calls stand in the ledger."""
    answers = run.scene("ethereum")
    assert answers["user_operation"]["encoding"] == "hex"
    assert len(HexBytes(answers["user_operation"]["signature"])) == 65
    sent = run.sandbox.state.transactions[answers["calls"]["transaction_id"]]
    calls = [{"to": RECEIVER.lower(), "value": "0x1", "data": "0x"}]
    assert sent.content["from"] == answers["address"]
    assert sent.content["calls"] == calls
    assert answers["calls"]["caip2"] == sent.caip2 == "eip155:8453"


def test_send_transaction(run: Run) -> None:
    """What the ledger holds is signed by the wallet, and the SDK can look it up."""
    scene = run.scene("sending")
    sent = run.sandbox.state.transactions[scene["first"]["transaction_id"]]
    raw = HexBytes(str(sent.content["signed_transaction"]))
    fields = TypedTransaction.from_bytes(raw).as_dict()
    assert Account.recover_transaction(raw) == scene["wallet"]["address"]
    assert (HexBytes(fields["to"]), fields["value"]) == (HexBytes(RECEIVER), 10**18)
    assert keccak(raw).hex() == scene["first"]["hash"].removeprefix("0x")
    looked_up = scene["transaction"]
    assert looked_up["transaction_hash"] == scene["first"]["hash"]
    assert (looked_up["wallet_id"], looked_up["reference_id"]) == (
        scene["wallet"]["id"],
        "order-7",
    )


def test_solana_message(run: Run) -> None:
    """solders verifies a message's signature."""
    scene = run.scene("solana")
    signature = SolanaSignature.from_bytes(b64decode(scene["message"]["signature"]))
    assert scene["message"]["encoding"] == "base64"
    assert signature.verify(Pubkey.from_string(scene["address"]), b"good morning")


def test_solana_transaction(run: Run) -> None:
    """The transaction comes back as it was given, with the wallet's signature."""
    signed = solana_transaction(run.scene("solana")["signed"])
    given = VersionedTransaction.from_bytes(b64decode(run.task["solana"]["transaction"]))
    assert to_bytes_versioned(signed.message) == to_bytes_versioned(given.message)


def test_solana_transaction_is_sent(run: Run) -> None:
    """Sending fills in the empty blockhash; what the ledger holds is signed by the wallet."""
    answer = run.scene("solana")["sent"]
    transaction = solana_transaction(answer)
    assert transaction.message.recent_blockhash != Hash.default()
    sent = run.sandbox.state.transactions[answer["transaction_id"]]
    assert sent.content == {"signed_transaction": answer["signed_transaction"]}
    assert sent.transaction_hash == answer["hash"] == str(transaction.signatures[0])


def test_tron(run: Run) -> None:
    """eth-keys finds the wallet behind the raw data's hash, which is the transaction's id."""
    scene = run.scene("tron")
    signed = bytes.fromhex(scene["signed"]["signed_transaction"])
    digest = sha256(signed[:-65]).digest()
    account = b"\x41" + key_behind(digest, signed[-65:].hex()).to_canonical_address()
    owner = run.task["tron"]["raw_data"]["contract"][0]["owner_address"]
    assert account.hex() == owner
    sent = run.sandbox.state.transactions[scene["sent"]["transaction_id"]]
    assert sent.content["signed_transaction"] == scene["signed"]["signed_transaction"]
    assert sent.transaction_hash == scene["sent"]["hash"] == digest.hex()


@pytest.mark.parametrize(
    ("form", "digest"), [("hash", RAW_HASH), ("bytes", sha256(TEXT.encode()).digest())]
)
def test_raw_sign(run: Run, form: str, digest: bytes) -> None:
    """A hash, or bytes that the API hashes, signed on secp256k1 and on Ed25519."""
    cosmos, stellar = run.scene("raw_signing")["cosmos"], run.scene("raw_signing")["stellar"]
    raw = bytes(HexBytes(cosmos[form]))
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    point = bytes.fromhex(cosmos["public_key"])
    key = EllipticCurvePublicKey.from_encoded_point(SECP256K1(), point)
    key.verify(der, digest, ECDSA(Prehashed(SHA256())))
    public_key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(stellar["public_key"]))
    public_key.verify(bytes(HexBytes(stellar[form])), digest)


def test_export_private_key(run: Run) -> None:
    """The sealed key opens to 64 hex digits without 0x, and belongs to the wallet."""
    scene = run.scene("export")
    assert len(bytes.fromhex(scene["private_key"])) == 32
    assert Account.from_key(scene["private_key"]).address == scene["address"]
