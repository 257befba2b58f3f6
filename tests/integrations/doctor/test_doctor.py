"""`privy-async doctor`, with every cause that it knows provoked."""

import io
import json
import ssl
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from certificates import certificate
from doctor_helpers import SECRET, alice, environment, failures_of, findings_of
from loopback import loopback, ok
from places import ROOT
from sdk_helpers import RawServer, free_port

from privy_async.clock import Clock
from privy_async.integrations.command_line import main
from privy_async.integrations.command_line.findings import Finding, as_text
from privy_async.sandbox import Sandbox

pytestmark = pytest.mark.anyio


# --- all is well


async def test_all_is_well(sandbox: Sandbox) -> None:
    """Each check says what it has seen."""
    token, wallet_id = await alice(sandbox)
    findings = await findings_of(sandbox.base_url, user_jwt=token, wallet_id=wallet_id)
    checks = ["environment", "network", "clock", "credentials", "token", "exchange", "wallet"]
    assert [each.check for each in findings] == checks
    assert all(each.ok and each.cause is None for each in findings)
    said = {each.check: each.says for each in findings}
    assert "(23 characters)" in said["environment"]
    assert "iss 'privy-sandbox', sub 'alice', expires in" in said["token"]
    assert said["exchange"].endswith("for 1 wallet(s)")
    assert as_text(findings).endswith("All is well.")


async def test_without_a_token_the_app_is_looked_at(sandbox: Sandbox) -> None:
    """The rest is said to be left out."""
    _, wallet_id = await alice(sandbox)
    findings = await findings_of(sandbox.base_url, wallet_id=wallet_id)
    assert [(each.check, each.ok) for each in findings[4:]] == [("token", None), ("wallet", None)]


async def test_it_changes_nothing(sandbox: Sandbox) -> None:
    """It reads, and exchanges the token."""
    token, wallet_id = await alice(sandbox)
    before = len(sandbox.log)
    await findings_of(sandbox.base_url, user_jwt=token, wallet_id=wallet_id)
    asked = {(each.method, each.path.split("/")[2]) for each in sandbox.log[before:]}
    writes = [each.path for each in sandbox.log[before:] if each.method != "GET"]
    assert writes == ["/v1/wallets/authenticate"]
    assert asked == {("GET", "wallets"), ("POST", "wallets"), ("GET", "key_quorums")}


# --- the environment


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"PRIVY_APP_ID": ""}, "missing-app-id"),
        ({"PRIVY_APP_SECRET": ""}, "missing-app-secret"),
        ({"PRIVY_APP_ID": "a:b"}, "bad-setting"),
        ({"PRIVY_APP_SECRET": "line\n"}, "bad-setting"),
        ({"PRIVY_APP_SECRET": '"quoted"'}, "bad-setting"),
        ({"PRIVY_API_BASE_URL": "api.privy.io"}, "bad-setting"),
    ],
)
async def test_the_environment(changes: dict[str, str], cause: str) -> None:
    """What is missing or wrong in it is told before anything is sent."""
    given = environment("http://127.0.0.1:9", **changes)
    assert await failures_of("", environment=given) == [("environment", cause)]


# --- the network


async def test_no_network() -> None:
    """A name that nobody can look up."""
    assert await failures_of("http://privy.invalid") == [("network", "no-network")]


async def test_nobody_listens() -> None:
    """A port where nothing is."""
    where = f"http://127.0.0.1:{free_port()}"
    assert await failures_of(where) == [("network", "unreachable")]


async def test_a_dead_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named, without its password."""
    port = free_port()
    monkeypatch.setenv("HTTP_PROXY", f"http://me:pass-word@127.0.0.1:{port}")
    findings = await findings_of("http://api.example")
    assert findings[-1].cause == "dead-proxy"
    assert f"127.0.0.1:{port}" in findings[-1].says
    assert "api.example in NO_PROXY" in findings[-1].way_out


async def test_a_proxy_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable is named."""
    monkeypatch.setenv("HTTP_PROXY", "socks5://127.0.0.1:1")
    findings = await findings_of("http://api.example")
    assert (findings[-1].check, findings[-1].cause) in [
        ("network", "bad-setting"),
        ("environment", "bad-setting"),
    ]
    assert "HTTP_PROXY" in findings[-1].says


@pytest.mark.parametrize("speaks_tls", [True, False])
async def test_tls_fails(tmp_path: Path, speaks_tls: bool) -> None:
    """A certificate that nobody vouches for, and a port that speaks no TLS."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate(tmp_path))
    async with RawServer(tls=context) as server, loopback() as plain:
        where = f"https://127.0.0.1:{server.port}" if speaks_tls else f"https{plain.url[4:]}"
        assert await failures_of(where) == [("network", "tls-failure")]


async def test_a_ca_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SSL_CERT_FILE counts, as for every client."""
    path = certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    async with RawServer(tls=context) as server:
        findings = await findings_of(f"https://127.0.0.1:{server.port}")
    network = next(each for each in findings if each.check == "network")
    assert network.ok
    assert "TLSv1.3" in network.says


async def test_a_server_that_says_nothing() -> None:
    """What keeps silent is told after the timeout."""
    async with Sandbox(app_secret=SECRET) as sandbox:
        sandbox.faults.add(delay=5.0)
        failures = await failures_of(sandbox.base_url, timeout=0.3)
    assert failures == [("network", "no-answer")]


# --- the clock


class Shifted(Clock):
    """A clock that is wrong by some seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def now(self) -> float:
        return super().now() + self.seconds


@pytest.mark.parametrize(("seconds", "side"), [(1200, "20 min ahead"), (-7300, "2 h behind")])
async def test_a_clock_that_is_wrong(sandbox: Sandbox, seconds: float, side: str) -> None:
    """By how much, and to which side."""
    findings = await findings_of(sandbox.base_url, clock=Shifted(seconds))
    (wrong,) = [each for each in findings if each.ok is False]
    assert wrong.cause == "clock-skew"
    # A second may pass meanwhile.
    assert side.partition(" ")[2] in wrong.says


@pytest.mark.parametrize("seconds", [-50, 0, 50])
async def test_a_clock_that_is_good_enough(sandbox: Sandbox, seconds: float) -> None:
    """Less than a minute harms nothing."""
    assert await failures_of(sandbox.base_url, clock=Shifted(seconds)) == []


async def test_a_date_that_is_none() -> None:
    """A server's Date that cannot be read is no reason to fail."""
    async with loopback(lambda _: ok({"data": []}, headers={"Date": "soon"})) as server:
        findings = await findings_of(server.url)
    assert next(each for each in findings if each.check == "clock").ok is None


# --- the app


async def test_a_wrong_secret(sandbox: Sandbox) -> None:
    """The app is there, so it is the secret."""
    given = environment(sandbox.base_url, PRIVY_APP_SECRET="another-secret")
    assert await failures_of("", environment=given) == [("credentials", "wrong-secret")]


async def test_an_unknown_app(sandbox: Sandbox) -> None:
    """Nobody can help its secret."""
    given = environment(sandbox.base_url, PRIVY_APP_ID="another-app")
    assert await failures_of("", environment=given) == [("credentials", "unknown-app")]


@pytest.mark.parametrize("status", [200, 403, 500])
async def test_something_that_is_not_privy(status: int) -> None:
    """A web page where an API should be."""
    page = "<html>pass-by</html>"
    answer = lambda _: web.Response(status=status, text=page)  # noqa: E731
    async with loopback(answer) as server:
        assert await failures_of(server.url) == [("credentials", "refused")]


# --- the command


def doctor(given: Mapping[str, str], *arguments: str, standard_input: str = "") -> Any:
    """Run the command as a process."""
    code = "import sys; from privy_async.integrations.command_line import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code, "doctor", *arguments],
        env={"PATH": "/usr/bin:/bin", **given},
        cwd=ROOT,
        input=standard_input,
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )


def test_the_command(tmp_path: Path) -> None:
    """Exit codes, JSON, and tokens from a file or standard input."""
    with Sandbox(app_secret=SECRET) as sandbox:
        with sandbox.sync_client() as privy:
            account = {"type": "custom_auth", "custom_user_id": "alice"}
            user = privy.users.create(linked_accounts=[account])
            wallet = privy.wallets.create(chain_type="solana", owner={"user_id": user.id})
        token = sandbox.issue_user_jwt("alice")
        (tmp_path / "token").write_text(f"{token}\n")
        given = environment(sandbox.base_url)
        well = doctor(given, "--user-jwt", f"@{tmp_path / 'token'}", "--wallet", wallet.id)
        ill = doctor(given, "--user-jwt", "-", "--json", standard_input=f"{token[:-9]}AAAAAAAAA")
    assert (well.returncode, well.stderr) == (0, "")
    assert "All is well." in well.stdout
    assert (ill.returncode, ill.stderr) == (1, "")
    document = json.loads(ill.stdout)
    assert document["ok"] is False
    assert [each["cause"] for each in document["findings"] if not each["ok"]] == ["token-refused"]
    for output in (well.stdout, ill.stdout):
        assert SECRET not in output
        assert token not in output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["doctor", "--timeout", "never"], "expected a number of seconds, not 'never'"),
        (["doctor", "--user-jwt", "@/no/such/file"], "No such file"),
    ],
)
def test_wrong_arguments(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, and one line."""
    try:
        code = main(arguments)
    except SystemExit as end:
        code = int(end.code or 0)
    output = capsys.readouterr()
    assert (code, output.out) == (2, "")
    assert said in output.err
    assert output.err.count("\n") == 1


def test_what_is_told_stays_on_its_line() -> None:
    """Whatever an answer says."""
    finding = Finding("token", False, "two\nlines\x1b[31m", "bad-token", "do\rthis")
    text = as_text([finding])
    assert "two\\nlines\\x1b[31m" in text
    assert "do\\rthis" in text
    assert io.StringIO(text).read().count("\x1b") == 0
