"""Private keys out of a BIP-39 seed phrase, by BIP-32 on secp256k1 and SLIP-0010 on Ed25519.

The word list beside this file, `bip39_english.txt`, is the English list published with BIP-39,
byte for byte: https://github.com/bitcoin/bips/blob/master/bip-0039/english.txt
"""

import hashlib
import hmac
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

from privy_async.errors import InvalidArgumentError

SECP256K1_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
HARDENED: Final = 2**31

_WORD_COUNTS: Final = (12, 15, 18, 21, 24)


def normalize_seed_phrase(seed_phrase: str) -> str:
    """The phrase in NFKD and lower case with single spaces, its words and checksum verified.

    Raises:
        InvalidArgumentError: `seed_phrase` is not an English BIP-39 phrase. The message shows no
            word of it.
    """
    words = _words(seed_phrase)
    if len(words) not in _WORD_COUNTS:
        raise _refusal(f"expected 12, 15, 18, 21 or 24 English words, got {len(words)}")
    numbers = [_word_numbers().get(word) for word in words]
    known = [number for number in numbers if number is not None]
    if len(known) < len(words):
        position = numbers.index(None) + 1
        raise _refusal(f"word number {position} is not in the English list of BIP-39")
    if not _has_right_checksum(known):
        raise _refusal("the checksum of BIP-39 fails: a word is wrong or out of place")
    return " ".join(words)


def phrase_to_seed(normalized_phrase: str) -> bytes:
    """The 64-byte BIP-39 seed, without a passphrase since Privy takes none."""
    return hashlib.pbkdf2_hmac("sha512", normalized_phrase.encode(), b"mnemonic", 2048)


def derive_secp256k1_key(seed: bytes, path: str) -> bytes:
    """The 32-byte private scalar at a BIP-32 path such as "m/44'/60'/0'/0/0"."""
    key, chain_code = _keyed_halves(b"Bitcoin seed", seed)
    for index in _indexes(path):
        parent = b"\0" + key if index >= HARDENED else secp256k1_public_key(key, compressed=True)
        tweak, chain_code = _keyed_halves(chain_code, parent + index.to_bytes(4, "big"))
        # BIP-32 skips an index whose tweak or sum is out of range. No such index is known (the
        # chance is below 2**-127), and the address check after this would stop it.
        total = int.from_bytes(tweak, "big") + int.from_bytes(key, "big")
        key = (total % SECP256K1_ORDER).to_bytes(32, "big")
    return key


def derive_ed25519_key(seed: bytes, path: str) -> bytes:
    """The 32-byte Ed25519 seed at a SLIP-0010 path, of which every step must be hardened."""
    key, chain_code = _keyed_halves(b"ed25519 seed", seed)
    for index in _indexes(path):
        key, chain_code = _keyed_halves(chain_code, b"\0" + key + index.to_bytes(4, "big"))
    return key


def secp256k1_public_key(private_key: bytes, *, compressed: bool) -> bytes:
    """The SEC1 point: 33 bytes compressed, else 65 bytes beginning with 0x04."""
    # Imported on first use: most programs that load this module never import a wallet.
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    scalar = int.from_bytes(private_key, "big")
    point = PublicFormat.CompressedPoint if compressed else PublicFormat.UncompressedPoint
    public_key = ec.derive_private_key(scalar, ec.SECP256K1()).public_key()
    return public_key.public_bytes(Encoding.X962, point)


def _words(seed_phrase: object) -> list[str]:
    if not isinstance(seed_phrase, str):
        raise _refusal("expected a str of English words")
    return unicodedata.normalize("NFKD", seed_phrase).lower().split()


def _refusal(message: str) -> InvalidArgumentError:
    return InvalidArgumentError("seed_phrase", message)


@cache
def _word_numbers() -> dict[str, int]:
    # Imported on first use: it takes longer to load than all the rest of this module.
    from importlib.resources import files

    text = files("privy_async.wallet_import").joinpath("bip39_english.txt").read_text("ascii")
    return {word: number for number, word in enumerate(text.split())}


def _has_right_checksum(numbers: Sequence[int]) -> bool:
    """True if the last bits, one for each three words, are the first of the entropy's SHA-256."""
    bits = 0
    for number in numbers:
        bits = bits << 11 | number
    checksum_size = len(numbers) // 3
    entropy = (bits >> checksum_size).to_bytes(4 * checksum_size, "big")
    checksum = hashlib.sha256(entropy).digest()[0] >> (8 - checksum_size)
    return bits & ((1 << checksum_size) - 1) == checksum


def _indexes(path: str) -> Iterator[int]:
    for step in path.split("/")[1:]:
        hardening = HARDENED if step.endswith("'") else 0
        yield int(step.removesuffix("'")) + hardening


def _keyed_halves(key: bytes, data: bytes) -> tuple[bytes, bytes]:
    """HMAC-SHA512 split into a key and the chain code for the next step."""
    digest = hmac.digest(key, data, "sha512")
    return digest[:32], digest[32:]
