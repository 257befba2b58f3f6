"""SECURITY.md is true: its tests exist, each dependency stands in it, licences are as it says."""

import ast
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata, requires
from typing import Final

import pytest
from packaging.requirements import Requirement
from places import ROOT

TEXT = (ROOT / "SECURITY.md").read_text()
TESTS = sorted(set(re.findall(r"tests/[\w/]+\.py(?:::\w+)?", TEXT)))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# In a row: the dependency, what it is for, why it is trusted, its licence.
DEPENDENCIES = dict(re.findall(r"^\| ([\w-]+) \|.*\| ([^|]+) \|$", TEXT, re.MULTILINE))
PERMISSIVE: Final = re.compile(
    r"\b(MIT(-0)?|BSD|Apache|PSF|Python Software Foundation|CNRI-Python|Public Domain|0BSD|ISC)\b",
    re.IGNORECASE,
)
# Their metadata says nothing; SECURITY.md tells what is known of each.
UNSTATED: Final = {"solders", "jsonalias"}
COPYLEFT: Final = {"certifi"}


@pytest.mark.parametrize("name", TESTS)
def test_each_test_that_is_named_exists(name: str) -> None:
    """A reviewer can run it."""
    file, _, function = name.partition("::")
    tree = ast.parse((ROOT / file).read_text())
    functions = {
        node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert function in functions if function else any(n.startswith("test_") for n in functions)


def test_there_is_a_test_for_each_threat() -> None:
    """Each row of the threat model names at least one; nobody is attacked without an answer."""
    table = TEXT.partition("## Threat model")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("|")][2:]
    assert len(rows) > 15
    for row in rows:
        assert "tests/" in row.split(" | ")[-1], row


def named() -> set[str]:
    """What pyproject.toml names for users."""
    extras = PROJECT["optional-dependencies"].values()
    texts = [*PROJECT["dependencies"], *(each for extra in extras for each in extra)]
    return {Requirement(text).name for text in texts}


def test_each_dependency_has_its_row() -> None:
    """Named in pyproject.toml or in the table of dependencies: the same."""
    direct = TEXT.partition("| direct dependency |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| (\w[\w-]+) \|", direct, re.MULTILINE)) == named()


def closure() -> Iterator[str]:
    """All that an installation with every extra brings."""
    ahead, seen = sorted(named()), set[str]()
    while ahead:
        name = re.sub(r"[-_.]+", "-", ahead.pop()).lower()
        if name in seen:
            continue
        seen.add(name)
        try:
            below = requires(name) or []
        except PackageNotFoundError:
            continue
        yield name
        needed = [Requirement(text) for text in below]
        ahead += [each.name for each in needed if not each.marker or each.marker.evaluate()]


def licence(name: str) -> str:
    """What an installed distribution says of its licence, in whichever field."""
    about = metadata(name)
    classes = [each for each in about.get_all("Classifier", []) if each.startswith("License ::")]
    words = [about.get("License-Expression"), about.get("License"), *classes]
    return " ".join(word for word in words if word)


@pytest.mark.parametrize("name", sorted(closure()))
def test_licences(name: str) -> None:
    """Permissive, save for those that SECURITY.md tells of by name."""
    said = licence(name)
    if name in COPYLEFT | UNSTATED:
        assert f"| {name} |" in TEXT
        assert ("MPL-2.0" in said) == (name in COPYLEFT)
        return
    assert PERMISSIVE.search(said), said
    assert not re.search(r"\b(A?GPL|LGPL|MPL|EPL|CDDL|SSPL)\b", said), said


def test_licences_of_direct_dependencies_are_told() -> None:
    """The table's last column is what the package says, word for word where it is an expression."""
    for name in named() - UNSTATED:
        expression = metadata(name).get("License-Expression")
        assert DEPENDENCIES[name] == expression or PERMISSIVE.search(DEPENDENCIES[name])
        assert expression in (None, DEPENDENCIES[name])


def test_the_chapter_it_points_to_is_there() -> None:
    """Links within the repository lead somewhere."""
    for target in re.findall(r"\]\(([^)#:]+)(?:#[\w-]+)?\)", TEXT):
        assert (ROOT / target).exists(), target
