"""State files that cannot be used, and disks that cannot be written."""

import asyncio
import base64
import os
import re
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import aiohttp
import pytest
from api_client import ApiClient, Reply
from places import ROOT
from sandbox_command import COMMAND
from state_file_helpers import started

from privy_async.sandbox import Sandbox
from privy_async.sandbox.store.sqlite import digest_of

pytestmark = pytest.mark.anyio


@pytest.fixture
async def path(anyio_backend: str, tmp_path: Path) -> Path:
    """A state file with one user, used by nobody."""
    path = tmp_path / "state.db"
    async with started(path) as api:
        await api.create_user("alice")
    return path


def contents(path: Path) -> bytes:
    """The file's bytes."""
    return path.read_bytes()


async def error_of(sandbox: Sandbox) -> str:
    """Why it does not start."""
    with pytest.raises((OSError, ValueError)) as error:
        await sandbox.start()
    with pytest.raises(RuntimeError, match="not running"):
        _ = sandbox.base_url
    return str(error.value)


def changed(path: Path, statement: str) -> None:
    """Change the file by hand, where `digest` makes what the file keeps of each record."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.create_function("digest", 3, digest_of)
        connection.execute(statement)


async def test_another_app(path: Path) -> None:
    """A file belongs to one app; its secret may change."""
    problem = f"the state file {path} holds the state of the app 'sandbox-app', not of 'other'"
    assert await error_of(Sandbox(state_file=path, app_id="other")) == problem
    async with started(path, app_secret="new") as api:
        assert len(api.sandbox.state.users) == 1


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        (
            "PRAGMA user_version = 7",
            "the state file {} has format 7, and this version of the sandbox reads format 3",
        ),
        ("PRAGMA application_id = 7", "{} is a database, but not a sandbox's state"),
        (
            "UPDATE records SET value = '{{\"$User\": {{}}}}', digest = "
            "digest(kind, key, '{{\"$User\": {{}}}}') WHERE kind = 'users'",
            "the state file {} was written by another version of the sandbox (users: *)",
        ),
        (
            "INSERT INTO records (kind, key, value, digest) VALUES "
            "('colours', '', '1', digest('colours', '', '1'))",
            "the state file {} was written by another version of the sandbox (colours)",
        ),
        (
            "UPDATE records SET value = '{{\"$User\": {{}}}}' WHERE kind = 'users'",
            "the state file {} is damaged: a record of users is not as it was written",
        ),
        ("DELETE FROM records WHERE kind = 'app_id'", "*the app None, not of 'sandbox-app'"),
        ("ALTER TABLE records RENAME TO other", "the state file {} cannot be used: no such table*"),
    ],
)
async def test_other_contents(path: Path, statement: str, problem: str) -> None:
    """What the file says of itself is checked, and every record; nothing is changed by that."""
    changed(path, statement.replace("{{", "{").replace("}}", "}"))
    pattern = re.escape(problem).replace(r"\{\}", re.escape(str(path))).replace(r"\*", ".*")
    before = contents(path)
    assert re.fullmatch(pattern, await error_of(Sandbox(state_file=path)))
    assert contents(path) == before


async def test_other_databases_are_left_alone(tmp_path: Path) -> None:
    """Somebody else's SQLite file, and what is no database at all."""
    path = tmp_path / "other.db"
    changed(path, "CREATE TABLE mine (id INTEGER)")
    before = path.read_bytes()
    problem = f"{path} is a database, but not a sandbox's state"
    assert await error_of(Sandbox(state_file=path)) == problem
    assert path.read_bytes() == before
    path.write_text("no database, but longer than nothing\n" * 100)
    problem = f"the state file {path} cannot be used: file is not a database"
    assert await error_of(Sandbox(state_file=path)) == problem


async def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    """A folder, and a file in a folder that is not there."""
    assert "unable to open database file" in await error_of(Sandbox(state_file=tmp_path))
    missing = tmp_path / "missing" / "state.db"
    assert "No such file or directory" in await error_of(Sandbox(state_file=missing))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_file_that_may_not_be_written(path: Path) -> None:
    """It is said at the start."""
    path.chmod(0o400)
    with pytest.raises(OSError, match="Permission denied"), Sandbox(state_file=path):
        pass


async def test_it_is_for_its_owner_alone(path: Path) -> None:
    """Private keys are in it."""
    async with started(path):
        for file in path.parent.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_one_sandbox_at_a_time(path: Path) -> None:
    """A second one is refused, in this process and in another; the first goes on."""
    problem = f"another sandbox uses the state file {path}"
    async with started(path) as api:
        assert await error_of(Sandbox(state_file=path)) == problem
        command = [*COMMAND, "--port", "0", "--state", str(path)]
        run = partial(subprocess.run, capture_output=True, text=True, cwd=ROOT, check=False)
        done = await asyncio.to_thread(run, command)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == f"privy-sandbox: {problem}\n"
        await api.create_user("bob")
    async with started(path) as api:
        assert len(api.sandbox.state.users) == 2


async def test_a_start_that_fails_frees_the_file(path: Path) -> None:
    """A taken port does not leave the file locked."""
    async with Sandbox() as other:
        port = int(other.base_url.rpartition(":")[2])
        assert "address already in use" in await error_of(Sandbox(state_file=path, port=port))
    async with started(path) as api:
        assert len(api.sandbox.state.users) == 1


LIMIT = "import resource, runpy; resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000)); "
MODULE = 'runpy.run_module("privy_async.sandbox", run_name="__main__")'


@contextmanager
def running_on_a_small_disk(path: Path) -> Iterator[str]:
    """A sandbox whose files cannot grow beyond 300 kB; its URL."""
    process = subprocess.Popen(
        [sys.executable, "-c", LIMIT + MODULE, "--port", "0", "--state", str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().split()[4]
    finally:
        process.kill()
        process.communicate()


async def test_a_full_disk_is_an_error_and_no_lost_write(path: Path) -> None:
    """What cannot be saved is answered with 500; all that was answered with 200 is there."""
    acknowledged = list[str]()
    with running_on_a_small_disk(path) as url:
        async with aiohttp.ClientSession() as session:
            for number in range(1000):
                status, body = await create_user(session, url, f"user {number}")
                if status != 200:
                    break
                acknowledged.append(body["id"])
    assert (status, body["code"]) == (500, "internal")
    assert body["error"].startswith("The sandbox cannot write its state file")
    assert len(acknowledged) > 10
    async with started(path) as api:
        kept = list(api.sandbox.state.users)
        assert kept[1:] == acknowledged


async def create_user(
    session: aiohttp.ClientSession, url: str, name: str
) -> tuple[int, dict[str, str]]:
    """Make a user with a lot of metadata; the status and the answer."""
    account = {"type": "custom_auth", "custom_user_id": name}
    body = {"linked_accounts": [account], "custom_metadata": {"text": "x" * 1000}}
    credentials = base64.b64encode(b"sandbox-app:sandbox-secret").decode()
    headers = {"Authorization": f"Basic {credentials}", "privy-app-id": "sandbox-app"}
    async with session.post(f"{url}/v1/users", json=body, headers=headers) as response:
        return response.status, await response.json()


async def test_what_was_not_saved_is_saved_later(path: Path) -> None:
    """Once the disk has room again, the repetition with the same key is answered and kept."""
    async with started(path) as api:
        limit = connection_of(api).execute("PRAGMA max_page_count = 1").fetchone()
        assert limit is not None
        statuses = [(await create_keyed(api, number)).status for number in range(200)]
        assert statuses[0] == 200
        first = statuses.index(500)
        assert set(statuses[first:]) == {500}
        connection_of(api).execute("PRAGMA max_page_count = 1000000")
        again = await create_keyed(api, first)
        assert again.status == 200
        assert api.sandbox.log[-1].replayed
    async with started(path) as api:
        assert again.body["id"] in api.sandbox.state.wallets


def connection_of(api: ApiClient) -> sqlite3.Connection:
    """The connection to the file, to take its room away."""
    return api.sandbox._store._connection  # type: ignore[attr-defined]


async def create_keyed(api: ApiClient, number: int) -> Reply:
    """Make a wallet with an idempotency key."""
    headers = {"privy-idempotency-key": f"key {number}"}
    return await api.call("POST", "/v1/wallets", {"chain_type": "sui"}, headers=headers)
