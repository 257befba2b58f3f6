"""`make contract`: ask the sandbox, and Privy too where there are credentials; write a report."""

import argparse
import asyncio
import sys
from pathlib import Path

import contract.statements as _all  # noqa: F401 - it makes the statements known
from contract.report import Asked, ask_all, compare, write
from contract.scene import PREFIX, Target
from contract.statement import STATEMENTS
from contract.targets import privy_target, sandbox_target

QUESTION = """This asks {target} as the app {app_id}, in a minute or two.

It makes about 130 wallets, 10 users, 30 policies and 15 key quorums, most of them named
{prefix}-{run}-..., signs some texts and transactions that nobody sends, and needs no funds.
In the end it archives the wallets and deletes the rest. It changes nothing else in the app; use
one for development all the same. Intents that it proposes expire or are rejected.
"""


async def run(privy: Target | None) -> tuple[str, bool]:
    """Return the report, and whether all answers are the same."""
    async with sandbox_target() as target:
        ours = await ask_all(target, STATEMENTS)
    theirs: Asked | None = None if privy is None else await ask_all(privy, STATEMENTS)
    rows = compare(STATEMENTS, ours, theirs)
    return write(rows, ours, theirs), all(row.verdict != "differs" for row in rows)


def agreed(target: Target) -> bool:
    """Ask whether the app may be used."""
    print(
        QUESTION.format(target=target.base_url, app_id=target.app_id, prefix=PREFIX, run=target.run)
    )
    if not sys.stdin.isatty():
        print("Nobody can answer here: give --yes if that is all right.", file=sys.stderr)
        return False
    return input("Go on? [y/N] ").strip().lower() in ("y", "yes")


def main() -> int:
    """Return 0 if all is the same, 1 if something differs, 2 if Privy was not to be asked."""
    parser = argparse.ArgumentParser(prog="make contract", description=__doc__)
    parser.add_argument("--yes", action="store_true", help="ask Privy without asking first")
    parser.add_argument("--report", type=Path, default=Path("contract-report.md"))
    options = parser.parse_args()
    privy = privy_target()
    if privy is not None and not options.yes and not agreed(privy):
        return 2
    text, same = asyncio.run(run(privy))
    options.report.write_text(text)
    print(f"{text.splitlines()[2]} See {options.report}.")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
