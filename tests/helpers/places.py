"""The folders that tests read from."""

from pathlib import Path
from typing import Final

TESTS: Final = Path(__file__).resolve().parents[1]
ROOT: Final = TESTS.parent
VECTORS: Final = TESTS / "vectors"
SHARED: Final = ROOT.parent / "shared"
"""Facts that lie beside the project; whoever reads them is skipped where they are missing."""
