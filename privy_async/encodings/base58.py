"""Base58 and base58check, the spelling of Solana and TRON addresses and Solana keys.

Format: https://datatracker.ietf.org/doc/html/draft-msporny-base58-03
"""

import hashlib
from typing import Final

_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_CHECKSUM_SIZE: Final = 4


def encode(data: bytes) -> str:
    """Each leading zero byte becomes a leading "1"; empty bytes become the empty string."""
    number = int.from_bytes(data, "big")
    characters: list[str] = []
    while number:
        number, digit = divmod(number, 58)
        characters.append(_ALPHABET[digit])
    leading_zeros = len(data) - len(data.lstrip(b"\0"))
    return "1" * leading_zeros + "".join(reversed(characters))


def decode(text: str) -> bytes:
    """The inverse of `encode`. The time grows with the square of the length, so bound it first.

    Raises:
        ValueError: A character is outside the alphabet. The message gives its position and
            never the text, which may be a secret.
    """
    number = 0
    for position, character in enumerate(text):
        digit = _ALPHABET.find(character)
        if digit < 0:
            raise ValueError(f"not base58: the character at position {position} is not allowed")
        number = number * 58 + digit
    leading_zeros = len(text) - len(text.lstrip("1"))
    return bytes(leading_zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def encode_check(data: bytes) -> str:
    """Base58 of the data and the first four bytes of its double SHA-256."""
    return encode(data + _checksum(data))


def decode_check(text: str) -> bytes:
    """The inverse of `encode_check`: the data without its checksum.

    Raises:
        ValueError: The text is not base58, is too short for a checksum, or the checksum is wrong.
    """
    raw = decode(text)
    data, checksum = raw[:-_CHECKSUM_SIZE], raw[-_CHECKSUM_SIZE:]
    if checksum != _checksum(data):
        raise ValueError("not base58check: the checksum is wrong")
    return data


def _checksum(data: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()[:_CHECKSUM_SIZE]
