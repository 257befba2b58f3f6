"""State files of which a bit has turned over, or whose log was cut off."""

import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from state_file_helpers import as_if_killed, started

from privy_async.sandbox import Sandbox, State
from privy_async.sandbox.store.codec import Codec
from privy_async.sandbox.store.wal import is_intact

pytestmark = pytest.mark.anyio

CODEC = Codec(State)
FRAME = 24 + 4096
Files = tuple[bytes, bytes]


def kept(sandbox: Sandbox) -> dict[str, Any]:
    """All that a sandbox remembers, as text."""
    state = {field.name: getattr(sandbox.state, field.name) for field in attrs.fields(State)}
    del state["clock"]
    shown = {
        name: CODEC.encode(dict(value) if isinstance(value, dict) else value)
        for name, value in state.items()
    }
    return {**shown, "ahead": sandbox.clock.ahead}


def log_of(path: Path) -> Path:
    """SQLite's log beside the file."""
    return path.with_name(f"{path.name}-wal")


def read(path: Path) -> Files:
    """The bytes of a file and of its log."""
    log = log_of(path)
    return path.read_bytes(), log.read_bytes() if log.exists() else b""


def write(path: Path, files: Files) -> None:
    """Write a file and its log."""
    for each, data in zip((path, log_of(path)), files, strict=True):
        each.write_bytes(data)


async def filled(path: Path) -> tuple[Files, Files, dict[str, Any]]:
    """A file and its log, as a stop leaves them and as a kill does, and what is in them."""
    async with started(path) as api:
        for number in range(8):
            user_id = await api.create_user(f"user {number}")
            await api.create_wallet(chain_type="solana", owner={"user_id": user_id})
        api.sandbox.clock.advance(100)
        await api.create_wallet(chain_type="ethereum")
        killed = read(as_if_killed(path))
        remembered = kept(api.sandbox)
    return read(path), killed, remembered


async def became(path: Path, files: Files) -> dict[str, Any] | str:
    """What a sandbox remembers that starts with these files, or why it does not start."""
    write(path, files)
    sandbox = Sandbox(state_file=path)
    try:
        async with sandbox:
            return kept(sandbox)
    except (OSError, ValueError) as error:
        return str(error)


def turned(data: bytes, position: int, chance: random.Random) -> bytes:
    """The bytes with one bit turned over."""
    changed = bytearray(data)
    changed[position] ^= 1 << chance.randrange(8)
    return bytes(changed)


def positions(data: bytes, chance: random.Random, count: int) -> Iterator[int]:
    """Places all over the bytes, and many at their head."""
    for number in range(count):
        yield chance.randrange(len(data) if number % 5 else min(120, len(data)))


def secrets_in(remembered: dict[str, Any]) -> list[str]:
    """The words and keys that no error may show."""
    text = str(remembered)
    return [
        *re.findall(r'"mnemonic":"([a-z ]+)"', text),
        *re.findall(r'"secret":\{"\$bytes":"([^"]+)"', text),
    ]


@pytest.mark.slow
async def test_a_turned_bit_is_noticed(anyio_backend: str, tmp_path: Path) -> None:
    """A sandbox starts with all that was kept, or says which file is damaged, and no secret."""
    stopped, _, remembered = await filled(tmp_path / "state.db")
    chance, secrets, errors = random.Random(1), secrets_in(remembered), 0
    assert len(secrets) >= 9
    for position in positions(stopped[0], chance, 400):
        files = (turned(stopped[0], position, chance), b"")
        found = await became(tmp_path / "other.db", files)
        if isinstance(found, str):
            errors += 1
            assert str(tmp_path / "other.db") in found
            assert not [secret for secret in secrets if secret[:20] in found], position
        else:
            assert found == remembered, position
    assert errors > 100


async def test_a_turned_bit_in_every_record_is_noticed(anyio_backend: str, tmp_path: Path) -> None:
    """In each kind of record, and in the clock's."""
    (data, _), _, remembered = await filled(tmp_path / "state.db")
    for name in ("did:privy:", "$Wallet", "mnemonic", "verified_at", "100.0", "$bytes"):
        position = data.index(name.encode()) + 1
        found = await became(tmp_path / "other.db", (turned(data, position, random.Random(1)), b""))
        assert "is damaged" in str(found), name
    assert await became(tmp_path / "other.db", (data, b"")) == remembered


@pytest.mark.slow
async def test_a_turned_bit_in_the_log_is_noticed(anyio_backend: str, tmp_path: Path) -> None:
    """Nothing that was answered is lost without a word, and the error says how to go on."""
    _, (data, log), remembered = await filled(tmp_path / "state.db")
    chance = random.Random(1)
    last = len(log) - FRAME
    path = tmp_path / "other.db"
    problem = f"the state file {path} is damaged: remove {log_of(path)} to go on without"
    for position in positions(log, chance, 200):
        if last + 8 <= position < last + 16:
            continue  # It tells nothing from what is left of an older log.
        found = await became(path, (data, turned(log, position, chance)))
        assert str(found).startswith(problem), position
    assert await became(path, (data, log)) == remembered


async def test_a_log_that_was_cut_off_is_no_damage(anyio_backend: str, tmp_path: Path) -> None:
    """A kill in the middle of a write leaves the start of a transaction, which never happened."""
    _, (data, log), _ = await filled(tmp_path / "state.db")
    ends = [0, 10, 32, *range(len(log), len(log) - 3 * FRAME, -1111), len(log) - FRAME + 24]
    for end in ends:
        assert isinstance(await became(tmp_path / "other.db", (data, log[:end])), dict), end


@pytest.mark.parametrize("frames", [0, 1, 5])
async def test_an_older_log_is_no_damage(anyio_backend: str, tmp_path: Path, frames: int) -> None:
    """A log is begun anew from its start, with other salts, over what was there before."""
    _, (_, log), _ = await filled(tmp_path / "state.db")
    start = 32 + frames * FRAME
    older = bytearray(log[start:])
    for frame in range(0, len(older), FRAME):
        older[frame + 8] ^= 1
    path = tmp_path / "other.db"
    write(path, (b"", log[:start] + older))
    assert is_intact(log_of(path))
    assert is_intact(tmp_path / "none")
