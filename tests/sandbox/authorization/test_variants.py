"""What may have been signed in the place of a request: all that is tried, and nothing else."""

import json
from collections.abc import Mapping
from hashlib import sha256
from itertools import product
from typing import Any

import pytest
import rfc8785

from privy_async.sandbox.authorization.variants import variants

LIVE = ("https://api.privy.io", "https://auth.privy.io")
BODY = {"b": 1, "a": None, "é": "ü"}
HEADERS = {"privy-app-id": "app", "privy-idempotency-key": "k", "privy-request-expiry": "9"}
DOCUMENT = {
    "version": 1,
    "method": "PATCH",
    "url": "http://127.0.0.1:8787/v1/wallets/w1",
    "body": BODY,
    "headers": HEADERS,
}


def tried(part: str, document: Mapping[str, Any] = DOCUMENT, *, raw: bytes = b"") -> list[Any]:
    """What may have stood in a part instead, in the order in which it is tried."""
    found = list(variants(document, raw or json.dumps(document["body"]).encode()))
    right = rfc8785.dumps(dict(document))
    assert right not in [each.payload for each in found if each.part != "encoding"]
    for each in found:
        # What stands in a document is what is signed, in canonical form.
        if each.part == part and each.signed is not None and part != "encoding":
            changed = {**document, part: each.signed}
            if "2^53" not in each.mistake:
                assert each.payload == rfc8785.dumps(changed)
    return [each.signed for each in found if each.part == part]


@pytest.mark.parametrize(
    ("url", "bases", "paths"),
    [
        (
            "http://127.0.0.1:8787/v1/wallets?x=1",
            [
                *("http://127.0.0.1:8787", "https://127.0.0.1:8787", "http://127.0.0.1"),
                *("http://localhost:8787", "http://[::1]:8787", *LIVE),
            ],
            ["/v1/wallets?x=1", "/v1/wallets", "/api/v1/wallets?x=1", "/v1/wallets/?x=1"],
        ),
        (
            "https://[::1]:9/api/v1/a%20b/",
            [
                *("https://[::1]:9", "http://[::1]:9", "https://[::1]"),
                *("https://127.0.0.1:9", "https://localhost:9", *LIVE),
            ],
            ["/api/v1/a%20b/", "/v1/a%20b/", "/api/v1/a%20b", "/api/v1/a b/"],
        ),
        (
            "http://[::1]/v1/a",
            ["http://[::1]", "https://[::1]", "http://127.0.0.1", "http://localhost", *LIVE],
            ["/v1/a", "/api/v1/a", "/v1/a/"],
        ),
        (
            "https://sandbox.example/v1/a",
            [
                *("https://sandbox.example", "http://sandbox.example"),
                *("https://127.0.0.1", "https://localhost", "https://[::1]", *LIVE),
            ],
            ["/v1/a", "/api/v1/a", "/v1/a/"],
        ),
    ],
)
def test_urls(url: str, bases: list[str], paths: list[str]) -> None:
    """Each server with each path, and the path alone."""
    urls = ["".join(each) for each in product(bases, paths)]
    expected = [each for each in (*urls, paths[0]) if each != url]
    assert tried("url", {**DOCUMENT, "url": url}) == expected


def test_methods_and_versions() -> None:
    """Each other method, and the same in lower case; each usual mistake with the version."""
    assert tried("method") == ["patch", "POST", "PUT", "DELETE", "GET"]
    assert tried("method", {**DOCUMENT, "method": "GET"}) == [
        *("get", "POST", "PATCH", "PUT", "DELETE")
    ]
    assert tried("version") == ["1", "v1", 2, None]


def test_headers() -> None:
    """Each of them forgotten, and all."""
    one_fewer = [
        {other: value for other, value in HEADERS.items() if other != name} for name in HEADERS
    ]
    assert tried("headers") == [*one_fewer, {}]
    assert tried("headers", {**DOCUMENT, "headers": {}}) == []


def test_bodies() -> None:
    """Nothing, text, null fields left out, a field forgotten, no body at all."""
    text = json.dumps(BODY)
    without = [{"b": 1, "é": "ü"}, {"a": None, "é": "ü"}, {"b": 1, "é": "ü"}, {"b": 1, "a": None}]
    assert tried("body") == ["", {}, None, text, *without, None]
    assert tried("body", {**DOCUMENT, "body": ""}, raw=b" ") == [{}, None, " ", None]
    assert tried("body", {**DOCUMENT, "body": {}}, raw=b"{}") == ["", None, "{}", None]
    # What is equal in Python is not the same JSON.
    assert tried("body", {**DOCUMENT, "body": [1]}, raw=b"[1]") == ["", {}, None, "[1]", None]


def test_fields_that_are_tried_are_few() -> None:
    """Of a body with many fields, each of the first twenty."""
    body = {f"f{number:02}": number for number in range(22)}
    fewer = [each for each in tried("body", {**DOCUMENT, "body": body}) if isinstance(each, dict)]
    assert [set(body) - set(each) for each in fewer if each] == [
        {f"f{number:02}"} for number in range(20)
    ]


def test_lost_digits_are_signed_as_python_writes_them() -> None:
    """With all names in order, and the integers that a JavaScript server cannot read."""
    body = {"z": 2**53 + 1, "a": [2**64 + 1]}
    raw = json.dumps(body).encode()
    document = {**DOCUMENT, "body": {"z": float(2**53), "a": [float(2**64)]}}
    exact = [each for each in variants(document, raw) if "2^53" in each.mistake]
    assert [(each.part, each.signed) for each in exact] == [("body", body)]
    wanted = json.dumps({**document, "body": body}, sort_keys=True, separators=(",", ":"))
    assert exact[0].payload == wanted.encode()


def test_encodings() -> None:
    """JSON with and without blanks, order and escapes; and the payload's hash."""
    texts = [
        json.dumps(DOCUMENT, separators=separators, sort_keys=in_order, ensure_ascii=ascii)
        for separators in ((",", ":"), (", ", ": "))
        for in_order in (True, False)
        for ascii in (True, False)
    ]
    digest = sha256(rfc8785.dumps(DOCUMENT)).digest()
    found = list(variants(DOCUMENT, json.dumps(BODY).encode()))[-9:]
    assert {each.part for each in found} == {"encoding"}
    assert [each.signed for each in found] == [*texts, digest.hex()]
    assert [each.payload for each in found] == [*(text.encode() for text in texts), digest]


def test_names_are_in_the_order_in_which_they_came() -> None:
    """A body that says the same as the request's, in the order of its own names."""
    raw = b'{"\\u00e9":"\\u00fc","a":null,"b":1}'
    text = json.dumps({**DOCUMENT, "body": json.loads(raw)})
    assert text in [each.signed for each in variants(DOCUMENT, raw)]
    for other in (b'{"b":2}', b"no JSON", b"\xff"):
        assert json.dumps(DOCUMENT) in [each.signed for each in variants(DOCUMENT, other)]
