"""A journal in Redis means what the file means, for both faces, and for several runs at once."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from payroll import RPC, Payroll
from redis_server import DURABLE, RedisServer, new_redis_server
from sdk_helpers import logged, nothing_sent

from privy_async import APIError, BadRequestError, InvalidArgumentError, PrivyError
from privy_async.bulk import idempotency_key
from privy_async.bulk.redis import RedisJournal, RunStatus
from privy_async.clock import Clock
from privy_async.sandbox import Sandbox
from privy_sync.bulk import call_each

pytest_plugins = ("redis_journals",)

HOUR = 3600.0
NOW = 1_795_300_000.5


class Stopped(Clock):
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> float:
        return self.time


@pytest.fixture
def redis(durable_redis: RedisServer) -> Iterator[Any]:
    """A client of the test's own, to look into Redis with."""
    client = durable_redis.client()
    yield client
    client.close()


# --- the same meanings


def test_what_it_says(payroll: Payroll, durable_redis: RedisServer, redis: Any) -> None:
    """Of each item that it is done, with its value, and nothing more of when it was begun."""
    payroll.journal = journal = RedisJournal(durable_redis.url, clock=Stopped())
    (result,) = payroll.run(7)
    assert redis.keys("*") == [b"privy:journal:{pay}:done"]
    assert redis.hgetall("privy:journal:{pay}:done") == {b"7": f'"{result.value}"'.encode()}
    payroll.sandbox.faults.add(path=RPC, drop="after")
    payroll.run(8)
    assert journal.status("pay") == RunStatus(done=1, begun={"8": NOW})
    journal.close()


def test_what_is_done_is_not_asked_for_again(payroll: Payroll) -> None:
    """Its value comes from the journal, and a run with another name knows nothing of it."""
    first = payroll.run(1, 2)
    again = payroll.run(1, 3, 2)
    assert [result.skipped for result in again] == [True, False, True]
    assert [again[0].unwrap(), again[2].unwrap()] == [result.unwrap() for result in first]
    assert payroll.paid == [1, 2, 3]
    payroll.run(1, run_id="another")
    assert payroll.paid == [1, 1, 2, 3]


@pytest.mark.parametrize(
    ("value", "kept"),
    [("text", True), (None, True), ({"id": [1, 2.5, "ü\ud800"]}, True), ((1,), False)],
)
def test_values(redis_journal: RedisJournal, value: object, kept: bool) -> None:
    """A value is kept if JSON gives it back as it is."""

    def run() -> Any:
        return call_each(["a"], lambda item, key: value, run_id="{r} }1", journal=redis_journal)

    assert run()[0].unwrap() is value
    (again,) = run()
    assert (again.skipped, again.kept) == (True, kept)
    assert not kept or again.unwrap() == value


def test_a_lost_answer_is_asked_for_again(payroll: Payroll) -> None:
    """With the same key, and it is executed once."""
    payroll.sandbox.faults.add(path=RPC, drop="after")
    (lost,) = payroll.run(1)
    assert not lost.refused
    (found,) = payroll.run(1)
    assert found.unwrap()
    assert payroll.paid == [1]
    keys = {request.idempotency_key for request in logged(payroll.sandbox, "POST", RPC)}
    assert keys == {idempotency_key("pay", "1")}


@pytest.mark.parametrize("hours", [23.1, 1e4, -23.1])
def test_an_unknown_outcome_that_is_too_old(
    payroll: Payroll, durable_redis: RedisServer, hours: float
) -> None:
    """It is not asked for until somebody has found out what came of it."""
    clock = Stopped()
    clock.time -= hours * HOUR
    payroll.journal = RedisJournal(durable_redis.url, clock=clock)
    payroll.sandbox.faults.add(path=RPC, drop="after")
    payroll.run(1)
    with nothing_sent(payroll.sandbox):
        (unknown,) = payroll.run(1)
    assert isinstance(unknown.error, APIError)
    assert "Privy no longer knows its key" in str(unknown.error)
    assert unknown.error.may_have_happened
    payroll.journal.settle("pay", "1", executed=True)
    (done,) = payroll.run(1)
    assert (done.skipped, done.kept) == (True, False)
    payroll.journal.close()


def test_what_somebody_has_found_not_to_be_executed(payroll: Payroll) -> None:
    """It is as if it had never been asked for."""
    payroll.sandbox.faults.add(path=RPC, drop="before")
    payroll.run(1)
    payroll.journal.settle("pay", "1", executed=False)
    assert payroll.journal.status("pay") == RunStatus(0, {})
    payroll.run(1)
    assert payroll.paid == [1]


def test_a_refused_item(payroll: Payroll) -> None:
    """That Privy refused it is noted, so that it may be asked for at any time later."""
    payroll.sandbox.faults.add(path=RPC, status=400)
    (refused,) = payroll.run(1)
    assert isinstance(refused.error, BadRequestError)
    assert refused.refused
    assert payroll.journal.status("pay") == RunStatus(0, {})


def test_a_refusal_after_a_lost_answer(payroll: Payroll) -> None:
    """It says nothing of the first request, so the item still counts as begun."""
    payroll.sandbox.faults.add(path=RPC, drop="after")
    payroll.run(1)
    payroll.sandbox.faults.add(path=RPC, status=400)
    (refused,) = payroll.run(1)
    assert isinstance(refused.error, BadRequestError)
    assert not refused.refused
    assert [*payroll.journal.status("pay").begun] == ["1"]


# --- several runs at once


def test_a_refusal_while_another_run_asks(payroll: Payroll) -> None:
    """It is not certain any more, once the other one may have asked with the same key."""
    privy = payroll.sandbox.sync_client(max_retries=0)

    def ask(item: str, key: str) -> None:
        payroll.sandbox.faults.add(path="/v1/wallets", drop="after")
        call_each(["1"], lambda item, key: other(key), run_id="pay", journal=payroll.journal)
        payroll.sandbox.faults.add(path="/v1/wallets", status=400)
        other(key)

    def other(key: str) -> None:
        privy.wallets.create(chain_type="ethereum", idempotency_key=key)

    (refused,) = call_each(["1"], ask, run_id="pay", journal=payroll.journal)
    assert isinstance(refused.error, BadRequestError)
    assert not refused.refused
    assert [*payroll.journal.status("pay").begun] == ["1"]
    privy.close()


@pytest.mark.parametrize("in_redis", [True, False], ids=["redis", "file"])
def test_an_operation_without_a_key(payroll: Payroll, tmp_path: Any, in_redis: bool) -> None:
    """It is refused before it is sent, unless the run claims its items."""
    journal: Any = payroll.journal if in_redis else tmp_path / "journal"
    with payroll.sandbox.sync_client() as privy:

        def create(name: str, key: str) -> str:
            account = {"type": "custom_auth", "custom_user_id": name}
            return privy.users.create(linked_accounts=[account]).id

        options = {"run_id": "users", "journal": journal}
        with nothing_sent(payroll.sandbox):
            (refused,) = call_each(["alice"], create, **options)
        assert isinstance(refused.error, InvalidArgumentError)
        assert "claim: POST /v1/users takes no idempotency key" in str(refused.error)
        assert refused.refused
        (made,) = call_each(["alice"], create, **options, claim=True)
        assert made.unwrap() in payroll.sandbox.state.users
        assert call_each(["alice"], create, **options, claim=True)[0].skipped


@pytest.mark.parametrize("in_redis", [True, False], ids=["redis", "file"])
def test_what_is_claimed_is_asked_for_once(payroll: Payroll, tmp_path: Any, in_redis: bool) -> None:
    """Neither another run nor a later one asks for it while its outcome is unknown."""
    payroll.journal = payroll.journal if in_redis else tmp_path / "journal"
    payroll.sandbox.faults.add(path=RPC, drop="before")
    payroll.run(1, claim=True)
    with nothing_sent(payroll.sandbox):
        (taken,) = payroll.run(1, claim=True)
    assert isinstance(taken.error, APIError)
    assert "another run has claimed it" in str(taken.error)
    assert taken.error.may_have_happened
    assert not taken.refused


def test_a_refusal_of_what_is_claimed(payroll: Payroll) -> None:
    """It gives the claim up, though another run has wanted it meanwhile."""
    payroll.sandbox.faults.add(path=RPC, status=400)
    (refused,) = payroll.run(1, claim=True)
    assert refused.refused
    assert payroll.run(1, claim=True)[0].unwrap()


@pytest.mark.parametrize("claim", [True, "yes"])
def test_a_claim_that_nothing_keeps(claim: Any) -> None:
    """Without a journal there is no claim."""
    with pytest.raises(InvalidArgumentError, match="claim: "):
        call_each(["a"], lambda item, key: None, run_id="r", claim=claim)


# --- Redis as it must be set up


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ((), "its Redis keeps nothing on the disk: set appendonly yes"),
        (("--appendonly", "yes"), "may lose its last second in a power cut: set appendfsync"),
        (
            (*DURABLE, "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"),
            "drops keys when it is full: set maxmemory-policy noeviction",
        ),
    ],
)
def test_a_redis_that_could_lose_it(tmp_path: Any, settings: tuple[str, ...], message: str) -> None:
    """It is refused before anything is asked for, unless that is meant."""
    with new_redis_server(tmp_path, *settings) as server:
        with pytest.raises(InvalidArgumentError, match=f"journal: .*{message}"):
            call_each(["a"], _fail, run_id="r", journal=RedisJournal(server.url))
        meant = RedisJournal(server.url, check_settings=False)
        assert call_each(["a"], lambda item, key: 1, run_id="r", journal=meant)[0].unwrap() == 1


@pytest.mark.parametrize("policy", ["noeviction", "volatile-lru"])
def test_a_redis_that_may_be_full(tmp_path: Any, policy: str) -> None:
    """A limit is no harm where what has no end is not dropped, as in a journal."""
    settings = ("--maxmemory", "100mb", "--maxmemory-policy", policy)
    with new_redis_server(tmp_path, *DURABLE, *settings) as server:
        (result,) = call_each(
            ["a"], lambda item, key: 1, run_id="r", journal=RedisJournal(server.url)
        )
        assert result.unwrap() == 1


def test_settings_that_are_not_shown(
    durable_redis: RedisServer, redis: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Where CONFIG GET is forbidden, a warning says once what is needed."""
    redis.acl_setuser("app", enabled=True, passwords=["+word"], commands=["+@all", "-config"],
                      keys=["*"])  # fmt: skip
    journal = RedisJournal(durable_redis.url.replace("redis://", "redis://app:word@"))
    with caplog.at_level(logging.WARNING, "privy_async"):
        for run_id in ("r", "s"):
            call_each(["a"], lambda item, key: 1, run_id=run_id, journal=journal)
    assert [record.message for record in caplog.records] == [
        "the journal's Redis does not show its settings (CONFIG GET): see to it that it has "
        "appendonly yes, appendfsync always and maxmemory-policy noeviction"
    ]


@pytest.mark.parametrize("url", ["http://localhost", "localhost", 6379, None])
def test_no_url(url: Any) -> None:
    """It is named at once."""
    with pytest.raises(InvalidArgumentError, match="redis: expected a URL"):
        RedisJournal(url)


def test_a_redis_that_lets_nobody_in(durable_redis: RedisServer) -> None:
    """That does not pass, so the run ends at once, and the password is not in the error."""
    journal = RedisJournal(durable_redis.url.replace("redis://", "redis://app:pa55word@"))
    for ask in (
        lambda: call_each(["a"], _fail, run_id="r", journal=journal),
        lambda: journal.status("r"),
        lambda: journal.settle("r", "a", executed=True),
    ):
        with pytest.raises(PrivyError, match=r"cannot be .*: AuthenticationError") as caught:
            ask()
        assert "pa55word" not in str(caught.value)


def _fail(item: str, key: str) -> None:
    raise AssertionError


def test_a_client_of_the_users_own(durable_redis: RedisServer, threaded_sandbox: Sandbox) -> None:
    """Also one that decodes what it reads; it is made once, and closed with the journal."""
    redis = pytest.importorskip("redis")
    made: list[Any] = []

    def make() -> Any:
        made.append(redis.Redis.from_url(durable_redis.url, decode_responses=True))
        return made[-1]

    journal = RedisJournal(make, prefix="shop")
    for skipped in (False, True):
        (result,) = call_each(["a"], lambda item, key: "ü", run_id="r", journal=journal)
        assert (result.unwrap(), result.skipped) == ("ü", skipped)
    assert journal.status("r").done == 1
    assert len(made) == 1
    assert made[0].keys("*") == ["shop:{r}:done"]
    journal.close()
    journal.close()
    assert repr(journal) == "RedisJournal(prefix='shop')"
