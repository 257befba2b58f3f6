"""What people see of a request's body: everything but what opens something."""

import json
from typing import Any

import pytest

from privy_async.sandbox.http.masked_bodies import MASK, MAX_READ, masked_body
from privy_async.sandbox.requests.http_messages import HttpRequest

JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"


def shown(body: bytes, content_type: str = "application/json") -> str | None:
    headers = {"content-type": content_type}
    return masked_body(HttpRequest("POST", "http://x", "/v1/x", {}, headers, body))


@pytest.mark.parametrize(
    "name",
    [
        "user_jwt",
        "mfa_token",
        "access_token",
        "token",
        "code",
        "mfa_code",
        "app_secret",
        "client_secret",
        "private_key",
        "authorization_private_key",
        "seed_phrase",
        "mnemonic",
        "signature",
        "signatures",
        "password",
        "authorization_key",
        "PASSWORD",
    ],
)
@pytest.mark.parametrize("value", ["hush", 123456, ["hush"], {"inner": "hush"}])
def test_secret_fields_are_masked(name: str, value: Any) -> None:
    """By their names, at any depth, whatever they hold."""
    for body in ({name: value}, {"a": [{"b": {name: value}}]}):
        text = shown(json.dumps(body).encode())
        assert text is not None
        assert MASK in text
        assert "hush" not in text
        assert "123456" not in text


@pytest.mark.parametrize(
    "secret", [JWT, f"Bearer {JWT}", "wallet-auth:MIGH", "-----BEGIN EC PRIVATE KEY-----\nMH"]
)
def test_secrets_are_known_by_their_look(secret: str) -> None:
    """In a field of any name."""
    assert (
        shown(json.dumps({"message": secret, "n": 1}).encode())
        == f'{{"message": "{MASK}", "n": 1}}'
    )


@pytest.mark.parametrize(
    "name", ["message", "fee_token", "token_address", "chain_type", "bytecode", "owner_id", "to"]
)
def test_other_fields_are_shown(name: str) -> None:
    """What is no secret can be read."""
    assert shown(json.dumps({name: "é"}).encode()) == f'{{"{name}": "é"}}'


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        (b"", "application/json", None),
        (b'{"user_jwt": "hush', "application/json", "(18 bytes that cannot be read as JSON)"),
        (
            b"code=hush",
            "application/x-www-form-urlencoded",
            "(9 bytes that cannot be read as JSON)",
        ),
        (b"\xff", "application/json", "(1 bytes that cannot be read as JSON)"),
        (b"[" * 5000, "application/json", "(5,000 bytes that cannot be read as JSON)"),
        (b'"' + b"x" * MAX_READ + b'"', "application/json", "(100,002 bytes)"),
        (b"null", "application/json", "null"),
    ],
)
def test_what_is_no_json_is_told_by_its_size(body: bytes, content_type: str, text: str) -> None:
    """Nobody can tell what is secret in it."""
    assert shown(body, content_type) == text
