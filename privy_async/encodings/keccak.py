"""Keccak-256, the hash behind Ethereum and TRON addresses.

It is not `hashlib.sha3_256`: Ethereum kept the padding of the original submission, and NIST
changed that byte later. Specification: https://keccak.team/keccak_specs_summary.html
"""

import hashlib
import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from itertools import count
from typing import Any, Final, TypeAlias

Digest: TypeAlias = Callable[[bytes], bytes]

_RATE: Final = 136  # bytes absorbed per permutation
_LANE_MASK: Final = 2**64 - 1
_ROUND_CONSTANTS_HEX: Final = """
    0000000000000001 0000000000008082 800000000000808a 8000000080008000 000000000000808b
    0000000080000001 8000000080008081 8000000000008009 000000000000008a 0000000000000088
    0000000080008009 000000008000000a 000000008000808b 800000000000008b 8000000000008089
    8000000000008003 8000000000008002 8000000000000080 000000000000800a 800000008000000a
    8000000080008081 8000000000008080 0000000080000001 8000000080008008
"""
_ROUND_CONSTANTS: Final = tuple(int(digits, 16) for digits in _ROUND_CONSTANTS_HEX.split())
_OF_NOTHING: Final = bytes.fromhex(
    "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
)
# To load pycryptodome takes as long as 300 digests made here, so a program that asks for a few
# does without it, and one that goes on asking loses little.
_LOADED_AFTER: Final = 32
_asked: Final = count()


def keccak256(data: bytes) -> bytes:
    """Return the 32-byte digest, made by a library in C if one is installed.

    That is hashlib with OpenSSL 3.2 or newer (1 us for an address), or pycryptodome or a
    descendant of pysha3 (5 us). There need be none: in Python it takes 130 us.
    """
    return (_in_c() or keccak256_in_python)(data)


def _in_c() -> Digest | None:
    """Return what digests in C, once it is known to be worth its loading."""
    if next(_asked) < _LOADED_AFTER and "Crypto.Hash.keccak" not in sys.modules:
        return _tried(_of_hashlib)
    return _tried(_of_hashlib) or _tried(_of_pycryptodome) or _tried(_of_pysha3)


@cache
def _tried(load: Callable[[], Digest]) -> Digest | None:
    """Return a library's function if it can be loaded and digests nothing as it should."""
    try:
        digest = load()
        return digest if digest(b"") == _OF_NOTHING else None
    except Exception:
        # Whatever is wrong with a library that need not be there, there is one without.
        return None


def _of_hashlib() -> Digest:
    return lambda data: hashlib.new("keccak-256", data).digest()


def _of_pycryptodome() -> Digest:
    from Crypto.Hash import keccak

    return lambda data: keccak.new(data=data, digest_bits=256).digest()


def _of_pysha3() -> Digest:
    keccak_256: Callable[[bytes], Any] = import_module("sha3").keccak_256
    return lambda data: keccak_256(data).digest()


def keccak256_in_python(data: bytes) -> bytes:
    """Return the same digest without any library."""
    lanes = [0] * 25
    padded = _pad(data)
    for start in range(0, len(padded), _RATE):
        for lane in range(_RATE // 8):
            offset = start + 8 * lane
            lanes[lane] ^= int.from_bytes(padded[offset : offset + 8], "little")
        _permute(lanes)
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])


def _pad(data: bytes) -> bytes:
    padding = bytearray(_RATE - len(data) % _RATE)
    padding[0] |= 0x01
    padding[-1] |= 0x80
    return data + padding


def _permute(lanes: list[int]) -> None:
    """Apply Keccak-f[1600]; the lane at column x and row y is `lanes[x + 5 * y]`.

    Written out, it is three times as fast as in loops. The steps are theta (c and d), rho and pi
    (b), chi and iota (a); `(q | r) ^ q` is `~q & r` without negative numbers, which are slow.
    """
    mask = _LANE_MASK
    a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12 = lanes[:13]
    a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24 = lanes[13:]
    for constant in _ROUND_CONSTANTS:
        c0, c1 = a0 ^ a5 ^ a10 ^ a15 ^ a20, a1 ^ a6 ^ a11 ^ a16 ^ a21
        c2, c3 = a2 ^ a7 ^ a12 ^ a17 ^ a22, a3 ^ a8 ^ a13 ^ a18 ^ a23
        c4 = a4 ^ a9 ^ a14 ^ a19 ^ a24
        d0, d1 = c4 ^ (c1 << 1 & mask | c1 >> 63), c0 ^ (c2 << 1 & mask | c2 >> 63)
        d2, d3 = c1 ^ (c3 << 1 & mask | c3 >> 63), c2 ^ (c4 << 1 & mask | c4 >> 63)
        d4 = c3 ^ (c0 << 1 & mask | c0 >> 63)
        b0 = a0 ^ d0
        b1, b2 = (t := a6 ^ d1) << 44 & mask | t >> 20, (t := a12 ^ d2) << 43 & mask | t >> 21
        b3, b4 = (t := a18 ^ d3) << 21 & mask | t >> 43, (t := a24 ^ d4) << 14 & mask | t >> 50
        b5, b6 = (t := a3 ^ d3) << 28 & mask | t >> 36, (t := a9 ^ d4) << 20 & mask | t >> 44
        b7, b8 = (t := a10 ^ d0) << 3 & mask | t >> 61, (t := a16 ^ d1) << 45 & mask | t >> 19
        b9, b10 = (t := a22 ^ d2) << 61 & mask | t >> 3, (t := a1 ^ d1) << 1 & mask | t >> 63
        b11, b12 = (t := a7 ^ d2) << 6 & mask | t >> 58, (t := a13 ^ d3) << 25 & mask | t >> 39
        b13, b14 = (t := a19 ^ d4) << 8 & mask | t >> 56, (t := a20 ^ d0) << 18 & mask | t >> 46
        b15, b16 = (t := a4 ^ d4) << 27 & mask | t >> 37, (t := a5 ^ d0) << 36 & mask | t >> 28
        b17, b18 = (t := a11 ^ d1) << 10 & mask | t >> 54, (t := a17 ^ d2) << 15 & mask | t >> 49
        b19, b20 = (t := a23 ^ d3) << 56 & mask | t >> 8, (t := a2 ^ d2) << 62 & mask | t >> 2
        b21, b22 = (t := a8 ^ d3) << 55 & mask | t >> 9, (t := a14 ^ d4) << 39 & mask | t >> 25
        b23, b24 = (t := a15 ^ d0) << 41 & mask | t >> 23, (t := a21 ^ d1) << 2 & mask | t >> 62
        a0, a1, a2 = b0 ^ (b1 | b2) ^ b1 ^ constant, b1 ^ (b2 | b3) ^ b2, b2 ^ (b3 | b4) ^ b3
        a3, a4 = b3 ^ (b4 | b0) ^ b4, b4 ^ (b0 | b1) ^ b0
        a5, a6, a7 = b5 ^ (b6 | b7) ^ b6, b6 ^ (b7 | b8) ^ b7, b7 ^ (b8 | b9) ^ b8
        a8, a9 = b8 ^ (b9 | b5) ^ b9, b9 ^ (b5 | b6) ^ b5
        a10, a11, a12 = b10 ^ (b11 | b12) ^ b11, b11 ^ (b12 | b13) ^ b12, b12 ^ (b13 | b14) ^ b13
        a13, a14 = b13 ^ (b14 | b10) ^ b14, b14 ^ (b10 | b11) ^ b10
        a15, a16, a17 = b15 ^ (b16 | b17) ^ b16, b16 ^ (b17 | b18) ^ b17, b17 ^ (b18 | b19) ^ b18
        a18, a19 = b18 ^ (b19 | b15) ^ b19, b19 ^ (b15 | b16) ^ b15
        a20, a21, a22 = b20 ^ (b21 | b22) ^ b21, b21 ^ (b22 | b23) ^ b22, b22 ^ (b23 | b24) ^ b23
        a23, a24 = b23 ^ (b24 | b20) ^ b24, b24 ^ (b20 | b21) ^ b20
    lanes[:13] = a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12
    lanes[13:] = a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24
