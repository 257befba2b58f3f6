"""Noticing damage to SQLite's write-ahead log, which SQLite takes for the log's end.

What stands behind the damage would be lost without a word. A process that is killed, too, leaves a
transaction that is half written, but none behind it.

Source: https://www.sqlite.org/fileformat2.html#the_write_ahead_log
"""

import struct
import sys
from array import array
from pathlib import Path
from typing import Final

_HEADER: Final = struct.Struct(">8I")
_FRAME_HEADER: Final = struct.Struct(">6I")
_LITTLE_ENDIAN, _BIG_ENDIAN = 0x377F0682, 0x377F0683
_MASK: Final = 0xFFFFFFFF

Sums = tuple[int, int]


def is_intact(path: Path) -> bool:
    """True if no transaction in the log stands behind a damaged one, or there is no log."""
    try:
        log = path.read_bytes()
    except FileNotFoundError:
        return True
    if len(log) < _HEADER.size:
        return True
    magic, _, page_size, _, *salts, first, second = _HEADER.unpack_from(log)
    if magic not in (_LITTLE_ENDIAN, _BIG_ENDIAN):
        return False
    swapped = (magic == _LITTLE_ENDIAN) != (sys.byteorder == "little")
    sums = _checksum(log[: _HEADER.size - 8], (0, 0), swapped=swapped)
    return sums == (first, second) and _are_frames_intact(log, page_size, salts, sums, swapped)


def _are_frames_intact(
    log: bytes, page_size: int, salts: list[int], sums: Sums, swapped: bool
) -> bool:
    damaged = False
    size = _FRAME_HEADER.size + page_size
    for start in range(_HEADER.size, len(log) - size + 1, size):
        _, committed_pages, *own_salts, first, second = _FRAME_HEADER.unpack_from(log, start)
        if not damaged:
            sums = _checksum(log[start : start + 8], sums, swapped=swapped)
            page = log[start + _FRAME_HEADER.size : start + size]
            sums = _checksum(page, sums, swapped=swapped)
        damaged = damaged or own_salts != salts or sums != (first, second)
        # Frames with other salts are left from before the log was begun anew.
        if damaged and own_salts == salts and committed_pages:
            return False
    return True


def _checksum(data: bytes, sums: Sums, *, swapped: bool) -> Sums:
    first, second = sums
    words = array("I", data)
    if swapped:
        words.byteswap()
    for one, other in zip(words[::2], words[1::2], strict=True):
        first = (first + one + second) & _MASK
        second = (second + other + first) & _MASK
    return first, second
