"""What lets a person try an app: a sandbox with a user, a wallet and a token, and their address."""

import logging
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager

from privy_async.resources.controls.policy_values import PolicyRuleInput
from privy_async.sandbox import Sandbox

RULES: list[PolicyRuleInput] = [
    {"name": "sign", "method": "personal_sign", "conditions": [], "action": "ALLOW"},
    {"name": "send", "method": "eth_sendTransaction", "conditions": [], "action": "ALLOW_WITH_MFA"},
]


@contextmanager
def sandbox_for_app() -> Generator[int]:
    """Run a sandbox, tell the app by the environment where it is, and print what to open.

    Gives the port for the app: the first argument of the command, or 8000.
    """
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    show_text_messages()
    with Sandbox() as sandbox:
        os.environ["PRIVY_APP_ID"] = sandbox.app_id
        os.environ["PRIVY_APP_SECRET"] = sandbox.app_secret
        os.environ["PRIVY_API_BASE_URL"] = sandbox.base_url
        os.environ["PRIVY_WEBHOOK_SIGNING_SECRET"] = "whsec_c2FuZGJveC1zZWNyZXQ="
        sys.stdout.write(f"open http://127.0.0.1:{port}/#token={alices_token(sandbox)}\n")
        sys.stdout.flush()
        yield port


def show_text_messages() -> None:
    """Print the codes that the sandbox would text to a user's phone."""
    logger = logging.getLogger("privy_async.sandbox")
    logger.setLevel(logging.INFO)
    logger.addHandler(logging.StreamHandler())


def alices_token(sandbox: Sandbox) -> str:
    """An access token as Privy's login issues it, for a new user with a wallet.

    The wallet signs messages as it is asked to, and sends nothing before a second factor.
    """
    with sandbox.sync_client() as privy:
        account = {"type": "custom_auth", "custom_user_id": "alice"}
        user = privy.users.create(linked_accounts=[account])
        policy = privy.policies.create(name="Sending", chain_type="ethereum", rules=RULES)
        privy.wallets.create(
            chain_type="ethereum", owner={"user_id": user.id}, policy_ids=[policy.id]
        )
    return sandbox.issue_user_jwt(user.id, iss="privy.io", aud=sandbox.app_id, sid="demo")
