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
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from places import ROOT
from solders.pubkey import Pubkey

from privy_async import AuthenticationError, generate_p256_key_pair
from privy_async.sandbox import Sandbox

CHAPTERS = sorted(
    path
    for path in (*ROOT.glob("*.md"), *ROOT.glob("privy_*/**/*.md"), *ROOT.glob("tests/**/*.md"))
    if "```" in path.read_text()
)
SANDBOX = ROOT / "privy_async" / "sandbox" / "README.md"
BLOCKS = [
    (path, language, block)
    for path in CHAPTERS
    for language, block in re.findall(r"```(\w+)\n(.*?)```", path.read_text(), re.DOTALL)
]
# Other tests start workers and payments, pay at a shop, or run in hyperliquid's environment.
ELSEWHERE = re.compile(
    r"# from tests/(apps/(workers|\w+_payments)|neighbours)/|integrations\.x402|At most 10 cents"
)
PYTHON = [
    pytest.param(path, block, id=f"{path.relative_to(ROOT)} {number}")
    for number, (path, language, block) in enumerate(BLOCKS)
    if language == "python" and not ELSEWHERE.search(block)
]
COMMANDS = [
    line
    for _, language, block in BLOCKS
    if language == "bash"
    for line in block.splitlines()
    if line and not line.startswith(("pip ", "git ", "export ", "#"))
]
OFFICIAL = next(ROOT.glob(".peers/python/lib/python3*/site-packages"), None)


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
            given = {
                "issue_user_jwt": sandbox.issue_user_jwt,
                "user_jwt": sandbox.issue_user_jwt("alice"),
                "user": user,
                "sandbox": sandbox,
                "diagnosis": refuse(sandbox),
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
            monkeypatch.setenv("ALICE_JWT", given["user_jwt"])
            monkeypatch.setenv("ALICE_ETHEREUM_WALLET_ID", given["wallet_id"])
            yield given


def refuse(sandbox: Sandbox) -> object:
    """Sign by a key that owns nothing, and return why the sandbox refuses it."""
    key = generate_p256_key_pair()
    with sandbox.sync_client(authorization_key=key.private_key) as privy:
        owner = {"public_key": generate_p256_key_pair().public_key}
        wallet = privy.wallets.create(chain_type="ethereum", owner=owner)
        with pytest.raises(AuthenticationError):
            privy.wallets.ethereum.sign_message(wallet.id, "hello")
    return sandbox.log[-1].diagnosis


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


async def run_in_sandbox(code: CodeType, names: dict[str, Any]) -> None:
    """Run lines of the sandbox's chapter, with what it speaks of: one sandbox, and a client."""
    async with Sandbox() as sandbox, sandbox.client() as privy:
        accounts = [{"type": "custom_auth", "custom_user_id": "bob"}]
        user = await privy.users.create(linked_accounts=accounts)
        jwt = sandbox.issue_user_jwt("bob")
        names |= {"sandbox": sandbox, "privy": privy, "user": user, "jwt": jwt}
        names["address"] = names["recipient"]
        await eval(code, names)


def run(path: Path, block: str, names: dict[str, Any]) -> None:
    """Run a block as a reader would: a script, or lines at an async prompt, or a test."""
    code = compile(block, str(path), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    if code.co_flags & inspect.CO_COROUTINE:
        asyncio.run(run_in_sandbox(code, names) if path == SANDBOX else eval(code, names))
    else:
        exec(code, names)
    for name in [name for name in names if name.startswith("test_")]:
        asyncio.run(names[name]())


def run_under_pytest(block: str, folder: Path) -> None:
    """Run tests that ask for the plugin's fixtures; anyio awaits the async ones."""
    (folder / "test_block.py").write_text(f"import pytest\n\n{block}")
    command = [sys.executable, "-m", "pytest", "-q", "-o", "anyio_mode=auto", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert "1 passed" in done.stdout, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(("path", "block"), PYTHON)
def test_each_python_block_runs(
    path: Path,
    block: str,
    names: dict[str, Any],
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """A reader can paste it."""
    if "journal_url" in block:
        names["journal_url"] = request.getfixturevalue("durable_redis").url
    if re.search(r"^(import privy|from privy import .*)$", block, re.MULTILINE):
        if OFFICIAL is None:
            pytest.skip("the official SDK is not installed: make peers")
        monkeypatch.setattr(sys, "path", [*sys.path, str(OFFICIAL)])
    if "def test_" in block and "privy_client" in block:
        run_under_pytest(block, tmp_path)
        return
    failures: list[BaseException] = []

    def work() -> None:
        try:
            run(path, block, names)
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
    program, *arguments = command.removeprefix(".venv/bin/").split("#")[0].split()
    if program == "make":
        for target in [each for each in arguments if "=" not in each]:
            assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
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
