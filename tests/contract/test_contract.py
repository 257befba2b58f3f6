"""Each statement holds for the sandbox, and the report tells what does not."""

import asyncio
import re

import pytest

import contract.statements as _all  # noqa: F401 - it makes the statements known
from contract.report import Asked, ask_all, compare, write
from contract.scene import Target
from contract.statement import STATEMENTS, Statement
from contract.targets import privy_target, sandbox_target


async def _asked() -> Asked:
    async with sandbox_target() as target:
        return await ask_all(target, STATEMENTS)


@pytest.fixture(scope="module")
def sandbox() -> Asked:
    """The sandbox's answers to all statements."""
    return asyncio.run(_asked())


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda each: each.name)
def test_it_holds_for_the_sandbox(sandbox: Asked, statement: Statement) -> None:
    """What is taken for true is what the sandbox does."""
    assert sandbox.answers[statement.name] == statement.expected


def test_nothing_is_left(sandbox: Asked) -> None:
    """All that is made is removed or archived again."""
    assert sandbox.left == []


def test_there_are_many_and_each_is_a_sentence() -> None:
    """At least 80, each with a name and words of its own."""
    assert len(STATEMENTS) >= 80
    assert len({each.name for each in STATEMENTS}) == len(STATEMENTS)
    assert len({each.words for each in STATEMENTS}) == len(STATEMENTS)
    wrong = [each.words for each in STATEMENTS if not re.fullmatch(r"\S.{15,140}\.", each.words)]
    assert wrong == []


def test_the_target_is_in_the_environment() -> None:
    """Both variables are needed; without them nobody but the sandbox is asked."""
    app = {"PRIVY_CONTRACT_APP_ID": "app", "PRIVY_CONTRACT_APP_SECRET": "hush-hush"}
    target = privy_target(app)
    assert target is not None
    assert (target.base_url, target.user_jwt) == ("https://api.privy.io", None)
    assert "hush-hush" not in repr(target)
    for name in app:
        assert privy_target({**app, name: ""}) is None


def _statement(name: str) -> Statement:
    async def ask(scene: object) -> str:
        return "yes"

    return Statement(name, f"The {name} | is <b>so</b>.", "yes", ask)


def test_the_report() -> None:
    """What differs comes first; what an answer quotes breaks no table."""
    statements = [_statement(name) for name in ("first", "second", "third")]
    target = Target("Privy", "https://api.privy.io", "app", "hush-hush")
    ours = Asked(target, {"first": "yes", "second": "yes", "third": "yes"}, [])
    answers = {"first": "yes", "second": "no\n| really", "third": "not asked: no token"}
    theirs = Asked(target, answers, ["DELETE /v1/x: 409"])
    text = write(compare(statements, ours, theirs), ours, theirs)
    rows = [line for line in text.splitlines() if line.startswith("| ")][1:]
    assert rows == [
        r"| differs | The second \| is &lt;b>so&lt;/b>. | yes | no \| really |",
        r"| not asked | The third \| is &lt;b>so&lt;/b>. | yes | not asked: no token |",
        r"| same | The first \| is &lt;b>so&lt;/b>. | yes | yes |",
    ]
    assert "3 statements: 1 differs, 1 not asked, 1 same." in text
    assert "- DELETE /v1/x: 409" in text
    assert "hush-hush" not in text
