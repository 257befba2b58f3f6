"""Sandboxes on a state file."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from api_client import ApiClient

from privy_async.sandbox import Sandbox


@asynccontextmanager
async def started(path: Path, **options: Any) -> AsyncIterator[ApiClient]:
    """A new sandbox on the file, and a client of it."""
    async with Sandbox(state_file=path, **options) as sandbox, aiohttp.ClientSession() as session:
        yield ApiClient(sandbox, session)


def as_if_killed(path: Path) -> Path:
    """A copy of the file as a process that is killed now would leave it."""
    copy = path.with_name("copy.db")
    for ending in ("", "-wal"):
        shutil.copy(f"{path}{ending}", f"{copy}{ending}")
    return copy
