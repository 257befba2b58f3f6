"""The secret of a wallet to import, in the form that Privy wants sealed, and verified before.

A key that is cut short or belongs to another address would be imported without complaint, or
refused after it has left this machine. So its form, its range and its checksum are verified
here, and the address too where it can be derived. No error shows any part of the secret.

Forms: https://docs.privy.io/wallets/wallets/import-a-wallet/private-key
Derivation paths of Ethereum and Solana: https://docs.privy.io/recipes/hd-wallets
"""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Final

from privy_async.encodings import base58
from privy_async.encodings.addresses import (
    check_ethereum_address,
    check_solana_address,
    check_tron_address,
    checksum_address,
)
from privy_async.encodings.keccak import keccak256
from privy_async.errors import InvalidArgumentError
from privy_async.wallet_import import hd_derivation as hd

_HEX_FORM: Final = "expected 32 bytes: 64 hex digits with or without 0x, or raw bytes"
_PRIVATE_KEY_FORMS: Final[Mapping[str, str]] = {
    "aptos": _HEX_FORM,
    "ethereum": _HEX_FORM,
    "solana": (
        "expected 64 bytes, the seed followed by its public key, in base58 or raw; "
        "or the 32-byte seed, raw"
    ),
    "stellar": "expected a StrKey secret seed, S and 55 characters more, or its 32 bytes raw",
    "sui": _HEX_FORM,
    "tron": _HEX_FORM,
    "xrpl": _HEX_FORM,
}
_SECP256K1_CHAINS: Final = frozenset({"ethereum", "tron", "xrpl"})

# Privy documents the first two paths. For TRON it documents only that seed phrases are taken, so
# this is the path of BIP-44 with coin type 195 (SLIP-0044), which TRON's own wallets use.
_SEED_PHRASE_PATHS: Final[Mapping[str, str]] = {
    "ethereum": "m/44'/60'/0'/0/{index}",
    "solana": "m/44'/501'/{index}'/0'",
    "tron": "m/44'/195'/0'/0/{index}",
}

_HEX_KEY: Final = re.compile(r"(?:0x)?([0-9a-fA-F]{64})")
_STRKEY_SEED: Final = re.compile(r"S[A-Z2-7]{55}")
_STRKEY_SEED_VERSION: Final = 18 << 3
_TRON_ADDRESS_PREFIX: Final = b"\x41"


def private_key_entropy(chain_type: str, private_key: str | bytes, *, address: str) -> bytes:
    """The bytes to seal for `entropy_type` "private-key".

    Args:
        chain_type: aptos, ethereum, solana, stellar, sui, tron or xrpl.
        private_key: Hex with or without 0x; for solana the base58 of 64 bytes, seed and public
            key; for stellar a StrKey secret seed. Or the same as raw bytes, where solana's
            32-byte seed will do.
        address: The wallet's address. It must belong to the key on ethereum, solana and tron;
            on the other chains only Privy can tell.

    Returns:
        The 32-byte key; for solana 64 bytes, seed and public key; for stellar the 32-byte seed.

    Raises:
        InvalidArgumentError: Naming chain_type, private_key or address.
    """
    if not (isinstance(chain_type, str) and chain_type in _PRIVATE_KEY_FORMS):
        raise _unknown_chain_type(_PRIVATE_KEY_FORMS)
    canonical_address = _canonical_address(chain_type, address)
    entropy = _checked_private_key(chain_type, _decode_private_key(chain_type, private_key))
    if derive_address(chain_type, entropy) not in (None, canonical_address):
        raise InvalidArgumentError("address", "does not belong to this private_key")
    return entropy


def seed_phrase_entropy(chain_type: str, seed_phrase: str, *, index: int, address: str) -> bytes:
    """The bytes to seal for `entropy_type` "hd": the UTF-8 of the normalised phrase.

    Args:
        chain_type: ethereum, solana or tron.
        seed_phrase: 12, 15, 18, 21 or 24 words of the English BIP-39 list, without passphrase.
            Privy's page names 12 and 24.
        index: Which account of the phrase, from 0: ethereum m/44'/60'/0'/0/{index}, solana
            m/44'/501'/{index}'/0', tron m/44'/195'/0'/0/{index}.
        address: The wallet's address, which must be the one at that path.

    Raises:
        InvalidArgumentError: Naming chain_type, index, seed_phrase or address.
    """
    if not (isinstance(chain_type, str) and chain_type in _SEED_PHRASE_PATHS):
        raise _unknown_chain_type(_SEED_PHRASE_PATHS)
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < hd.HARDENED:
        raise InvalidArgumentError("index", f"expected an integer from 0 to {hd.HARDENED - 1}")
    canonical_address = _canonical_address(chain_type, address)
    phrase = hd.normalize_seed_phrase(seed_phrase)
    path = _SEED_PHRASE_PATHS[chain_type].format(index=index)
    derive_key = hd.derive_ed25519_key if chain_type == "solana" else hd.derive_secp256k1_key
    if derive_address(chain_type, derive_key(hd.phrase_to_seed(phrase), path)) != canonical_address:
        raise InvalidArgumentError("address", f"is not the address of this seed_phrase at {path}")
    return phrase.encode()


def derive_address(chain_type: str, private_key: bytes) -> str | None:
    """The address of raw key bytes, in EIP-55 case on ethereum; None on chains not known here.

    Args:
        chain_type: ethereum, solana or tron; any other gives None.
        private_key: 32 bytes; for solana the 64 bytes of seed and public key will do too.

    Raises:
        InvalidArgumentError: `private_key` has the wrong length or is out of range.
    """
    if chain_type not in _SEED_PHRASE_PATHS:
        return None
    key = _checked_private_key(chain_type, private_key)
    if chain_type == "solana":
        return base58.encode(key[32:])
    account = keccak256(hd.secp256k1_public_key(key, compressed=False)[1:])[-20:]
    if chain_type == "tron":
        return base58.encode_check(_TRON_ADDRESS_PREFIX + account)
    return checksum_address(account)


def _unknown_chain_type(known: Mapping[str, str]) -> InvalidArgumentError:
    # The value is not shown: a caller who swapped two arguments has put the key there.
    return InvalidArgumentError("chain_type", f"expected one of {', '.join(known)}")


def _decode_private_key(chain_type: str, private_key: object) -> bytes | None:
    """None where the text has the wrong form: a decoder's own error could quote the secret."""
    if isinstance(private_key, bytes):
        return bytes(private_key)
    if not isinstance(private_key, str):
        return None
    if chain_type == "solana":
        return _decode_base58(private_key, size=64)
    if chain_type == "stellar":
        return _decode_strkey_seed(private_key)
    match = _HEX_KEY.fullmatch(private_key)
    return bytes.fromhex(match[1]) if match else None


def _decode_base58(text: str, *, size: int) -> bytes | None:
    # The bound on the text spares the decoder, whose time is quadratic; no valid text reaches it.
    if len(text) > 2 * size:
        return None
    try:
        data = base58.decode(text)
    except ValueError:
        return None
    return data if len(data) == size else None


def _decode_strkey_seed(text: str) -> bytes | None:
    """The seed inside version byte and CRC-16, which is little-endian (SEP-0023)."""
    if not _STRKEY_SEED.fullmatch(text):
        return None
    data = base64.b32decode(text)
    payload, checksum = data[:-2], data[-2:]
    is_right = binascii.crc_hqx(payload, 0).to_bytes(2, "little") == checksum
    return payload[1:] if is_right and payload[0] == _STRKEY_SEED_VERSION else None


def _checked_private_key(chain_type: str, key: bytes | None) -> bytes:
    if chain_type == "solana" and key is not None:
        return _checked_solana_key(key)
    if key is None or len(key) != 32:
        raise _wrong_form(chain_type)
    if chain_type in _SECP256K1_CHAINS and not 1 <= int.from_bytes(key, "big") < hd.SECP256K1_ORDER:
        raise InvalidArgumentError("private_key", "must be at least 1 and below secp256k1's order")
    return key


def _checked_solana_key(key: bytes) -> bytes:
    if len(key) not in (32, 64):
        raise _wrong_form("solana")
    seed, claimed_public_key = key[:32], key[32:]
    public_key = _ed25519_public_key(seed)
    if claimed_public_key not in (b"", public_key):
        raise InvalidArgumentError(
            "private_key", "its second half is not the public key of its first half"
        )
    return seed + public_key


def _wrong_form(chain_type: str) -> InvalidArgumentError:
    return InvalidArgumentError("private_key", _PRIVATE_KEY_FORMS[chain_type])


def _ed25519_public_key(seed: bytes) -> bytes:
    # Imported on first use: most programs that load this module never import a wallet.
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def _canonical_address(chain_type: str, address: object) -> str:
    """Return the address as `derive_address` spells it, its form and checksum verified."""
    if chain_type == "ethereum":
        checked = check_ethereum_address(address, argument="address")
        return checksum_address(bytes.fromhex(checked[2:]))
    if chain_type == "solana":
        return check_solana_address(address, argument="address")
    if chain_type == "tron":
        return check_tron_address(address, argument="address")
    if not isinstance(address, str) or not address.strip():
        raise InvalidArgumentError("address", "expected the address of the wallet to import")
    return address
