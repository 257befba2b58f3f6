"""Calls as values: their paths, queries, bodies, signed headers and payloads."""

import json
import re
from copy import deepcopy
from datetime import timedelta
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from math import inf, nan
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ids import stable
from places import VECTORS

from privy_async.errors import InvalidArgumentError
from privy_async.sending.call import OMIT, Call, check_path, encode_body, encode_query, expand_path
from privy_async.sending.call import given as given_fields
from privy_async.sending.operations import Accepts, Operation


def load(name: str) -> Any:
    return json.loads((VECTORS / name).read_text())


EXPIRY = load("request_expiry.json")
MONEY = Accepts(signature=True, idempotency=True, expiry=True)


def make_call(method: str = "POST", accepts: Accepts = MONEY, **changes: Any) -> Call:
    path = "/v1/wallets/{wallet_id}/rpc"
    fields: dict[str, Any] = {
        "operation": Operation(f"{method} {path}", method, path, ("wallet_id",), accepts),
        "url": "https://api.privy.io/v1/wallets/w1/rpc",
        "app_id": "app",
        "body": b'{"a":1}',
        "idempotency_key": None,
        "request_expiry": None,
        "authorization": None,
    }
    return Call(**{**fields, **changes})


# --- paths

IDS = st.text(st.characters(codec="utf-8"), min_size=1).filter(lambda text: text not in (".", ".."))


@given(IDS, IDS)
def test_an_id_stays_one_segment(first: str, second: str) -> None:
    """Whatever an id holds, it is one ASCII segment that decodes to the id again."""
    path = expand_path("/v1/policies/{policy}/rules/{rule}", {"policy": first, "rule": second})
    assert path.isascii()
    assert not set(path) & set(" ?#\\")
    segments = path.split("/")
    assert [unquote(segment) for segment in segments[1:]] == [
        "v1",
        "policies",
        first,
        "rules",
        second,
    ]


@pytest.mark.parametrize(
    ("value", "segment"),
    [
        ("cmf418pa801bxl40b5rcgjvd9", "cmf418pa801bxl40b5rcgjvd9"),
        ("did:privy:abc", "did%3Aprivy%3Aabc"),
        ("a/b", "a%2Fb"),
        ("../w2", "..%2Fw2"),
        ("%2e%2e", "%252e%252e"),
        ("a b", "a%20b"),
        ("a?b#c", "a%3Fb%23c"),
        ("{wallet_id}", "%7Bwallet_id%7D"),
        ("é", "%C3%A9"),
        ("-._~", "-._~"),
    ],
)
def test_odd_ids(value: str, segment: str) -> None:
    """All but RFC 3986's unreserved characters are percent-encoded."""
    assert expand_path("/w/{wallet_id}/rpc", {"wallet_id": value}) == f"/w/{segment}/rpc"


@pytest.mark.parametrize("value", ["", ".", "..", None, 7, b"w1", ["w1"], "\ud800"], ids=repr)
def test_ids_that_are_refused(value: Any) -> None:
    """What is no id, or would make another path, is refused by the parameter's name."""
    with pytest.raises(InvalidArgumentError) as caught:
        expand_path("/w/{wallet_id}", {"wallet_id": value})
    assert caught.value.argument == "wallet_id"


@pytest.mark.parametrize(
    "path", ["/v1/wallets", "/v1/wallets/a%2Fb", "/v1/a:b@c,d;e=f", "/v1/did%3Aprivy%3Aa"]
)
def test_paths_by_hand(path: str) -> None:
    """A percent-encoded path goes through as it stands."""
    assert check_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "v1/wallets",
        "//evil.example/v1",
        "/v1/wallets/",
        "/v1/./wallets",
        "/v1/../wallets",
        "/v1/wallets/..",
        "/v1/%2e%2e/wallets",
        "/v1/.%2E/wallets",
        "/v1/%2e/wallets",
        "/v1/wallets?limit=1",
        "/v1/wallets#top",
        "/v1/wal lets",
        "/v1/wallets\n",
        "/v1/wallets\x00",
        "/v1/wallets/{wallet_id}",
        "/v1/é",
        "/v1/a\\b",
        "/v1/100%",
        "/v1/%zz",
        "https://api.privy.io/v1/wallets",
    ],
    ids=repr,
)
def test_paths_by_hand_that_are_refused(path: str) -> None:
    """A path that something on its way would change is refused: its signature would not fit."""
    with pytest.raises(InvalidArgumentError) as caught:
        check_path(path)
    assert caught.value.argument == "path"


# --- queries


class Chain(StrEnum):
    ETHEREUM = "ethereum"


class OlderChain(str, Enum):  # noqa: UP042 - as written before StrEnum existed
    ETHEREUM = "ethereum"


class Limit(IntEnum):
    TEN = 10


@pytest.mark.parametrize(
    ("query", "text"),
    [
        (None, ""),
        ({}, ""),
        ({"cursor": None, "limit": OMIT}, ""),
        ({"limit": 5, "cursor": None}, "?limit=5"),
        ({"a": True, "b": False}, "?a=true&b=false"),
        ({"a": [1, "x"], "b": (True,)}, "?a=1&a=x&b=true"),
        ({"a": []}, ""),
        ({"a": "b c&d=e/f+g"}, "?a=b%20c%26d%3De%2Ff%2Bg"),
        ({"a&b": "é"}, "?a%26b=%C3%A9"),
        ({"a": ""}, "?a="),
        ({"chain_type": Chain.ETHEREUM}, "?chain_type=ethereum"),
        ({"chain_type": OlderChain.ETHEREUM}, "?chain_type=ethereum"),
        ({"limit": Limit.TEN}, "?limit=10"),
        ({"least": 0.1, "most": [1e21, -2.0]}, "?least=0.1&most=1e%2B21&most=-2.0"),
    ],
    ids=repr,
)
def test_queries(query: Any, text: str) -> None:
    """None and OMIT are left out, lists repeat the name, booleans are as in JSON."""
    assert encode_query(query) == text


@given(st.dictionaries(st.text(min_size=1), st.text(), min_size=1))
def test_queries_read_back(query: dict[str, str]) -> None:
    """Any names and texts read back as they were, and the query is ASCII."""
    text = encode_query(query)
    assert text.isascii()
    assert dict(parse_qsl(text[1:], keep_blank_values=True)) == query


@pytest.mark.parametrize(
    "value",
    [{"a": 1}, b"x", Decimal(1), [None], [[1]], object(), "\ud800", nan, inf, 1 << 300],
    ids=stable,
)
def test_queries_that_are_refused(value: Any) -> None:
    """What has no plain text in a query is refused by its name."""
    with pytest.raises(InvalidArgumentError) as caught:
        encode_query({"cursor": value})
    assert caught.value.argument == "cursor"


# --- bodies


def test_given() -> None:
    """OMIT is left out, None and all that is false stay."""
    assert given_fields(a=OMIT, b=None, c=0, d="", e=[]) == {"b": None, "c": 0, "d": "", "e": []}
    assert repr(OMIT) == "OMIT"


class Odd(str):
    """Text whose hash is not that of equal text."""

    def __hash__(self) -> int:
        return 1


@pytest.mark.parametrize(
    ("body", "extra", "encoded"),
    [
        (OMIT, None, None),
        (None, None, b"null"),
        ({}, None, b"{}"),
        ([1], None, b"[1]"),
        ({"b": 1}, {"a": 2}, b'{"a":2,"b":1}'),
        ({"a": {"b": 1}}, {"a": {"c": 2}}, b'{"a":{"b":1,"c":2}}'),
        (
            {"a": {"b": {"c": [1]}}},
            {"a": {"b": {"d": 2}}, "e": {}},
            b'{"a":{"b":{"c":[1],"d":2}},"e":{}}',
        ),
        ({"a": {"b": 1}}, {"a": {}}, b'{"a":{"b":1}}'),
        (OMIT, {"a": 1}, b'{"a":1}'),
        ({"a": 1}, {}, b'{"a":1}'),
    ],
    ids=repr,
)
def test_bodies(body: Any, extra: Any, encoded: bytes | None) -> None:
    """A body is canonical JSON, None is null, OMIT is none; extra fields go beside the others."""
    before = deepcopy((body, extra))
    assert encode_body(body, extra) == encoded
    assert (body, extra) == before


@pytest.mark.parametrize(
    ("body", "extra", "argument"),
    [
        ([1], {"a": 1}, "extra_body"),
        (None, {"a": 1}, "extra_body"),
        ({"a": 1}, [("b", 2)], "extra_body"),
        ({"a": 1}, "b", "extra_body"),
        ({"a": 1}, {"a": 2}, "extra_body.a"),
        ({"a": 1}, {"a": 1}, "extra_body.a"),
        ({"a": None}, {"a": 2}, "extra_body.a"),
        ({"a": 1}, {"a": {"b": 1}}, "extra_body.a"),
        ({"a": {"b": 1}}, {"a": 2}, "extra_body.a"),
        ({"a": {"b": 1}}, {"a": None}, "extra_body.a"),
        ({"a": {"b": {"c": 1}}}, {"a": {"b": {"c": 2}}}, "extra_body.a.b.c"),
        ({"a": {"b": 1}}, {"a": {"c": 1, "b": 2}}, "extra_body.a.b"),
        ({"a": [{"b": 1}]}, {"a": [{"c": 1}]}, "extra_body.a"),
        ({"a": 1}, {Odd("a"): 2}, "extra_body.a"),
        ({"a": OMIT}, None, "body.a"),
        ({"a": 1}, {"b": 2**60}, "body.b"),
    ],
    ids=repr,
)
def test_bodies_that_are_refused(body: Any, extra: Any, argument: str) -> None:
    """Extra fields replace none, and stand in mappings; what is no JSON is named by its path."""
    with pytest.raises(InvalidArgumentError) as caught:
        encode_body(body, extra)
    assert caught.value.argument == argument


# --- the call


def test_signed_headers() -> None:
    """Only the app id, the idempotency key and the expiry are signed, each if it is sent."""
    assert make_call().headers(0) == {"privy-app-id": "app"}
    everything = make_call(idempotency_key="k", request_expiry=int(EXPIRY["explicit_literal"]))
    assert everything.headers(0) == {
        "privy-app-id": "app",
        "privy-idempotency-key": "k",
        "privy-request-expiry": EXPIRY["explicit_literal"],
    }


@given(
    st.floats(min_value=0, max_value=1e11),
    st.timedeltas(min_value=timedelta(milliseconds=1), max_value=timedelta(days=365)),
)
def test_a_span_counts_from_the_attempt(now: float, span: timedelta) -> None:
    """A span becomes whole Unix ms, counted from the attempt's own time."""
    text = make_call(request_expiry=span).headers(now)["privy-request-expiry"]
    assert re.fullmatch(EXPIRY["header_regex"], text)
    assert abs(int(text) / 1000 - (now + span.total_seconds())) < 0.01


def test_payload_of_a_call() -> None:
    """The payload joins the call's own bytes; without a body it says "" in its place."""
    call = make_call(method="DELETE", body=None, idempotency_key="k")
    assert json.loads(call.payload(call.headers(0))) == {
        "version": 1,
        "method": "DELETE",
        "url": call.url,
        "body": "",
        "headers": {"privy-app-id": "app", "privy-idempotency-key": "k"},
    }
    assert b'"body":{"a":1},' in make_call().payload({})


@pytest.mark.parametrize(
    ("changes", "idempotent", "safe"),
    [
        ({}, False, False),
        ({"idempotency_key": "k"}, True, False),
        ({"accepts": Accepts(safe=True)}, True, True),
        ({"accepts": Accepts(signature=True, safe=True)}, True, True),
    ],
)
def test_what_may_be_repeated(changes: dict[str, Any], idempotent: bool, safe: bool) -> None:
    """A write may be repeated with an idempotency key; a look-up always, and without a trace."""
    call = make_call(**changes)
    assert (call.idempotent, call.safe) == (idempotent, safe)
