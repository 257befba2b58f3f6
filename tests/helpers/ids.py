"""Names of tests that are the same in every run, so that each can be run again by its own."""

import re


def stable(value: object) -> str:
    """Return the repr of a value without the addresses of objects in it."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))
