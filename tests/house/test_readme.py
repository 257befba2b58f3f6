"""The README and its chapters are true: each of their blocks runs, and their commands exist."""

import ast
import asyncio
import hmac
import inspect
import re
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from places import ROOT
from solders.pubkey import Pubkey

from privy_async import generate_p256_key_pair
from privy_async.sandbox import Sandbox

CHAPTERS = ("README.md", "privy_async/sending/README.md", "privy_async/bulk/README.md")
README = "\n".join((ROOT / name).read_text() for name in CHAPTERS)
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
# Those of the workers run only within a worker: other tests start those.
PYTHON = [
    block
    for language, block in BLOCKS
    if language == "python" and not block.startswith("# from tests/apps/workers/")
]
COMMANDS = [
    line
    for language, block in BLOCKS
    if language == "bash"
    for line in block.splitlines()
    if line and not line.startswith(("pip ", "export "))
]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """What a reader has: an app, a user with a token and a wallet, keys, and a recipient."""
    with Sandbox() as sandbox:
        monkeypatch.setenv("PRIVY_APP_ID", sandbox.app_id)
        monkeypatch.setenv("PRIVY_APP_SECRET", sandbox.app_secret)
        monkeypatch.setenv("PRIVY_API_BASE_URL", sandbox.base_url)
        keys = generate_p256_key_pair()
        with sandbox.sync_client() as privy:
            accounts = [{"type": "custom_auth", "custom_user_id": "alice"}]
            user = privy.users.create(linked_accounts=accounts)
            treasury = privy.key_quorums.create(
                user_ids=[user.id], public_keys=[keys.public_key], authorization_threshold=2
            )
            create = privy.wallets.create
            yield {
                "issue_user_jwt": sandbox.issue_user_jwt,
                "user_jwt": sandbox.issue_user_jwt("alice"),
                "wallet_id": create(chain_type="ethereum", owner={"user_id": user.id}).id,
                "treasury_id": create(chain_type="ethereum", owner_id=treasury.id).id,
                "key_owned_wallet_id": create(
                    chain_type="ethereum", owner={"public_key": keys.public_key}
                ).id,
                "solana_wallet_id": create(chain_type="solana", owner={"user_id": user.id}).id,
                "node_url": sandbox.evm_rpc_url(8453),
                "solana_node_url": sandbox.solana_rpc_url,
                "payee": Pubkey(b"\x07" * 32),
                "private_key": keys.private_key,
                "recipient": "0x0000000000000000000000000000000000000001",
                "access_token": sandbox.issue_user_jwt(
                    user.id, iss="privy.io", aud=sandbox.app_id, sid="session"
                ),
                **webhook(),
            }


def webhook() -> dict[str, Any]:
    """A delivery as Svix signs it: id, timestamp and body under the endpoint's secret."""
    secret, body = b"a secret of the endpoint", b'{"type":"privy.test","message":"Hello"}'
    timestamp = str(int(time.time()))
    content = b"msg_1." + timestamp.encode() + b"." + body
    signature = b64encode(hmac.digest(secret, content, "sha256")).decode()
    headers = {
        "svix-id": "msg_1",
        "svix-timestamp": timestamp,
        "svix-signature": f"v1,{signature}",
    }
    return {
        "webhook_secret": f"whsec_{b64encode(secret).decode()}",
        "webhook_body": body,
        "webhook_headers": headers,
    }


def run(block: str, names: dict[str, Any]) -> None:
    """Run a block as a reader would: a script, or lines at an async prompt, or a test."""
    code = compile(block, "README.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    if code.co_flags & inspect.CO_COROUTINE:
        asyncio.run(eval(code, names))
    else:
        exec(code, names)
    for name in [name for name in names if name.startswith("test_")]:
        asyncio.run(names[name]())


@pytest.mark.parametrize("block", PYTHON, ids=[f"block {n}" for n in range(len(PYTHON))])
def test_each_python_block_runs(
    block: str, names: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    """A reader can paste it."""
    if "journal_url" in block:
        names["journal_url"] = request.getfixturevalue("durable_redis").url
    failures: list[BaseException] = []

    def work() -> None:
        try:
            run(block, names)
        except BaseException as error:
            failures.append(error)

    # In a thread of its own, since the test's own thread may run an event loop.
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    for failure in failures:
        raise failure


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_exists(command: str) -> None:
    """A make target is in the Makefile; a module takes the options shown."""
    program, *arguments = command.split("#")[0].split()
    if program == "make":
        assert re.search(rf"^{arguments[0]}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
        return
    modules = {
        "python": ["privy_async.sandbox"],
        "privy-sandbox": ["privy_async.sandbox"],
        "privy-async": ["privy_async.integrations.command_line", *arguments[:1]],
    }
    if program == "python":
        assert arguments[:2] == ["-m", "privy_async.sandbox"]
    usage = subprocess.run(
        [sys.executable, "-m", *modules[program], "--help"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert all(word in usage for word in arguments if word.startswith("--"))
    assert COMMANDS
