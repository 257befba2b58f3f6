"""What executes the Ethereum chains is chosen: anvil where it is on PATH, or else py-evm."""

import random
import sys
from pathlib import Path

import pytest
from eth.vm.forks.london.headers import calculate_expected_base_fee_per_gas
from eth.vm.forks.prague.headers import PragueBlockHeader

from privy_async.sandbox import Sandbox
from privy_async.sandbox.__main__ import main
from privy_async.sandbox.blockchains.evm.anvil import READS
from privy_async.sandbox.blockchains.evm.anvil_process import next_base_fee
from privy_async.sandbox.blockchains.evm.engines import EvmEngine, evm_engine
from privy_async.sandbox.blockchains.evm.methods import METHODS
from privy_async.sandbox.blockchains.evm.writing import WRITES

FORK = {"eip155:1": "http://127.0.0.1:9/key"}


def engine(evm: str | None) -> EvmEngine:
    """The engine that is chosen."""
    return evm_engine(evm, evm_rpc=None, forks={}, keeps_state=False)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program named anvil, alone on PATH."""
    path = tmp_path / "anvil"
    path.write_text("#!/bin/sh\necho 'no such option: --ipc' >&2; exit 2\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    return path


@pytest.fixture
def nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing on PATH."""
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))


def test_anvil_comes_first(program: Path) -> None:
    """Where it is on PATH it is taken, unless py-evm is asked for."""
    assert engine(None).anvil == engine("anvil").anvil == str(program)
    assert engine("py-evm").anvil is None


@pytest.mark.usefixtures("nothing")
def test_without_anvil() -> None:
    """py-evm is taken; what only anvil can do is refused at once, and says where to get it."""
    assert engine(None).anvil is None
    assert engine(None).is_there
    with pytest.raises(ValueError, match="evm='anvil' needs anvil on PATH"):
        Sandbox(evm="anvil")
    with pytest.raises(ValueError, match="forks need anvil, on PATH"):
        Sandbox(forks=FORK)


@pytest.mark.usefixtures("program")
def test_options_that_do_not_fit(tmp_path: Path) -> None:
    """They are named at once, and addresses, which may hold secrets, are not repeated."""
    with pytest.raises(ValueError, match="evm must be 'anvil' or 'py-evm', not 'geth'"):
        Sandbox(evm="geth")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="forks need anvil"):
        Sandbox(evm="py-evm", forks=FORK)
    with pytest.raises(ValueError, match="forks are not kept in a state file"):
        Sandbox(forks=FORK, state_file=tmp_path / "state")
    for caip2 in ("1", "solana:1", "eip155:", "eip155:0", "eip155:x"):
        with pytest.raises(ValueError, match="expected an Ethereum chain such as eip155:1"):
            Sandbox(forks={caip2: FORK["eip155:1"]})
    for address in ("", "ftp://secret/", "http://", "http://a secret", "secret"):
        with pytest.raises(ValueError, match="that of eip155:1 is no http") as caught:
            Sandbox(forks={"eip155:1": address})
        assert "secret" not in str(caught.value)


def test_both_have_the_same_methods() -> None:
    """What is written for one works on the other."""
    assert READS | set(WRITES) == set(METHODS)
    assert not READS & set(WRITES)


def test_the_next_base_fee() -> None:
    """It is py-evm's, for full, empty and half-full blocks, and for fees of next to nothing."""
    chance = random.Random(1)
    limit = 30_000_000
    for fee in (0, 1, 7, 8, 9, 10**9, *(chance.randrange(10**12) for _ in range(50))):
        for used in (0, 1, limit // 2 - 1, limit // 2, limit // 2 + 1, limit):
            header = PragueBlockHeader(
                difficulty=0, block_number=1, gas_limit=limit, gas_used=used, base_fee_per_gas=fee
            )
            expected = calculate_expected_base_fee_per_gas(header)
            assert next_base_fee(fee, limit, used) == expected, (fee, used)


@pytest.mark.usefixtures("nothing")
@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        (("--fork", "eip155:1"), 2, "expected CHAIN=URL, such as eip155:1=https://"),
        (("--evm", "geth"), 2, "argument --evm: invalid choice: 'geth'"),
        (("--evm", "anvil"), 1, "privy-sandbox: evm='anvil' needs anvil on PATH"),
        (("--fork", "eip155:1=http://host/key"), 1, "privy-sandbox: forks need anvil, on PATH"),
    ],
)
def test_on_the_command_line(
    arguments: tuple[str, ...], code: int, problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is not there is said in one line."""
    with pytest.raises(SystemExit) as ended:
        sys.exit(main(("--port", "0", *arguments)))
    (line,) = capsys.readouterr().err.splitlines()
    assert (ended.value.code, problem in line, "key" in line) == (code, True, False), line
