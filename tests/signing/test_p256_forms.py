"""Authorization keys: every form in which they are kept, and every refusal."""

import json
import traceback
from base64 import b64decode, b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from key_forms import FIRST, FORMS, P384, PKCS8, REFUSED, RSA, base64_pkcs8
from places import VECTORS

from privy_async.errors import InvalidArgumentError
from privy_async.signing.p256 import AuthorizationKey


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_form_is_the_same_key(form: Any) -> None:
    """Each form of the official SDKs' test key has the published public key and scalar."""
    key = AuthorizationKey.parse(form)
    scalar = key.private_key.private_numbers().private_value
    assert f"{scalar:064x}" == FIRST["derived"]["scalar_hex"]
    assert key.public_key == FIRST["derived"]["spki_der_b64"]


def check_refusal(key: Any) -> str:
    """Refuse the key and return the problem, which must be followed by the fixed help alone."""
    with pytest.raises(InvalidArgumentError) as caught:
        AuthorizationKey.parse(key, argument="my_key")
    assert caught.value.argument == "my_key"
    problem, help_text = str(caught.value).split("; ", 1)
    assert help_text == (
        "expected a P-256 private key: base64 PKCS#8 DER (with or without wallet-auth: in "
        "front), a PKCS#8 or SEC1 PEM, base64 of it, DER bytes, or a cryptography key object"
    )
    shown = "".join(traceback.format_exception(caught.value))
    assert shown.count("Error:") == 1, "the original error is shown as well"
    return problem.removeprefix("my_key: ")


@pytest.mark.parametrize(("key", "problem"), REFUSED.values(), ids=REFUSED)
def test_refusals(key: Any, problem: str) -> None:
    """What is no P-256 private key is refused by name, whatever it is."""
    assert check_refusal(key) == problem


@pytest.mark.parametrize(
    "entry",
    json.loads((VECTORS / "invalid_keys.json").read_text()),
    ids=lambda entry: entry["input"],
)
def test_refusals_of_the_official_sdks(entry: dict[str, Any]) -> None:
    """What the official SDKs' tests refuse, we refuse."""
    described = {
        "any P-384 PKCS8 DER base64": base64_pkcs8(P384),
        "any RSA PKCS8 DER base64": base64_pkcs8(RSA),
    }
    check_refusal(described.get(entry["input"], entry["input"]))


PROBLEMS = ("cannot be read", "is a public key", "is encrypted with a password")
ODD = st.text(st.characters(codec=None), max_size=200)


@st.composite
def damaged_keys(draw: st.DrawFn) -> str:
    """A real key in text form with a piece replaced by something else."""
    form = draw(st.sampled_from([form for form in FORMS.values() if isinstance(form, str)]))
    start = draw(st.integers(0, len(form)))
    end = draw(st.integers(start, len(form)))
    return form[:start] + draw(ODD) + form[end:]


@given(damaged_keys() | ODD | st.binary(max_size=200))
def test_garbage_is_refused_without_showing_it(key: str | bytes) -> None:
    """Damaged keys and garbage end in one of three fixed texts, so nothing of them can show."""
    try:
        AuthorizationKey.parse(key)
    except InvalidArgumentError:
        assert check_refusal(key) in PROBLEMS


@given(st.integers(0, 137), st.integers(1, 255))
def test_a_flipped_byte_never_shows(index: int, flip: int) -> None:
    """One wrong byte of the DER gives a refusal or a curve's name, never a part of the key."""
    der = bytearray(b64decode(PKCS8))
    der[index] ^= flip
    text, said = b64encode(der).decode(), ""
    try:
        AuthorizationKey.parse(text)
    except InvalidArgumentError as error:
        said = str(error)
    assert not any(text[at : at + 8] in said for at in range(len(text) - 8))
