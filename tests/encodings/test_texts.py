"""Hex and base64 of bytes, whatever class they are of."""

from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privy_async import InvalidArgumentError
from privy_async.encodings.texts import bare_hex_text, base64_text, hex_digits, hex_text


class Prefixed(bytes):
    """Bytes whose hex() has a prefix, as web3.py 6's HexBytes."""

    def hex(self, *_: object) -> str:  # type: ignore[override]
        return "0x" + bytes(self).hex()


class Blob(bytearray):
    """A bytearray that writes itself in its own way."""

    def hex(self, *_: object) -> str:  # type: ignore[override]
        return "blob"


@given(st.binary(), st.sampled_from((bytes, bytearray, Prefixed, Blob)))
def test_hex_of_bytes_of_any_class(data: bytes, kind: type[bytes | bytearray]) -> None:
    """The digits are those of the bytes, not what the class's hex() says."""
    assert hex_digits(kind(data)) == data.hex()
    assert hex_text(kind(data), argument="data") == f"0x{data.hex()}"
    assert bare_hex_text(kind(data), argument="data") == data.hex()


@given(st.binary(min_size=1), st.sampled_from((bytes, bytearray, Prefixed, Blob)))
def test_base64_of_bytes_of_any_class(data: bytes, kind: type[bytes | bytearray]) -> None:
    """It decodes to the bytes."""
    assert b64decode(base64_text(kind(data), argument="transaction")) == data


@pytest.mark.parametrize("text", ["0x", "0x00", "0xabCD"])
def test_hex_stays_as_it_is(text: str) -> None:
    """A str that is 0x hex already is returned unchanged."""
    assert hex_text(text, argument="data") == text


@pytest.mark.parametrize("text", ["", "0x", "00", "0x00", "abCD"])
def test_bare_hex_stays_as_it_is(text: str) -> None:
    """A str of hex digits is returned unchanged, with 0x or without."""
    assert bare_hex_text(text, argument="data") == text


@pytest.mark.parametrize("value", ["0", "0x0", "gg", "0X00", "00\n", "\u0661\u0661", 5, None, []])
def test_what_is_no_bare_hex(value: object) -> None:
    """Anything else is refused, and the error names the argument."""
    with pytest.raises(InvalidArgumentError, match=r"^data: expected bytes, or an even number"):
        bare_hex_text(value, argument="data")


@pytest.mark.parametrize(
    "value", ["", "00", "0x0", "0xgg", "0X00", "0x00\n", "0x\u0661\u0661", 5, None, []]
)
def test_what_is_no_hex(value: object) -> None:
    """Anything else is refused, and the error names the argument."""
    with pytest.raises(InvalidArgumentError, match=r"^data: expected bytes, or 0x"):
        hex_text(value, argument="data")


@pytest.mark.parametrize("value", ["", b"", "a", "a===", "aa-_", "YQ==\n", " YQ==", "é", 5, None])
def test_what_is_no_base64(value: object) -> None:
    """Anything else is refused, empty bytes and text too."""
    with pytest.raises(InvalidArgumentError, match=r"^transaction: expected the serialized bytes"):
        base64_text(value, argument="transaction")
