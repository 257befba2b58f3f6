"""Install by pip, and show what it is doing: python .ci/install.py PYTHON ARGUMENTS...

On a terminal one line is written anew for each package, elsewhere a line for every tenth. What pip
has to say is shown if it fails.
"""

import re
import subprocess
import sys
from collections.abc import Iterable, Sequence

COLLECTING = re.compile(r"\s*(?:Collecting|Requirement already satisfied:) ([\w.-]+)")
INSTALLING = re.compile("Installing collected packages")
WIDTH = 60


def main(python: str, *arguments: str) -> int:
    """Return pip's exit code."""
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--no-color"]
    command = [*pip, "--progress-bar", "off", *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        said = show(process.stdout, terminal=sys.stdout.isatty())
    if process.returncode:
        print("".join(said[-40:]), file=sys.stderr)
    return process.returncode


def show(lines: Iterable[str], *, terminal: bool) -> Sequence[str]:
    """Show how far pip has come; return all that it said."""
    said, count = list[str](), 0
    for line in lines:
        said.append(line)
        if found := COLLECTING.match(line):
            count += 1
            text = f"  {count} packages looked up, now {found[1]}"
            if terminal:
                print(f"\r{text[:WIDTH]:<{WIDTH}}", end="", flush=True)
            elif count % 10 == 0:
                print(text, flush=True)
        elif INSTALLING.match(line):
            text = f"  {count} packages are here; installing them ..."
            print(f"\r{text:<{WIDTH}}" if terminal else text, flush=True)
    return said


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
