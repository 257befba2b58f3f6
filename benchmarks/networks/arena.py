"""Contenders behind proxies that delay, and what each waited for."""

import json
import subprocess
import sys
from collections.abc import Generator, Iterable, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks import samples
from benchmarks.contest import missing, running
from benchmarks.machine import PEER_NODE, PEER_PYTHON
from benchmarks.networks import certificates

_HERE: Final = Path(__file__).parent
_CONTENDERS: Final = {"privy_async": "ours", "privy-client": "official", "@privy-io/node": "node"}


@dataclass(frozen=True)
class Wait:
    """What a user waited for once, and how many round trips the proxy counted."""

    seconds: float
    counted: int


@dataclass(frozen=True)
class Waits:
    """The same for several times, behind one round trip in s."""

    round_trip: float
    each: tuple[Wait, ...]

    @property
    def milliseconds(self) -> float:
        """The median."""
        return 1000 * median(wait.seconds for wait in self.each)

    @property
    def slow_milliseconds(self) -> float:
        """The 95th percentile."""
        return 1000 * quantiles([wait.seconds for wait in self.each], n=20, method="inclusive")[-1]

    @property
    def trips(self) -> list[float]:
        """Each time in round trips."""
        return [wait.seconds / self.round_trip for wait in self.each]

    @property
    def counted(self) -> float:
        """The median of the round trips that were counted."""
        return median(wait.counted for wait in self.each)


@dataclass
class Arena:
    """A server of TLS 1.3, a proxy for each round trip, and the contenders."""

    proxies: dict[float, subprocess.Popen[str]]
    contenders: dict[str, subprocess.Popen[str]]
    _spans: list[Any] = field(default_factory=list)

    def run(self, name: str, work: str, round_trip: float, times: int) -> Waits:
        """Let one do a work some times."""
        ports = self._listen(round_trip, times)
        order = {"work": work, "urls": [_url(port) for port in ports], "round_trip": round_trip}
        _write(self.contenders[name], json.dumps(order))
        spans = _read(self.contenders[name])
        return _waits(round_trip, zip(ports, spans, strict=True), self._flights(round_trip))

    def silence(self, gaps: Sequence[float], times: int) -> dict[tuple[str, float, float], Waits]:
        """Let all do calls after so many seconds without any; all are silent at once."""
        ports = {
            (name, gap, round_trip): self._listen(round_trip, times)
            for name in self.contenders
            for gap in gaps
            for round_trip in self.proxies
        }
        for name, process in self.contenders.items():
            asked = [[gap, self._urls(ports, name, gap)] for gap in gaps]
            _write(process, json.dumps({"work": "silence", "gaps": asked}))
        answers = {name: _read(process) for name, process in self.contenders.items()}
        spans = {
            (name, gap, round_trip): answers[name][index][place * times : (place + 1) * times]
            for name in self.contenders
            for index, gap in enumerate(gaps)
            for place, round_trip in enumerate(self.proxies)
        }
        flights = {round_trip: self._flights(round_trip) for round_trip in self.proxies}
        return {
            key: _waits(key[2], zip(ports[key], spans[key], strict=True), flights[key[2]])
            for key in ports
        }

    def _urls(
        self, ports: dict[tuple[str, float, float], list[int]], name: str, gap: float
    ) -> list[str]:
        return [_url(port) for each in self.proxies for port in ports[name, gap, each]]

    def _listen(self, round_trip: float, count: int) -> list[int]:
        _write(self.proxies[round_trip], f"listen {count}")
        ports: list[int] = _read(self.proxies[round_trip])
        return ports

    def _flights(self, round_trip: float) -> list[tuple[float, int, int]]:
        _write(self.proxies[round_trip], "flights")
        flights: list[tuple[float, int, int]] = _read(self.proxies[round_trip])
        return flights


def _waits(
    round_trip: float,
    measured: Iterable[tuple[int, tuple[float, float]]],
    flights: list[tuple[float, int, int]],
) -> Waits:
    return Waits(
        round_trip,
        tuple(
            Wait(end - start, _counted(flights, port, start, end))
            for port, (start, end) in measured
        ),
    )


def _counted(flights: list[tuple[float, int, int]], port: int, start: float, end: float) -> int:
    """How many round trips followed one another: those of the connection that had the most.

    What happens on several connections happens at the same time.
    """
    used = [number for at, own, number in flights if own == port and start <= at <= end]
    return max((used.count(number) for number in set(used)), default=0)


@contextmanager
def arena(round_trips: Sequence[float]) -> Generator[Arena]:
    """Start all of it; it ends with the block."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        authority, certificate = certificates.make(folder)
        command = [sys.executable, "-m", "benchmarks.server", str(certificate)]
        server = stack.enter_context(running(command, core=0))
        port = _read(server)
        proxies = {
            each: stack.enter_context(running(_proxy(port, each), core=0)) for each in round_trips
        }
        trust = {"SSL_CERT_FILE": str(authority), "NODE_EXTRA_CA_CERTS": str(authority)}
        contenders = {
            name: stack.enter_context(running(_command(module), core=1, more=trust))
            for name, module in _CONTENDERS.items()
            if missing(module) is None
        }
        yield Arena(proxies, contenders)


def _proxy(port: int, round_trip: float) -> list[str]:
    return [sys.executable, "-m", "benchmarks.networks.proxy", str(port), str(round_trip)]


def _command(module: str) -> list[str | Path]:
    if module == "node":
        texts = {"app_id": samples.APP_ID, "app_secret": samples.APP_SECRET}
        texts |= {"wallet_id": samples.WALLET_ID, "message": samples.MESSAGE}
        return ["node", _HERE / "node.mjs", PEER_NODE, json.dumps(texts)]
    python = PEER_PYTHON if module == "official" else Path(sys.executable)
    return [python, "-m", f"benchmarks.networks.{module}"]


def _url(port: int) -> str:
    return f"https://127.0.0.1:{port}"


def _write(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()


def _read(process: subprocess.Popen[str]) -> Any:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError("a process of the benchmark ended early")
    return json.loads(line)
