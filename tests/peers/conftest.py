"""The runs of the official SDKs: one each, for all tests."""

import shutil
from pathlib import Path

import pytest
from official_sdk import Run, play

HERE = Path(__file__).parent
PEERS = HERE.parents[1] / ".peers"


def play_python(script: str) -> Run:
    """Run a script of the official Python SDK; a skip if `make peers` has not installed it."""
    if not (PEERS / "python.stamp").exists():
        pytest.skip("the official Python SDK is not installed: make peers")
    return play([PEERS / "python" / "bin" / "python", HERE / script])


def play_node(script: str, *needed: str) -> Run:
    """Run a script of the official Node SDK; a skip if `make peers` has not installed it."""
    node = shutil.which("node")
    if node is None or not (PEERS / "node.stamp").exists():
        pytest.skip("the official Node SDK is not installed: make peers (it needs npm)")
    for package in needed:
        if not (PEERS / "node" / "node_modules" / package).exists():
            pytest.skip(f"{package} is not installed: make peers")
    return play([node, HERE / script, PEERS / "node"])


@pytest.fixture(scope="session")
def python_run() -> Run:
    """The official Python SDK's run."""
    return play_python("python_sdk.py")


@pytest.fixture(scope="session")
def node_run() -> Run:
    """The official Node SDK's run."""
    return play_node("node_sdk.mjs")


@pytest.fixture(scope="session")
def python_areas() -> Run:
    """The official Python SDK's run, area by area."""
    return play_python("python_sdk_areas.py")


@pytest.fixture(scope="session")
def node_areas() -> Run:
    """The official Node SDK's run, area by area."""
    return play_node("node_sdk_areas.mjs")


@pytest.fixture(scope="session")
def adapters() -> Run:
    """The run of the official Node SDK's adapters for viem and @solana/kit."""
    return play_node("node_sdk_adapters.mjs", "viem", "@solana/kit")


@pytest.fixture(scope="session", params=["python", "node"])
def run(request: pytest.FixtureRequest) -> Run:
    """Either run, for what both SDKs must find."""
    found: Run = request.getfixturevalue(f"{request.param}_run")
    return found


@pytest.fixture(scope="session", params=["python", "node"])
def areas(request: pytest.FixtureRequest) -> Run:
    """Either run area by area."""
    found: Run = request.getfixturevalue(f"{request.param}_areas")
    return found
