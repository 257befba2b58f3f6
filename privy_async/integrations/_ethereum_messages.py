"""Messages and their signatures between eth-account on one side and Privy on the other.

eth-account and Privy each work out by themselves what is signed. A signature is therefore checked:
it has to be the wallet's, over the hash that eth-account found.
"""

from typing import Any, Final

from eth_account.datastructures import SignedMessage, SignedSetCodeAuthorization
from eth_account.messages import SignableMessage, encode_defunct
from eth_account.typed_transactions.set_code_transaction import Authorization
from eth_keys.datatypes import Signature
from eth_keys.exceptions import BadSignature
from eth_typing import ChecksumAddress
from eth_utils.crypto import keccak
from eth_utils.exceptions import ValidationError
from hexbytes import HexBytes

from privy_async.errors import APIResponseError, InvalidArgumentError
from privy_async.resources.wallets.ethereum import Eip7702Authorization

_HASH_LENGTH: Final = 32
_SIGNATURE_LENGTH: Final = 65
# What v adds to the parity of y, in signatures of messages.
_V: Final = 27


def message_hash(message: SignableMessage) -> HexBytes:
    """Return the hash that is signed of an EIP-191 message.

    Raises:
        InvalidArgumentError: It is none.
    """
    parts = tuple[object, ...](message) if isinstance(message, SignableMessage) else ()
    if not parts or not all(isinstance(part, (bytes, bytearray)) for part in parts):
        problem = "expected one of eth_account.messages, such as encode_defunct returns"
        raise InvalidArgumentError("signable_message", problem)
    if len(message.version) != 1:
        raise InvalidArgumentError("signable_message", "its version is not one byte")
    return HexBytes(keccak(b"\x19" + message.version + message.header + message.body))


def is_personal(message: SignableMessage) -> bool:
    """True if it is just what `personal_sign` makes of the message's body."""
    return message == encode_defunct(bytes(message.body))


def read_hash(value: Any, argument: str) -> HexBytes:
    """Return 32 bytes that are given in one of eth-account's forms.

    Raises:
        InvalidArgumentError: It is none of them, or of another length.
    """
    try:
        hash = HexBytes(value)
    except (TypeError, ValueError):
        hash = HexBytes(b"")
    if len(hash) != _HASH_LENGTH:
        raise InvalidArgumentError(argument, "expected a hash: 32 bytes, or hex of them")
    return hash


def read_signature(text: str, hash: bytes, address: ChecksumAddress) -> SignedMessage:
    """Read a signature (0x hex of r, s and v).

    Raises:
        APIResponseError: It is not by this address over this hash.
    """
    try:
        raw = HexBytes(text)
    except ValueError:
        raw = HexBytes(b"")
    if len(raw) != _SIGNATURE_LENGTH:
        raise _not_by(address)
    r, s, v = int.from_bytes(raw[:32]), int.from_bytes(raw[32:64]), raw[64]
    parity = v - _V if v >= _V else v
    _check((parity, r, s), hash, address)
    whole = HexBytes(raw[:64] + bytes([parity + _V]))
    return SignedMessage(HexBytes(hash), r, s, parity + _V, whole)


def read_authorization(
    signed: Eip7702Authorization, asked: Authorization, address: ChecksumAddress
) -> SignedSetCodeAuthorization:
    """Read a signed EIP-7702 authorization.

    Raises:
        APIResponseError: It is not by this address over what was asked for.
    """
    fields: Any = asked.as_dict()
    hash = asked.hash()
    try:
        vrs = (signed.y_parity, int(signed.r, 16), int(signed.s, 16))
    except ValueError:
        raise _not_by(address) from None
    return SignedSetCodeAuthorization(
        chain_id=fields["chainId"],
        address=fields["address"],
        nonce=fields["nonce"],
        y_parity=vrs[0],
        r=vrs[1],
        s=vrs[2],
        signature=_check(vrs, hash, address),
        authorization_hash=hash,
    )


def _check(vrs: tuple[int, int, int], hash: bytes, address: ChecksumAddress) -> Signature:
    try:
        signature = Signature(vrs=vrs)
        signer = signature.recover_public_key_from_msg_hash(hash).to_checksum_address()
    except (BadSignature, ValidationError):
        raise _not_by(address) from None
    if signer != address:
        raise _not_by(address)
    return signature


def _not_by(address: str) -> APIResponseError:
    message = f"this is no signature by {address} of what it was asked to sign"
    return APIResponseError(message, path="data.signature")
