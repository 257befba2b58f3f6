"""Keccak-256 with the original padding, against published digests and pycryptodome."""

import hashlib
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from itertools import count
from types import SimpleNamespace

import pytest
from Crypto.Hash import keccak
from hypothesis import example, given
from hypothesis import strategies as st

from privy_async.encodings import keccak as ours
from privy_async.encodings.keccak import keccak256, keccak256_in_python

Digest = Callable[[bytes], bytes]

BOTH = pytest.mark.parametrize("digest", [keccak256, keccak256_in_python])


@BOTH
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
        (b"abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
    ],
)
def test_published_digests(digest: Digest, data: bytes, expected: str) -> None:
    """The empty string, which is Ethereum's hash of empty code, and "abc"."""
    assert digest(data).hex() == expected


@BOTH
@given(data=st.binary(max_size=420))
@example(data=b"\xff" * 135)
@example(data=b"\xff" * 136)
@example(data=b"\xff" * 137)
@example(data=b"\xff" * 271)
@example(data=b"\xff" * 272)
def test_agrees_with_an_independent_implementation(digest: Digest, data: bytes) -> None:
    """All lengths agree with pycryptodome, those next to a block's end included."""
    assert digest(data) == keccak.new(data=data, digest_bits=256).digest()


@BOTH
def test_is_not_sha3(digest: Digest) -> None:
    """The padding is not the one NIST chose for SHA3-256."""
    assert digest(b"") != hashlib.sha3_256(b"").digest()


def run(code: str) -> str:
    """What a program of its own prints."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        capture_output=True, text=True, timeout=30, check=True,
    ).stdout.strip()  # fmt: skip


def test_a_library_is_loaded_once_it_is_worth_it() -> None:
    """A few digests load nothing; who asks for many gets pycryptodome, and equal digests."""
    printed = run(
        """
        import sys
        from privy_async.encodings import keccak
        from privy_async.encodings.keccak import keccak256, keccak256_in_python
        is_new = keccak._tried(keccak._of_hashlib) is not None  # OpenSSL: nothing to load
        few = [keccak256(bytes(n)) for n in range(8)]
        print("Crypto" in sys.modules, end=" ")
        many = [keccak256(bytes(n)) for n in range(100)]
        print(is_new or "Crypto.Hash.keccak" in sys.modules, end=" ")
        print(many == [keccak256_in_python(bytes(n)) for n in range(100)], many[:8] == few)
        """
    )
    assert printed == "False True True True"


def test_no_library_is_needed() -> None:
    """Where none can be imported, or one is broken, digests are the same."""
    printed = run(
        """
        import sys
        class Broken:
            def find_spec(self, name, path=None, target=None):
                if name == "sha3": raise OSError("cannot load native module")
                if name.startswith("Crypto"): raise ImportError(name)
        sys.meta_path.insert(0, Broken())
        from privy_async.encodings.keccak import keccak256
        print(len({keccak256(b"") for _ in range(100)}), keccak256(b"abc").hex()[:8])
        """
    )
    assert printed == "1 4e03657a"


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing was tried yet, all is worth loading, and pycryptodome is not there."""
    monkeypatch.setattr(ours, "_asked", count(ours._LOADED_AFTER))
    monkeypatch.setitem(sys.modules, "Crypto.Hash", None)
    ours._tried.cache_clear()
    yield
    ours._tried.cache_clear()


@pytest.mark.usefixtures("bare")
def test_a_descendant_of_pysha3_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its `sha3.keccak_256` is used where there is nothing else."""
    asked: list[bytes] = []

    def keccak_256(data: bytes) -> object:
        asked.append(data)
        return keccak.new(data=data, digest_bits=256)

    monkeypatch.setitem(sys.modules, "sha3", SimpleNamespace(keccak_256=keccak_256))
    assert keccak256(b"x") == keccak256_in_python(b"x")
    assert asked in ([b"", b"x"], [])  # Newer versions of OpenSSL come before it.


@pytest.mark.usefixtures("bare")
def test_a_library_that_digests_wrongly_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another module of that name, which makes SHA3, is found out by the digest of nothing."""
    monkeypatch.setitem(sys.modules, "sha3", SimpleNamespace(keccak_256=hashlib.sha3_256))
    assert keccak256(b"x") == keccak256_in_python(b"x")


@pytest.mark.skipif(ours._tried(ours._of_hashlib) is None, reason="OpenSSL older than 3.2")
def test_hashlib_serves_where_its_openssl_is_new() -> None:
    """It comes first: there is nothing to load."""
    digest = ours._tried(ours._of_hashlib)
    assert digest is not None
    assert digest(b"abc") == keccak256_in_python(b"abc")
