"""What a bulk run has begun and done, in a file that survives the process and the machine.

Each line is a JSON object. The first names the run: `{"run_id": "payroll-2026-11"}`. Of each item
there is, by its key,

    {"begun": "alice", "at": 1795300000.1}      before it is asked for; `at` is Unix time in s
    {"done": "alice", "value": "0x12..."}       once it is done; `value` if it is JSON
    {"refused": "alice"}                        once it is certain that it was not executed

An item that is only begun may have been executed. Whoever has found out may append one of the
other lines by hand, while nothing runs.
"""

import json
import os
import sys
import time
from collections.abc import Mapping
from typing import Any, Final

from privy_async.errors import InvalidArgumentError, PrivyError
from privy_async.json_types import is_object, parse_json

if sys.platform != "win32":
    import fcntl

NOT_KEPT: Final = object()
"""Stands for the value of an item that is done, where the value was not JSON."""


class Journal:
    """One run's file. On Windows nothing keeps two processes from using it at once.

    Attributes:
        done: What came of the items that are done, by their keys.
        begun: When each item was first asked for whose outcome is not known: Unix time in s.

    Raises:
        InvalidArgumentError: The file is another run's, in use, damaged elsewhere than at its
            end, or cannot be opened.
    """

    def __init__(self, path: str | os.PathLike[str], run_id: str) -> None:
        self.done: dict[str, object] = {}
        self.begun: dict[str, float] = {}
        self._synced = 0
        try:
            # Unbuffered, so that what is written survives the process at once.
            self._file = open(path, "a+b", buffering=0, opener=_open_private)  # noqa: SIM115
        except (OSError, TypeError, ValueError) as error:
            raise InvalidArgumentError("journal", f"cannot be opened: {error}") from error
        try:
            _lock(self._file.fileno())
            self._size = self._read(run_id)
            if self._size == 0:
                self._write({"run_id": run_id})
        except BaseException:
            self._file.close()
            raise

    def _read(self, run_id: str) -> int:
        """Take in what is there, and cut off a last line that broke off; returns the size."""
        size = 0
        self._file.seek(0)
        content = self._file.readall()
        lines = content.splitlines(keepends=True)
        for number, line in enumerate(lines, start=1):
            entry = _entry(line)
            if entry is not None and self._take(entry, run_id):
                size += len(line)
            elif entry is not None or number < len(lines):
                raise InvalidArgumentError("journal", f"line {number} is not one of a journal")
        if size < len(content):
            self._file.truncate(size)
        return size

    def _take(self, entry: Mapping[str, Any], run_id: str) -> bool:
        """Take in a line, if it is known what it means."""
        match entry:
            case {"run_id": str(name)}:
                if name != run_id:
                    raise InvalidArgumentError("journal", f"belongs to the run {name!r}")
            case {"begun": str(key), "at": float(at) | int(at)}:
                # The first time counts: that is when Privy first saw the idempotency key.
                self.begun.setdefault(key, at)
            case {"done": str(key)}:
                self.done[key] = entry.get("value", NOT_KEPT)
            case {"refused": str(key)}:
                self.begun.pop(key, None)
            case _:
                return False
        return True

    def begin(self, key: str) -> int:
        """Note that an item is asked for, unless that is noted already.

        Do not ask before `is_synced` says so of the position that this returns.
        """
        if key not in self.begun:
            self.begun[key] = time.time()
            self._write({"begun": key, "at": self.begun[key]})
        return self._size

    # The other lines need not be on the disk at once: without them an item counts as begun.

    def finish(self, key: str, value: object) -> None:
        """Note that an item is done, and its value if it is JSON."""
        kept = {"value": value} if _is_json(value) else {}
        self._write({"done": key, **kept})

    def refuse(self, key: str) -> None:
        """Note that an item was certainly not executed."""
        self._write({"refused": key})

    def is_synced(self, position: int) -> bool:
        """Whether all up to there is on the disk."""
        return position <= self._synced

    def sync(self) -> None:
        """Wait until all that is written is on the disk, which takes milliseconds."""
        position = self._size
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise _failed(error) from error
        self._synced = position

    def close(self) -> None:
        """Bring all to the disk, and let others have the file."""
        with self._file:
            self.sync()

    def _write(self, entry: Mapping[str, Any]) -> None:
        line = f"{json.dumps(entry)}\n".encode()
        try:
            if self._file.write(line) < len(line):
                # A part of a line would spoil those that follow.
                self._file.truncate(self._size)
                raise OSError("the disk is full")
        except OSError as error:
            raise _failed(error) from error
        self._size += len(line)


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _lock(file: int) -> None:
    if sys.platform == "win32":
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise InvalidArgumentError("journal", "is in use by another run") from error


def _failed(error: OSError) -> PrivyError:
    return PrivyError(f"the journal cannot be written: {error}")


def _entry(line: bytes) -> Mapping[str, Any] | None:
    """What a line says; None if it is damaged."""
    try:
        entry: object = parse_json(line)
    except ValueError:
        return None
    return entry if is_object(entry) and line.endswith(b"\n") else None


def _is_json(value: object) -> bool:
    """Whether JSON gives it back as it is, which it does not do with a tuple or a NaN."""
    try:
        return bool(parse_json(json.dumps(value)) == value)
    except (TypeError, ValueError, RecursionError):
        return False
