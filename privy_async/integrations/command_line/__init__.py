"""The command `privy-async`: `privy-async doctor` finds out what keeps an app from using Privy."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

from privy_async.integrations.command_line.findings import as_json, as_text
from privy_async.version import VERSION

__all__ = ["main"]

_NAME: Final = "privy-async"
_HELP: Final = (
    "Look, in this order, at the environment, the way to Privy (name, proxy, TLS), this machine's "
    "clock, and the app's id and secret; then, if they are given, at a user's token and a wallet. "
    "It only reads, save that a token is exchanged for a key, as at every sign-in. The exit code "
    "is 0 if all is well, 1 if something is not, 2 if an argument is wrong."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command of these arguments, by default the process's. Return the exit code."""
    options = _parser().parse_args(arguments)
    # Loaded here, since --help should not wait for it.
    from privy_async.integrations.command_line.doctor import Patient, examine

    try:
        user_jwt = _read_secret(options.user_jwt)
    except OSError as error:
        print(f"{_NAME}: --user-jwt: {error}", file=sys.stderr)
        return 2
    patient = Patient(
        environment=os.environ,
        base_url=options.base_url,
        user_jwt=user_jwt,
        wallet_id=options.wallet,
        timeout=options.timeout,
    )
    try:
        findings = asyncio.run(examine(patient))
    except KeyboardInterrupt:
        return 130
    print(as_json(findings) if options.json else as_text(findings))
    return 0 if all(finding.ok is not False for finding in findings) else 1


def _read_secret(text: str | None) -> str | None:
    """Return what was given: itself, `-` for standard input, or `@` and a file's name."""
    if text == "-":
        return sys.stdin.read().strip()
    if text is not None and text.startswith("@"):
        return Path(text[1:]).read_text("utf-8", "replace").strip()
    return text


class _OneLineParser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} ({self.prog} --help shows all options)\n")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if 0 < seconds <= 3600:
        return seconds
    raise argparse.ArgumentTypeError(f"expected a number of seconds, not {text!r}")


def _parser() -> argparse.ArgumentParser:
    parser = _OneLineParser(prog=_NAME, description="Tools for apps that use Privy's wallet API.")
    parser.add_argument("--version", action="version", version=f"{_NAME} {VERSION}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    doctor = commands.add_parser(
        "doctor", help="find out what keeps an app from using Privy", description=_HELP
    )
    doctor.add_argument(
        "--user-jwt",
        metavar="TOKEN",
        help="a user's token to look into and to exchange; - reads it from standard input, "
        "@FILE from a file, so that it stands in no list of processes",
    )
    doctor.add_argument(
        "--wallet", metavar="ID", help="a wallet: may the key of that token sign for it?"
    )
    doctor.add_argument(
        "--base-url", metavar="URL", help="instead of PRIVY_API_BASE_URL, such as a sandbox's"
    )
    doctor.add_argument(
        "--timeout", type=_seconds, default=10.0, metavar="SECONDS", help="for each step (10)"
    )
    doctor.add_argument("--json", action="store_true", help="write JSON, for programs")
    return parser
