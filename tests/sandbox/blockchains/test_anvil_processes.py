"""Anvil's processes end with the one that started them, however that ends."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest
from anvil_helpers import ANVIL, anvils, bytes_written, left_behind, needs_anvil
from api_client import ApiClient
from chain_helpers import ether, evm, rpc, sending
from places import ROOT

from privy_async.sandbox import Sandbox
from privy_async.sandbox.blockchains.evm.anvil_process import AnvilProcess
from privy_async.sandbox.blockchains.json_rpc import RpcError

pytestmark = [needs_anvil, pytest.mark.usefixtures("own_folder")]

RECEIVER = "0x" + "5a" * 20
PROGRAM = """
import os, signal, sys, time
from privy_async.sandbox import Sandbox

# Where the tests run in the background of a shell it would be ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
sandbox = Sandbox(evm="anvil").__enter__()
for caip2 in ("eip155:1", "eip155:8453"):
    sandbox.fund("0x" + "5a" * 20, 1, caip2=caip2)
print("ready", flush=True)
if sys.argv[1] == "fork":
    if os.fork() == 0:
        time.sleep(3)
        os._exit(0)
    sandbox.__exit__()
elif sys.argv[1] == "exit":
    os._exit(3)
elif sys.argv[1] != "end":
    time.sleep(60)
"""
ENDS = ("end", "exit", "fork", signal.SIGINT, signal.SIGTERM, signal.SIGKILL)


async def none_is_left() -> None:
    """Wait for those that are about to end."""
    for _ in range(1000):
        if not anvils():
            break
        await asyncio.sleep(0.01)
    assert anvils() == []


@pytest.mark.parametrize("end", ENDS, ids=str)
def test_no_anvil_is_left(end: "str | signal.Signals") -> None:
    """Not if the program is killed, nor if it ends without its sandbox, nor beside its forks."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, end if isinstance(end, str) else "wait"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        if isinstance(end, signal.Signals):
            assert len(anvils()) >= 2
            process.send_signal(end)
        process.stdout.close()
        process.wait(30)
    asyncio.run(none_is_left())
    assert left_behind() == []


@pytest.mark.anyio
async def test_one_that_is_started_by_another_program(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As npm's is: that program ends, and anvil with it."""
    starter = tmp_path / "anvil"
    starter.write_text(f'#!/bin/sh\n"{ANVIL}" "$@" &\nwait\n')
    starter.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    async with Sandbox() as sandbox:
        await sandbox.fund(RECEIVER, 1, caip2="eip155:1")
        assert len(anvils()) == 4  # the shell that waits, its child, the program, and anvil
    await none_is_left()


@pytest.mark.anyio
async def test_one_that_does_not_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The request is refused with what anvil says, and nothing is left of it."""
    program = tmp_path / "anvil"
    program.write_text("#!/bin/sh\necho 'error: no such option: --ipc' >&2; exit 2\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    async with Sandbox() as sandbox:
        problem = "anvil does not start: error: no such option: --ipc"
        with pytest.raises(RuntimeError, match=problem):
            await sandbox.fund(RECEIVER, 1, caip2="eip155:1")
    await none_is_left()


@pytest.mark.anyio
async def test_a_long_name_of_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where the folder for temporary files has a longer name than sockets take, /tmp is used."""
    long = tmp_path / ("x" * 100)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    async with Sandbox(evm="anvil") as sandbox:
        await sandbox.fund(RECEIVER, 1, caip2="eip155:1")
    assert list(long.iterdir()) == []


@pytest.mark.anyio
async def test_what_it_writes(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing to the terminal, and nothing to the user's folder, however many blocks there are."""
    monkeypatch.setenv("HOME", str(tmp_path))
    async with Sandbox(evm="anvil") as sandbox, aiohttp.ClientSession() as session:
        api = ApiClient(sandbox, session)
        wallet = await api.create_wallet()
        assert (await rpc(api, wallet, sending(to=RECEIVER, value="0x5"))).status == 200
        for _ in range(1100):
            await evm(api, "evm_mine")
        assert await ether(api, RECEIVER) == 5
        assert await evm(api, "eth_getBlockByNumber", "0x1", True)
        assert bytes_written() < 100_000
    assert os.listdir(tmp_path) == []
    assert capfd.readouterr() == ("", "")


def test_the_program_is_anvil() -> None:
    """What is tested is anvil itself."""
    assert ANVIL is not None
    said = subprocess.run([ANVIL, "--version"], capture_output=True, text=True, check=True).stdout
    assert said.startswith("anvil")
    assert shutil.which("sh")


@pytest.mark.parametrize("value", ["\ud800", 10**400, float("nan")], ids=["half", "huge", "nan"])
def test_what_it_cannot_read(value: object) -> None:
    """However often it says so, the next answer is that of the next request."""
    assert ANVIL is not None
    process = AnvilProcess(ANVIL, ("--chain-id", "7"))
    try:
        for _ in range(3):
            with pytest.raises(RpcError):
                process.request("eth_getBalance", (value,))
            assert process.request("eth_chainId", ()) == "0x7"
    finally:
        process.end()
