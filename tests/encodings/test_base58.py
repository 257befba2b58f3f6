"""Base58 and base58check, against published examples and the `base58` package."""

import base58 as oracle
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from privy_async.encodings import base58

PUBLISHED = (
    (b"", ""),
    (b"Hello World!", "2NEpo7TZRRrLZSi2U"),
    (
        b"The quick brown fox jumps over the lazy dog.",
        "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z",
    ),
    (bytes.fromhex("0000287fb4cd"), "11233QC4"),
)


@pytest.mark.parametrize(("data", "text"), PUBLISHED)
def test_published_examples(data: bytes, text: str) -> None:
    """The examples of draft-msporny-base58-03 encode and decode exactly."""
    assert base58.encode(data) == text
    assert base58.decode(text) == data


@given(st.binary(max_size=80))
@example(bytes(32))
def test_agrees_with_an_independent_package(data: bytes) -> None:
    """All bytes, leading zeros included, encode as the `base58` package does and come back."""
    assert base58.encode(data) == oracle.b58encode(data).decode()
    assert base58.decode(base58.encode(data)) == data


@given(st.binary(max_size=80))
def test_check_agrees_with_an_independent_package(data: bytes) -> None:
    """Base58check text is the `base58` package's, and decodes to the data without checksum."""
    text = base58.encode_check(data)
    assert text == oracle.b58encode_check(data).decode()
    assert base58.decode_check(text) == data


@pytest.mark.parametrize("character", ["0", "O", "I", "l", " ", "\n", "é", "\uff11"])
def test_characters_outside_the_alphabet_are_refused(character: str) -> None:
    """The four look-alikes, blanks and other digits are refused by position, unquoted."""
    with pytest.raises(ValueError, match="position 3") as caught:
        base58.decode("zzz" + character)
    assert "zzz" not in str(caught.value)


@given(st.binary(min_size=1, max_size=40), st.data())
def test_a_changed_character_fails_the_checksum(payload: bytes, data: st.DataObject) -> None:
    """Changing any one character of base58check text is noticed."""
    text = base58.encode_check(payload)
    position = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(
        st.sampled_from("123456789ABCDEFGHJKLMNPQRSTUVWXYZ").filter(
            lambda character: character != text[position]
        )
    )
    with pytest.raises(ValueError, match="checksum"):
        base58.decode_check(text[:position] + other + text[position + 1 :])


@pytest.mark.parametrize("text", ["", "1", "2NEpo", "3QJmnh1"])
def test_text_without_room_for_a_checksum_is_refused(text: str) -> None:
    """Text of fewer bytes than a checksum has, or with a wrong one, is refused."""
    with pytest.raises(ValueError, match="checksum"):
        base58.decode_check(text)
