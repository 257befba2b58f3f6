"""Whom to ask: a sandbox of one's own, or the API that the environment names."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from contract.scene import Target
from privy_async.sandbox import Sandbox

PRIVY = "https://api.privy.io"


@asynccontextmanager
async def sandbox_target(**options: Any) -> AsyncIterator[Target]:
    """Run a sandbox with a user who has a token."""
    async with Sandbox(**options) as sandbox:
        yield await target_of(sandbox)


async def target_of(sandbox: Sandbox, base_url: str | None = None) -> Target:
    """Make a user at a sandbox, which may be reached at another address."""
    async with sandbox.client() as privy:
        account = {"type": "custom_auth", "custom_user_id": "contract"}
        user = await privy.users.create(linked_accounts=[account])
    return Target(
        name="sandbox",
        base_url=base_url or sandbox.base_url,
        app_id=sandbox.app_id,
        app_secret=sandbox.app_secret,
        user_jwt=sandbox.issue_user_jwt("contract"),
        user_id=user.id,
    )


def privy_target(environment: Mapping[str, str] = os.environ) -> Target | None:
    """Return the app that the environment names, if it names one."""
    app_id = environment.get("PRIVY_CONTRACT_APP_ID")
    app_secret = environment.get("PRIVY_CONTRACT_APP_SECRET")
    if not app_id or not app_secret:
        return None
    return Target(
        name="Privy",
        base_url=environment.get("PRIVY_CONTRACT_BASE_URL", PRIVY).rstrip("/"),
        app_id=app_id,
        app_secret=app_secret,
        user_jwt=environment.get("PRIVY_CONTRACT_USER_JWT") or None,
        user_id=environment.get("PRIVY_CONTRACT_USER_ID") or None,
    )
