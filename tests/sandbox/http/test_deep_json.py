"""JSON that is nested as deep as its sender likes, wherever the sandbox reads foreign JSON."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from places import ROOT

from privy_async.sandbox.requests.json_text import MAX_DEPTH, parse

# In a process of its own, as tests run with Python's ordinary recursion limit. With eth-account's,
# which is a hundred times as high, deep JSON would not raise but end the process.
SCRIPT = """
import asyncio, base64
import aiohttp
from aiohttp import web
from api_client import ApiClient
from loopback import loopback
from privy_async.sandbox import Sandbox
import eth_account.hdaccount

assert sys.getrecursionlimit() == 100_000
DEEP = b'{"a":' * 200_000 + b"1" + b"}" * 200_000
ARRAY = b"[" * 1_000_000

def segment(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

def tokens(good, text):
    header, claims, signature = good.split(".")
    yield f"{segment(text)}.{claims}.{signature}"
    yield f"{header}.{segment(text)}.{signature}"
    yield f"{header}.{claims}.{segment(b'x' * 64)}"  # for which the JWKS is fetched

async def replies(api, text):
    headers = {**api.app_headers(), "Content-Type": "application/json"}
    yield await api.send("POST", "/v1/wallets", text, headers)
    yield await api.call("POST", "/rpc/evm/1", {"method": "eth_chainId"})
    for token in tokens(api.sandbox.issue_user_jwt("alice"), text):
        yield await api.call("POST", "/v1/wallets/authenticate", {"user_jwt": token})

async def main():
    for text in (DEEP, ARRAY, DEEP.decode().encode("utf-16")):
        async with (
            loopback(lambda request: web.Response(body=text)) as server,
            Sandbox(auth_keys=[server.url], evm_rpc=server.url) as sandbox,
            aiohttp.ClientSession() as session,
        ):
            api = ApiClient(sandbox, session)
            await api.create_wallet(owner={"user_id": await api.create_user("alice")})
            async for reply in replies(api, text):
                assert reply.status == 400, reply
            assert len(server.requests) >= 2

asyncio.run(main())
"""


@pytest.mark.slow
def test_deep_json_is_refused() -> None:
    """In a body, a token, a JWKS and a node's answer: it is refused, and the process lives."""
    script = f"import sys; sys.path[:0] = {sys.path!r}\n{SCRIPT}"
    command = [sys.executable, "-c", script]
    run = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    assert "Traceback" not in run.stderr


def loads_json(path: Path) -> bool:
    """True if a module parses JSON with the standard library's parser."""
    names = {"json.loads", "json.load", "json.JSONDecoder"}
    nodes = ast.walk(ast.parse(path.read_text()))
    return any(ast.unparse(node) in names for node in nodes if isinstance(node, ast.Attribute))


def test_one_module_parses_json() -> None:
    """Every other one has it parsed there, where its nesting is bounded."""
    modules = (ROOT / "privy_async" / "sandbox").rglob("*.py")
    assert [path.name for path in modules if loads_json(path)] == ["json_text.py"]


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.floats(allow_nan=False), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
)
BRACKETS = st.text('[]{}"\\,:a ')


@settings(max_examples=100, deadline=None)
@given(value=JSON)
def test_other_json_is_parsed(value: object) -> None:
    """As by `json.loads`, as text and as bytes."""
    text = json.dumps(value)
    assert parse(text) == parse(text.encode()) == json.loads(text)


@settings(max_examples=300, deadline=None)
@given(text=BRACKETS, inside=BRACKETS)
def test_brackets_in_texts_are_no_nesting(text: str, inside: str) -> None:
    """Only brackets outside of texts count, and those that are closed again."""
    value = [[text * 100], inside * 100]
    assert parse(json.dumps(value)) == value
    assert parse(json.dumps([[]] * 500)) == [[]] * 500


@pytest.mark.parametrize("before", ["", '"', '"\\', '""', '"\\"', '{"a":"[', "]]]]", "[]" * 300])
def test_too_deep(before: str) -> None:
    """200 levels are parsed, one more is not, whatever stands before it."""
    assert parse("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    for text in ("[" * 201 + "]" * 201, before + "[" * 201 + "]" * 201, before + "[" * 10**6):
        with pytest.raises(ValueError, match=r"nested|char"):
            parse(text)
    with pytest.raises(ValueError, match="nested deeper than 200 levels"):
        parse("[" * 201)
