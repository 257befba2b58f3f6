"""The text forms addresses come in: base58, base58check, bech32 and StrKey."""

from base64 import b32encode
from binascii import crc_hqx
from collections.abc import Iterable
from hashlib import sha256
from typing import Final

BITCOIN_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
RIPPLE_ALPHABET: Final = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
_BECH32_ALPHABET: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_GENERATOR: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
BECH32: Final = 1
BECH32M: Final = 0x2BC830A3


def base58(data: bytes, *, alphabet: str = BITCOIN_ALPHABET) -> str:
    """Encode in base 58, with one leading zero digit for each leading zero byte."""
    number, digits = int.from_bytes(data), ""
    while number:
        number, digit = divmod(number, 58)
        digits = alphabet[digit] + digits
    zeros = len(data) - len(data.lstrip(b"\0"))
    return alphabet[0] * zeros + digits


def base58check(payload: bytes, *, alphabet: str = BITCOIN_ALPHABET) -> str:
    """Encode in base 58 with the first 4 bytes of the double SHA-256 behind."""
    checksum = sha256(sha256(payload).digest()).digest()[:4]
    return base58(payload + checksum, alphabet=alphabet)


def bech32(prefix: str, data: bytes, *, checksum: int = BECH32) -> str:
    """Encode bytes in bech32 (BIP-173), or in bech32m (BIP-350) with `checksum=BECH32M`."""
    return _bech32_words(prefix, _words(data), checksum)


def segwit_address(prefix: str, version: int, program: bytes) -> str:
    """Encode a witness program: bech32 for version 0, bech32m for the later ones (BIP-350)."""
    return _bech32_words(prefix, [version, *_words(program)], BECH32M if version else BECH32)


def strkey(version: int, data: bytes) -> str:
    """Encode in Stellar's StrKey (SEP-23)."""
    payload = bytes([version]) + data
    return b32encode(payload + crc_hqx(payload, 0).to_bytes(2, "little")).decode().rstrip("=")


def _bech32_words(prefix: str, words: list[int], checksum: int) -> str:
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    remainder = _bech32_remainder([*expanded, *words, *[0] * 6]) ^ checksum
    tail = [remainder >> 5 * (5 - i) & 31 for i in range(6)]
    return prefix + "1" + "".join(_BECH32_ALPHABET[word] for word in (*words, *tail))


def _bech32_remainder(words: Iterable[int]) -> int:
    remainder = 1
    for word in words:
        top = remainder >> 25
        remainder = (remainder & 0x1FFFFFF) << 5 ^ word
        for bit, coefficient in enumerate(_BECH32_GENERATOR):
            remainder ^= coefficient if top >> bit & 1 else 0
    return remainder


def _words(data: bytes) -> list[int]:
    """Split into groups of 5 bits, the last one filled up with zeros."""
    count = -(-len(data) * 8 // 5)
    number = int.from_bytes(data) << (count * 5 - len(data) * 8)
    return [number >> 5 * (count - 1 - i) & 31 for i in range(count)]
