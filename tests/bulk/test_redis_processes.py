"""Runs in processes of their own over one journal in Redis: at once, and killed at any step."""

import random
import signal
from collections.abc import Sequence
from contextlib import ExitStack

import attrs
import pytest
from payroll import Payroll
from python_processes import outcome, start
from redis_server import RedisServer

from privy_async.bulk.redis import RunStatus

pytest_plugins = ("redis_journals",)
pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

COUNT = 120
# Of one item, in order: before and after the script that begins it, before and after the call,
# before and after the script that notes that it is done.
BEFORE_BEGUN, AFTER_BEGUN, BEFORE_CALL, AFTER_CALL, BEFORE_DONE, AFTER_DONE = range(6)


@attrs.frozen
class Processes:
    """Payrolls of the same run, each in a process."""

    payroll: Payroll
    url: str

    def arguments(self, count: int) -> Sequence[str]:
        place = self.payroll.sandbox.base_url, self.payroll.wallet_id
        return (self.payroll.face, *place, str(count), self.url)


@pytest.fixture
def processes(payroll: Payroll, durable_redis: RedisServer) -> Processes:
    """The payroll, to be started as a process."""
    return Processes(payroll, durable_redis.url)


@pytest.mark.parametrize("step", range(6))
def test_killed_at_each_step(processes: Processes, step: int) -> None:
    """The next run pays what is not paid, and finds what is; the ledger shows it once."""
    code, _, _ = outcome(start("bulk_payroll.py", *processes.arguments(1), str(step)))
    assert code == -signal.SIGKILL
    status = processes.payroll.journal.status("payroll")
    assert status.done == (step == AFTER_DONE)
    assert len(status.begun) == (AFTER_BEGUN <= step <= BEFORE_DONE)
    code, stdout, stderr = outcome(start("bulk_payroll.py", *processes.arguments(1)))
    assert (code, stdout.splitlines()[-1]) == (0, "paid 1"), stderr
    assert processes.payroll.paid == [1]
    assert processes.payroll.journal.status("payroll") == RunStatus(1, {})


@pytest.mark.parametrize("step", range(6))
def test_claimed_after_a_kill(processes: Processes, step: int) -> None:
    """What was begun by a process that is gone is nobody's to repeat."""
    outcome(start("bulk_payroll.py", *processes.arguments(1), str(step)))
    executed = len(processes.payroll.paid)
    (result,) = processes.payroll.run(1, run_id="payroll", claim=True)
    if step == BEFORE_BEGUN:
        assert result.unwrap()
    elif step == AFTER_DONE:
        assert result.skipped
    else:
        assert "another run has claimed it" in str(result.error)
    assert len(processes.payroll.paid) == executed + (step == BEFORE_BEGUN) <= 1


def test_two_runs_at_once(processes: Processes) -> None:
    """Both go through all items; each is paid once, and both end with the same hashes."""
    processes.payroll.sandbox.faults.add(path="/v1/wallets/*/rpc", delay=0.01, times=None)
    with ExitStack() as stack:
        both = [start("bulk_payroll.py", *processes.arguments(COUNT)) for _ in range(2)]
        for process in both:
            stack.callback(process.kill)
        for process in both:
            code, stdout, stderr = outcome(process)
            assert (code, stdout.splitlines()[-1]) == (0, f"paid {COUNT}"), stderr
    assert processes.payroll.paid == [*range(1, COUNT + 1)]


def test_runs_that_are_killed(processes: Processes) -> None:
    """Two at once, killed at any moment three times: each item is paid once in the end."""
    processes.payroll.sandbox.faults.add(path="/v1/wallets/*/rpc", delay=0.02, times=None)
    for _ in range(3):
        both = [start("bulk_payroll.py", *processes.arguments(COUNT)) for _ in range(2)]
        for process in both:
            assert process.stdout is not None
            for _ in range(random.randint(1, 15)):
                process.stdout.readline()
            process.kill()
            outcome(process)
    assert 0 < len(processes.payroll.paid) < COUNT
    code, stdout, stderr = outcome(start("bulk_payroll.py", *processes.arguments(COUNT)))
    assert (code, stdout.splitlines()[-1]) == (0, f"paid {COUNT}"), stderr
    assert processes.payroll.paid == [*range(1, COUNT + 1)]
    assert processes.payroll.journal.status("payroll") == RunStatus(COUNT, {})
