"""Mutants that no test can notice, each with its reason, in `equivalents.toml`."""

import tomllib
from pathlib import Path
from typing import Final

import attrs

from mutation.changes import Mutant

_FILE: Final = Path(__file__).with_suffix(".toml")


@attrs.frozen
class Equivalent:
    """A change that changes nothing that matters.

    Attributes:
        module: The module's path below `privy_async`.
        line: The line that is changed, without the blanks around it.
        was: The text that is changed.
        becomes: What stands there instead.
        reason: Why nobody can notice, or why it does not matter.
        number: Which one it is, where several lines of the module have this text.
    """

    module: str
    line: str
    was: str
    becomes: str
    reason: str
    number: int = 1

    def is_of(self, mutant: Mutant) -> bool:
        """True if the mutant is this one, wherever its line stands by now."""
        ours = (self.module, self.line, self.was, self.becomes, self.number)
        return ours == (
            mutant.module,
            mutant.line_text,
            mutant.was,
            mutant.becomes,
            mutant.number,
        )


def read_equivalents() -> list[Equivalent]:
    """Return all that are named."""
    return [Equivalent(**each) for each in tomllib.loads(_FILE.read_text())["equivalent"]]
