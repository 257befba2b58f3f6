"""Kill this process, as the kernel would, when a payment has come to a step of its way.

Steps: "created" (the row is written, not committed), "committed" (and nothing sent), "sending"
(Privy has it, and has not answered), "answered" (the answer is there), "storing" (the outcome is
about to be written), "stored" (and the app's answer is not sent). "rolled back" raises within the
transaction.
"""

import asyncio
import os
import signal

STEP = os.environ.get("KILL_AT", "")


class RolledBackError(Exception):
    """What goes wrong in the app itself."""


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def at(step: str) -> None:
    """The process has come to this step."""
    if step == STEP:
        kill()


def on_request(request: object) -> None:
    """The SDK is about to send: the hook of a client."""
    if not _pays(request):
        return
    at("committed")
    if STEP == "sending":
        asyncio.get_running_loop().call_later(0.3, kill)


def on_response(response: object) -> None:
    """The SDK has an answer: the hook of a client."""
    if _pays(response):
        at("answered")


def on_statement(sql: str) -> None:
    """The database is about to run this: SQLite's trace of a connection."""
    if sql.startswith("COMMIT") and STEP == "created":
        kill()
    if sql.startswith("UPDATE"):
        at("storing")


def _pays(event: object) -> bool:
    return getattr(event, "url", "").endswith("/rpc")
