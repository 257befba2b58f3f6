"""Build the reference of all public names with pdoc: python .ci/docs.py [FOLDER]

Its warnings are errors, save for two kinds that are about pdoc and a library, not about our code.
"""

import importlib.util
import sys
import warnings
from pathlib import Path

import pdoc.render

ROOT = Path(__file__).parents[1]
# The methods of what a client hands out.
RESOURCES = ("privy_async.resources", "privy_sync.resources")
NOT_OURS = (
    # On Python 3.11 a TypedDict does not say which of its bases a field is from.
    "Cannot determine where .* is taken from",
    # The name of a handler's type, which aiohttp imports for type checkers alone.
    "Error parsing type annotation .* for privy_async.integrations.aiohttp_web",
)


def public_modules() -> tuple[str, ...]:
    """Return the modules of which all that is exported is public."""
    path = ROOT / "tests" / "house" / "public_surface.py"
    spec = importlib.util.spec_from_file_location("public_surface", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    modules: tuple[str, ...] = module.MODULES
    return modules


def main(folder: Path) -> None:
    """Write the pages into the folder."""
    warnings.simplefilter("error")
    for message in NOT_OURS:
        warnings.filterwarnings("ignore", message)
    pdoc.render.configure(docformat="google", show_source=False)
    # `privy_sync.types` has the names of `privy_async.types` once more.
    modules = [name for name in public_modules() if name != "privy_sync.types"]
    pdoc.pdoc(*modules, *RESOURCES, output_directory=folder)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "docs").absolute())
