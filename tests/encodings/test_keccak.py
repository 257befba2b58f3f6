"""Keccak-256 with the original padding, against published digests and pycryptodome."""

import hashlib

import pytest
from Crypto.Hash import keccak
from hypothesis import example, given
from hypothesis import strategies as st

from privy_async.encodings.keccak import keccak256


@pytest.mark.parametrize(
    ("data", "digest"),
    [
        (b"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
        (b"abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
    ],
)
def test_published_digests(data: bytes, digest: str) -> None:
    """The empty string, which is Ethereum's hash of empty code, and "abc"."""
    assert keccak256(data).hex() == digest


@given(st.binary(max_size=420))
@example(b"\xff" * 135)
@example(b"\xff" * 136)
@example(b"\xff" * 137)
@example(b"\xff" * 271)
@example(b"\xff" * 272)
def test_agrees_with_an_independent_implementation(data: bytes) -> None:
    """All lengths agree with pycryptodome, those next to a block's end included."""
    assert keccak256(data) == keccak.new(data=data, digest_bits=256).digest()


def test_is_not_sha3() -> None:
    """The padding is not the one NIST chose for SHA3-256."""
    assert keccak256(b"") != hashlib.sha3_256(b"").digest()
