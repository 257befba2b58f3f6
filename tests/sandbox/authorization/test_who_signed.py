"""Whose a signature may be: the keys that are looked at, and what is said of their holders."""

import base64
import json

import attrs
import pytest
from api_client import Clock, new_key, sign
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from test_diagnosis import DOCUMENT, KEYS, OWNER, RIGHT, of
from test_diagnosis import sign as sign_bytes

from privy_async.sandbox import Sandbox
from privy_async.sandbox.authorization import known_keys
from privy_async.sandbox.authorization.check import (
    MISSING,
    Approval,
    Authorization,
    Signatory,
    SignatureRefusal,
    check_signatures,
    mfa_refusal,
    quorum_signatories,
    signature_refusal,
    signed_payloads,
)
from privy_async.sandbox.keys.p256 import point_of
from privy_async.sandbox.records.key_quorums import KeyQuorum, PublicKeyMember
from privy_async.sandbox.records.second_factors import Sms
from privy_async.sandbox.records.users import User, UserKey
from privy_async.sandbox.requests.http_messages import HttpRequest
from privy_async.sandbox.state import State

REQUEST = HttpRequest("PATCH", "http://127.0.0.1", "/v1/wallets/w1", {}, {"privy-app-id": "a"})
JSON = {**REQUEST.headers, "content-type": "application/json"}


@pytest.fixture
def state(clock: Clock) -> State:
    """What a sandbox remembers that nobody has called."""
    return Sandbox(clock=clock).state


def member(key: EllipticCurvePrivateKey) -> PublicKeyMember:
    """A key as a member of a quorum."""
    return PublicKeyMember("text", key.public_key(), point_of(key.public_key()))


def user_key(user_id: str, state: State, *, more: int = 60_000, **fields: object) -> UserKey:
    """A key of a user, which expires in so many ms."""
    key = new_key().public_key()
    made = UserKey(user_id, state.now + more, key, point_of(key))
    return attrs.evolve(made, **fields)


def user(user_id: str, *, enrolled: bool = False) -> User:
    """A user, maybe with a second factor."""
    factors = (Sms(verified_at=1, phone_number="+15555550100"),) if enrolled else ()
    return User(user_id, (), {}, 1, factors)


def test_keys_that_are_known(state: State) -> None:
    """Those that may sign come first, with what each is good for; of each user the newest ten."""
    quorums = [
        KeyQuorum("inner", 1, (member(new_key()),)),
        KeyQuorum("outer", 1, (member(new_key()),), ("u1",), ("inner",), "Ops"),
        KeyQuorum("other", 1, (member(new_key()),)),
    ]
    for quorum in quorums:
        state.key_quorums[quorum.id] = quorum
    state.user_keys["u1"] = (
        user_key("u1", state),
        user_key("u1", state, more=0),
        user_key("u1", state, intent_ids=("i1",)),
        *(user_key("u1", state, more=1) for _ in range(20)),
    )
    state.user_keys["u2"] = tuple(user_key("u2", state) for _ in range(20))
    assert [(each.holder, each.standing) for each in known_keys(state, ["outer"])] == [
        ("key quorum “Ops” outer", "signer"),
        ("key quorum inner", "signer"),
        ("user u1", "signer"),
        ("user u1", "expired"),
        ("user u1", "bound"),
        *[("user u1", "signer")] * 7,
        ("key quorum other", "other"),
        *[("user u2", "other")] * 10,
    ]


def test_keys_that_sign_for_an_intent(state: State) -> None:
    """A key that is bound to intents signs for these alone; any other signs for all."""
    quorum = state.key_quorums["q"] = KeyQuorum("q", 1, (), ("u1",))
    free, bound = user_key("u1", state), user_key("u1", state, intent_ids=("i1", "i2"))
    state.user_keys["u1"] = (bound, free)
    for intent_id, keys in (("i1", [bound, free]), ("i3", [free]), (None, [free])):
        found = list(quorum_signatories(state, quorum, intent_id=intent_id))
        assert [each.key for each in found] == [key.public_key for key in keys]
        assert {each.approval for each in found} == {Approval("u1", "q")}


def test_a_signatory_counts_unless_something_is_said() -> None:
    """A key of the app's has no end, and needs no second factor."""
    signatory = Signatory(OWNER.public_key(), b"point", Approval("u1", "q"))
    assert (signatory.expired, signatory.with_mfa) == (False, True)


@pytest.mark.parametrize(
    ("user_ids", "code"),
    [
        (["enrolled"], "mfa_required"),
        (["enrolled", "gone"], "mfa_required"),
        (["plain"], "missing_mfa_enrollment"),
        (["plain", "enrolled"], "missing_mfa_enrollment"),
        (["enrolled", "plain"], "missing_mfa_enrollment"),
    ],
)
def test_who_needs_mfa(state: State, user_ids: list[str], code: str) -> None:
    """All who have signed must be enrolled before any of them can verify."""
    for name in ("enrolled", "plain"):
        state.users[name] = user(name, enrolled=name == "enrolled")
    assert mfa_refusal(state, user_ids).code == code


def test_who_has_verified_need_not_be_enrolled_any_more(state: State) -> None:
    """The refusal is for those whose second factor was missing when their key was given out."""
    verified, bare = (new_key() for _ in range(2))
    state.users |= {"left": user("left"), "bare": user("bare", enrolled=True)}
    for name, key, until in (("left", verified, 10**14), ("bare", bare, 0)):
        made = user_key(name, state, mfa_until=until)
        point = point_of(key.public_key())
        state.user_keys[name] = (attrs.evolve(made, public_key=key.public_key(), point=point),)
    state.key_quorums["q"] = KeyQuorum("q", 2, (), ("left", "bare"))
    refusal = authorize(state, verified, bare).without_mfa
    assert refusal is not None
    assert refusal.code == "mfa_required"


def authorize(state: State, *keys: EllipticCurvePrivateKey, also: str = "") -> Authorization:
    """Check signatures by these keys for the quorum q."""
    payload = json.loads(signed_payloads(REQUEST)[0].canonical)
    texts = ",".join([*(sign(key, payload) for key in keys), *([also] if also else [])])
    headers = {**REQUEST.headers, "privy-authorization-signature": texts}
    return check_signatures(state, attrs.evolve(REQUEST, headers=headers), ["q"])


def test_what_stands_beside_a_good_signature(state: State) -> None:
    """Nonsense is nobody's signature; nor is one with characters that base64 passes over."""
    state.key_quorums["q"] = KeyQuorum("q", 1, (member(OWNER),))
    assert authorize(state, OWNER).quorum_id == "q"
    good = sign(OWNER, json.loads(signed_payloads(REQUEST)[0].canonical))
    for also in ("no base64!", f"{good[:8]}!{good[8:]}"):
        with pytest.raises(SignatureRefusal, match="At least one"):
            authorize(state, OWNER, also=also)
        with pytest.raises(SignatureRefusal, match="No valid"):
            authorize(state, also=also)


def test_an_empty_body_has_two_forms() -> None:
    """That which a server would have parsed comes first; both are good."""
    assert [each.body_form for each in signed_payloads(REQUEST)] == ["empty string", "empty object"]
    declared = attrs.evolve(REQUEST, headers=JSON)
    assert [each.body_form for each in signed_payloads(declared)] == [
        *("empty object", "empty string")
    ]
    for body, form in ((b"{}", "empty object"), (b"[]", "json"), (b'{"a":1}', "json")):
        (first, *_) = signed_payloads(attrs.evolve(declared, body=body))
        assert first.body_form == form
        assert json.loads(first.canonical) == {
            "version": 1,
            "method": "PATCH",
            "url": "http://127.0.0.1/v1/wallets/w1",
            "body": json.loads(body),
            "headers": {"privy-app-id": "a"},
        }


def test_more_may_be_signed() -> None:
    """A signature for an intent names it beside the request's own parts."""
    (first, second) = signed_payloads(REQUEST, {"intent_ids": ["i1"]})
    assert [json.loads(each.canonical)["intent_ids"] for each in (first, second)] == [["i1"]] * 2
    assert "intent_ids" not in json.loads(signed_payloads(REQUEST)[0].canonical)


def test_a_refusal_says_how_many_must_sign(state: State) -> None:
    """As many as the owner's quorum says, in the singular and the plural."""
    for threshold, needed in ((1, "needs 1 signature."), (2, "needs 2 signatures.")):
        state.key_quorums["q"] = KeyQuorum("q", threshold, (member(OWNER), member(new_key())))
        payloads = signed_payloads(REQUEST)
        refusal = signature_refusal(state, REQUEST, ["q"], [], payloads, MISSING)
        assert refusal.diagnosis is not None
        assert refusal.diagnosis.explanation.endswith(needed)
        assert refusal.expected_payload == payloads[0].canonical.decode()


def test_how_many_approvals_lack() -> None:
    """Good signatures that are too few are counted."""
    good = sign_bytes(RIGHT)
    assert of(good, threshold=2).explanation == (
        "Every signature is good, but 1 of 2 approvals is not enough. "
        "A nested quorum counts as one."
    )
    assert of(good, good, threshold=2).explanation == (
        "Every signature is good, but one key has signed twice and counts once: 2 approvals needed."
    )


def test_another_encoding_is_shown_as_it_was_signed() -> None:
    """The text itself, and not that text as JSON once more; any other part is shown as JSON."""
    text = json.dumps(DOCUMENT)
    assert of(sign_bytes(text.encode())).signed == text
    digits = base64.b64encode(b"x").decode()
    assert of(digits).signed is None


@pytest.mark.parametrize(("others", "cause"), [(99, "too few"), (100, "unknown")])
def test_a_hundred_keys_are_looked_at(others: int, cause: str) -> None:
    """One that stands behind them is unknown."""
    behind = (*[KEYS[2]] * others, KEYS[0])
    assert of(sign_bytes(RIGHT), keys=behind, threshold=2).cause == cause
