"""What is public is as it is written down, so that a change of it is a decision."""

import difflib
from importlib import import_module

import pytest
from public_surface import MODULES, RECORD, exported, public_names, record


def test_the_public_surface_is_as_recorded() -> None:
    """Names, signatures, fields and the modules that values are pickled by: see `make surface`."""
    recorded = RECORD.read_text("utf-8").splitlines()
    changes = difflib.unified_diff(recorded, record().splitlines(), "recorded", "now", n=0)
    assert "\n".join(changes) == ""


@pytest.mark.parametrize("module", MODULES)
def test_what_is_recorded_is_there(module: str) -> None:
    """Each name of the record can be imported."""
    names = public_names(module)
    assert names
    loaded = import_module(module)
    for name in names:
        assert getattr(loaded, name) is not None


def test_homes_hold() -> None:
    """What is pickled names the module that the record names."""
    for module, name in exported():
        found = getattr(import_module(module), name)
        place = getattr(found, "__module__", module)
        if place.startswith("privy_") and getattr(found, "__qualname__", "") == name:
            assert place == module


def test_the_record_has_what_users_call() -> None:
    """It tells of methods deep in the client, of fields, and of the sync face."""
    text = RECORD.read_text("utf-8")
    for line in (
        "privy.wallets.ethereum\n    async def sign_message(self, wallet_id: str,",
        "class Wallet(Value)  [privy_async.resources.wallets.values]\n    id: str\n",
        "== privy_sync.types",
        "class TransactionConfirmed(TransactionEvent)",
    ):
        assert line in text
