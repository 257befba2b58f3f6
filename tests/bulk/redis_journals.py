"""Fixtures of bulk runs whose journal is in Redis; nothing imports them from here."""

from collections.abc import Iterator

import pytest
from payroll import Payroll
from redis_server import RedisServer
from redis_server import durable_redis as durable_redis

from privy_async.bulk.redis import RedisJournal
from privy_async.sandbox import Sandbox


@pytest.fixture
def threaded_sandbox() -> Iterator[Sandbox]:
    """A sandbox in a thread of its own, which sends whatever it is asked to."""
    with Sandbox(real_chains=False) as sandbox:
        yield sandbox


@pytest.fixture
def redis_journal(durable_redis: RedisServer) -> Iterator[RedisJournal]:
    """A journal in a Redis of its own."""
    journal = RedisJournal(durable_redis.url, patience=20)
    yield journal
    journal.close()


@pytest.fixture(params=["async", "sync"])
def payroll(
    request: pytest.FixtureRequest, threaded_sandbox: Sandbox, redis_journal: RedisJournal
) -> Payroll:
    """A payroll with a journal in Redis."""
    with threaded_sandbox.sync_client() as privy:
        wallet = privy.wallets.create(chain_type="ethereum")
    return Payroll(request.param, threaded_sandbox, wallet.id, redis_journal)
