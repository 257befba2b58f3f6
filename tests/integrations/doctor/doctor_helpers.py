"""What the doctor finds, as its tests ask for it."""

from collections.abc import Mapping
from typing import Any

from privy_async.integrations.command_line.doctor import Patient, examine
from privy_async.integrations.command_line.findings import Finding, as_json, as_text
from privy_async.sandbox import Sandbox

SECRET = "a-secret-nobody-may-see"


def environment(base_url: str, **changes: str) -> dict[str, str]:
    """What an app is told."""
    return {
        "PRIVY_APP_ID": "sandbox-app",
        "PRIVY_APP_SECRET": SECRET,
        "PRIVY_API_BASE_URL": base_url,
        **changes,
    }


async def findings_of(base_url: str, *, timeout: float = 5.0, **options: Any) -> list[Finding]:
    """What is found; no secret is told, in neither form."""
    given: Mapping[str, str] = options.pop("environment", environment(base_url))
    patient = Patient(environment=given, timeout=timeout, **options)
    findings = await examine(patient)
    for shown in (repr(patient), as_text(findings), as_json(findings)):
        for hidden in (given.get("PRIVY_APP_SECRET"), options.get("user_jwt"), "pass-word"):
            assert not hidden or hidden not in shown
    return findings


async def failures_of(base_url: str, **options: Any) -> list[tuple[str, str | None]]:
    """Which checks fail, and why. Each says what to do."""
    failed = [each for each in await findings_of(base_url, **options) if each.ok is False]
    assert all(each.way_out and each.says for each in failed)
    return [(each.check, each.cause) for each in failed]


async def alice(sandbox: Sandbox, **wallet: Any) -> tuple[str, str]:
    """A user's token, and the id of the user's wallet."""
    async with sandbox.client() as privy:
        account = {"type": "custom_auth", "custom_user_id": "alice"}
        user = await privy.users.create(linked_accounts=[account])
        owner = wallet or {"owner": {"user_id": user.id}}
        made = await privy.wallets.create(chain_type="ethereum", **owner)
    return sandbox.issue_user_jwt("alice"), made.id
