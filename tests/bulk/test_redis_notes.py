"""What goes to the Redis of a journal and comes from it, without one: notes, answers, outages."""

from typing import Any

import pytest
from clocks import ReadClock

from privy_async import InvalidArgumentError, PrivyError
from privy_async.bulk.journal import NOT_KEPT, Begun, Done, Refused
from privy_async.bulk.redis import RedisJournal, _RedisRun
from privy_async.bulk.redis_client import passes, redis_maker

NOW = 1_795_300_000.0


class ReadOnlyError(Exception):
    """As redis-py calls the answer of a replica."""


class AuthenticationError(ConnectionError):
    """As redis-py has it: of a kind that passes, and lasting all the same."""


class AuthorizationError(ConnectionError):
    """The same."""


@pytest.mark.parametrize(
    ("error", "over"),
    [
        *((type(name, (Exception,), {})(), True) for name in (
            "BusyLoadingError", "ClusterDownError", "ConnectionError", "MasterDownError",
            "TimeoutError", "TryAgainError",
        )),
        (ReadOnlyError(), True), (OSError(), True), (BrokenPipeError(), True),
        (AuthenticationError(), False), (AuthorizationError(), False),
        (ValueError(), False), (type("ResponseError", (Exception,), {})(), False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)  # fmt: skip
def test_errors_of_redis_that_pass(error: Exception, over: bool) -> None:
    """It is gone, starts, or has become a replica; a wrong password stays wrong."""
    assert passes(error) == over


@pytest.mark.parametrize("scheme", ["redis", "rediss", "unix"])
def test_urls_of_redis(scheme: str) -> None:
    """Each scheme of redis-py; nothing is connected to yet."""
    pytest.importorskip("redis")
    assert callable(redis_maker(f"{scheme}://127.0.0.1/x", 1.0))
    assert repr(RedisJournal(f"{scheme}://127.0.0.1")) == "RedisJournal(prefix='privy:journal')"
    for other in (f"x{scheme}://127.0.0.1", scheme, "", None, b"redis://127.0.0.1"):
        with pytest.raises(InvalidArgumentError, match="redis: expected a URL"):
            redis_maker(other, 1.0)


def test_how_long_redis_has() -> None:
    """Five seconds for one answer and one for a connection, and nothing is tried twice."""
    pytest.importorskip("redis")
    client: Any = redis_maker("redis://127.0.0.1:1", 2.5)()
    options = client.connection_pool.connection_kwargs
    assert (options["socket_timeout"], options["socket_connect_timeout"]) == (2.5, 2.5)
    assert options["retry"]._retries == 0
    client.close()
    for argument in ("timeout", "patience"):
        with pytest.raises(InvalidArgumentError, match=argument):
            RedisJournal("redis://127.0.0.1", **{argument: 0})
    journal = RedisJournal("redis://127.0.0.1:1")
    made: Any = journal._clients.make()
    assert made.connection_pool.connection_kwargs["socket_timeout"] == 5.0
    assert (journal._patience, journal._clients.must_check) == (60.0, True)
    made.close()


def redis_run(evaluate: Any, **changes: Any) -> _RedisRun:
    """A run whose Redis is this function."""
    usual = {"me": "me", "claim": False, "patience": 5.0, "clock": ReadClock(lambda: NOW)}
    return _RedisRun(evaluate, **{**usual, **changes})


def test_notes_that_go_to_redis() -> None:
    """At most 500 at once, in the order in which they were made; then none are left."""
    asked: list[tuple[str, ...]] = []

    def evaluate(script: str, *texts: str) -> list[str]:
        asked.append(texts)
        return ["begun", f"{NOW} me"] * ((len(texts) - 2) // 3)

    run = redis_run(evaluate)
    notes = [run.begin(str(number)) for number in range(501)]
    assert run.sync() == 0
    assert [each.is_synced for each in notes] == [True] * 500 + [False]
    assert run.sync() == run.sync() == 0
    assert [len(texts) for texts in asked] == [2 + 3 * 500, 2 + 3]
    assert asked[1] == ("me", "", "begun", "500", repr(NOW))
    assert notes[500].standing == Begun(NOW, alone=True)
    redis_run(evaluate, claim=True).sync()
    claimed = redis_run(evaluate, claim=True)
    claimed.finish("a", {"x": 1})
    claimed.finish("b", (1,))
    claimed.refuse("c")
    claimed.sync()
    assert asked[2] == (
        *("me", "claim", "done", "a", '{"x": 1}', "done", "b", "", "refused", "c", ""),
    )


def test_a_redis_that_is_gone(caplog: pytest.LogCaptureFixture) -> None:
    """It is waited for, which is logged once, as long as patience lasts; then the run ends."""
    now = [100.0]

    def evaluate(script: str, *texts: str) -> list[str]:
        raise OSError

    run = redis_run(evaluate, clock=ReadClock(lambda: now[-1]))
    run.begin("a")
    for moment in (100.0, 102.0, 104.9):
        now.append(moment)
        assert run.sync() == 0.2
    lines = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
    assert lines == ["the journal's Redis is gone (OSError): the run waits"]
    now.append(105.0)
    with pytest.raises(PrivyError, match="cannot be written: OSError"):
        run.sync()

    def refuse(script: str, *texts: str) -> list[str]:
        raise ValueError("x")

    broken = redis_run(refuse)
    broken.begin("a")
    with pytest.raises(PrivyError, match="cannot be written: ValueError: x"):
        broken.sync()


@pytest.mark.parametrize(
    ("answer", "standing"),
    [
        (["begun", "5.5 me"], Begun(5.5, alone=True)),
        ([b"begun", b"5.5 other"], Begun(5.5, alone=False)),
        (["begun", "5.5 "], Begun(5.5, alone=False)),
        (["done", '{"a": 1}'], Done({"a": 1})),
        (["done", ""], Done(NOT_KEPT)),
        (["refused", ""], Refused()),
    ],
)
def test_what_redis_says(answer: list[Any], standing: Any) -> None:
    """Of each item."""
    run = redis_run(lambda script, *texts: answer)
    note = run.begin("a")
    assert run.sync() == 0
    assert (note.standing, note.is_synced) == (standing, True)


def test_what_redis_has_lost() -> None:
    """The run ends, once it knows."""
    run = redis_run(lambda script, *texts: ["lost", ""])
    note = run.finish("a", 1)
    with pytest.raises(PrivyError, match="has lost what was begun"):
        run.sync()
    assert (note.standing, note.is_synced, run.sync()) == (None, True, 0)
