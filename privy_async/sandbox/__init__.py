"""Privy's API on 127.0.0.1, offline, for development, demos and tests.

    async with Sandbox() as sandbox:
        async with sandbox.client() as privy:
            wallet = await privy.wallets.create(chain_type="ethereum")

Or as a process: python -m privy_async.sandbox --port 8787. It needs the extra `sandbox`.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from privy_async.sandbox.http.faults import Fault, Faults
    from privy_async.sandbox.http.request_record import RequestRecord
    from privy_async.sandbox.sandbox import Sandbox
    from privy_async.sandbox.snapshots import Snapshot
    from privy_async.sandbox.state import State

__all__ = ["Fault", "Faults", "RequestRecord", "Sandbox", "Snapshot", "State"]

_MODULES = {
    "Fault": "http.faults",
    "Faults": "http.faults",
    "RequestRecord": "http.request_record",
    "Sandbox": "sandbox",
    "Snapshot": "snapshots",
    "State": "state",
}
_EXTRA = ("eth_account", "jwt", "rfc8785", "solders")


def __getattr__(name: str) -> object:
    """Load a name when it is first used.

    Raises:
        ImportError: If the libraries of the extra `sandbox` are not installed.
    """
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    for library in _EXTRA:
        if find_spec(library) is None:
            raise ImportError(f'the sandbox needs {library}: pip install "privy-async[sandbox]"')
    value: object = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value
