"""contract-report.md: each statement, the answers, and whether they are the same."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, TypeAlias

import attrs

from contract.scene import Target, scene_at
from contract.statement import Statement

Verdict: TypeAlias = Literal["same", "differs", "not asked"]
Answers: TypeAlias = Mapping[str, str]

_ORDER: Final[Sequence[Verdict]] = ("differs", "not asked", "same")


@attrs.frozen
class Asked:
    """What a target has answered, by the names of the statements, and what is left there."""

    target: Target
    answers: Answers
    left: Sequence[str]


@attrs.frozen
class Row:
    """One statement in the report."""

    statement: Statement
    ours: str
    theirs: str
    verdict: Verdict


async def ask_all(target: Target, statements: Sequence[Statement]) -> Asked:
    """Ask a target for every statement, and remove what was made for it."""
    async with scene_at(target) as scene:
        answers = {each.name: await each.answer(scene) for each in statements}
    return Asked(target, answers, scene.left)


def compare(statements: Sequence[Statement], ours: Asked, theirs: Asked | None) -> list[Row]:
    """Compare the sandbox's answers with Privy's, or with what is expected of the sandbox."""
    rows = list[Row]()
    for each in statements:
        mine = ours.answers[each.name]
        other = each.expected if theirs is None else theirs.answers[each.name]
        verdict: Verdict = "same" if mine == other else "differs"
        if other.startswith("not asked"):
            verdict = "not asked"
        rows.append(Row(each, mine, other, verdict))
    return sorted(rows, key=lambda row: _ORDER.index(row.verdict))


def write(rows: Sequence[Row], ours: Asked, theirs: Asked | None) -> str:
    """Return the report as Markdown. What differs comes first."""
    counts = {each: sum(row.verdict == each for row in rows) for each in _ORDER}
    other = "expected" if theirs is None else theirs.target.name
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    lines = [
        "# What is taken for true of Privy's API",
        "",
        f"{len(rows)} statements: {told}.",
        "",
        _whom(theirs),
        "",
        f"| | statement | the sandbox | {other} |",
        "|---|---|---|---|",
        *(f"| {row.verdict} | {_cells(row)} |" for row in rows),
    ]
    for asked in (ours, theirs):
        if asked is not None and asked.left:
            left = [f"- {_cell(each)}" for each in asked.left]
            lines += ["", f"Could not be removed at {asked.target.name}:", "", *left]
    return "\n".join([*lines, ""])


def _whom(theirs: Asked | None) -> str:
    if theirs is None:
        return (
            "Privy itself was not asked: the sandbox is compared with what it is expected to "
            "answer. With PRIVY_CONTRACT_APP_ID and PRIVY_CONTRACT_APP_SECRET, `make contract` "
            "asks Privy too."
        )
    target = theirs.target
    return f"Asked beside the sandbox: the app {target.app_id} at {target.base_url}."


def _cells(row: Row) -> str:
    return " | ".join(map(_cell, (row.statement.words, row.ours, row.theirs)))


def _cell(text: str) -> str:
    """Return a text that breaks no table and is no markup."""
    line = " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
    return line if len(line) <= 400 else f"{line[:400]}…"
