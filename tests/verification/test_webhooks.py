"""Webhooks: which deliveries are accepted, and why others are refused."""

import base64
import contextlib
import hmac
import json
import pickle
from collections.abc import Callable
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import places
import pytest
from hypothesis import given
from hypothesis import strategies as st

from privy_async.errors import InvalidArgumentError, InvalidWebhookError, PrivyError
from privy_async.resources.webhook_events import UserEvent, WebhookEvent
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
    """Svix's own example passes the check; it is an event without a type."""
    vector = SIGNED["svix_docs"]
    event = verify(vector["body"], vector["headers"], secret=vector["secret"], now=sent_at(vector))
    assert event == WebhookEvent(extra=json.loads(vector["body"]))


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


@pytest.mark.parametrize("now", [-1, -0.1, 1e12, 1e300, float("nan"), "1", []])
def test_what_is_no_time_of_now(now: Any) -> None:
    """Milliseconds, among others: they are refused and not taken for the far future."""
    with pytest.raises(InvalidArgumentError, match="now: expected a Unix time in s"):
        verify(BODY, delivery(), secret=ONE, now=now)


def test_webhooks_without_a_client() -> None:
    """They know the secret, and the system's time."""
    with pytest.raises(InvalidWebhookError) as caught:
        Webhooks(ONE).verify(BODY, delivery())
    assert caught.value.reason == "too_old"
    assert Webhooks(ONE).verify(BODY, delivery(), now=NOW).type == "privy.test"


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


def wsgi(headers: dict[str, str]) -> dict[str, Any]:
    """An environment as WSGI has it (PEP 3333), with what else is in it."""
    names = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    return {**names, "REQUEST_METHOD": "POST", "wsgi.version": (1, 0), "wsgi.input": object()}


class Message:
    """Headers that are no mapping, but list what they have."""

    def items(self) -> list[tuple[str, str]]:
        return list(delivery().items())


FORMS: dict[str, Callable[[dict[str, str]], Any]] = {
    "dict": dict,
    "read-only mapping": MappingProxyType,
    "names in capitals": lambda given: {name.upper(): value for name, value in given.items()},
    "bytes": lambda given: {name.encode(): value.encode() for name, value in given.items()},
    "text to bytes": lambda given: {name: value.encode() for name, value in given.items()},
    "list of pairs": lambda given: [*given.items()],
    "pairs of bytes": lambda given: [(n.encode(), bytearray(v.encode())) for n, v in given.items()],
    "pairs as lists": lambda given: tuple([*pair] for pair in given.items()),
    "iterator of pairs": lambda given: iter(given.items()),
    "among others": lambda given: [(b"host", b"x"), *given.items(), ("accept", 5), (None, None)],
    "items": lambda given: Message(),
    "WSGI": wsgi,
    "webhook-...": lambda given: {n.replace("svix", "webhook"): v for n, v in given.items()},
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_forms_of_headers(form: Callable[[dict[str, str]], Any]) -> None:
    """Headers are taken as any server has them."""
    assert verify(BODY, form(delivery()), secret=ONE, now=NOW).type == "privy.test"


@pytest.mark.parametrize(
    "headers",
    [None, 5, 1.5, object(), "svix-id: x", b"svix-id", ["svix-id"], [1], [("a", "b", "c")], True],
)
def test_what_are_no_headers(headers: Any) -> None:
    """They are refused by name."""
    with pytest.raises(InvalidArgumentError, match="mapping, or a list of pairs") as caught:
        verify(BODY, headers, secret=ONE, now=NOW)
    assert caught.value.argument == "headers"


@pytest.mark.parametrize("headers", [{}, [], (), "", {"svix-id": 5}, {5: "x"}, [(None, b"")]])
def test_headers_without_a_signature(headers: Any) -> None:
    """Headers of something else lack what a delivery has."""
    with pytest.raises(InvalidWebhookError) as caught:
        verify(BODY, headers, secret=ONE, now=NOW)
    assert caught.value.reason == "missing_header"


LIMITS = [float("nan"), float("inf"), -1, 10**400, "now", []]


@pytest.mark.parametrize("now", LIMITS, ids=lambda value: repr(value)[:10])
def test_what_is_no_time(now: Any) -> None:
    """It is the caller's mistake, and never makes an old delivery a fresh one."""
    with pytest.raises(InvalidArgumentError) as caught:
        verify(BODY, delivery(), secret=ONE, now=now)
    assert caught.value.argument == "now"


@pytest.mark.parametrize("tolerance", [300, None, timedelta(seconds=-1), "5 minutes"])
def test_what_is_no_tolerance(tolerance: Any) -> None:
    """A tolerance is a timedelta, and not negative."""
    with pytest.raises(InvalidArgumentError) as caught:
        verify(BODY, delivery(), secret=ONE, tolerance=tolerance, now=NOW)
    assert caught.value.argument == "tolerance"


ANYTHING = st.recursive(
    st.none() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.binary(), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(ANYTHING, ANYTHING, ANYTHING, ANYTHING)
def test_anything_is_refused_by_an_error_of_ours(
    body: Any, headers: Any, secret: Any, now: Any
) -> None:
    """Whatever is given for whatever, and with a good rest, no other exception comes."""
    good: dict[str, Any] = {"body": BODY, "headers": delivery(), "secret": ONE, "now": NOW}
    for name, odd in {"body": body, "headers": headers, "secret": secret, "now": now}.items():
        with contextlib.suppress(PrivyError):
            verify(**{**good, name: odd})


FINITE = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | FINITE | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
TYPES = st.sampled_from(["user.created", "transaction.confirmed", "intent.created", "x"]) | JSON


@given(TYPES, st.dictionaries(st.sampled_from(["user", "transaction_id", "intent_id"]), JSON))
def test_any_event_is_read(type: Any, fields: dict[str, Any]) -> None:
    """Whatever a signed event holds, it is an event, and none of it is lost."""
    body = json.dumps({**fields, "type": type}).encode()
    event = verify(body, delivery(body), secret=ONE, now=NOW)
    assert isinstance(event, WebhookEvent)
    held = {name for name, item in {**fields, "type": type}.items() if item is not None}
    assert held <= event.to_json().keys()


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


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'{"x":NaN}', b"[1e999]", b"[" * 100_000, b"\xff", "\ud800", '"\ud800"'],
)
def test_what_is_no_json_is_refused(body: bytes | str) -> None:
    """A signed body that is not JSON ends in the one error."""
    raw = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    with pytest.raises(InvalidWebhookError) as caught:
        verify(body, delivery(raw), secret=ONE, now=NOW)
    assert caught.value.reason == "unreadable"


@pytest.mark.parametrize("data", [[], 1, None, "x", [{"type": "user.created"}]], ids=repr)
def test_what_is_no_object_is_an_event_without_a_type(data: Any) -> None:
    """Privy signed it, so it is delivered, with what it said."""
    body = json.dumps(data).encode()
    event = verify(body, delivery(body), secret=ONE, now=NOW)
    assert (type(event), event.type, event.extra) == (WebhookEvent, "", {"": data})


def test_an_event_without_a_documented_field() -> None:
    """What can be missed is None; without what cannot, it is the base event."""
    user = {"id": "u", "linked_accounts": []}
    event = Webhooks().unsafe_unwrap(json.dumps({"type": "user.created", "user": user}))
    assert isinstance(event, UserEvent)
    assert (event.user.id, event.user.created_at) == ("u", None)
    body = VECTORS["incomplete_event"]["body"]
    read = Webhooks().unsafe_unwrap(body)
    assert (type(read), read.extra) == (WebhookEvent, json.loads(body))


@pytest.mark.parametrize(
    "event",
    [
        {"type": "user.created", "user": {"id": "u"}},
        {"type": "user.created", "user": 5},
        {"type": "transaction.confirmed", "caip2": "eip155:1"},
        {"type": "wallet.funds_deposited", "wallet_id": "w", "amount": "1"},
        {"type": "wallet_action.transfer.succeeded"},
        {"type": "intent.executed", "intent_id_": "i"},
        {"type": "something.new", "x": [1]},
    ],
    ids=lambda event: str(event["type"]),
)
def test_an_event_that_lacks_what_it_needs(event: dict[str, Any]) -> None:
    """It is the base event, with all of its JSON, and not refused: Privy would send it again."""
    body = json.dumps(event).encode()
    read = verify(body, delivery(body), secret=ONE, now=NOW)
    assert type(read) is WebhookEvent
    assert (read.type, read.to_json()) == (event["type"], event)
    assert read.extra.items() >= {name: event[name] for name in event if name != "type"}.items()


def test_errors_travel() -> None:
    """The error survives a task queue with its reason."""
    error = InvalidWebhookError("no", reason="too_old")
    assert pickle.loads(pickle.dumps(error)).reason == "too_old"
