"""The sandbox as a process of its own."""

import json
import re
import signal
import socket
import subprocess
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
    assert re.fullmatch("privy sandbox: .*address already in use\n", done.stderr)


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
        "privy sandbox: cannot read the key file /no/such/file: No such file or directory\n"
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
    assert done.stderr == f"privy sandbox: {error}\n"
