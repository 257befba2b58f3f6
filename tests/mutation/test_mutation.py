"""Mutants are small, many and real; those that are said to be equivalent still are in the code."""

import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from os import environ, pathsep
from pathlib import Path
from typing import Any

import attrs
import pytest
from places import ROOT

from mutation.changes import mutants_of
from mutation.equivalents import Equivalent, read_equivalents
from mutation.rooms import TESTS_OF, modules, stages_of
from mutation.swap import find_functions, swaps_of

CASES = {
    "a == b": {"(a != b)"},
    "a < b": {"(a <= b)", "(a >= b)"},
    "a is None": {"(a is not None)"},
    "not a": {"(a)"},
    "a and b": {"(a or b)", "(b)", "(a)"},
    "a or b or c": {"(a and b and c)", "(b or c)", "(a or c)", "(a or b)"},
    "a + b": {"(a - b)"},
    "a if b else c": {"(a)", "(c)"},
    "any(a)": {"(all)"},
    "f(a, b=c)": {"(f(a))"},
    "7": {"(8)"},
    "True": {"(False)"},
    "'word'": {"('wordX')"},
    "'two words'": set(),
    "b'x'": {"(b'xX')"},
    "{'a': b}": {"({})", "('aX')"},
    "(a, b)": {"((b,))", "((a,))"},
    "[x for x in a if b]": {"([x for x in a])"},
    "f'{a == b}'": set(),
    "dict[int, tuple[int, ...]]": set(),
    "Literal['word', 'other']": set(),
    "rows['word']": {"('wordX')"},
    "[x for x, y in a]": set(),
}


@pytest.mark.parametrize("expression", CASES)
def test_changes_of_expressions(expression: str) -> None:
    """Each is tried, and no other."""
    text = f"value = {expression}\n".encode()
    assert {mutant.becomes for mutant in mutants_of("m.py", text)} == CASES[expression]


BODY = '''
def work(a: "int == 1", *, b: int = 1) -> "str | None":
    """A docstring."""
    # Grüße: what is beyond ASCII takes more bytes than columns.
    a.part = b
    assert a
    if TYPE_CHECKING:
        a.other = 2
    if a:
        raise KeyError
    while b:
        continue
    a += b; a.call()
    return a
'''


def test_changes_of_statements() -> None:
    """Statements go, branches are always or never taken; what only types see is left alone."""
    found = [
        (mutant.was.partition("\n")[0], mutant.becomes)
        for mutant in mutants_of("m.py", BODY.encode())
    ]
    for was in ("a.part = b", "raise KeyError", "continue", "a += b", "a.call()"):
        assert (was, "pass") in found
    assert ("return a", "return") in found
    assert ("1", "(2)") in found
    assert [becomes for was, becomes in found if was == "a"][:2] == ["(True)", "(False)"]
    assert [becomes for was, becomes in found if was == "b"] == ["(False)"]
    assert {was for was, _ in found}.isdisjoint({"assert a", "a.other = 2", "2"})


def test_only_the_change_is_changed() -> None:
    """The rest of the module stays as it is, byte for byte."""
    text = BODY.encode()
    for mutant in mutants_of("m.py", text):
        assert mutant.compiles()
        assert mutant.source != text
        assert mutant.source.startswith(text[: mutant.begin])
        assert mutant.source.endswith(text[mutant.end :])


def test_each_module_has_tests() -> None:
    """Every file of the rooms is mutated, and the tests that must notice are there."""
    names = list(modules())
    assert len(names) == len(set(names)) > 40
    assert {name.split("/")[0] for name in names} == {room.split("/")[0] for room in TESTS_OF}
    for name in names:
        for test in (test for stage in stages_of(name) for test in stage):
            assert (ROOT / test.removeprefix("--ignore=")).exists()


@pytest.mark.parametrize(
    "equivalent", read_equivalents(), ids=lambda each: f"{each.module} {each.line}"[:60]
)
def test_equivalents_are_current(equivalent: Equivalent) -> None:
    """Each is a mutant of today's code, and has its reason; one whose line has gone goes too."""
    text = (ROOT / "privy_async" / equivalent.module).read_bytes()
    assert any(equivalent.is_of(mutant) for mutant in mutants_of(equivalent.module, text))
    assert len(equivalent.reason) > 20


def test_an_equivalent_is_known_by_its_line() -> None:
    """Wherever it stands; the same change of another line is another mutant."""
    known = Equivalent("m.py", "b = 7", "7", "(8)", "nobody reads it")
    mutants = list(mutants_of("m.py", b"a = 7\n\nb = 7\nb = 7\n"))
    assert [mutant.line for mutant in mutants if known.is_of(mutant)] == [3]
    assert [mutant.line for mutant in mutants if attrs.evolve(known, number=2).is_of(mutant)] == [4]
    assert len({mutant.name for mutant in mutants}) == 3


READY = b"""
LIMIT = 7

def less(a, b=2):
    return a < b

class Box:
    size: int = 3

    @property
    def full(self):
        return [each for each in range(self.size) if less(each)]
"""


def test_functions_get_their_changed_code(tmp_path: Path) -> None:
    """In the process that has them already; what an import makes needs another import."""
    file = tmp_path / "ready_for_changes.py"
    file.write_bytes(READY)
    spec = spec_from_file_location("ready_for_changes", file)
    assert spec is not None
    assert spec.loader is not None
    module: Any = module_from_spec(spec)
    spec.loader.exec_module(module)
    functions = find_functions(str(tmp_path))
    seen = {}
    for mutant in mutants_of("ready_for_changes.py", READY):
        swaps = swaps_of(mutant, str(file), functions)
        if swaps is None:
            seen[mutant.becomes] = None
            continue
        ((function, code),) = swaps
        before = function.__code__
        function.__code__ = code
        seen[mutant.becomes] = (module.less(2), module.Box().full)
        function.__code__ = before
    assert seen == {
        "(8)": None,
        "(3)": None,
        "(4)": None,
        "(a <= b)": (True, [0, 1, 2]),
        "(a >= b)": (True, [2]),
        "([each for each in range(self.size)])": (False, [0, 1, 2]),
        # Of the two, the later one: nothing is in the box.
        "return": (False, None),
    }
    assert (module.less(2), module.Box().full) == (False, [0, 1])


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_run(tmp_path: Path) -> None:
    """It draws by its seed, kills with the room's own tests, and leaves the repository alone."""
    before = (ROOT / "privy_async" / "wallet_import" / "hd_derivation.py").read_bytes()
    command = [sys.executable, "-m", "mutation", "--mutants", "12", "--seed", "test", "--trusted"]
    path = pathsep.join(str(ROOT / folder) for folder in ("tests", "tests/helpers"))
    run = subprocess.run(
        [*command, "--only", "wallet_import/hd", "--results", str(tmp_path)],
        env={**environ, "PYTHONPATH": path},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    *_, last = run.stdout.splitlines()
    assert last.startswith("killed "), run.stderr
    assert run.returncode == (0 if "100.0 %" in last else 1)
    assert (ROOT / "privy_async" / "wallet_import" / "hd_derivation.py").read_bytes() == before
