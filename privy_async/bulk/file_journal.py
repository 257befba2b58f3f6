"""A journal of what a bulk run has begun and done, in a file that survives process and machine.

Each line is a JSON object. The first names the run: `{"run_id": "payroll-2026-11"}`. Of each item
there is, by its key,

    {"begun": "alice", "at": 1795300000.1}      before it is asked for; `at` is Unix time in s
    {"done": "alice", "value": "0x12..."}       once it is done; `value` if it is JSON
    {"refused": "alice"}                        once it is certain that it was not executed

An item that is only begun may have been executed. Whoever has found out may append one of the
other lines by hand, while nothing runs.
"""

import os
import sys
import threading
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

from privy_async.bulk.entries import can_be_kept, is_unfinished, read_entry, write_entry
from privy_async.bulk.journal import NOT_KEPT, Begun, Done, Note, Refused
from privy_async.clock import Clock
from privy_async.errors import InvalidArgumentError, PrivyError

if sys.platform != "win32":
    import fcntl

# Bytes from which it is told that a file is no journal: another kind of file may be huge.
_ENOUGH: Final = 65_536
# The Unix time in s with which the year 10000 begins, which no date can name.
_END_OF_TIME: Final = 253_402_300_800


class FileJournal:
    """One run's file. On Windows nothing keeps two processes from using it at once.

    Attributes:
        done: What came of the items that are done, by their keys.
        begun: When each item was first asked for whose outcome is not known: Unix time in s.

    Raises:
        InvalidArgumentError: The file is of another kind, another run's, in use, damaged
            elsewhere than at its end, or cannot be opened. It is left as it is.
    """

    def __init__(
        self, path: str | os.PathLike[str], run_id: str, *, clock: Clock | None = None
    ) -> None:
        self.done: dict[str, object] = {}
        self.begun: dict[str, float] = {}
        self._clock = clock or Clock()
        self._size = self._synced = 0
        self._waiting = deque[Note]()
        self._writing = threading.Lock()
        # Keeps the file open while a thread syncs it.
        self._syncing = threading.Lock()
        try:
            # Unbuffered, so that what is written survives the process at once.
            self._file = open(  # noqa: SIM115
                os.fspath(path), "a+b", buffering=0, opener=_open_private
            )
        except (OSError, TypeError, ValueError) as error:
            raise InvalidArgumentError("journal", f"cannot be opened: {error}") from error
        try:
            _lock(self._file.fileno())
            is_new = self._file.tell() == 0
            self._read(run_id)
            if is_new:
                _sync_folder(path)
        except BaseException:
            self._file.close()
            raise

    def _read(self, run_id: str) -> None:
        """Take in what is there, and make it end with a whole line; nothing else is changed."""
        header = write_entry({"run_id": run_id})
        self._file.seek(0)
        content = self._file.read(max(len(header), _ENOUGH))
        if header.startswith(content):
            # It is new, or a crash has left a part of its first line.
            whole, missing = len(content), header[len(content) :]
        else:
            _check_header(content.partition(b"\n")[0], run_id)
            content += self._file.readall()
            whole = self._take_all(content, run_id)
            missing = b"" if content.endswith(b"\n") else b"\n"
        self._size = whole
        if whole < len(content):
            self._file.truncate(whole)
        else:
            self._append(missing)

    def _take_all(self, content: bytes, run_id: str) -> int:
        """Take in each line; returns the size without a last line that is not finished."""
        lines = content.split(b"\n")
        for number, line in enumerate(lines, start=1):
            entry = read_entry(line)
            if not line.strip() or (entry is not None and self._take(entry, run_id)):
                continue
            if entry is None and number == len(lines) and is_unfinished(line):
                return len(content) - len(line)
            raise InvalidArgumentError("journal", f"line {number} is not one of a journal")
        return len(content)

    def _take(self, entry: Mapping[str, Any], run_id: str) -> bool:
        """Take in a line, if it is known what it means."""
        match entry:
            case {"run_id": str(name)}:
                return name == run_id
            case {"begun": str(key), "at": at} if _is_time(at):
                # The first time counts: that is when Privy first saw the idempotency key.
                self.begun.setdefault(key, at)
            case {"done": str(key)}:
                self.done[key] = entry.get("value", NOT_KEPT)
            case {"refused": str(key)}:
                self.begun.pop(key, None)
            case _:
                return False
        return True

    def begin(self, key: str) -> Note:
        """Note that an item is asked for, unless it is done or noted already."""
        if key in self.done:
            return Note(Done(self.done[key]), is_synced=True)
        is_new = key not in self.begun
        with self._writing:
            if is_new:
                self.begun[key] = self._clock.now()
                self._append(write_entry({"begun": key, "at": self.begun[key]}))
            note = Note(Begun(self.begun[key], is_new), is_synced=self._size <= self._synced)
            if not note.is_synced:
                self._waiting.append(note)
        return note

    # The other lines need not be on the disk at once: without them an item counts as begun.

    def finish(self, key: str, value: object) -> Note:
        """Note that an item is done, and its value if it is JSON."""
        kept = {"value": value} if can_be_kept(value) else {}
        self._write({"done": key, **kept})
        return Note(Done(value), is_synced=True)

    def refuse(self, key: str) -> Note:
        """Note that an item was certainly not executed."""
        self._write({"refused": key})
        return Note(Refused(), is_synced=True)

    def sync(self) -> float:
        """Wait until all that is written is on the disk, which takes milliseconds; returns 0.

        Another thread may do it: closing waits for it, and it leaves a closed file alone.
        """
        with self._syncing:
            if self._file.closed:
                return 0
            with self._writing:
                size, count = self._size, len(self._waiting)
            try:
                os.fsync(self._file.fileno())
            except OSError as error:
                raise _failed(error) from error
            with self._writing:
                self._synced = size
                for _ in range(count):
                    self._waiting.popleft().is_synced = True
        return 0

    def close(self) -> None:
        """Bring all to the disk, and let others have the file."""
        try:
            self.sync()
        finally:
            with self._syncing:
                self._file.close()

    def _write(self, entry: Mapping[str, Any]) -> None:
        with self._writing:
            self._append(write_entry(entry))

    def _append(self, line: bytes) -> None:
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


def _sync_folder(path: str | os.PathLike[str]) -> None:
    """Bring the name of a new file to the disk, on systems that can."""
    try:
        folder = os.open(os.path.dirname(os.path.abspath(path)), os.O_RDONLY)
    except OSError:
        return  # Windows opens no folders.
    try:
        os.fsync(folder)
    except OSError:
        pass  # Not every file system has a way to do it.
    finally:
        os.close(folder)


def _check_header(line: bytes, run_id: str) -> None:
    """Refuse a file whose first line is another than this run's."""
    entry = read_entry(line)
    if entry == {"run_id": run_id}:
        return
    match entry:
        case {"run_id": str(name), **others} if not others:
            raise InvalidArgumentError("journal", f"belongs to the run {name!r}")
        case _:
            raise InvalidArgumentError(
                "journal", "is another kind of file, and left as it is: give a path of its own"
            )


def _is_time(at: object) -> bool:
    # For Python a bool is an int.
    return isinstance(at, (int, float)) and not isinstance(at, bool) and 0 <= at < _END_OF_TIME


def _failed(error: OSError) -> PrivyError:
    return PrivyError(f"the journal cannot be written: {error}")
