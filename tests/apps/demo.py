"""What lets a person try an app: a sandbox with a user, a wallet and a token, and their address."""

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager

from privy_async.sandbox import Sandbox


@contextmanager
def sandbox_for_app() -> Generator[int]:
    """Run a sandbox, tell the app by the environment where it is, and print what to open.

    Gives the port for the app: the first argument of the command, or 8000.
    """
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    with Sandbox() as sandbox:
        os.environ["PRIVY_APP_ID"] = sandbox.app_id
        os.environ["PRIVY_APP_SECRET"] = sandbox.app_secret
        os.environ["PRIVY_API_BASE_URL"] = sandbox.base_url
        os.environ["PRIVY_WEBHOOK_SIGNING_SECRET"] = "whsec_c2FuZGJveC1zZWNyZXQ="
        sys.stdout.write(f"open http://127.0.0.1:{port}/#token={alices_token(sandbox)}\n")
        sys.stdout.flush()
        yield port


def alices_token(sandbox: Sandbox) -> str:
    """An access token as Privy's login issues it, for a new user with a wallet."""
    with sandbox.sync_client() as privy:
        account = {"type": "custom_auth", "custom_user_id": "alice"}
        user = privy.users.create(linked_accounts=[account])
        privy.wallets.create(chain_type="ethereum", owner={"user_id": user.id})
    return sandbox.issue_user_jwt(user.id, iss="privy.io", aud=sandbox.app_id, sid="demo")
