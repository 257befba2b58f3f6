"""Webhooks: which deliveries are accepted, and why others are refused."""

import base64
import hmac
import json
import pickle
from datetime import timedelta
from typing import Any

import places
import pytest
from hypothesis import given
from hypothesis import strategies as st

from privy_async.errors import InvalidArgumentError, InvalidWebhookError
from privy_async.verification.webhooks import Webhooks, verify

VECTORS = json.loads((places.VECTORS / "webhooks.json").read_text("utf-8"))
SIGNED = {vector["name"]: vector for vector in VECTORS["signed"]}
# The documentation's own example has a body that is no event of Privy.
EVENTS = {name: vector for name, vector in SIGNED.items() if name != "svix_docs"}
ONE, OTHER = (f"whsec_{base64.b64encode(bytes([n]) * 24).decode()}" for n in (1, 2))
NOW = 1_750_000_000
BODY = b'{"type":"privy.test","message":"Hello, World!"}'
WRONG = VECTORS["wrong_signatures"]["values"]


def sent_at(vector: dict[str, Any]) -> float:
    """When a delivery of the vectors was sent."""
    return float(next(value for name, value in vector["headers"].items() if "timestamp" in name))


def sign(body: bytes, secret: str, *, id: str = "msg_1", timestamp: str = str(NOW)) -> str:
    """A signature as https://docs.svix.com/receiving/verifying-payloads/how-manual says."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, content, "sha256").digest()).decode()


def delivery(body: bytes = BODY, *, secret: str = ONE, timestamp: int = NOW) -> dict[str, str]:
    """The headers of a delivery."""
    return {
        "svix-id": "msg_1",
        "svix-timestamp": str(timestamp),
        "svix-signature": sign(body, secret, timestamp=str(timestamp)),
    }


@pytest.mark.parametrize("name", EVENTS)
def test_what_other_libraries_signed_is_accepted(name: str) -> None:
    """Deliveries signed by svix and standardwebhooks are accepted, as bytes and as str."""
    vector = EVENTS[name]
    for body in (vector["body"], vector["body"].encode()):
        event = verify(body, vector["headers"], secret=vector["secret"], now=sent_at(vector))
        assert event.type == json.loads(vector["body"])["type"]


def test_the_documented_signature_is_right() -> None:
    """Svix's own example passes the check; then it turns out to be no event."""
    vector = SIGNED["svix_docs"]
    with pytest.raises(InvalidWebhookError, match="type is missing") as caught:
        verify(vector["body"], vector["headers"], secret=vector["secret"], now=sent_at(vector))
    assert caught.value.reason == "unreadable"


@pytest.mark.parametrize("name", EVENTS)
def test_a_delivery_needs_its_own_secret(name: str) -> None:
    """The same deliveries are refused with another secret."""
    vector = EVENTS[name]
    with pytest.raises(InvalidWebhookError) as caught:
        verify(vector["body"], vector["headers"], secret=ONE, now=sent_at(vector))
    assert caught.value.reason == "wrong_signature"


@pytest.mark.parametrize("change", [str.title, str.upper, str.lower])
def test_names_of_headers_may_be_in_any_case(change: Any) -> None:
    """Frameworks write header names as they like."""
    headers = {change(name): value for name, value in delivery().items()}
    assert verify(BODY, headers, secret=ONE, now=NOW).type == "privy.test"


@pytest.mark.parametrize("secrets", [[ONE, OTHER], [OTHER, ONE], (ONE,)])
def test_one_of_several_secrets_is_enough(secrets: list[str]) -> None:
    """While a secret is replaced, deliveries with the old and the new one are accepted."""
    assert verify(BODY, delivery(), secret=secrets, now=NOW).type == "privy.test"


@pytest.mark.parametrize(
    ("sent", "tolerance", "reason"),
    [
        (NOW - 300, 300, None),
        (NOW + 300, 300, None),
        (NOW - 301, 300, "too_old"),
        (NOW + 301, 300, "too_new"),
        (NOW - 360, 300, "too_old"),
        (NOW - 360, 400, None),
        (NOW - 1, 0, "too_old"),
    ],
)
def test_a_delivery_must_be_fresh(sent: int, tolerance: int, reason: str | None) -> None:
    """Its time may differ by the tolerance and no more, in both directions."""
    span = timedelta(seconds=tolerance)
    if reason is None:
        verify(BODY, delivery(timestamp=sent), secret=ONE, tolerance=span, now=NOW)
        return
    with pytest.raises(InvalidWebhookError) as caught:
        verify(BODY, delivery(timestamp=sent), secret=ONE, tolerance=span, now=NOW)
    assert caught.value.reason == reason


def test_the_systems_clock_is_the_default() -> None:
    """Without `now`, what was sent long ago is too old."""
    with pytest.raises(InvalidWebhookError) as caught:
        verify(BODY, delivery(), secret=ONE)
    assert caught.value.reason == "too_old"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        *[({"svix-signature": value}, "wrong_signature") for value in WRONG],
        ({"svix-signature": "v1,"}, "wrong_signature"),
        ({"svix-signature": " , ,, v1"}, "wrong_signature"),
        ({"svix-signature": "v1,\udc80ü"}, "wrong_signature"),
        ({"svix-signature": sign(BODY, ONE).replace("v1,", "v2,")}, "wrong_signature"),
        ({"svix-signature": sign(BODY, ONE).removeprefix("v1,")}, "wrong_signature"),
        ({"svix-id": "msg_2"}, "wrong_signature"),
        ({"svix-timestamp": str(NOW + 1)}, "wrong_signature"),
        ({"svix-timestamp": f"{NOW}.0"}, "wrong_header"),
        ({"svix-timestamp": f"-{NOW}"}, "wrong_header"),
        ({"svix-timestamp": "\u0661\u0667\u0665"}, "wrong_header"),
        ({"svix-timestamp": "9" * 5000}, "wrong_header"),
        ({"svix-id": "msg_\udc80"}, "wrong_header"),
        ({"svix-id": ""}, "missing_header"),
        ({"svix-id": None}, "missing_header"),
        ({"svix-timestamp": None}, "missing_header"),
        ({"svix-signature": None, "webhook-signature": sign(BODY, ONE)}, "missing_header"),
    ],
)  # fmt: skip
def test_refused_headers(changes: dict[str, Any], reason: str) -> None:
    """Whatever is wrong with the headers, the reason names it."""
    headers = {
        name: value for name, value in {**delivery(), **changes}.items() if value is not None
    }
    with pytest.raises(InvalidWebhookError) as caught:
        verify(BODY, headers, secret=ONE, now=NOW)
    assert caught.value.reason == reason


@given(st.binary(max_size=200), st.data())
def test_any_other_body_is_refused(body: bytes, data: st.DataObject) -> None:
    """The signature covers each byte of the body."""
    other = data.draw(st.binary(max_size=200).filter(lambda drawn: drawn != body))
    with pytest.raises(InvalidWebhookError) as caught:
        verify(other, delivery(body), secret=ONE, now=NOW)
    assert caught.value.reason == "wrong_signature"


@given(
    st.dictionaries(st.text(), st.integers() | st.text(), max_size=5),
    st.binary(min_size=1, max_size=80),
    st.from_regex(r"[!-~]{1,40}", fullmatch=True),
)
def test_any_event_that_is_signed_is_accepted(fields: dict[str, Any], key: bytes, id: str) -> None:
    """Bodies of any JSON, keys of any length and ids of any ASCII pass, and nothing is lost."""
    body = json.dumps({**fields, "type": "privy.test"}).encode()
    secret = base64.b64encode(key).decode()
    signature = sign(body, secret, id=id)
    headers = {"svix-id": id, "svix-timestamp": str(NOW), "svix-signature": signature}
    event = verify(body, headers, secret=secret, now=NOW)
    assert {**event.extra, "type": event.type} == json.loads(body)


@pytest.mark.parametrize("body", [{"type": "privy.test"}, ["privy.test"], None, 1])
def test_a_parsed_body_is_refused(body: Any) -> None:
    """What a framework has parsed cannot be checked, and the error says so."""
    with pytest.raises(InvalidArgumentError, match="parsed cannot be checked") as caught:
        verify(body, delivery(), secret=ONE, now=NOW)
    assert caught.value.argument == "body"


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!!!", "ü", [], [ONE, ""], None, b"abcd"])
def test_what_is_no_secret_is_refused(secret: Any) -> None:
    """An empty key would make everyone a sender; the error does not show the secret."""
    with pytest.raises(InvalidArgumentError) as caught:
        verify(BODY, delivery(), secret=secret, now=NOW)
    assert caught.value.argument == "secret"
    assert "!!!" not in str(caught.value)


def test_the_clients_secret_and_another() -> None:
    """The client's secret is used unless the call gives one; without any it is asked for."""
    webhooks = Webhooks(ONE)
    assert webhooks.verify(BODY, delivery(), now=NOW).type == "privy.test"
    assert webhooks.verify(BODY, delivery(secret=OTHER), secret=OTHER, now=NOW).extra
    with pytest.raises(InvalidArgumentError, match="webhook_signing_secret="):
        Webhooks().verify(BODY, delivery(), now=NOW)
    assert ONE not in repr(webhooks)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"1", b'{"type":[]}', b"[" * 100_000, b"\xff"])
def test_what_is_no_event_is_refused(body: bytes) -> None:
    """A signed body that cannot be read ends in the one error."""
    with pytest.raises(InvalidWebhookError) as caught:
        verify(body, delivery(body), secret=ONE, now=NOW)
    assert caught.value.reason == "unreadable"


def test_an_event_without_a_documented_field_is_refused() -> None:
    """The error names the place, and shows nothing of the event."""
    body = VECTORS["incomplete_event"]["body"]
    with pytest.raises(InvalidWebhookError, match=r"user\.created_at is missing") as caught:
        Webhooks().unsafe_unwrap(body)
    assert "did:privy" not in str(caught.value)


def test_errors_travel() -> None:
    """The error survives a task queue with its reason."""
    error = InvalidWebhookError("no", reason="too_old")
    assert pickle.loads(pickle.dumps(error)).reason == "too_old"
