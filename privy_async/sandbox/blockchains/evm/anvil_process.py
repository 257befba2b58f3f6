"""An anvil process (https://getfoundry.sh/anvil/), which ends with the process that started it."""

import json
import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import Any, Final, cast

import attrs

from privy_async.sandbox.blockchains.json_rpc import SERVER_ERROR, RpcError
from privy_async.sandbox.requests.json_text import parse

# The shell waits for a line, which comes, or the input ends, however its parent ends. Then it ends
# anvil, and what stands between them, such as the program by which npm starts it.
_GUARD: Final = """
trap : TERM
(trap : TERM; "$@" < /dev/null; rm -rf "$0") &
read -r _
kill -TERM 0
wait
"""
# A socket's path has 104 bytes at most.
_LONGEST: Final = 64
_LOOK_AGAIN: Final = 0.002
_LOOKS: Final = 5_000
# Long enough for what a fork has to fetch.
_TIMEOUT: Final = 60.0
_PATIENCE: Final = 5.0
# The states of blocks older than that are forgotten, instead of being written to files.
_STATES: Final = "1000"
_OPTIONS: Final = (
    *("--quiet", "--host", "127.0.0.1", "--port", "0", "--no-cors", "--accounts", "0"),
    *("--no-mining", "--hardfork", "prague", "--disable-default-create2-deployer"),
    *("--prune-history", _STATES),
)


@attrs.define(eq=False)
class Mark:
    """A moment that anvil can go back to: the number of its snapshot, as 0x hex."""

    number: str


class AnvilProcess:
    """Anvil without accounts, on an empty chain, mining when it is told to.

    It is talked to by a socket that is a file. Its calls block. Not for use from several threads at
    once.

    Args:
        program: The path of anvil, or of what starts it.
        options: More options.

    Raises:
        RpcError: It does not start.
    """

    def __init__(self, program: str, options: Sequence[str]) -> None:
        place = tempfile.gettempdir()
        place = place if len(place) < _LONGEST else "/tmp"
        self._folder = Path(tempfile.mkdtemp(prefix="privy-anvil-", dir=place))
        self._marks: list[Mark] = []
        self._path = str(self._folder / "ipc")
        command = [program, *_OPTIONS, "--ipc", self._path, *options]
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed in `end`
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", _GUARD, str(self._folder), *command],
            cwd=self._folder,
            # What it caches of a fork is not to get among what others have cached of that chain.
            env={**os.environ, "HOME": str(self._folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self._complaints,
            # Ctrl-C is for the sandbox, which ends it.
            start_new_session=True,
        )
        try:
            self._socket = self._connected()
        except BaseException:
            self._end_guard()
            raise
        self._lines = self._socket.makefile("rb")

    def request(self, method: str, params: Sequence[object]) -> object:
        """Call a method.

        Raises:
            RpcError: It failed.
            OSError: The process has ended, or does not answer; it is of no use any more.
        """
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        self._socket.sendall(json.dumps(call).encode() + b"\n")
        line = self._lines.readline()
        if not line.endswith(b"\n"):
            raise ConnectionError("anvil has ended")
        answer = cast("dict[str, Any]", parse(line))
        if "error" in answer:
            error = cast("dict[str, Any]", answer["error"])
            code = error.get("code", SERVER_ERROR)
            raise RpcError(str(error.get("message")), code, error.get("data"))
        return answer.get("result")

    def mark(self) -> Mark:
        """Remember the chain as it is."""
        mark = Mark(str(self.request("evm_snapshot", ())))
        self._marks.append(mark)
        return mark

    def go_back(self, mark: Mark) -> bool:
        """Make the chain as it was, as often as you like.

        Going back ends the later marks: False if this is one of those, or another process's.
        """
        if mark not in self._marks:
            return False
        if self.request("evm_revert", (mark.number,)) is not True:
            raise ConnectionError("anvil has the snapshot no more")
        del self._marks[self._marks.index(mark) + 1 :]
        # Its snapshots are good for once.
        mark.number = str(self.request("evm_snapshot", ()))
        self._settle_base_fee()
        return True

    def _settle_base_fee(self) -> None:
        """Have the next block's base fee follow from the latest block (EIP-1559).

        Anvil takes its own at the beginning, and leaves it as it is when it goes back.
        """
        found = self.request("eth_getBlockByNumber", ("latest", False))
        block = cast("dict[str, str]", found)
        fee, limit, used = (
            int(block[name], 16) for name in ("baseFeePerGas", "gasLimit", "gasUsed")
        )
        self.request("anvil_setNextBlockBaseFeePerGas", (hex(next_base_fee(fee, limit, used)),))

    def end(self) -> None:
        """End it, and wait until it has ended."""
        self._lines.close()
        self._socket.close()
        self._end_guard()

    def _connected(self) -> socket.socket:
        for _ in range(_LOOKS):
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(_TIMEOUT)
            try:
                connection.connect(self._path)
            except OSError:
                connection.close()
            else:
                return connection
            if not self._folder.exists():
                break  # The guard removes it when anvil has ended.
            Event().wait(_LOOK_AGAIN)
        self._complaints.seek(0)
        said = self._complaints.read().decode(errors="replace")
        problem = f"anvil does not start: {' '.join(said.split())}"
        raise RpcError(f"{problem} (Sandbox(evm='py-evm') does without)")

    def _end_guard(self) -> None:
        assert self._guard.stdin is not None
        try:
            # Not only the end of input, which does not come while a fork of this process has it.
            self._guard.stdin.write(b"\n")
            self._guard.stdin.close()
        except BrokenPipeError:
            pass
        try:
            self._guard.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(self._guard.pid, signal.SIGKILL)
            self._guard.wait()
        self._complaints.close()


def next_base_fee(fee: int, gas_limit: int, gas_used: int) -> int:
    """The base fee that follows on a block's (https://eips.ethereum.org/EIPS/eip-1559)."""
    target = gas_limit // 2
    if gas_used > target:
        return fee + max(1, fee * (gas_used - target) // target // 8)
    return fee - fee * (target - gas_used) // target // 8
