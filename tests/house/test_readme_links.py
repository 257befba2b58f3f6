"""The papers lead somewhere: each link has its file and heading, also where PyPI shows README."""

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest
from places import ROOT

FOLDERS = (".", "benchmarks", "privy_async", "privy_sync", "tests")
PAPERS = sorted(
    path
    for folder in FOLDERS
    for path in (ROOT.glob("*.md") if folder == "." else (ROOT / folder).rglob("*.md"))
)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def text_of(paper: Path) -> str:
    """Return a paper without its blocks, in which brackets are code."""
    return re.sub(r"```.*?```", "", paper.read_text(), flags=re.DOTALL)


def anchors(paper: Path) -> set[str]:
    """Return what a paper's headings are linked by, as GitHub makes it."""
    headings = re.findall(r"^#+ (.+)$", text_of(paper), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_link_leads_to_a_file_and_a_heading(paper: Path) -> None:
    """A reader who follows one finds what it names."""
    for link in LINK.findall(text_of(paper)):
        if link.startswith(("https://", "http://")):
            continue
        name, _, anchor = link.partition("#")
        target = paper if not name else (paper.parent / name).resolve()
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_the_readme_is_short() -> None:
    """A newcomer can read it in one go; all else stands in the rooms."""
    assert len((ROOT / "README.md").read_text().splitlines()) <= 250


def test_no_paragraph_stands_twice() -> None:
    """What is told in two places is told wrong in one of them, some day."""
    seen: dict[str, Path] = {}
    for paper in PAPERS:
        for paragraph in re.split(r"\n\s*\n|\n(?=- )", text_of(paper)):
            words = " ".join(paragraph.split())
            if len(words) < 80 or words.startswith(("|", "#")):
                continue
            assert words not in seen, f"{paper} and {seen[words]}: {words}"
            seen[words] = paper


def readme_module() -> Any:
    """Return the module that makes README stand alone."""
    spec = importlib.util.spec_from_file_location("readme", ROOT / ".ci" / "readme.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_links_on_pypi_lead_to_the_repository() -> None:
    """Each to a file that is there, at the version's tag; the picture to its bytes."""
    text = (ROOT / "README.md").read_text()
    made = readme_module().standing_alone(text, repository="https://git.example/a/b/", tag="v1")
    inside = [link for link in LINK.findall(made) if link.startswith("https://git.example/")]
    outside = [link for link in LINK.findall(text) if link.startswith("https://")]
    assert len(inside) + len(outside) == len(LINK.findall(text)) == len(LINK.findall(made))
    for link in inside:
        kind, path = re.fullmatch(r"https://git.example/a/b/(\w+)/v1/([^#]+).*", link).groups()  # type: ignore[union-attr]
        assert (ROOT / path).exists()
        assert kind == ("raw" if path.endswith(".svg") else "blob")


def test_without_a_repository_files_are_named() -> None:
    """Nothing on PyPI leads nowhere; what the text names already is not named again."""
    made = readme_module().standing_alone
    text = "[Who signs](a/README.md#x), [B.md](B.md), ![w](w.svg), [P](https://p.example), [u](#u)"
    assert made(text, repository=None, tag="v1") == (
        "Who signs (`a/README.md#x`), B.md, w (`w.svg`), [P](https://p.example), u"
    )
    readme = made((ROOT / "README.md").read_text(), repository=None, tag="v1")
    assert all(link.startswith("https://") for link in LINK.findall(readme))
