"""Payloads that may have been signed in the place of a request: the usual mistakes, one by one."""

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, Final, cast
from urllib.parse import unquote, urlsplit

import attrs
from rfc8785 import CanonicalizationError

from privy_async.sandbox.requests.diagnosis import Part
from privy_async.sandbox.requests.javascript import canonical_json, parse_json
from privy_async.sandbox.requests.json_text import parse

_REAL_API: Final = ("https://api.privy.io", "https://auth.privy.io")
_LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")
_METHODS: Final = ("POST", "PATCH", "PUT", "DELETE", "GET")
_MAX_FIELDS: Final = 20

Document = Mapping[str, Any]


@attrs.frozen
class Variant:
    """Something else that may have been signed.

    Attributes:
        part: What of the payload differs from the request; "encoding" if the JSON is the same.
        signed: What stood there.
        mistake: What went wrong, to follow "The signature is over ".
    """

    part: Part
    signed: object
    mistake: str
    payload: bytes


def variants(document: Document, raw_body: bytes) -> Iterator[Variant]:
    """The payloads of the usual mistakes, the likeliest first.

    Args:
        document: What should have been signed.
        raw_body: The request's body as it arrived.
    """
    yield from _other_urls(document)
    yield from _other_bodies(document, raw_body)
    yield from _other_headers(document)
    yield from _other_methods(document)
    yield from _other_versions(document)
    yield from _other_encodings(_in_order(document, raw_body))


def _changed(document: Document, part: Part, signed: object, mistake: str) -> Iterator[Variant]:
    if signed == document.get(part) and type(signed) is type(document.get(part)):
        return
    try:
        yield Variant(part, signed, mistake, canonical_json({**document, part: signed}))
    except CanonicalizationError:
        return


def _other_urls(document: Document) -> Iterator[Variant]:
    url = str(document["url"])
    for base in _bases(url):
        for path in _paths(url):
            yield from _changed(document, "url", base + path, "another URL")
    yield from _changed(document, "url", _paths(url)[0], "a URL without scheme and host")


def _bases(url: str) -> tuple[str, ...]:
    scheme, _, rest = url.partition("://")
    netloc = rest.partition("/")[0]
    other_scheme = "https" if scheme == "http" else "http"
    host, colon, port = netloc.removeprefix("[::1]").partition(":")
    here = (f"{scheme}://{netloc}", f"{other_scheme}://{netloc}", f"{scheme}://{host or '[::1]'}")
    loopback = (f"{scheme}://{name}{colon}{port}" for name in _LOOPBACK)
    return tuple(dict.fromkeys((*here, *loopback, *_REAL_API)))


def _paths(url: str) -> tuple[str, ...]:
    parts = urlsplit(url)
    path = parts.path
    query = f"?{parts.query}" if parts.query else ""
    other_family = path.removeprefix("/api") if path.startswith("/api/") else f"/api{path}"
    slash = path.rstrip("/") if path.endswith("/") else f"{path}/"
    return tuple(
        dict.fromkeys(
            (path + query, path, other_family + query, slash + query, unquote(path + query))
        )
    )


def _other_bodies(document: Document, raw_body: bytes) -> Iterator[Variant]:
    body: object = document["body"]
    mistake = "another body"
    nothings: tuple[object, ...] = ("", {}, None)
    for nothing in nothings:
        yield from _changed(document, "body", nothing, mistake)
    text = raw_body.decode("utf-8", "replace")
    yield from _changed(document, "body", text, "the body as text: it is to be an object")
    if isinstance(body, dict):
        yield from _with_other_fields(document, cast("dict[str, Any]", body))
    yield from _with_digits_lost(document, text)
    without = {name: value for name, value in document.items() if name != "body"}
    yield Variant("body", None, "a payload without a body", canonical_json(without))


def _with_other_fields(document: Document, body: Mapping[str, Any]) -> Iterator[Variant]:
    filled = {name: value for name, value in body.items() if value is not None}
    yield from _changed(document, "body", filled, "a body without the fields that are null")
    for name in tuple(body)[:_MAX_FIELDS]:
        fewer = {other: value for other, value in body.items() if other != name}
        yield from _changed(document, "body", fewer, f"a body without `{name}`")


def _with_digits_lost(document: Document, text: str) -> Iterator[Variant]:
    """Integers beyond 2^53, which Python writes out and a JavaScript server cannot read."""
    try:
        exact: object = parse(text)
        payload = json.dumps({**document, "body": exact}, sort_keys=True, separators=(",", ":"))
    except ValueError:
        return
    mistake = "integers beyond 2^53, which lose digits in JSON: send them as strings"
    if exact != document["body"]:
        yield Variant("body", exact, mistake, payload.encode("utf-8", "replace"))


def _other_headers(document: Document) -> Iterator[Variant]:
    headers: Mapping[str, str] = document["headers"]
    for name in headers:
        fewer = {other: value for other, value in headers.items() if other != name}
        yield from _changed(document, "headers", fewer, f"headers without `{name}`")
    yield from _changed(document, "headers", {}, "no headers")


def _other_methods(document: Document) -> Iterator[Variant]:
    for method in (str(document["method"]).lower(), *_METHODS):
        yield from _changed(document, "method", method, "another method")


def _other_versions(document: Document) -> Iterator[Variant]:
    for version in ("1", "v1", 2):
        yield from _changed(document, "version", version, "another version")
    without = {name: value for name, value in document.items() if name != "version"}
    yield Variant("version", None, "a payload without a version", canonical_json(without))


def _in_order(document: Document, raw_body: bytes) -> Document:
    """The document with its names in the order in which people write them."""
    names = ("version", "method", "url", "body", "headers")
    body = document["body"]
    try:
        sent = parse_json(raw_body)
    except ValueError:
        sent = None
    ordered = {**document, "body": sent if sent == body else body}
    return {name: ordered[name] for name in (*names, *(ordered.keys() - names))}


def _other_encodings(document: Document) -> Iterator[Variant]:
    mistake = "JSON that is not in the canonical form of RFC 8785"
    for separators in ((",", ":"), (", ", ": ")):
        for sort_keys in (True, False):
            for ensure_ascii in (True, False):
                text = json.dumps(
                    document,
                    separators=separators,
                    sort_keys=sort_keys,
                    ensure_ascii=ensure_ascii,
                )
                yield Variant("encoding", text, mistake, text.encode())
    digest = sha256(canonical_json(document)).digest()
    yield Variant("encoding", digest.hex(), "the payload's hash, which is hashed again", digest)
