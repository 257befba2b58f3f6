"""Type checkers accept what users rightly write, and report what they do not."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FACES = ("privy_async", "privy_sync")
# Every file is checked in one run, as users' editors have it: in strict mode.
PYRIGHT = {"typeCheckingMode": "strict", "pythonVersion": "3.11"}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def in_face(source: str, face: str) -> str:
    """The same code for a face: moving is an import of another name, and no `await`."""
    if face == "privy_async":
        return source
    public = r"^from privy_async(|\.types) import"
    source = re.sub(public, r"from privy_sync\1 import", source, flags=re.M)
    return re.sub(r"\b(?:await|async) ", "", source)


def marked(source: str, face: str) -> set[int]:
    """The lines of a file on which an error is due."""
    mark = r"# error(: async)?$" if face == "privy_async" else r"# error$"
    return {n for n, line in enumerate(source.splitlines(), 1) if re.search(mark, line)}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both files for both faces."""
    folder = tmp_path_factory.mktemp("user")
    for face in FACES:
        for name in ("good", "bad"):
            source = in_face((HERE / f"{name}.py").read_text(), face)
            (folder / f"{name}_{face}.py").write_text(source)
    (folder / "pyrightconfig.json").write_text(json.dumps(PYRIGHT))
    return folder


def run(folder: Path, *command: str) -> str:
    """What a checker writes when run in the folder."""
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def mypy(folder: Path) -> Iterator[tuple[str, int, str]]:
    """The file, line and text of each error."""
    text = run(folder, "mypy", "--strict", "--no-error-summary", "--hide-error-context", ".")
    for file, line, message in re.findall(r"^(\w+)\.py:(\d+): error: (.*)$", text, re.M):
        yield file, int(line), message


def pyright(folder: Path) -> Iterator[tuple[str, int, str]]:
    """The file, line and text of each error."""
    output = json.loads(run(folder, "pyright", "--pythonpath", sys.executable, "--outputjson"))
    assert output["summary"]["filesAnalyzed"] == 4
    for found in output["generalDiagnostics"]:
        yield Path(found["file"]).stem, found["range"]["start"]["line"] + 1, found["message"]


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_type_checkers(
    checker: Callable[[Path], Iterable[tuple[str, int, str]]], sources: Path
) -> None:
    """Nothing is reported in the good file; in the bad one, each marked line and no other."""
    errors = list(checker(sources))
    for face in FACES:
        assert [error for error in errors if error[0] == f"good_{face}"] == []
        source = (sources / f"bad_{face}.py").read_text()
        reported = {line for file, line, _ in errors if file == f"bad_{face}"}
        assert reported == marked(source, face)
