"""The wheel works where nothing else is installed."""

import os
import re
import subprocess
import sys
import venv
import zipfile
from configparser import ConfigParser
from contextlib import redirect_stdout
from importlib import import_module
from io import StringIO
from pathlib import Path

import pytest
from places import ROOT

pytestmark = pytest.mark.slow  # The wheel is built first.

SIGN_IN_BOTH = """
import asyncio, sys
import privy_async, privy_sync
key = privy_async.generate_p256_key_pair()
context = privy_async.AuthorizationContext(authorization_private_keys=[key.private_key])
payload = privy_async.format_request_for_authorization_signature(
    method="POST", url="https://api.privy.io/v1/wallets/w/rpc", app_id="app", body={"method": "x"}
)
assert context.authorization_private_keys[0].sign(payload)

options = dict(app_id="a", app_secret="b", base_url="http://127.0.0.1:9", max_retries=0)
options["authorization_key"] = key.private_key

async def call():
    async with privy_async.PrivyClient(**options) as privy:
        await privy.wallets.ethereum.sign_message("w", "hello")

for face in (lambda: asyncio.run(call()), lambda: sync_call()):
    def sync_call():
        with privy_sync.PrivyClient(**options) as privy:
            privy.wallets.ethereum.sign_message("w", "hello")
    try:
        face()
    except privy_async.APIConnectionError as error:
        assert not error.may_have_happened
    else:
        raise SystemExit("port 9 answered")
try:
    from privy_async.sandbox import Sandbox
except ImportError as error:
    assert 'pip install "privy-async[sandbox]"' in str(error), error
else:
    raise SystemExit("the sandbox came along")
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("privy_async-*.whl"))


def test_the_wheel_holds_both_packages_and_nothing_else(wheel: Path) -> None:
    """Types and data are in; tests and the generator are not."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"privy_async", "privy_sync"}
    assert {
        "privy_async/py.typed",
        "privy_sync/py.typed",
        "privy_async/wallet_import/bip39_english.txt",
    } <= set(names)
    names.remove("privy_async/sandbox/pytest_plugin.py")
    assert not [name for name in names if "test" in name.lower() or "_generate" in name]


def test_the_description_stands_alone(wheel: Path) -> None:
    """What PyPI shows is README, and none of its links needs a file beside it."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [each for each in archive.namelist() if each.endswith("dist-info/METADATA")]
        text = archive.read(name).decode()
    assert "\n# privy-async\n" in text
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    assert links
    assert all(link.startswith("https://") for link in links)


def test_the_commands_are_there(wheel: Path) -> None:
    """Each console script of the wheel is a function that shows its help."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [each for each in archive.namelist() if each.endswith("/entry_points.txt")]
        parser = ConfigParser()
        parser.read_string(archive.read(name).decode())
    scripts = dict(parser["console_scripts"])
    assert sorted(scripts) == ["privy-async", "privy-sandbox"]
    for command, place in scripts.items():
        module, _, function = place.partition(":")
        main = getattr(import_module(module), function)
        with pytest.raises(SystemExit) as end, redirect_stdout(StringIO()) as output:
            main(["--help"])
        assert end.value.code == 0
        assert output.getvalue().startswith(f"usage: {command} ")


@pytest.mark.timeout(180)
def test_the_wheel_signs_with_its_base_dependencies_only(wheel: Path, tmp_path: Path) -> None:
    """In an empty environment both faces import and sign; the sandbox names its extra."""
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    install = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", wheel]
    subprocess.run(install, check=True)
    result = subprocess.run(
        [python, "-W", "error", "-c", SIGN_IN_BOTH],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "")
