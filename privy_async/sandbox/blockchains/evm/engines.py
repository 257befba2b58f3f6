"""The engines of the Ethereum chains: anvil, py-evm, or a node elsewhere."""

import os
import shutil
from collections.abc import Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

import attrs

from privy_async.sandbox.blockchains.evm.fork import begun, check_forks
from privy_async.sandbox.blockchains.evm.remote import RemoteEvm
from privy_async.sandbox.blockchains.journal import Recorder
from privy_async.sandbox.blockchains.json_rpc import RpcError
from privy_async.sandbox.records.chain_inputs import ChainInput

if TYPE_CHECKING:
    from privy_async.sandbox.blockchains.evm.chain import EvmRpc

_ANVIL, _PY_EVM = "anvil", "py-evm"
# The library's module.
_LIBRARY: Final = "eth"


@attrs.frozen
class EvmEngine:
    """The engine of the Ethereum chains.

    Attributes:
        anvil: The path of the program; None where py-evm executes the chains, or nothing does.
        evm_rpc: The JSON-RPC address of the chain that stands for the one with its id.
        forks: The chains elsewhere that chains go on from, by CAIP-2 id.
    """

    anvil: str | None
    evm_rpc: str | None = attrs.field(repr=False)
    forks: Mapping[str, str] = attrs.field(repr=False)

    @property
    def is_there(self) -> bool:
        """True if there is something that executes a chain."""
        return bool(self.anvil or self.evm_rpc) or _has_py_evm()

    def start(self, caip2: str, recorder: Recorder, inputs: Sequence[ChainInput]) -> "EvmRpc":
        """Start a chain, and do to it what was done before.

        Raises:
            RpcError: There is nothing that executes it, or it does not start.
        """
        chain_id = int(caip2.partition(":")[2])
        if self.evm_rpc is not None:
            remote = RemoteEvm(self.evm_rpc)
            if remote.chain_id() == chain_id:
                return remote
        if self.anvil is not None:
            from privy_async.sandbox.blockchains.evm.anvil import Anvil, AnvilEvm

            address = self.forks.get(caip2)
            anvil = Anvil(self.anvil, begun(address, chain_id) if address else None)
            return recorder.restored(partial(AnvilEvm, anvil, chain_id), inputs)
        if not _has_py_evm():
            raise RpcError(f"the chain eip155:{chain_id} needs anvil or py-evm")
        from privy_async.sandbox.blockchains.evm.methods import LocalEvm
        from privy_async.sandbox.blockchains.evm.node import EvmNode

        return LocalEvm(recorder.restored(partial(EvmNode, chain_id), inputs))


def _has_py_evm() -> bool:
    return find_spec(_LIBRARY) is not None


def evm_engine(
    asked: str | None, *, evm_rpc: str | None, forks: Mapping[str, str], keeps_state: bool
) -> EvmEngine:
    """Choose the engine: the one that is asked for, or else anvil where it is on PATH.

    Args:
        keeps_state: Whether the chains come back from a file, as forks cannot.

    Raises:
        ValueError: There is no such engine, or it is not there, or there can be no forks.
    """
    if asked not in (None, _ANVIL, _PY_EVM):
        raise ValueError(f"evm must be 'anvil' or 'py-evm', not {asked!r}")
    # Elsewhere than on Unix nothing would end it for certain.
    anvil = shutil.which(_ANVIL) if asked != _PY_EVM and os.name == "posix" else None
    if asked == _ANVIL and anvil is None:
        raise ValueError("evm='anvil' needs anvil on PATH: https://getfoundry.sh")
    if asked == _PY_EVM and not _has_py_evm():
        raise ValueError("evm='py-evm' needs py-evm: pip install 'privy-async[sandbox]'")
    if forks and anvil is None:
        raise ValueError("forks need anvil, on PATH: https://getfoundry.sh")
    if forks and keeps_state:
        raise ValueError("forks are not kept in a state file: leave one of the two out")
    return EvmEngine(anvil, evm_rpc, check_forks(forks))
