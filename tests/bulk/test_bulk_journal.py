"""A bulk run's journal: what it says, what it spares a later run, and what it prevents."""

# ruff: noqa: ASYNC240  (what a test reads of its own file takes no time)

import json
import os
import resource
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from sdk_helpers import Owner, logged, nothing_sent

from privy_async import APIError, BadRequestError, InvalidArgumentError, PrivyError
from privy_async.bulk import BulkResult, Progress, call_each, idempotency_key
from privy_async.bulk.file_journal import FileJournal
from privy_async.sandbox import Sandbox

pytest_plugins = ("fixtures_sdk",)
pytestmark = pytest.mark.anyio

RECEIVER = "0x" + "5a" * 20
RPC = "/v1/wallets/*/rpc"
Pay = Callable[..., Any]


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """A place for a journal."""
    return tmp_path / "journal.jsonl"


@pytest.fixture
def pay(alice: Owner, journal: Path) -> Pay:
    """Sends as many wei as each item says, with a journal."""
    patient = alice.privy.with_options(max_retries=0)

    async def send(amount: int, key: str) -> str:
        sent = await patient.wallets.ethereum.send_transaction(
            alice.wallet.id,
            {"to": RECEIVER, "value": amount},
            caip2="eip155:8453",
            idempotency_key=key,
        )
        return sent.hash

    async def pay(*amounts: int, **options: Any) -> Sequence[BulkResult[int, str]]:
        defaults = {"run_id": "pay", "journal": journal, "key": str}
        return await call_each(amounts, send, **{**defaults, **options})

    return pay


def lines(journal: Path) -> list[Mapping[str, Any]]:
    """What the journal says."""
    return [json.loads(line) for line in journal.read_text().splitlines()]


def write(journal: Path, *entries: Mapping[str, Any], run_id: str = "pay") -> None:
    """Make a journal of these entries."""
    every = [{"run_id": run_id}, *entries]
    journal.write_text("".join(f"{json.dumps(entry)}\n" for entry in every))


def paid(sandbox: Sandbox) -> int:
    """How many transactions were sent."""
    return len(sandbox.state.transactions)


async def test_what_it_says(sandbox: Sandbox, pay: Pay, journal: Path) -> None:
    """The run, and of each item when it was begun, and that it is done, with its value."""
    started = time.time()
    (result,) = await pay(7)
    run, begun, done = lines(journal)
    assert run == {"run_id": "pay"}
    assert begun == {"begun": "7", "at": pytest.approx(started, abs=60)}
    assert done == {"done": "7", "value": result.value}
    assert journal.stat().st_mode & 0o777 == 0o600


async def test_what_is_done_is_not_asked_for_again(
    sandbox: Sandbox, pay: Pay, journal: Path
) -> None:
    """Not even after years; its value comes from the journal."""
    first = await pay(1, 2)
    journal.write_text(journal.read_text().replace('"at": ', '"at": 1.0, "was": '))
    told: list[Progress[int, str]] = []
    again = await pay(1, 3, 2, on_progress=told.append)
    assert [result.skipped for result in again] == [True, False, True]
    assert [again[0].unwrap(), again[2].unwrap()] == [result.unwrap() for result in first]
    assert len(logged(sandbox, "POST", RPC)) == paid(sandbox) == 3
    assert (told[-1].done, told[-1].skipped, told[-1].failed) == (1, 2, 0)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("text", True),
        (None, True),
        ({"id": [1, 2.5, None, True, "ü\ud800"]}, True),
        ((1, 2), False),
        (float("nan"), False),
        (b"bytes", False),
        ({1: "one"}, False),
        (object(), False),
    ],
)
async def test_values(journal: Path, value: object, kept: bool) -> None:
    """A value is kept if JSON gives it back as it is; otherwise the next run says it has it not."""

    async def call(item: str, key: str) -> object:
        return value

    (first,) = await call_each(["a"], call, run_id="r", journal=journal)
    assert first.unwrap() is value
    (again,) = await call_each(["a"], call, run_id="r", journal=journal)
    assert (again.skipped, again.kept) == (True, kept)
    if kept:
        assert again.unwrap() == value
    else:
        with pytest.raises(PrivyError, match="its value is not kept"):
            again.unwrap()


async def test_a_lost_answer_is_asked_for_again(sandbox: Sandbox, pay: Pay, journal: Path) -> None:
    """An item that was only begun is asked for with the same key, and executed once."""
    sandbox.faults.add(path=RPC, drop="after")
    (lost,) = await pay(1)
    assert not lost.refused
    assert [sorted(line) for line in lines(journal)] == [["run_id"], ["at", "begun"]]
    (found,) = await pay(1)
    assert found.unwrap()
    assert (paid(sandbox), found.skipped) == (1, False)
    assert {request.idempotency_key for request in logged(sandbox, "POST", RPC)} == {
        idempotency_key("pay", "1")
    }


@pytest.mark.parametrize("hours", [23.1, 24, 1e4, -23.1])
async def test_an_unknown_outcome_that_is_too_old(
    sandbox: Sandbox, pay: Pay, journal: Path, hours: float
) -> None:
    """It is reported instead of asked for, since Privy may have forgotten its key; others go on."""
    write(journal, {"begun": "1", "at": time.time() - hours * 3600})
    unknown, other = await pay(1, 2)
    assert isinstance(unknown.error, APIError)
    assert unknown.error.may_have_happened
    assert "look before you repeat it" in str(unknown.error)
    assert not unknown.refused
    assert other.unwrap()
    assert len(logged(sandbox, "POST", RPC)) == 1


async def test_an_unknown_outcome_of_today(sandbox: Sandbox, pay: Pay, journal: Path) -> None:
    """It is asked for, and the time when it was first begun stays."""
    at = time.time() - 22.9 * 3600
    write(journal, {"begun": "1", "at": at})
    sandbox.faults.add(path=RPC, drop="after")
    await pay(1)
    assert lines(journal)[1:] == [{"begun": "1", "at": at}]


async def test_the_first_time_counts(sandbox: Sandbox, pay: Pay, journal: Path) -> None:
    """Privy keeps a key from the first request with it, however often it was asked again."""
    write(journal, {"begun": "1", "at": 1}, {"begun": "1", "at": time.time()})
    with nothing_sent(sandbox):
        (result,) = await pay(1)
    assert isinstance(result.error, APIError)


@pytest.mark.parametrize(("entry", "requests"), [("done", 0), ("refused", 1)])
async def test_what_someone_has_found_out(
    sandbox: Sandbox, pay: Pay, journal: Path, entry: str, requests: int
) -> None:
    """A line appended by hand settles an item of unknown outcome."""
    write(journal, {"begun": "1", "at": 1}, {entry: "1"})
    (result,) = await pay(1)
    assert result.error is None
    assert len(logged(sandbox, "POST", RPC)) == requests


async def test_a_refused_item(sandbox: Sandbox, pay: Pay, journal: Path) -> None:
    """That Privy refused it is noted, so that it may be asked for at any time later."""
    sandbox.faults.add(path=RPC, status=400)
    (refused,) = await pay(1)
    assert isinstance(refused.error, BadRequestError)
    assert refused.refused
    assert lines(journal)[-1] == {"refused": "1"}
    journal.write_text(journal.read_text().replace('"at": ', '"at": 1.0, "was": '))
    (result,) = await pay(1)
    assert result.error is None
    assert lines(journal)[-2]["at"] == pytest.approx(time.time(), abs=60)


@pytest.mark.parametrize("status", [400, 401, 429])
async def test_a_refusal_after_a_lost_answer(
    sandbox: Sandbox, pay: Pay, journal: Path, status: int
) -> None:
    """It says nothing of the first request, so the item still counts as begun."""
    sandbox.faults.add(path=RPC, drop="after")
    await pay(1)
    sandbox.faults.add(path=RPC, status=status, times=2)
    (refused,) = await pay(1)
    assert isinstance(refused.error, APIError)
    assert not refused.refused
    assert [*lines(journal)[-1]] == ["begun", "at"]
    await pay(1)
    assert paid(sandbox) == 1


async def test_an_error_of_another_request(alice: Owner, journal: Path) -> None:
    """An error after the item was executed, such as in a look at it, is no refusal of the item."""

    async def call(item: str, key: str) -> None:
        await alice.privy.wallets.create(chain_type="ethereum", idempotency_key=key)
        await alice.privy.wallets.get("no such wallet")

    (result,) = await call_each(["a"], call, run_id="r", journal=journal)
    assert "404" in str(result.error)
    assert not result.refused
    assert "refused" not in journal.read_text()


async def test_a_refusal_without_a_journal(sandbox: Sandbox, pay: Pay) -> None:
    """That this run did not execute it is certain too, and whether an earlier one did, is not."""
    sandbox.faults.add(path=RPC, status=400)
    (refused,) = await pay(1, journal=None)
    assert isinstance(refused.error, BadRequestError)
    assert refused.refused
    sandbox.faults.add(path=RPC, drop="after")
    (lost,) = await pay(1, journal=None)
    assert lost.error is not None
    assert not lost.refused


async def test_begun_is_written_before_anything_is_sent(sandbox: Sandbox, journal: Path) -> None:
    """Whenever the process may end, what may have been executed is in the file."""
    seen: list[list[Mapping[str, Any]]] = []

    async def call(item: str, key: str) -> None:
        seen.append(lines(journal))

    await call_each(["a", "b"], call, run_id="r", journal=journal, concurrency=1)
    assert [said[-1].get("begun") for said in seen] == ["a", "b"]


async def test_what_is_begun_is_on_the_disk_before_anything_is_sent(
    sandbox: Sandbox, pay: Pay
) -> None:
    """Where it cannot be brought there, as here, nothing is sent at all."""
    with nothing_sent(sandbox), pytest.raises(PrivyError, match="journal cannot be written"):
        await pay(1, 2, journal=os.devnull)


async def test_a_line_that_does_not_fit(journal: Path) -> None:
    """No part of it stays, so that what is written once there is room again can be read."""
    journal_file = FileJournal(journal, "r")
    journal_file.begin("a")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (journal.stat().st_size + 5, hard))
    try:
        with pytest.raises(PrivyError, match="the disk is full"):
            journal_file.finish("a", "value")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    journal_file.begin("b")
    journal_file.close()
    assert [line.get("begun") for line in lines(journal)] == [None, "a", "b"]


@pytest.mark.parametrize("broken", [b"{", b'{"done": "2"', b'{"begun": "2", "at": 17', b"\0" * 100])
async def test_a_last_line_that_broke_off(
    sandbox: Sandbox, pay: Pay, journal: Path, broken: bytes
) -> None:
    """It is cut off: no request went out before its line was on the disk."""
    await pay(1)
    whole = journal.read_bytes()
    journal.write_bytes(whole + broken)
    results = await pay(1, 2)
    assert [result.skipped for result in results] == [True, False]
    assert paid(sandbox) == 2
    assert journal.read_bytes().startswith(whole)
    assert len(lines(journal)) == 5


async def test_a_file_that_is_no_journal_of_this_run(
    sandbox: Sandbox, pay: Pay, journal: Path
) -> None:
    """It is refused and left as it is, and nothing is sent."""
    content = '{"run_id": "pay 2"}\n'
    journal.write_text(content)
    with (
        nothing_sent(sandbox),
        pytest.raises(InvalidArgumentError, match="journal: belongs to the run 'pay 2'"),
    ):
        await pay(1)
    assert journal.read_text() == content


async def test_one_run_at_a_time(sandbox: Sandbox, pay: Pay, journal: Path) -> None:
    """A second run with the same journal is refused while the first one runs, and not after."""

    async def again(item: str, key: str) -> None:
        with nothing_sent(sandbox), pytest.raises(InvalidArgumentError, match="in use"):
            await pay(1)

    (result,) = await call_each(["a"], again, run_id="r", journal=journal)
    assert result.error is None
    journal.unlink()
    (paid_now,) = await pay(1)
    assert paid_now.error is None


async def test_a_folder_is_no_journal(pay: Pay, tmp_path: Path) -> None:
    """What cannot be opened is named."""
    with pytest.raises(InvalidArgumentError, match=r"journal: cannot be opened: .*directory"):
        await pay(1, journal=tmp_path)
