"""Compile the sandbox's contracts in Vyper, into a .hex file (the runtime code) beside each .vy.

PYTHONPATH=tests/helpers python tests/helpers/sandbox/vyper_contracts.py
"""

from pathlib import Path

from places import ROOT

CONTRACTS = ROOT / "privy_async" / "sandbox" / "blockchains" / "contracts"


def compile_contract(path: Path) -> str:
    """Return the runtime code of a contract, hex without 0x."""
    from vyper.compiler import CompilerData
    from vyper.compiler.input_bundle import FileInput

    source = path.read_text()
    data = CompilerData(FileInput(0, Path(path.name), path, source))
    return str(data.bytecode_runtime.hex())


if __name__ == "__main__":
    for path in CONTRACTS.glob("*.vy"):
        path.with_suffix(".hex").write_text(compile_contract(path) + "\n")
