"""What the sandbox says of a refused token: whatever it holds, one short line with a cause."""

from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from privy_async.sandbox import Sandbox
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.token_diagnosis import RefusedToken, diagnose_token

SANDBOX = Sandbox(audiences=["shop"])
STRANGE = ec.generate_private_key(ec.SECP256R1())
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
names = ("exp", "nbf", "iss", "aud", "sid", "sub")
parts = st.none() | st.fixed_dictionaries({}, optional=dict.fromkeys(names, json_values))
headers = st.none() | st.fixed_dictionaries({}, optional={"alg": json_values, "kid": json_values})
who = st.sampled_from(["sandbox", "registered", None])


@given(headers, parts, who)
def test_anything_has_a_diagnosis(header: Any, claims: Any, signed_by: Any) -> None:
    """Neither header nor claims can break it, or make it long."""
    token = RefusedToken(
        header=header,
        claims=claims,
        signed_by=signed_by,
        key_ids=["k1"],
        app_id="app",
        audiences=["shop"],
        user_id_claim="sub",
        now=1.8e9,
    )
    diagnosis = diagnose_token(token)
    assert diagnosis.cause
    assert len(diagnosis.explanation) < 300
    assert diagnosis.explanation.isprintable()


@given(st.text() | st.builds("{}.{}.{}".format, st.text(), st.text(), st.text()))
def test_any_text_is_refused_with_a_diagnosis(text: str) -> None:
    """What is no token at all neither."""
    with pytest.raises(Refusal) as caught:
        SANDBOX._verifier.verify(text)
    assert caught.value.diagnosis is not None
    assert caught.value.diagnosis.cause == "not a token"


@pytest.mark.parametrize(
    ("claims", "key", "header", "cause"),
    [
        ({"exp": 1}, None, {}, "expired token"),
        ({"exp": -1}, None, {}, "not a token"),
        ({"exp": 4e9, "nbf": 3.9e9}, None, {}, "token not valid yet"),
        ({"exp": 4e9, "aud": "x", "sub": "a"}, None, {}, "other audience"),
        ({"exp": 4e9, "aud": ["shop"]}, None, {}, "no user id"),
        ({"exp": 4e9, "iss": "privy.io", "sid": "s", "aud": "x"}, None, {}, "other audience"),
        ({"exp": 4e9, "iss": "privy.io", "aud": "sandbox-app"}, None, {}, "not an access token"),
        ({"exp": 4e9, "iss": "privy.io"}, STRANGE, {}, "other issuer"),
        ({"exp": 4e9}, STRANGE, {"kid": "k7"}, "unknown token key"),
        ({"exp": 4e9}, STRANGE, {}, "other token key"),
        ({"exp": 4e9}, "a-secret-of-thirty-two-characters", {}, "other token key"),
        ({"iss": "x"}, None, {}, "not a token"),
    ],
)
def test_causes(claims: dict[str, Any], key: Any, header: dict[str, Any], cause: str) -> None:
    """Each has one; what is wrong with the time comes first, then who signed."""
    if key is None:
        token = SANDBOX.state.issuer.issue(claims)
    else:
        algorithm = "HS256" if isinstance(key, str) else "ES256"
        token = jwt.encode(claims, key, algorithm, headers=header)
    with pytest.raises(Refusal) as caught:
        SANDBOX._verifier.verify(token)
    assert caught.value.diagnosis is not None
    assert caught.value.diagnosis.cause == cause
