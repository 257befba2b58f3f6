"""Against a second server that differs on purpose, the report finds each difference."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from places import ROOT

import contract.statements as _all  # noqa: F401 - it makes the statements known
from contract.altering import Change, Exchange, altered
from contract.report import ask_all, compare
from contract.statement import STATEMENTS, Statement
from contract.targets import target_of
from privy_async.sandbox import Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(180)]


def _nothing(exchange: Exchange) -> None:
    """As it is."""


def _refusals_with_a_code(exchange: Exchange) -> None:
    if exchange.refused(401, "No valid authorization signatures"):
        exchange.body["code"] = "zero_correct_authorization_signatures"


def _other_text(exchange: Exchange) -> None:
    if exchange.refused(400, "Invalid JWT token provided"):
        exchange.body["error"] = "The JWT is invalid"


def _other_status(exchange: Exchange) -> None:
    if exchange.refused(400, "[Input error]"):
        exchange.status = 422


def _nested_errors(exchange: Exchange) -> None:
    if exchange.status == 404:
        exchange.body = {"error": exchange.body["error"], "code": "not_found", "details": []}


def _seconds(exchange: Exchange) -> None:
    if exchange.path.startswith("/v1/wallets") and "created_at" in (exchange.body or {}):
        exchange.body["created_at"] //= 1000


def _end_of_keys_in_seconds(exchange: Exchange) -> None:
    if "expires_at" in (exchange.body or {}) and exchange.path.endswith("/authenticate"):
        exchange.body["expires_at"] //= 1000


def _no_cursor(exchange: Exchange) -> None:
    if isinstance(exchange.body, dict) and exchange.body.get("next_cursor"):
        exchange.body["next_cursor"] = 17


def _signatures_without_0x(exchange: Exchange) -> None:
    if exchange.path.endswith("/rpc") and exchange.status == 200:
        data = exchange.body.get("data", {})
        if isinstance(data.get("signature"), str):
            data["signature"] = data["signature"].removeprefix("0x")


def _no_method(exchange: Exchange) -> None:
    if exchange.path.endswith("/rpc") and exchange.status == 200:
        exchange.body.pop("method", None)


def _replays_are_refused(exchange: Exchange) -> None:
    if exchange.refused(400, "dempotency"):
        exchange.status = 409


def _conflicts_are_400(exchange: Exchange) -> None:
    if exchange.status == 409:
        exchange.status = 400


def _deletes_answer_202(exchange: Exchange) -> None:
    if exchange.method == "DELETE" and exchange.status < 300:
        exchange.status = 202


def _no_request_ids(exchange: Exchange) -> None:
    exchange.headers = {
        name: value for name, value in exchange.headers.items() if name.lower() != "x-request-id"
    }


def _lower_case_addresses(exchange: Exchange) -> None:
    if exchange.path == "/v1/wallets" and (exchange.body or {}).get("chain_type") == "stellar":
        exchange.body["address"] = exchange.body["address"].lower()


def _policies_deny_with_403(exchange: Exchange) -> None:
    if exchange.refused(400, "policy violation"):
        exchange.status = 403


def _intents_end_sooner(exchange: Exchange) -> None:
    if "intent_id" in (exchange.body or {}):
        exchange.body["expires_at"] -= 24 * 3600 * 1000


def _owner_is_a_text(exchange: Exchange) -> None:
    if exchange.path == "/v1/wallets" and exchange.status == 200 and "id" in exchange.body:
        exchange.body["owner_id"] = exchange.body["owner_id"] or ""


# What is altered, and a statement that must be found to differ.
CHANGES: Final[Mapping[str, tuple[Change, str]]] = {
    "refused signatures have a code": (_refusals_with_a_code, "signature_of_another"),
    "another text": (_other_text, "token_of_nobody"),
    "422 for wrong input": (_other_status, "missing_chain_type"),
    "a third field in errors": (_nested_errors, "form_of_errors"),
    "times in seconds": (_seconds, "wallet_times"),
    "ends of keys in seconds": (_end_of_keys_in_seconds, "end_of_a_key"),
    "a cursor that is a number": (_no_cursor, "pages"),
    "signatures without 0x": (_signatures_without_0x, "personal_sign"),
    "no method in answers": (_no_method, "method_comes_back"),
    "400 for conflicts": (_conflicts_are_400, "external_id_twice"),
    "409 for another body": (_replays_are_refused, "same_key_other_body"),
    "202 for deletes": (_deletes_answer_202, "deleted_user"),
    "no request ids": (_no_request_ids, "request_ids"),
    "addresses in lower case": (_lower_case_addresses, "address_on_stellar"),
    "403 for denials": (_policies_deny_with_403, "no_rule"),
    "intents for two days": (_intents_end_sooner, "life_of_an_intent"),
    "no owner is an empty text": (_owner_is_a_text, "null_owner"),
}


async def _differing(
    change: Change, statements: Sequence[Statement] = STATEMENTS, **options: Any
) -> set[str]:
    """Ask a sandbox, and another one behind the proxy; return what is not the same."""
    async with Sandbox() as sandbox:
        ours = await ask_all(await target_of(sandbox), statements)
    async with Sandbox(**options) as other, altered(other.base_url, change) as url:
        theirs = await ask_all(await target_of(other, url), statements)
    rows = compare(statements, ours, theirs)
    return {row.statement.name for row in rows if row.verdict != "same"}


async def test_the_proxy_alters_nothing_by_itself() -> None:
    """Behind it a sandbox is the same."""
    assert await _differing(_nothing) == set()


@pytest.mark.parametrize("name", CHANGES)
async def test_each_difference_is_found_alone(name: str) -> None:
    """The statement about it differs."""
    change, about = CHANGES[name]
    statements = [each for each in STATEMENTS if each.name == about]
    assert await _differing(change, statements) == {about}


async def test_all_differences_are_found_at_once() -> None:
    """A server that differs in every way: each is in the report, and what is not altered is not."""

    def change_all(exchange: Exchange) -> None:
        for change, _ in CHANGES.values():
            change(exchange)

    differing = await _differing(change_all)
    assert {about for _, about in CHANGES.values()} <= differing
    same = {each.name for each in STATEMENTS} - differing
    assert {"owners_signature", "address_on_ethereum", "both_of_two", "public_jwks"} <= same


async def test_a_sandbox_with_other_options() -> None:
    """A server whose users' keys live for years is found, too."""
    statements = [each for each in STATEMENTS if each.name in ("end_of_a_key", "sealed_key")]
    differing = await _differing(_nothing, statements, user_key_lifetime=10**8)
    assert differing == {"end_of_a_key"}


def run_contract(folder: Path, *arguments: str, **variables: str) -> Any:
    """Run the command as `make contract` does."""
    path = ":".join(
        str(ROOT / "tests" / part) for part in ("", "helpers", "helpers/sandbox", "helpers/servers")
    )
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "contract", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{path}", **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def credentials(sandbox: Sandbox) -> dict[str, str]:
    """A sandbox in Privy's place."""
    return {
        "PRIVY_CONTRACT_APP_ID": sandbox.app_id,
        "PRIVY_CONTRACT_APP_SECRET": sandbox.app_secret,
        "PRIVY_CONTRACT_BASE_URL": sandbox.base_url,
    }


def test_the_command_asks_the_sandbox(tmp_path: Path) -> None:
    """Without credentials it writes a report about the sandbox alone."""
    done = run_contract(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    report = (tmp_path / "contract-report.md").read_text()
    assert f"{len(STATEMENTS)} statements: {len(STATEMENTS)} same." in report
    assert "Privy itself was not asked" in report


def test_the_command_asks_first(tmp_path: Path) -> None:
    """Where nobody can answer, nothing is asked of Privy, and no report is written."""
    with Sandbox(app_id="other-app", app_secret="hush-hush") as sandbox:
        done = run_contract(tmp_path, **credentials(sandbox))
        assert done.returncode == 2
        assert "as the app other-app" in done.stdout
        assert "hush-hush" not in done.stdout
        assert not list(tmp_path.iterdir())
        assert sandbox.log == ()
        done = run_contract(tmp_path, "--yes", **credentials(sandbox))
        assert (done.returncode, done.stderr) == (0, "")
        report = (tmp_path / "contract-report.md").read_text()
        # Without a user's token, what needs one is left out, and said to be.
        assert re.search(r"\d+ statements: 6 not asked, \d+ same\.", report)
        assert "hush-hush" not in report
        assert not sandbox.state.users
        assert all(wallet.archived_at for wallet in sandbox.state.wallets.values())
        assert not sandbox.state.policies
        # Those that Privy makes for a user who owns a wallet are the user's alone.
        assert not any(quorum.public_keys for quorum in sandbox.state.key_quorums.values())
