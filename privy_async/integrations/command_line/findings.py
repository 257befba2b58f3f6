"""Findings of the checks, for people and for programs."""

import json
import platform
from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

import attrs

from privy_async.version import VERSION

Check: TypeAlias = Literal[
    "environment", "network", "clock", "credentials", "token", "exchange", "wallet"
]
Cause: TypeAlias = Literal[
    "missing-app-id",
    "missing-app-secret",
    "bad-setting",
    "no-network",
    "dead-proxy",
    "unreachable",
    "tls-failure",
    "no-answer",
    "clock-skew",
    "unknown-app",
    "wrong-secret",
    "refused",
    "bad-token",
    "token-refused",
    "unknown-user",
    "frozen-user",
    "mfa-required",
    "unknown-wallet",
    "wallet-of-another",
    "more-signatures",
    "archived-wallet",
]

_MARKS: Final = {True: "ok  ", False: "FAIL", None: "-   "}


@attrs.frozen
class Finding:
    """The finding of one check.

    Attributes:
        check: What was looked at.
        ok: None if it was not looked at.
        says: A sentence for people, without secrets.
        cause: What is wrong, as a word for programs; None if nothing is.
        way_out: What to do about it.
    """

    check: Check
    ok: bool | None
    says: str
    cause: Cause | None = None
    way_out: str = ""


def good(check: Check, says: str) -> Finding:
    """All is well."""
    return Finding(check, True, says)


def bad(check: Check, cause: Cause, says: str, way_out: str) -> Finding:
    """Something is not."""
    return Finding(check, False, says, cause, way_out)


def skipped(check: Check, says: str) -> Finding:
    """It was not looked at, and why."""
    return Finding(check, None, says)


def as_text(findings: Sequence[Finding]) -> str:
    """Return a line or two for each finding, and the verdict."""
    lines = [f"privy-async {VERSION} on Python {platform.python_version()}", ""]
    for finding in findings:
        lines.append(f"{_MARKS[finding.ok]}  {finding.check:<12} {_printable(finding.says)}")
        if finding.way_out:
            lines.append(f"{'':18} -> {_printable(finding.way_out)}")
    wrong = [finding.check for finding in findings if finding.ok is False]
    verdict = f"Something is wrong with: {', '.join(wrong)}." if wrong else "All is well."
    return "\n".join([*lines, "", verdict])


def as_json(findings: Sequence[Finding]) -> str:
    """Return `{"ok": ..., "version": ..., "findings": [...]}`, each finding with its fields."""
    document = {
        "ok": all(finding.ok is not False for finding in findings),
        "version": VERSION,
        "findings": [attrs.asdict(finding) for finding in findings],
    }
    return json.dumps(document, indent=2)


def _printable(text: str) -> str:
    """Return a text on one line: answers and tokens may quote anything."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
