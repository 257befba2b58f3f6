"""Files given as a journal: another kind of file is left as it is, a broken-off journal goes on."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from privy_async import InvalidArgumentError
from privy_async.bulk import call_each
from privy_async.bulk.file_journal import FileJournal

pytestmark = pytest.mark.anyio

# What a crash can leave of a line: as far as it was written, or a power cut's zeros.
UNFINISHED = re.compile(rb'(?s)\0*|\{(\0*|"(\0*|begun".*|done".*|refused".*|[begundorfs]+\0*))')
HEADER = b'{"run_id": "pay"}\n'
ENTRIES = (
    b'{"begun": "1", "at": 1795300000.25}\n',
    b'{"done": "1", "value": {"hash": "0x12", "\\u00e9": [1, null, "}{"]}}\n',
    b'{"begun": "\\"2\\"", "at": 1795300001}\n',
    b'{"refused": "\\"2\\""}\n',
)
JOURNAL = HEADER + b"".join(ENTRIES)
ONE_FILE = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@contextmanager
def journal(path: Path, run_id: str = "pay") -> Iterator[FileJournal]:
    """Open a journal, and close it in the end."""
    journal = FileJournal(path, run_id)
    try:
        yield journal
    finally:
        journal.close()


def refuse(path: Path, content: bytes) -> str:
    """What a file that holds this is refused with; it is the same to the last byte afterwards."""
    path.write_bytes(content)
    with pytest.raises(InvalidArgumentError) as caught:
        FileJournal(path, "pay")
    assert path.read_bytes() == content
    assert caught.value.argument == "journal"
    return str(caught.value)


# --- other kinds of files


@pytest.mark.parametrize(
    "content",
    [
        b'[{"id":"alice","wei":1}]',
        b'{"id":"alice","wei":1}',
        b'{"run_id": "pay", "id": "alice"}\n{"run_id": "pay", "id": "bob"}\n',
        b'{"done": "alice"}\n{"done": "bob"}\n',
        b'{"begun": "alice", "at": 17}',
        b'{"run_id": ["pay"]}\n',
        b"id,wei\r\nalice,1\r\n",
        b"id,wei",
        b"-----BEGIN PRIVATE KEY-----",
        b"\n",
        b"\n" + JOURNAL,
        b"\xef\xbb\xbf" + JOURNAL,
        JOURNAL.decode().encode("utf-16"),
        b"SQLite format 3\0" + bytes(4096),
        bytes(22),
        b"{}",
        b"null",
        b"[" * 200_000,
        b'{"run_id": ' + b"[" * 200_000,
    ],
    ids=lambda content: repr(content[:20]),
)
def test_another_kind_of_file(tmp_path: Path, content: bytes) -> None:
    """It is refused as such, and none of it is lost."""
    assert "is another kind of file, and left as it is" in refuse(tmp_path / "file", content)


@ONE_FILE
@given(st.binary() | json_values.map(lambda value: json.dumps(value).encode()))
@example(b"{")
@example(b'{"run_id": "pa')
@example(b'{"run_id": "pays"}')
def test_whatever_it_holds(tmp_path: Path, content: bytes) -> None:
    """It is unchanged; only what a crash can leave of this run's first line is gone on with."""
    path = tmp_path / "file"
    if not HEADER.startswith(content):
        refuse(path, content)
        return
    path.write_bytes(content)
    with journal(path):
        assert path.read_bytes() == HEADER


@ONE_FILE
@given(st.binary(min_size=1))
@example(b'{"done": "3"}')
@example(b'{"done": "3", "value": ')
@example(b'{"done": "3"}\n{"d')
@example(b"\0\0\0")
@example(b"\r\n\n")
def test_whatever_stands_behind_a_journal(tmp_path: Path, more: bytes) -> None:
    """Either nothing is changed, or no more than an unfinished last line of a journal is cut."""
    path = tmp_path / "file"
    path.write_bytes(JOURNAL + more)
    try:
        with journal(path) as opened:
            assert "1" in opened.done
    except InvalidArgumentError:
        assert path.read_bytes() == JOURNAL + more
        return
    last = more.split(b"\n")[-1]
    kept, cut = JOURNAL + more, JOURNAL + more.removesuffix(last)
    assert path.read_bytes() in {kept, kept + b"\n", cut}
    if path.read_bytes() == cut != kept:
        assert UNFINISHED.fullmatch(last)


@pytest.mark.parametrize(
    "line",
    [
        b'{"began": "1"}',
        b'{"begun": "1"}',
        b'{"begun": "1", "at": "noon"}',
        b'{"begun": "1", "at": true}',
        b'{"begun": "1", "at": NaN}',
        b'{"begun": "1", "at": Infinity}',
        b'{"begun": "1", "at": -1}',
        b'{"begun": "1", "at": 1e300}',
        b'{"begun": "1", "at": 1' + b"0" * 400 + b"}",
        b'{"begun": "1", "at": 1' + b"0" * 5000 + b"}",
        b'{"done": 1}',
        b'{"run_id": "another"}',
        b'{"done": "1",}',
        b'{"done": "1"',
        b"hello",
        b"\xff",
        b"\0",
        b'{"done": "1", "value": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=lambda line: repr(line[:40]),
)
@pytest.mark.parametrize("after", [b"\n", b'\n{"done": "9"}\n'], ids=["last", "inside"])
def test_a_damaged_line(tmp_path: Path, line: bytes, after: bytes) -> None:
    """It is named, and nothing is changed: someone may have written it by hand."""
    message = refuse(tmp_path / "file", HEADER + ENTRIES[0] + line + after)
    assert "line 3 is not one of a journal" in message or "belongs to the run" in message


@pytest.mark.parametrize("content", [b'{"run_id": "pay 2"}\n', b'{"run_id":"pay 2"}', JOURNAL[:14]])
def test_another_run(tmp_path: Path, content: bytes) -> None:
    """Its journal is named as such, where its name can be read."""
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(InvalidArgumentError, match=r"belongs to the run 'pay 2'|another kind"):
        FileJournal(path, "bonus")
    assert path.read_bytes() == content


async def test_a_payroll_given_as_the_journal(tmp_path: Path) -> None:
    """The user's rows are still there, and nothing was called."""
    path = tmp_path / "rows.json"
    path.write_text('[{"id":"alice","wei":1}]')

    async def pay(row: Any, key: str) -> None:
        raise AssertionError

    with pytest.raises(InvalidArgumentError, match="journal: is another kind of file"):
        await call_each([{"id": "a"}], pay, run_id="pay", key=lambda row: row["id"], journal=path)
    assert path.read_text() == '[{"id":"alice","wei":1}]'


# --- journals


@pytest.mark.parametrize("size", range(len(JOURNAL) + 1))
def test_wherever_it_broke_off(tmp_path: Path, size: int) -> None:
    """It goes on with all its entries that are whole, the last line's break or not."""
    path = tmp_path / "file"
    path.write_bytes(JOURNAL[:size])
    with journal(path) as opened:
        opened.begin("another")
    whole = [line for line in JOURNAL.splitlines(keepends=True) if JOURNAL.index(line) < size]
    if whole and size < len(b"".join(whole)) - 1:
        whole.pop()
    left = path.read_bytes().splitlines(keepends=True)
    assert left[: len(whole) or 1] == (whole or [HEADER])
    assert len(left) == (len(whole) or 1) + 1
    assert [*opened.done] == (["1"] if len(whole) > 2 else [])
    assert [*opened.begun] == [
        *(["1"] if len(whole) > 1 else []), *(['"2"'] if len(whole) == 4 else []), "another"
    ]  # fmt: skip


@pytest.mark.parametrize("more", [b'{"done": "3"}', b'{"done": "3"}\r\n', b'\n{"done": "3"}\n\n'])
def test_lines_added_by_hand(tmp_path: Path, more: bytes) -> None:
    """Whatever editor added them: without a last line break, with Windows's, with empty lines."""
    path = tmp_path / "file"
    path.write_bytes(JOURNAL + more)
    with journal(path) as opened:
        opened.begin("4")
    assert "3" in opened.done
    assert json.loads(path.read_bytes().splitlines()[-1])["begun"] == "4"


def test_zeros_at_the_end(tmp_path: Path) -> None:
    """A power cut can leave them where a line should stand, and they are cut off."""
    path = tmp_path / "file"
    for more in (bytes(100), b'{"done": "3", "va' + bytes(100)):
        path.write_bytes(JOURNAL + more)
        with journal(path) as opened:
            assert [*opened.done] == ["1"]
        assert path.read_bytes() == JOURNAL


def test_a_journal_written_anew_by_another_program(tmp_path: Path) -> None:
    """It may have other spaces, and still is this run's."""
    path = tmp_path / "file"
    lines = [json.loads(line) for line in JOURNAL.splitlines()]
    path.write_text("\n".join(json.dumps(line, separators=(",", ":")) for line in lines))
    with journal(path) as opened:
        assert [*opened.done] == ["1"]


@ONE_FILE
@given(st.text(min_size=1).filter(lambda text: text.isprintable()))
def test_any_run_id(tmp_path: Path, run_id: str) -> None:
    """The first line holds it, so that the run is known again and no other is."""
    path = tmp_path / "file"
    path.unlink(missing_ok=True)
    with journal(path, run_id) as opened:
        opened.begin("a")
    with journal(path, run_id) as opened:
        assert [*opened.begun] == ["a"]
    with pytest.raises(InvalidArgumentError, match="belongs to the run"):
        FileJournal(path, f"{run_id}!")


def test_closing_brings_all_to_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What came of the last items stands there too, although no later item asked for that."""
    path = tmp_path / "file"
    opened = FileJournal(path, "pay")
    opened.begin("a")
    opened.finish("a", "value")
    synced: list[int] = []
    fsync = os.fsync

    def watched(file: int) -> None:
        synced.append(os.fstat(file).st_size)
        fsync(file)

    monkeypatch.setattr(os, "fsync", watched)
    opened.close()
    assert synced == [path.stat().st_size]


def test_what_is_on_the_disk_is_known(tmp_path: Path) -> None:
    """What is written is not there yet; what is there need not be brought there again."""
    with journal(tmp_path / "file") as opened:
        note = opened.begin("a")
        assert not note.is_synced
        opened.sync()
        assert note.is_synced
        assert opened.begin("a").is_synced
        assert not opened.begin("b").is_synced


@pytest.mark.parametrize("at", [0, 0.5, 253_402_300_799])
def test_any_time_that_a_date_can_name(tmp_path: Path, at: float) -> None:
    """From 1970 on, to the end of the year 9999."""
    path = tmp_path / "file"
    path.write_bytes(HEADER + json.dumps({"begun": "a", "at": at}).encode() + b"\n")
    with journal(path) as opened:
        assert opened.begun == {"a": at}


@pytest.mark.parametrize("at", [-1, -0.1, 253_402_300_800, True, "1", None])
def test_times_that_are_none(tmp_path: Path, at: Any) -> None:
    """A line with one is damage."""
    path = tmp_path / "file"
    path.write_bytes(HEADER + json.dumps({"begun": "a", "at": at}).encode() + b"\n")
    with pytest.raises(InvalidArgumentError, match="line 2 is not one of a journal"):
        FileJournal(path, "pay")


@pytest.mark.parametrize("entry", ENTRIES)
def test_each_kind_of_line_may_break_off(tmp_path: Path, entry: bytes) -> None:
    """Wherever it does, the file is taken for this run's, and goes on without it."""
    for size in range(1, len(entry) - 2):
        path = tmp_path / f"file{size}"
        path.write_bytes(HEADER + entry[:size])
        with journal(path) as opened:
            assert (opened.begun, opened.done) == ({}, {})
        assert path.read_bytes() == HEADER
