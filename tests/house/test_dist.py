"""What is published, and what it is built with: pinned, the same for everyone, and written down."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from places import ROOT

LOCK = (ROOT / ".ci" / "dev.lock").read_text()
PINNED = {
    found["name"]: found["version"]
    for found in re.finditer(r"^(?P<name>[a-z0-9-]+)==(?P<version>[^ ;\\]+)", LOCK, re.MULTILINE)
}
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())


def requirements() -> list[str]:
    """All that pyproject.toml names, for users and for development."""
    project, groups = PYPROJECT["project"], PYPROJECT["dependency-groups"]
    extras = project["optional-dependencies"].values()
    named = [project["dependencies"], *extras, *groups.values()]
    return sorted({each for names in named for each in names if isinstance(each, str)})


@pytest.mark.parametrize("text", requirements())
def test_what_is_named_is_pinned(text: str) -> None:
    """In a version that pyproject.toml allows; `make lock` does it."""
    requirement = Requirement(text)
    name = re.sub(r"[-_.]+", "-", requirement.name).lower()
    assert requirement.specifier.contains(PINNED[name], prereleases=True)


def test_the_lock_holds_versions_and_hashes_alone() -> None:
    """Each line is one of the two, and none says where packages come from."""
    for line in LOCK.splitlines():
        assert re.fullmatch(
            r"[a-z0-9-]+==\S+( ; .*)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line
        )


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """What is built of two clones, in two folders."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is no checkout")
    folders = []
    for name in ("one", "another one"):
        clone = tmp_path_factory.mktemp("clones") / name
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        command = [sys.executable, str(clone / ".ci" / "dist.py")]
        subprocess.run(command, check=True, capture_output=True)
        folders.append(clone / "dist")
    return folders[0], folders[1]


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_builds_are_reproducible(builds: tuple[Path, Path]) -> None:
    """Two builds of a commit are the same to the last byte, and their sums are theirs."""
    one, other = ({path.name: path.read_bytes() for path in each.iterdir()} for each in builds)
    assert one == other
    assert len(one) == 4
    check = ["sha256sum", "--check", "--quiet", "SHA256SUMS"]
    subprocess.run(check, cwd=builds[0], check=True)


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_the_bill_of_materials(builds: tuple[Path, Path]) -> None:
    """It names the package, all that its extras bring, as it is pinned, and what needs what."""
    bill = json.loads(next(builds[0].glob("*.cdx.json")).read_text())
    assert bill["bomFormat"] == "CycloneDX"
    assert re.fullmatch(r"pkg:pypi/privy-async@[0-9.]+", bill["metadata"]["component"]["purl"])
    components = {each["name"]: each for each in bill["components"]}
    assert all(PINNED[name] == each["version"] for name, each in components.items())
    assert {"aiohttp", "anyio", "attrs", "cryptography", "pyjwt", "web3"} <= components.keys()
    assert "pytest" not in components
    assert all("licenses" in each for each in components.values())
    references = {bill["metadata"]["component"]["purl"]}
    references |= {each["purl"] for each in components.values()}
    assert {each["ref"] for each in bill["dependencies"]} == references
    assert {name for each in bill["dependencies"] for name in each["dependsOn"]} <= references
