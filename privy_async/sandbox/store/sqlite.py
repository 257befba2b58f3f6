"""The state in a SQLite file: one transaction for all that changed between two answers.

A commit hands the changes to the operating system and does not wait for the disk
(`synchronous=NORMAL` with a write-ahead log), so it outlives the process, though not always a power
cut; and even then the file is what it was at one moment.
"""

import errno
import os
import sqlite3
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import attrs

from privy_async.sandbox.clock import SandboxClock
from privy_async.sandbox.state import State
from privy_async.sandbox.store.codec import Codec
from privy_async.sandbox.store.table import Table
from privy_async.sandbox.store.wal import is_intact

FORMAT: Final = 3  # Since 3 the chains in it have a USDC that takes signed transfers.
# Two numbers in the head of SQLite's files say whose they are, and in which of its formats.
_APPLICATION: Final = int.from_bytes(b"Prvy")
_SCHEMA: Final = """
    CREATE TABLE records (
        position INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        key TEXT NOT NULL,
        value TEXT NOT NULL,
        digest BLOB NOT NULL,
        UNIQUE (kind, key)
    )
"""
# A record that is there already keeps its position, as in a dict.
_SET: Final = """
    INSERT INTO records (kind, key, value, digest) VALUES (?, ?, ?, ?)
    ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value, digest = excluded.digest
"""
_REMOVE: Final = "DELETE FROM records WHERE kind = ? AND key = ?"
_LOAD: Final = "SELECT kind, key, value, digest FROM records ORDER BY position"
_APP_ID: Final = "app_id"
_CLOCK_AHEAD: Final = "clock_ahead"
_ONLY_KEY: Final = ""

Row = tuple[str, str, str, bytes]


class StateFile:
    """A file that holds the state of one app's sandbox, and is this process's while it is open.

    It holds every attribute of the state but the clock: a record for each entry of a dict, and one
    for any other value. Besides, how far the clock was moved on.
    """

    def __init__(
        self, path: str | os.PathLike[str], app_id: str, state: State, clock: SandboxClock
    ) -> None:
        self._path = Path(path)
        self._app_id = app_id
        self._state = state
        self._clock = clock
        self._codec = Codec(State)
        self._connection: sqlite3.Connection | None = None
        self._tables: dict[str, Table[Any, Any]] = {}
        self._value_names: list[str] = []
        self._saved_values: dict[str, object] = {}
        for name in (field.name for field in attrs.fields(State)):
            value = getattr(state, name)
            if isinstance(value, dict):
                self._tables[name] = Table()
                setattr(state, name, self._tables[name])
            elif not isinstance(value, SandboxClock):
                self._value_names.append(name)

    def open(self) -> None:
        """Fill the state from the file; if there is none, make it.

        Raises:
            OSError: It cannot be read or written, or another sandbox uses it.
            ValueError: It holds something else than the state of this app.
        """
        if not self._path.exists():
            # Private keys will be in it, so it is for its owner alone. A file that is there must
            # not be opened and closed apart from SQLite: POSIX would drop this process's locks.
            os.close(os.open(self._path, os.O_CREAT | os.O_EXCL, 0o600))
        elif not os.access(self._path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self._path))
        if not is_intact(log := self._path.with_name(f"{self._path.name}-wal")):
            raise self._damaged(f"remove {log} to go on without what was written to it")
        with self._explained():
            connection = sqlite3.connect(
                self._path, timeout=0, isolation_level=None, check_same_thread=False
            )
        # SQLite's own error for damaged text shows the text, which may hold a private key.
        connection.text_factory = partial(str, encoding="utf-8", errors="replace")
        try:
            with self._explained():
                self._begin(connection)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        self._state.undo_interrupted()
        self.save()

    def save(self) -> None:
        """Commit what has changed since the last call.

        Raises:
            OSError: It cannot be written. The next call tries again.
        """
        values = self._changed_values()
        changed = {name: table for name, table in self._tables.items() if table.has_changed}
        if self._connection is None or not (values or changed):
            return
        with self._explained(), _transaction(self._connection) as connection:
            for name, table in changed.items():
                removed = [(name, self._codec.encode(key)) for key in table.removed]
                connection.executemany(_REMOVE, removed)
                connection.executemany(_SET, self._rows(name, table))
            for name, value in values.items():
                connection.execute(_SET, _row(name, _ONLY_KEY, self._codec.encode(value)))
        self._saved_values.update(values)
        for table in changed.values():
            table.forget_changes()

    def close(self) -> None:
        """Save for the last time, and let another sandbox have the file."""
        try:
            self.save()
        finally:
            connection, self._connection = self._connection, None
            if connection is not None:
                with self._explained():
                    connection.close()

    def _begin(self, connection: sqlite3.Connection) -> None:
        # The lock is held until the connection is closed, or the process gone.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA synchronous = NORMAL")
        with _transaction(connection, "BEGIN EXCLUSIVE"):
            if connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
                self._create(connection)
            self._check_format(connection)
            self._check_structure(connection)
            self._load(connection)
        connection.execute("PRAGMA journal_mode = WAL")

    def _create(self, connection: sqlite3.Connection) -> None:
        connection.execute(f"PRAGMA application_id = {_APPLICATION}")
        connection.execute(f"PRAGMA user_version = {FORMAT}")
        connection.execute(_SCHEMA)
        connection.execute(_SET, _row(_APP_ID, _ONLY_KEY, self._codec.encode(self._app_id)))

    def _check_format(self, connection: sqlite3.Connection) -> None:
        if connection.execute("PRAGMA application_id").fetchone() != (_APPLICATION,):
            raise ValueError(f"{self._path} is a database, but not a sandbox's state")
        (found,) = connection.execute("PRAGMA user_version").fetchone()
        if found != FORMAT:
            problem = f"has format {found}, and this version of the sandbox reads format {FORMAT}"
            raise ValueError(f"the state file {self._path} {problem}")

    def _check_structure(self, connection: sqlite3.Connection) -> None:
        (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise self._damaged(" ".join(found.split()))

    def _load(self, connection: sqlite3.Connection) -> None:
        entries: dict[str, list[tuple[Any, Any]]] = {name: [] for name in self._tables}
        values: dict[str, Any] = {}
        for kind, key, value, digest in connection.execute(_LOAD):
            if digest != digest_of(kind, key, value):
                raise self._damaged(f"a record of {kind} is not as it was written")
            if kind in entries:
                entries[kind].append((self._decoded(kind, key), self._decoded(kind, value)))
            else:
                values[kind] = self._decoded(kind, value)
        app_id, ahead = values.pop(_APP_ID, None), values.pop(_CLOCK_AHEAD, 0.0)
        self._check_app_id(app_id)
        self._check_names(values)
        self._clock.ahead = max(self._clock.ahead, ahead)
        for name, table in self._tables.items():
            table.load(entries[name])
        for name, value in values.items():
            setattr(self._state, name, value)
        self._saved_values = {**values, _CLOCK_AHEAD: ahead}

    def _check_app_id(self, app_id: object) -> None:
        if app_id != self._app_id:
            problem = f"holds the state of the app {app_id!r}, not of {self._app_id!r}"
            raise ValueError(f"the state file {self._path} {problem}")

    def _check_names(self, values: Mapping[str, Any]) -> None:
        unknown = values.keys() - set(self._value_names)
        if unknown:
            raise self._foreign(", ".join(sorted(unknown)))

    def _decoded(self, kind: str, text: str) -> Any:
        try:
            return self._codec.decode(text)
        except ValueError as error:
            raise self._foreign(f"{kind}: {error}") from None

    def _foreign(self, what: str) -> ValueError:
        problem = "was written by another version of the sandbox"
        return ValueError(f"the state file {self._path} {problem} ({what})")

    def _damaged(self, what: str) -> ValueError:
        return ValueError(f"the state file {self._path} is damaged: {what}")

    def _changed_values(self) -> Mapping[str, object]:
        values = {name: getattr(self._state, name) for name in self._value_names}
        values[_CLOCK_AHEAD] = self._clock.ahead
        missing = object()
        saved = self._saved_values
        return {name: each for name, each in values.items() if saved.get(name, missing) != each}

    def _rows(self, name: str, table: Table[Any, Any]) -> Iterator[Row]:
        for key, value in table.changed:
            yield _row(name, self._codec.encode(key), self._codec.encode(value))

    @contextmanager
    def _explained(self) -> Generator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
                raise OSError(f"another sandbox uses the state file {self._path}") from None
            raise OSError(f"the state file {self._path} cannot be used: {error}") from None


def digest_of(*texts: str) -> bytes:
    """Return 16 bytes that change with any of the texts, so that damage to them is noticed.

    SQLite itself keeps no checksums.
    """
    digest = blake2b(digest_size=16)
    for text in map(str, texts):
        encoded = text.encode()
        digest.update(len(encoded).to_bytes(8) + encoded)
    return digest.digest()


def _row(kind: str, key: str, value: str) -> Row:
    return kind, key, value, digest_of(kind, key, value)


@contextmanager
def _transaction(
    connection: sqlite3.Connection, begin: str = "BEGIN"
) -> Generator[sqlite3.Connection]:
    """All of it or nothing."""
    connection.execute(begin)
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        # SQLite has rolled back by itself after some errors, such as a full disk.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
