"""The sandbox as a process of its own."""

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import jwt
import pytest
from api_client import new_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from places import ROOT
from sandbox_command import COMMAND, running


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_told_to_stop(number: signal.Signals) -> None:
    """One ready line; Ctrl-C and SIGTERM end it with exit code 0 and not a word."""
    with running("--app-id", "my-app") as (process, ready):
        match = re.fullmatch(r"Privy sandbox ready at (http://\S+:\d+) \(app id: my-app\)\n", ready)
        assert match is not None, ready
        with urllib.request.urlopen(f"{match[1]}/v1/apps/my-app/jwks.json") as response:
            assert json.loads(response.read())["keys"]
        process.send_signal(number)
        output, errors = process.communicate(timeout=10)
        assert (process.returncode, output, errors) == (0, "", "")


def test_its_options_reach_the_sandbox(tmp_path: Path) -> None:
    """Credentials, keys, claim, audience and lifetime given on the command line are used."""
    key = new_key()
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "key.pem").write_bytes(pem)
    options = {
        "--app-id": "my-app",
        "--app-secret": "my-secret",
        "--auth-key": str(tmp_path / "key.pem"),
        "--user-id-claim": "uid",
        "--audience": "my-audience",
        "--user-key-lifetime": "60",
    }
    arguments = [text for option in options.items() for text in option]
    with running(*arguments) as (_, ready):
        url = ready.split()[4]
        accounts = [{"type": "custom_auth", "custom_user_id": "alice"}]
        wallets = [{"chain_type": "ethereum"}]
        post(f"{url}/v1/users", {"linked_accounts": accounts, "wallets": wallets})
        claims = {"uid": "alice", "aud": "my-audience", "exp": 4_000_000_000}
        token = jwt.encode(claims, key, "ES256")
        answer = post(f"{url}/v1/wallets/authenticate", {"user_jwt": token})
        wallet = answer["wallets"][0]
        assert 0 < answer["expires_at"] - wallet["created_at"] < 65_000


def post(url: str, body: object, **more_headers: str) -> Any:
    """POST JSON as the app and return the answer."""
    headers = {
        "Authorization": "Basic bXktYXBwOm15LXNlY3JldA==",
        "privy-app-id": "my-app",
        "Content-Type": "application/json",
        **{name.replace("_", "-"): text for name, text in more_headers.items()},
    }
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as response:
        return json.loads(response.read())


def test_a_taken_port_is_said_in_one_line() -> None:
    """A port in use ends with exit code 1 and one line, no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [*COMMAND, "--port", port], capture_output=True, text=True, cwd=ROOT, check=False
        )
    assert done.returncode == 1
    assert done.stdout == ""
    assert re.fullmatch(f"privy-sandbox: port {port} is taken: .* --port .*\n", done.stderr)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "99999"], "argument --port: expected a number from 0 to 65535, not '99999'"),
        (["--port", "-1"], "argument --port: expected a number from 0 to 65535, not '-1'"),
        (["--port", "http"], "argument --port: expected a number from 0 to 65535, not 'http'"),
        (["--test-account", "a@b.c"], "argument --test-account: expected EMAIL:CODE, not 'a@b.c'"),
        (["--usr", "alice"], "unrecognized arguments: --usr alice"),
    ],
)
def test_wrong_arguments_are_said_in_one_line(arguments: list[str], said: str) -> None:
    """Exit code 2, one line that names the argument, and no page of usage."""
    done = subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"privy-sandbox: {said} (privy-sandbox --help shows all options)\n"


SHELL = """
import json, os, privy_async, privy_sync
with privy_sync.PrivyClient() as privy:
    bob = privy.for_user(os.environ["BOB_O_HARA_JWT"])
    signed = bob.wallets.ethereum.sign_message(os.environ["BOB_O_HARA_ETHEREUM_WALLET_ID"], "hi")
    alice = privy.for_user(os.environ["ALICE_JWT"])
    alice.wallets.solana.sign_message(os.environ["ALICE_SOLANA_WALLET_ID"], "hi")
print(signed.signature)
"""


def test_a_user_to_begin_with_can_be_pasted(tmp_path: Path) -> None:
    """A shell takes what `--user` prints as it is, and a client without arguments signs then.

    With a state file the same user and wallets are there at the next start.
    """
    options = ["--user", "alice", "--user", "Bob O'Hara", "--app-secret", "it's $ecret"]
    options += ["--state", str(tmp_path / "state.db")]
    wallets = []
    for _ in range(2):
        with running(*options) as (process, _):
            lines = read_until(process, "browser")
            script = "".join([*lines, f"exec {sys.executable} -W error -c '{SHELL}'"])
            done = subprocess.run(
                ["/bin/sh", "-eu"], input=script, capture_output=True, text=True, check=False
            )
        assert done.returncode == 0, done.stderr
        assert re.fullmatch(r"0x[0-9a-f]{130}\n", done.stdout)
        wallets.append([line for line in lines if "WALLET_ID" in line])
    assert wallets[0] == wallets[1]
    assert len(wallets[0]) == 2


def read_until(process: "subprocess.Popen[str]", word: str) -> list[str]:
    """The lines of standard output up to the one with the word."""
    assert process.stdout is not None
    lines = list[str]()
    while not lines or word not in lines[-1]:
        lines.append(process.stdout.readline())
        assert lines[-1], "it ended"
    return lines


def test_a_user_who_cannot_be_is_said_in_one_line() -> None:
    """Nothing is left half started."""
    done = subprocess.run(
        [*COMMAND, "--port", "0", "--user", ""],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 1
    assert re.fullmatch("privy-sandbox: --user: .+\n", done.stderr)


def test_requests_are_logged_if_asked_for() -> None:
    """`--log` writes status, method, path, RPC method and cause, a line each; else nothing."""
    for log in (["--log"], []):
        with running("--app-id", "my-app", "--app-secret", "my-secret", *log) as (process, ready):
            url = ready.split()[4]
            wallet = post(f"{url}/v1/wallets", {"chain_type": "ethereum"})
            params = {"message": "hi", "encoding": "utf-8"}
            rpc = f"{url}/v1/wallets/{wallet['id']}/rpc"
            post(rpc, {"method": "personal_sign", "params": params})
            for body in ({"chain_type": "ethereum", "owner_id": "nobody"}, {"chain_type": 5}):
                with pytest.raises(urllib.error.HTTPError) as refused:
                    post(f"{url}/v1/wallets", body)
                refused.value.close()
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=10)
        lines = errors.splitlines()
        assert len(lines) == (4 if log else 0)
        if log:
            assert lines[:2] == [
                "200 POST /v1/wallets",
                f"200 POST /v1/wallets/{wallet['id']}/rpc personal_sign",
            ]
            assert lines[2].startswith("404 POST /v1/wallets: ")
            assert lines[3].startswith("400 POST /v1/wallets: [Input error] `chain_type`: ")


def test_a_missing_extra_is_said_in_one_line() -> None:
    """Without the libraries of the extra, the command says what to install."""
    code = (
        "import sys; sys.modules['solders'] = None; "
        "from privy_async.sandbox.__main__ import main; sys.exit(main([]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        'privy-sandbox: the sandbox needs solders: pip install "privy-async[sandbox]"\n'
    )


def test_an_unusable_key_is_said_in_one_line() -> None:
    """A key file that is not there ends with exit code 1 and one line."""
    done = subprocess.run(
        [*COMMAND, "--auth-key", "/no/such/file"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == (
        "privy-sandbox: cannot read the key file /no/such/file: No such file or directory\n"
    )


def test_test_accounts_log_in() -> None:
    """`--test-account`, given twice, makes two users who can log in."""
    emails = ("a@example.org", "b@example.org")
    options = [text for email in emails for text in ("--test-account", f"{email}:123456")]
    with running("--app-id", "my-app", "--app-secret", "my-secret", *options) as (_, ready):
        for email in emails:
            url = f"{ready.split()[4]}/api/v1/passwordless/authenticate"
            answer = post(url, {"email": email, "code": "123456"})
            assert answer["user"]["linked_accounts"][0]["address"] == email
            assert answer["token"] != answer["identity_token"]


def test_text_messages_are_shown() -> None:
    """The code that would be texted to a phone is on stderr, and the options reach the sandbox."""
    options = ["--test-account", "a@example.org:123456", "--granular-mfa"]
    cache = ["--mfa-cache-duration", "0.001"]
    app = ["--app-id", "my-app", "--app-secret", "my-secret"]
    with running(*app, *options, *cache) as (process, ready):
        url = ready.split()[4]
        log_in = {"email": "a@example.org", "code": "123456"}
        answer = post(f"{url}/v1/passwordless/authenticate", log_in)
        user_id, token = answer["user"]["id"], answer["token"]
        step = f"{url}/v1/users/{user_id}/mfa/sms/enrollment"
        number = {"phone_number": "+15555550100"}
        assert post(f"{step}/init", number, privy_user_token=token) == {"success": True}
        assert process.stderr is not None
        told = re.fullmatch(r".*\+15555550100 says: (\d{6})\n", process.stderr.readline())
        assert told is not None
        verified = post(f"{step}/verify", {"code": told[1]}, privy_user_token=token)
        owner = {"owner": {"user_id": user_id}, "chain_type": "ethereum"}
        post(f"{url}/v1/wallets", owner)
        body = {"user_jwt": token, "mfa_token": verified["token"]}
        with pytest.raises(urllib.error.HTTPError) as late:
            post(f"{url}/v1/wallets/authenticate", body)
        assert late.value.code == 401
        late.value.close()


def test_help_names_every_option() -> None:
    """`--help` shows the options and their defaults."""
    done = subprocess.run(
        [*COMMAND, "--help"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0
    for option in ("--host", "--port", "--app-id", "--app-secret", "--auth-key", "--audience"):
        assert option in done.stdout
    assert "default: 8787" in done.stdout


def test_webhooks_are_announced_with_their_secret() -> None:
    """Each URL is named after the ready line, with the secret that was given or made."""
    url = "http://127.0.0.1:9/hooks"
    with running("--webhook", url, "--webhook", url + "/2") as (process, _):
        assert process.stdout is not None
        line = process.stdout.readline()
        assert re.fullmatch(f"Webhooks go to {url}, signed with whsec_[A-Za-z0-9+/=]{{32}}\n", line)
        assert process.stdout.readline().startswith(f"Webhooks go to {url}/2, ")
    with running("--webhook", url, "--webhook-secret", "whsec_c2VjcmV0") as (process, _):
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line == f"Webhooks go to {url}, signed with whsec_c2VjcmV0\n"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--webhook", "nowhere"], "a webhook goes to the URL of a server, not to 'nowhere'"),
        (
            ["--webhook", "http://127.0.0.1:9/", "--webhook-secret", "hush!"],
            "a webhook's secret is whsec_ and base64, such as the sandbox makes",
        ),
    ],
)
def test_an_unusable_webhook_is_said_in_one_line(arguments: list[str], error: str) -> None:
    """A wrong URL or secret ends with exit code 1 and one line."""
    done = subprocess.run(
        [*COMMAND, "--port", "0", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"privy-sandbox: {error}\n"
