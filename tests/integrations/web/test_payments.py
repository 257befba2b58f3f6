"""A database beside a payment: the apps of the recipe pay once, whatever is killed and when."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from paying_apps import SCRIPTS, Shop, open_shop

RPC = "/v1/wallets/*/rpc"
# The step, and how many payments there are when the process is dead.
STEPS = {
    "created": 0,
    "committed": 0,
    "sending": 1,
    "answered": 1,
    "storing": 1,
    "stored": 1,
}


@pytest.fixture(params=SCRIPTS)
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    with open_shop(request.param, tmp_path) as shop:
        yield shop


def kill(shop: Shop, step: str) -> None:
    """Ask for a payment, and have the process killed at this step."""
    if step == "sending":
        shop.sandbox.faults.add(path=RPC, delay=1.0)
    code, stdout, stderr = shop.run("pay", "order-1", kill_at=step)
    assert (code, stdout) == (-signal.SIGKILL, ""), stderr


def pay(shop: Shop, status: int = 202) -> None:
    code, stdout, stderr = shop.run("pay", "order-1")
    assert (code, stdout[:3]) == (0, str(status)), stdout + stderr


def reconcile(shop: Shop) -> None:
    code, _, stderr = shop.run("reconcile")
    assert code == 0, stderr


def test_killed_before_the_outcome_is_stored(shop: Shop) -> None:
    """What was sent, and is not in the database as sent, is found there and not sent again."""
    kill(shop, "answered")
    assert shop.rows() == [("order-1", "pending", None)]
    reconcile(shop)
    assert shop.rows() == shop.paid
    pay(shop)
    assert len(shop.executed) == 1


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize(("step", "executed"), STEPS.items())
def test_killed_at_a_step(shop: Shop, step: str, executed: int) -> None:
    """The customer asks again, the reconciliation runs before and after: it is paid once."""
    kill(shop, step)
    if step != "sending":
        assert len(shop.executed) == executed
    assert [row[1] for row in shop.rows()] == {"created": [], "stored": ["sent"]}.get(
        step, ["pending"]
    )
    reconcile(shop)
    pay(shop)
    reconcile(shop)
    assert shop.rows() == shop.paid
    assert len(shop.executed) == 1


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_killed_at_every_step_in_turn(shop: Shop) -> None:
    """Nobody is lucky: the customer asks again and again, and each process dies."""
    for step in STEPS:
        kill(shop, step)
    reconcile(shop)
    pay(shop)
    assert shop.rows() == shop.paid
    assert len(shop.executed) == 1


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_rolled_back(shop: Shop) -> None:
    """What fails in the app itself was not sent; the customer asks again, and it is paid once."""
    code, stdout, stderr = shop.run("pay", "order-1", kill_at="rolled back")
    assert (code, stdout[:3]) == (0, "500"), stderr
    assert (shop.rows(), shop.executed) == ([], [])
    pay(shop)
    assert shop.rows() == shop.paid


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_everybody_at_once(shop: Shop) -> None:
    """Four customers' requests and two reconciliations at the same time pay once."""
    kill(shop, "committed")
    shop.sandbox.faults.add(path=RPC, delay=0.5)
    commands = [["pay", "order-1"]] * 4 + [["reconcile"]] * 2
    processes = [shop.begin(*command) for command in commands]
    for process in processes:
        with process:
            _, stderr = process.communicate(timeout=50)
        assert process.returncode == 0, stderr
    reconcile(shop)
    assert shop.rows() == shop.paid


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_after_the_keys_lifetime(shop: Shop) -> None:
    """A day later nothing is sent any more: what was is found by the reference, or was not."""
    kill(shop, "answered")
    shop.age(hours=25)
    pay(shop)
    reconcile(shop)
    assert shop.rows() == shop.paid
    assert len([record for record in shop.sandbox.log if record.path.endswith("/rpc")]) == 1


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize(("hours", "state"), [(23.5, "pending"), (24.5, "not sent")])
def test_never_sent(shop: Shop, hours: float, state: str) -> None:
    """Of what was never sent that is said once it never will be, not in the hour before."""
    kill(shop, "committed")
    shop.age(hours=hours)
    pay(shop)
    reconcile(shop)
    assert shop.rows() == [("order-1", state, None)]
    assert shop.executed == []


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("status", "code", "state"),
    [
        (400, "policy_violation", "not sent"),
        (400, "insufficient_funds", "not sent"),
        (401, "zero_correct_authorization_signatures", "pending"),
        (429, None, "pending"),
        (503, None, "pending"),
    ],
)
def test_refusals(shop: Shop, status: int, code: str | None, state: str) -> None:
    """A refusal is an outcome, and trouble is none; neither is an error of the shop's."""
    body = {"error": "no"} if code is None else {"error": "no", "code": code}
    headers = {"Retry-After": "0"}
    shop.sandbox.faults.add(path=RPC, status=status, body=body, headers=headers, times=None)
    pay(shop)
    assert shop.rows() == [("order-1", state, None)]
    shop.sandbox.faults.clear()
    pay(shop)
    if state == "pending":
        assert shop.rows() == shop.paid
    else:
        assert shop.executed == []
