"""A shop that pays, its database, and its processes, which a test has killed."""

import os
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
from places import ROOT
from python_processes import STRICT, outcome, start

from privy_async import generate_p256_key_pair
from privy_async.sandbox import Sandbox

SCRIPTS = {"django": "payments/paying_django.py", "fastapi": "payments/paying_fastapi.py"}
PAYEE = "0x742D35CC6634C0532925a3B844Bc9E7595F2bD18"


@attrs.frozen
class Shop:
    """An app's processes, with one database and one sandbox."""

    script: str
    sandbox: Sandbox
    database: Path
    token: str
    environment: dict[str, str]

    def run(self, *arguments: str, kill_at: str = "") -> tuple[int, str, str]:
        """Run a process to its end; its exit code, output and standard error."""
        return outcome(self.begin(*arguments, kill_at=kill_at))

    def begin(self, *arguments: str, kill_at: str = "") -> Any:
        """Start a process: `reconcile`, or `pay` and an order."""
        token = [self.token] if arguments[0] == "pay" else []
        before = dict(os.environ)
        os.environ.update(self.environment, KILL_AT=kill_at)
        try:
            return start(self.script, *arguments, *token, flags=STRICT)
        finally:
            os.environ.clear()
            os.environ.update(before)

    def rows(self) -> list[tuple[str, str, str | None]]:
        """Order, state and hash of each payment."""
        with closing(sqlite3.connect(self.database)) as connection:
            columns = 'SELECT "order", state, hash FROM payments ORDER BY id'
            return connection.execute(columns).fetchall()

    def age(self, **span: float) -> None:
        """Have all payments begun so long ago."""
        then = (datetime.now(UTC) - timedelta(**span)).strftime("%Y-%m-%d %H:%M:%S.%f")
        with closing(sqlite3.connect(self.database)) as connection, connection:
            connection.execute("UPDATE payments SET created_at = ?", [then])

    @property
    def executed(self) -> list[str]:
        """The hashes of what Privy has executed."""
        return [each.transaction_hash for each in self.sandbox.state.transactions.values()]

    @property
    def paid(self) -> list[tuple[str, str, str | None]]:
        """What one payment of order-1 leaves in the database."""
        return [("order-1", "sent", *self.executed)]


@contextmanager
def open_shop(kind: str, folder: Path) -> Generator[Shop]:
    """Open a shop; Django's pays from a wallet of its own, FastAPI's from its user's."""
    keys = generate_p256_key_pair()
    with Sandbox(real_chains=False) as sandbox, sandbox.sync_client() as privy:
        account = {"type": "custom_auth", "custom_user_id": "alice"}
        user = privy.users.create(linked_accounts=[account])
        owner = {"public_key": keys.public_key} if kind == "django" else {"user_id": user.id}
        wallet = privy.wallets.create(chain_type="ethereum", owner=owner)
        database = folder / "shop.sqlite3"
        token = sandbox.issue_user_jwt(user.id, iss="privy.io", aud=sandbox.app_id, sid="session")
        environment = {
            "PRIVY_APP_ID": sandbox.app_id,
            "PRIVY_APP_SECRET": sandbox.app_secret,
            "PRIVY_API_BASE_URL": sandbox.base_url,
            "SHOP_DATABASE": str(database),
            "SHOP_DATABASE_URL": f"sqlite+aiosqlite:///{database}",
            "SHOP_KEY": keys.private_key,
            "SHOP_WALLET_ID": wallet.id,
            "PAYEE": PAYEE,
            "PYTHONPATH": str(ROOT),
        }
        yield Shop(SCRIPTS[kind], sandbox, database, token, environment)
