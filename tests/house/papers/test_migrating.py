"""MIGRATING.md names what there is: each name of its table, here and in the official SDK."""

import importlib
import re
import sys
from operator import attrgetter
from typing import Any

import pytest
from places import ROOT

import privy_async
import privy_sync

TABLE = (ROOT / "MIGRATING.md").read_text().split("## By name")[1].split("\n## ")[0]
ROWS = [line[1:-1].split("|") for line in TABLE.splitlines() if line.startswith("| ")]
OFFICIAL = next(ROOT.glob(".peers/python/lib/python3*/site-packages"), None)


def names(column: int) -> list[str]:
    """Return what a column names: functions, methods and classes, without their arguments."""
    cells = [row[column] for row in ROWS[1:]]
    return sorted({name for cell in cells for name in re.findall(r"`([A-Za-z_.]+)", cell)})


def is_there(name: str, client: Any, package: Any) -> bool:
    for owner in (client, package):
        try:
            attrgetter(name)(owner)
        except AttributeError:
            continue
        return True
    return False


@pytest.mark.parametrize("package", [privy_async, privy_sync])
def test_our_names(package: Any) -> None:
    """Each is a method of the client, an export, or an option of calls."""
    client = package.PrivyClient(app_id="app", app_secret="secret")
    found = names(2)
    assert "wallets.ethereum.send_transaction" in found
    missing = {name for name in found if not is_there(name, client, package)}
    assert missing == {"authorization", "request_expiry", "timedelta"}


@pytest.mark.peer
def test_the_official_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of the middle column is a method or an export of privy-client."""
    if OFFICIAL is None:
        pytest.skip("the official SDK is not installed: make peers")
    monkeypatch.setattr(sys, "path", [*sys.path, str(OFFICIAL)])
    official = importlib.import_module("privy")
    client = official.PrivyClient(app_id="app", app_secret="secret")
    found = names(1)
    assert "wallets.raw_sign" in found
    assert [name for name in found if not is_there(name, client, official)] == []
