"""Builds what is published, so that anyone gets the same bytes: python .ci/dist.py [FOLDER]

The wheel, the source archive, a software bill of materials (CycloneDX 1.6) and the SHA-256 sums
are made of the last commit alone, with the build tools that the lock file names.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from importlib.metadata import metadata, requires
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from packaging.markers import default_environment
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
LOCKED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;\\]+)", re.MULTILINE)


def main(folder: Path) -> None:
    """Build all into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    with tempfile.TemporaryDirectory() as checkout:
        archive = run("git", "archive", "--format=tar", "HEAD")
        with tarfile.open(fileobj=BytesIO(archive)) as tar:
            tar.extractall(checkout, filter="data")
        build(Path(checkout), folder)
        bill = bill_of_materials(Path(checkout))
    (wheel,) = folder.glob("*.whl")
    name = "-".join(wheel.name.split("-")[:2])
    (folder / f"{name}.cdx.json").write_text(f"{json.dumps(bill, indent=1)}\n")
    made = sorted(path for path in folder.iterdir() if path.is_file())
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in made]
    (folder / "SHA256SUMS").write_text("".join(sums))
    print("".join(sums), end="")


def build(checkout: Path, folder: Path) -> None:
    """Make the wheel and the source archive, with the time of the commit in them."""
    time = run("git", "log", "-1", "--format=%ct").decode().strip()
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder)]
    subprocess.run(
        [*command, str(checkout)],
        env={**os.environ, "SOURCE_DATE_EPOCH": time},
        stdout=subprocess.DEVNULL,
        check=True,
    )


def run(*command: str) -> bytes:
    """What a command prints."""
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout


# --- the bill of materials


def bill_of_materials(checkout: Path) -> Mapping[str, Any]:
    """All that is installed with the package and its extras, in the versions of the lock file."""
    project = tomllib.loads((checkout / "pyproject.toml").read_text())["project"]
    version = re.search(
        r'VERSION: Final = "(.+)"', (checkout / "privy_async" / "version.py").read_text()
    )
    assert version is not None
    versions = {
        normal(found["name"]): found["version"]
        for found in LOCKED.finditer((checkout / ".ci" / "dev.lock").read_text())
    }
    asked = [
        *project["dependencies"],
        *(each for extra in project["optional-dependencies"].values() for each in extra),
    ]
    needs = dict(closure(asked))
    root = purl(project["name"], version[1])
    components = [component(name, versions[name]) for name in sorted(needs)]
    graph = {root: direct(asked), **{purl(n, versions[n]): below for n, below in needs.items()}}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, json.dumps([root, components]))}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "library",
                "bom-ref": root,
                "name": project["name"],
                "version": version[1],
                "purl": root,
                "licenses": [{"expression": project["license"]}],
            }
        },
        "components": components,
        "dependencies": [
            {
                "ref": reference,
                "dependsOn": sorted(purl(name, versions[name]) for name in names),
            }
            for reference, names in sorted(graph.items())
        ],
    }


def closure(asked: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Each distribution that these requirements bring, and what it needs itself."""
    ahead, seen = direct(asked), set[str]()
    while ahead:
        name = ahead.pop()
        if name in seen:
            continue
        seen.add(name)
        below = direct(requires(name) or [])
        yield name, below
        ahead += below


def direct(asked: list[str]) -> list[str]:
    """The names of these requirements, as far as they hold here."""
    needed = {
        normal(requirement.name)
        for requirement in map(Requirement, asked)
        if requirement.marker is None
        or requirement.marker.evaluate({**default_environment(), "extra": ""})
    }
    return sorted(needed)


def component(name: str, version: str) -> Mapping[str, Any]:
    """A distribution as CycloneDX has it."""
    return {
        "type": "library",
        "bom-ref": purl(name, version),
        "name": name,
        "version": version,
        "purl": purl(name, version),
        "licenses": [licence(name)],
    }


def licence(name: str) -> Mapping[str, Any]:
    """What a distribution says of its licence, in whichever field."""
    about = metadata(name)
    if about.get("License-Expression"):
        return {"expression": about["License-Expression"]}
    classes = [each for each in about.get_all("Classifier", []) if each.startswith("License ::")]
    words = [each.split(" :: ")[-1] for each in classes] or [about.get("License") or "unknown"]
    return {"license": {"name": " or ".join(words).partition("\n")[0]}}


def purl(name: str, version: str) -> str:
    """A package's URL."""
    return f"pkg:pypi/{name}@{version}"


def normal(name: str) -> str:
    """A distribution's name as indexes have it."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "dist").absolute())
