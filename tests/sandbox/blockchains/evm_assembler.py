"""A small assembler for the sandbox's contracts: python tests/sandbox/evm_assembler.py.

It writes a .hex file beside each .asm file in privy_async/sandbox/blockchains/contracts. The
notation, words separated by blanks:

    ADD          an instruction, by its name in the Yellow Paper
    12 0x0c      pushes a number, in as few bytes as it has
    'USDC'       pushes a word that begins with this text
    @label       pushes a label's position, in two bytes
    :label       marks a position to jump to
    ; ...        a comment up to the end of the line
"""

import re

from places import ROOT

CONTRACTS = ROOT / "privy_async" / "sandbox" / "blockchains" / "contracts"
_WORD = re.compile(r"'[^']*'|\S+")
_PUSH1 = 0x60
_PUSH2 = 0x61
_JUMPDEST = 0x5B
_OPCODES = {
    "STOP": 0x00,
    "ADD": 0x01,
    "SUB": 0x03,
    "LT": 0x10,
    "EQ": 0x14,
    "ISZERO": 0x15,
    "SHL": 0x1B,
    "SHR": 0x1C,
    "KECCAK256": 0x20,
    "ADDRESS": 0x30,
    "CALLER": 0x33,
    "CALLVALUE": 0x34,
    "CALLDATALOAD": 0x35,
    "CALLDATASIZE": 0x36,
    "CALLDATACOPY": 0x37,
    "RETURNDATASIZE": 0x3D,
    "RETURNDATACOPY": 0x3E,
    "MSTORE": 0x52,
    "SLOAD": 0x54,
    "SSTORE": 0x55,
    "JUMP": 0x56,
    "JUMPI": 0x57,
    "GAS": 0x5A,
    "LOG3": 0xA3,
    "CALL": 0xF1,
    "RETURN": 0xF3,
    "REVERT": 0xFD,
    **{f"DUP{number}": 0x7F + number for number in range(1, 17)},
    **{f"SWAP{number}": 0x8F + number for number in range(1, 17)},
}


def assemble(source: str) -> bytes:
    """Turn a program into code.

    Raises:
        KeyError: An instruction or a label is unknown.
    """
    words = [word for line in source.splitlines() for word in _WORD.findall(line.split(";")[0])]
    labels: dict[str, int] = {}
    position = 0
    for word in words:
        if word.startswith(":"):
            labels[word[1:]] = position
        position += len(_code(word, None))
    return b"".join(_code(word, labels) for word in words)


def _code(word: str, labels: dict[str, int] | None) -> bytes:
    if word.startswith(":"):
        return bytes([_JUMPDEST])
    if word.startswith("@"):
        target = 0 if labels is None else labels[word[1:]]
        return bytes([_PUSH2]) + target.to_bytes(2)
    if word.startswith("'"):
        return _push(word[1:-1].encode().ljust(32, b"\0"))
    if word[0].isdigit():
        number = int(word, 0)
        return _push(number.to_bytes(max(1, (number.bit_length() + 7) // 8)))
    return bytes([_OPCODES[word]])


def _push(data: bytes) -> bytes:
    return bytes([_PUSH1 + len(data) - 1]) + data


if __name__ == "__main__":
    for path in CONTRACTS.glob("*.asm"):
        path.with_suffix(".hex").write_text(assemble(path.read_text()).hex() + "\n")
