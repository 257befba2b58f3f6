"""A key's DER has one value and nothing behind it, which not every cryptography checks."""

import pytest
from key_forms import PKCS8

from privy_async.errors import InvalidArgumentError
from privy_async.signing.p256 import AuthorizationKey, _check_end


@pytest.mark.parametrize("length", [0, 1, 127, 128, 255, 256, 70_000])
def test_a_value_ends_where_it_says(length: int) -> None:
    """Short lengths have one byte, others say how many they have (X.690, 8.1.3)."""
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    head = bytes([length]) if length < 128 else bytes([0x80 | len(size)]) + size
    der = b"\x30" + head + b"x" * length
    assert _check_end(der) == der
    for other in (der + b"\0", der[:-1], b"", b"\x30"):
        with pytest.raises(ValueError, match="more than one value, or less"):
            _check_end(other)


def test_a_key_with_something_behind_it() -> None:
    """It is refused as a key that cannot be read."""
    from base64 import b64decode, b64encode

    der = b64decode(PKCS8)
    with pytest.raises(InvalidArgumentError):
        AuthorizationKey.parse(b64encode(der + der).decode())
