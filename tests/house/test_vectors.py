"""The data files of the tests: nothing that was collected is left out of them."""

import json
from pathlib import Path
from typing import Any

import pytest
from places import SHARED, VECTORS

COLLECTED = SHARED / "vectors.json"
SECTIONS = (
    "basic_auth",
    "canonical_payloads",
    "canonicaljson_vs_rfc8785",
    "hpke",
    "invalid_keys",
    "json_canonicalization",
    "jwt_exchange",
    "keys",
    "request_expiry",
    "signatures",
)


@pytest.mark.skipif(
    not COLLECTED.exists(), reason="the collected vectors are not beside this checkout"
)
@pytest.mark.parametrize("section", SECTIONS)
def test_every_collected_vector_is_here(section: str) -> None:
    """Each entry of a section that concerns the floors is in that section's data file."""
    collected: Any = json.loads(COLLECTED.read_text())[section]
    assert collected
    assert json.loads((VECTORS / f"{section}.json").read_text()) == collected


@pytest.mark.parametrize("section", SECTIONS)
def test_every_data_file_is_read(section: str) -> None:
    """Each of these files is read by a test, whose table then covers all its entries."""
    tests = [path for path in VECTORS.parent.rglob("test_*.py") if path != Path(__file__)]
    assert any(f'"{section}.json"' in path.read_text() for path in tests)


def test_every_file_tells_its_origin() -> None:
    """Each data file is named in README.md, or says itself where it comes from."""
    told = (VECTORS / "README.md").read_text()
    silent = [
        path.name
        for path in VECTORS.rglob("*.*")
        if path.name != "README.md"
        and f"`{path.name}`" not in told
        and '"origin"' not in path.read_text()
    ]
    assert silent == []
