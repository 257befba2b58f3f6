"""What a signature must be over for the sandbox: the request as it was sent, to the letter."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from api_client import ApiClient, new_key, sign, spki
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256

pytestmark = pytest.mark.anyio

NONE_VALID = {
    "error": "No valid authorization signatures were provided. Your payload may be malformed or "
    "your signing keys may be incorrect or expired."
}
SIGN_BODY = {"method": "personal_sign", "params": {"message": "x", "encoding": "utf-8"}}
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
OWNER = new_key()


@pytest.fixture
async def path(api: ApiClient) -> str:
    """The path of a wallet that OWNER owns."""
    wallet = await api.create_wallet(owner={"public_key": spki(OWNER)})
    return f"/v1/wallets/{wallet['id']}"


async def raw_patch(api: ApiClient, path: str, data: bytes, canonical_body: str) -> int:
    """PATCH these bytes, having signed this canonical body, and return the status."""
    payload = (
        f'{{"body":{canonical_body},"headers":{{"privy-app-id":"sandbox-app"}},'
        f'"method":"PATCH","url":"{api.url}{path}","version":1}}'
    )
    signature = base64.b64encode(OWNER.sign(payload.encode(), ECDSA(SHA256()))).decode()
    return (await api.send_signed("PATCH", path, data, signature)).status


@pytest.mark.parametrize(
    ("sent", "canonical"),
    [
        ('{"b": 1, "a": 2}', '{"a":2,"b":1}'),
        ('{"a": 1.0}', '{"a":1}'),
        ('{"a": 1E2}', '{"a":100}'),
        ('{"a": 0.1e-6}', '{"a":1e-7}'),
        ('{"a": 1000000000000000000000000000000}', '{"a":1e+30}'),
        ('{"a": 9007199254740993}', '{"a":9007199254740992}'),
        ('{"a": 100000000000000000000}', '{"a":100000000000000000000}'),
        ('{"a": -0}', '{"a":0}'),
        ('{"a": -0.0}', '{"a":0}'),
        ('{"a": 1, "a": 2}', '{"a":2}'),
        ('{"a": null}', '{"a":null}'),
        ('{"a": "\\u00fc\\u0001\\/"}', '{"a":"ü\\u0001/"}'),
        # UTF-16 puts the emoji, whose first unit is D83D, before U+FB33.
        ('{"\ufb33": 1, "\\ud83d\\ude00": 2}', '{"\U0001f600":2,"\ufb33":1}'),
        ("[1, 2]", None),
    ],
)
async def test_the_body_is_signed_as_javascript_parses_it(
    api: ApiClient, path: str, sent: str, canonical: str | None
) -> None:
    """Numbers are doubles, the last of two equal keys counts, and keys sort by UTF-16."""
    status = await raw_patch(api, path, sent.encode(), canonical or "[1,2]")
    assert status == (200 if canonical else 400)
    if canonical:
        assert await raw_patch(api, path, sent.encode(), canonical + " ") == 401


async def test_deep_json_is_signed_too(api: ApiClient, path: str) -> None:
    """Brackets in strings do not count as nesting, 200 levels are fine, and 201 are refused."""
    text = json.dumps({"a": "[" * 1000}, separators=(",", ":"))
    assert await raw_patch(api, path, text.encode(), text) == 200
    for levels, status in ((200, 200), (201, 400)):
        text = '{"a":' * (levels - 1) + "{}" + "}" * (levels - 1)
        assert await raw_patch(api, path, text.encode(), text) == status


@pytest.mark.parametrize("choose", [min, max])
async def test_signatures_need_not_have_a_low_s(
    api: ApiClient, path: str, choose: Callable[[int, int], int]
) -> None:
    """Of the two values s may have, both are accepted."""
    signature = base64.b64decode(sign(OWNER, api.payload("PATCH", path, {"owner": None})))
    r, s = decode_dss_signature(signature)
    der = encode_dss_signature(r, choose(s, P256_ORDER - s))
    text = base64.b64encode(der).decode()
    assert (await api.send_signed("PATCH", path, b'{"owner": null}', text)).status == 200


@pytest.mark.parametrize(
    "difference",
    [
        {"version": 2},
        {"version": "1"},
        {"method": "POST"},
        {"url": "http://elsewhere/v1/wallets"},
        {"body": {"display_name": "other"}},
        {"headers": {}},
        {"headers": {"privy-app-id": "other"}},
        {"headers": {"privy-app-id": "sandbox-app", "privy-client": "node:1"}},
        {"extra": 1},
    ],
)
async def test_any_difference_of_the_payload_is_refused(
    api: ApiClient, path: str, difference: dict[str, Any]
) -> None:
    """A signature over anything but the request is refused, and nothing changes."""
    body = {"display_name": "new"}
    signature = sign(OWNER, {**api.payload("PATCH", path, body), **difference})
    reply = await api.send_signed("PATCH", path, json.dumps(body).encode(), signature)
    assert (reply.status, reply.body) == (401, NONE_VALID)
    record = api.sandbox.log[-1]
    assert record.expected_payload is not None
    assert json.loads(record.expected_payload) == api.payload("PATCH", path, body)
    assert api.sandbox.state.wallet(path.rpartition("/")[2]).display_name is None


@pytest.mark.parametrize(
    ("sent", "signed", "status"),
    [
        ("ext_wal_a_b", "ext_wal_a_b", 200),
        ("ext_wal_a%5Fb", "ext_wal_a%5Fb", 200),
        ("ext_wal_a%5fb", "ext_wal_a%5Fb", 401),
        ("ext_wal_a%5Fb", "ext_wal_a_b", 401),
        ("ext_wal_a_b?x=b%20c&y=%C3%BC", "ext_wal_a_b?x=b%20c&y=%C3%BC", 200),
        ("ext_wal_a_b?x=b%20c", "ext_wal_a_b?x=b+c", 401),
        ("ext_wal_a_b?x=1", "ext_wal_a_b", 401),
    ],
)
async def test_the_url_is_signed_as_sent(
    api: ApiClient, sent: str, signed: str, status: int
) -> None:
    """The URL is signed with its query, and with its percent-encoding untouched."""
    await api.create_wallet(owner={"public_key": spki(OWNER)}, external_id="a_b")
    signature = sign(OWNER, api.payload("PATCH", f"/v1/wallets/{signed}", {"owner": None}))
    reply = await api.send_signed("PATCH", f"/v1/wallets/{sent}", b'{"owner":null}', signature)
    assert reply.status == status


async def test_the_older_path_is_signed_as_sent(api: ApiClient, path: str) -> None:
    """A request to `/api/v1/…` is signed with that path."""
    assert (await api.call("PATCH", f"/api{path}", {"a": 1}, keys=[OWNER])).status == 200
    signature = sign(OWNER, api.payload("PATCH", path, {"a": 1}))
    reply = await api.send_signed("PATCH", f"/api{path}", b'{"a":1}', signature)
    assert reply.status == 401


async def test_the_host_is_signed_as_sent(api: ApiClient, path: str) -> None:
    """The host is the one of the request, by name or by number."""
    by_name = api.payload("PATCH", path, {"a": 1})
    by_name["url"] = by_name["url"].replace("127.0.0.1", "localhost")
    host = {"Host": by_name["url"].split("/")[2]}
    signature = sign(OWNER, by_name)
    named = await api.send_signed("PATCH", path, b'{"a":1}', signature, host)
    assert named.status == 200
    assert (await api.send_signed("PATCH", path, b'{"a":1}', signature)).status == 401


async def test_the_idempotency_key_and_the_expiry_are_signed_if_sent(
    api: ApiClient, path: str
) -> None:
    """Both headers must be in the payload when they are sent, and only then."""
    headers = {
        "privy-idempotency-key": "k",
        "privy-request-expiry": "1800000060000",
    }
    signed = await api.call("POST", path + "/rpc", SIGN_BODY, keys=[OWNER], headers=headers)
    assert signed.status == 200
    for sent, in_payload in ((headers, {}), ({}, headers)):
        signature = sign(OWNER, api.payload("POST", path + "/rpc", SIGN_BODY, in_payload))
        data = json.dumps(SIGN_BODY).encode()
        reply = await api.send_signed("POST", path + "/rpc", data, signature, sent)
        assert (reply.status, reply.body) == (401, NONE_VALID)


@pytest.mark.parametrize(("reading", "status"), [("utf-8", 401), ("latin-1", 200)])
async def test_headers_are_read_byte_by_byte(
    api: ApiClient, path: str, reading: str, status: int
) -> None:
    """A JavaScript server reads header bytes as Latin-1, so UTF-8 in them signs wrong."""
    key = "clé"
    as_signed = {"privy-idempotency-key": key.encode().decode(reading)}
    signature = sign(OWNER, api.payload("POST", path + "/rpc", SIGN_BODY, as_signed))
    data = json.dumps(SIGN_BODY).encode()
    headers = {"privy-idempotency-key": key}
    reply = await api.send_signed("POST", path + "/rpc", data, signature, headers)
    assert reply.status == status


@pytest.mark.parametrize(
    ("content_type", "data", "signed", "form"),
    [
        (None, None, "", "empty string"),
        (None, None, {}, "empty object"),
        ("application/json", None, {}, "empty object"),
        ("application/json", None, "", "empty string"),
        ("application/json", b"{}", {}, "empty object"),
        ("application/json", b"{}", "", "empty string"),
        ("application/octet-stream", None, "", "empty string"),
        (None, None, None, None),
        (None, None, [], None),
    ],
)
async def test_an_empty_body_may_be_signed_in_two_ways(
    api: ApiClient, content_type: str | None, data: bytes | None, signed: Any, form: str | None
) -> None:
    """For no body or an empty one `""` and `{}` are good, nothing else; the log says which."""
    path = f"/v1/key_quorums/{await api.create_quorum(public_keys=[spki(OWNER)])}"
    headers = {
        **api.app_headers(),
        **({"Content-Type": content_type} if content_type else {}),
        "privy-authorization-signature": sign(OWNER, api.payload("DELETE", path, signed)),
    }
    reply = await api.send("DELETE", path, data, headers)
    assert reply.status == (200 if form else 401)
    assert api.sandbox.log[-1].body_form == form


async def test_a_body_is_logged_as_json(api: ApiClient, path: str) -> None:
    """A request with a body matched its JSON."""
    await api.call("PATCH", path, {"display_name": "x"}, keys=[OWNER])
    assert api.sandbox.log[-1].body_form == "json"
