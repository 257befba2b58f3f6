"""Keccak-256, the hash behind Ethereum and TRON addresses.

It is not `hashlib.sha3_256`: Ethereum kept the padding of the original submission, and NIST
changed that byte later. Specification: https://keccak.team/keccak_specs_summary.html
"""

from typing import Final

_RATE: Final = 136  # bytes absorbed per permutation
_LANE_MASK: Final = 2**64 - 1
_ROUND_CONSTANTS: Final = """
    0000000000000001 0000000000008082 800000000000808a 8000000080008000 000000000000808b
    0000000080000001 8000000080008081 8000000000008009 000000000000008a 0000000000000088
    0000000080008009 000000008000000a 000000008000808b 800000000000008b 8000000000008089
    8000000000008003 8000000000008002 8000000000000080 000000000000800a 800000008000000a
    8000000080008081 8000000000008080 0000000080000001 8000000080008008
"""


def keccak256(data: bytes) -> bytes:
    """The 32-byte digest. Pure Python, so meant for keys and addresses, not for bulk data."""
    lanes = [0] * 25
    padded = _pad(data)
    for start in range(0, len(padded), _RATE):
        for lane in range(_RATE // 8):
            offset = start + 8 * lane
            lanes[lane] ^= int.from_bytes(padded[offset : offset + 8], "little")
        lanes = _permute(lanes)
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])


def _pad(data: bytes) -> bytes:
    padding = bytearray(_RATE - len(data) % _RATE)
    padding[0] |= 0x01
    padding[-1] |= 0x80
    return data + padding


def _permute(lanes: list[int]) -> list[int]:
    """Keccak-f[1600]; the lane at column x and row y is `lanes[x + 5 * y]`."""
    for round_constant in _ROUND_CONSTANTS.split():
        lanes = _mix_rows(_rotate_and_move(_mix_columns(lanes)))
        lanes[0] ^= int(round_constant, 16)
    return lanes


def _mix_columns(lanes: list[int]) -> list[int]:
    """The step theta."""
    parity = [
        lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20] for x in range(5)
    ]
    change = [parity[x - 1] ^ _rotate(parity[(x + 1) % 5], 1) for x in range(5)]
    return [lane ^ change[index % 5] for index, lane in enumerate(lanes)]


def _rotate_and_move(lanes: list[int]) -> list[int]:
    """The steps rho and pi, which walk the same path through the lanes."""
    moved = list(lanes)
    x, y = 1, 0
    for step in range(24):
        lane = lanes[x + 5 * y]
        x, y = y, (2 * x + 3 * y) % 5
        moved[x + 5 * y] = _rotate(lane, (step + 1) * (step + 2) // 2 % 64)
    return moved


def _mix_rows(lanes: list[int]) -> list[int]:
    """The step chi."""
    return [
        lanes[row + x] ^ (~lanes[row + (x + 1) % 5] & lanes[row + (x + 2) % 5])
        for row in range(0, 25, 5)
        for x in range(5)
    ]


def _rotate(lane: int, distance: int) -> int:
    return (lane << distance | lane >> (64 - distance)) & _LANE_MASK
