"""The runs of the official SDKs: one each, for all tests."""

import shutil
from pathlib import Path

import pytest
from official_sdk import Run, play

HERE = Path(__file__).parent
PEERS = HERE.parents[1] / ".peers"


@pytest.fixture(scope="session")
def python_run() -> Run:
    """The official Python SDK's run; a skip if `make peers` has not installed it."""
    if not (PEERS / "python.stamp").exists():
        pytest.skip("the official Python SDK is not installed: make peers")
    return play([PEERS / "python" / "bin" / "python", HERE / "python_sdk.py"])


@pytest.fixture(scope="session")
def node_run() -> Run:
    """The official Node SDK's run; a skip if `make peers` has not installed it."""
    node = shutil.which("node")
    if node is None or not (PEERS / "node.stamp").exists():
        pytest.skip("the official Node SDK is not installed: make peers (it needs npm)")
    return play([node, HERE / "node_sdk.mjs", PEERS / "node"])


@pytest.fixture(scope="session", params=["python", "node"])
def run(request: pytest.FixtureRequest) -> Run:
    """Either run, for what both SDKs must find."""
    found: Run = request.getfixturevalue(f"{request.param}_run")
    return found
