"""Provoke errors under sentry-sdk, rich and structlog, and print what of them tells a secret.

The frames of this file are the caller's: they hold none, since secrets are globals elsewhere.
"""

import asyncio
import io
import json
import sys
from typing import Any

import failing_calls as given
import rich.console
import rich.traceback
import sentry_sdk
import structlog
from failing_calls import CALLS, FAILURES, SECRETS, SIGNERS, make_client, serving
from refused_secrets import REFUSED
from sentry_sdk.envelope import Envelope
from sentry_sdk.scrubber import EventScrubber
from sentry_sdk.transport import Transport

SITUATIONS = (
    "status 400",
    "status 401",
    "an export that is no text",
    "too late",
    "cut off",
    "exchange refused",
    "exchange of half a key",
)


class Memory(Transport):
    """Keeps what Sentry's server would get."""

    def __init__(self, options: Any = None) -> None:
        super().__init__(options)
        self.sent: list[str] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.sent.append(envelope.serialize().decode("utf-8", "replace"))


# With nothing filtered by its name, what Sentry gets is what stands in the frames.
sentry_sdk.init(
    dsn="https://key@sentry.example/1",
    transport=Memory,
    event_scrubber=EventScrubber(denylist=[], pii_denylist=[]),
    traces_sample_rate=1.0,
    max_value_length=100_000,
)


async def errors() -> list[BaseException]:
    """Every error, each situation's all at once."""
    found: list[BaseException | None] = []
    for situation in SITUATIONS:
        with serving(*FAILURES[situation]) as server:
            doors = [*CALLS.values(), *SIGNERS.values()]
            found += await asyncio.gather(*(provoke(door, server.url) for door in doors))
    with serving(*FAILURES["too late"]) as server:
        limited = (provoke(door, server.url, limit=0.3) for door in CALLS.values())
        found += await asyncio.gather(*limited)
    for door in REFUSED.values():
        found.append(await provoke(door, "http://127.0.0.1:9"))
    return [error for error in found if error is not None]


async def provoke(door: Any, url: str, *, limit: float | None = None) -> BaseException | None:
    async with make_client("async", url, timeout=0.3 if limit is None else 30) as privy:
        try:
            async with asyncio.timeout(limit):
                pending = door(privy)
                if asyncio.iscoroutine(pending):
                    await pending
        except Exception as error:
            sentry_sdk.capture_exception(error)
            return error
    return None


def told_by_rich(error: BaseException) -> str:
    trace = rich.traceback.Traceback.from_exception(
        type(error),
        error,
        error.__traceback__,
        show_locals=True,
        extra_lines=0,
        locals_max_string=None,
        locals_max_length=None,
    )
    console = rich.console.Console(file=io.StringIO(), width=1_000)
    console.print(trace)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def told_by_structlog(error: BaseException) -> str:
    transformer = structlog.tracebacks.ExceptionDictTransformer(
        show_locals=True, locals_max_string=100_000, locals_max_length=1000
    )
    return json.dumps(transformer((type(error), error, error.__traceback__)))


def secrets_in(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text]


def leak(secret: str) -> None:
    raise ValueError("planted")


async def main() -> None:
    """Print JSON: how much was told by each, and the leaks."""
    found = await errors()
    transport: Any = sentry_sdk.get_client().transport
    told = {
        "sentry": list(transport.sent),
        "rich": [told_by_rich(error) for error in found],
        "structlog": [told_by_structlog(error) for error in found],
    }
    leaks = {
        tracker: [text[:3000] for text in texts if secrets_in(text)]
        for tracker, texts in told.items()
    }
    try:
        leak(given.JWT)
    except ValueError as error:
        sentry_sdk.capture_exception(error)
        planted = [transport.sent[-1], told_by_rich(error), told_by_structlog(error)]
    print(
        json.dumps(
            {
                "told": {tracker: len(texts) for tracker, texts in told.items()},
                "locals": sum('"vars"' in text for text in told["sentry"]),
                "leaks": leaks,
                "planted": [bool(secrets_in(text)) for text in planted],
            }
        )
    )


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
