"""What our own process has open, as the operating system knows it."""

import os
from pathlib import Path
from typing import Final

_DESCRIPTORS: Final = Path("/proc/self/fd")


def open_files() -> set[str]:
    """Return what is open: files by their paths; none where the system does not tell."""
    if not _DESCRIPTORS.is_dir():
        return set()
    return {target for each in os.listdir(_DESCRIPTORS) if (target := _target(each)) is not None}


def _target(descriptor: str) -> str | None:
    try:
        return os.readlink(_DESCRIPTORS / descriptor)
    except FileNotFoundError:
        return None  # The one by which the folder was listed.
