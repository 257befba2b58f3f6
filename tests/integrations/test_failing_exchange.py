"""The samples do what they say when it is the exchange of the user's token that fails."""

import asyncio
import importlib
import re
from collections.abc import AsyncIterator, Iterator
from io import StringIO
from textwrap import indent
from typing import Any

import attrs
import pytest
from places import ROOT, TESTS

from privy_async import (
    APIConnectionError,
    AuthenticationError,
    InternalServerError,
    PrivyClient,
    RateLimitError,
    SigningError,
)
from privy_async.sandbox import Sandbox

pytestmark = pytest.mark.anyio

README = (ROOT / "README.md").read_text()
TO = "0x742D35CC6634C0532925a3B844Bc9E7595F2bD18"


@attrs.frozen
class Trouble:
    """What goes wrong with the exchange, and what the call then raises.

    Attributes:
        fault: What the sandbox does to every exchange.
        error: The class of the error.
        passes: Whether it is gone when one comes again later, so that a task is worth repeating.
        said: What README's sample prints; None where it lets the error through.
    """

    fault: dict[str, Any]
    error: type[Exception]
    passes: bool
    said: str | None


TROUBLES = {
    "an outage": Trouble({"drop": "before"}, APIConnectionError, True, None),
    "a lost answer": Trouble({"drop": "after"}, APIConnectionError, True, None),
    "a failure": Trouble({"status": 503}, InternalServerError, True, None),
    "a rate limit": Trouble(
        {"status": 429, "headers": {"Retry-After": "0"}}, RateLimitError, True, "try again in 0.0 s"
    ),
    "a wrong secret": Trouble(
        {"status": 401, "body": {"error": "Invalid app ID or app secret."}},
        AuthenticationError,
        False,
        None,
    ),
    "a refused token": Trouble(
        {"status": 400, "body": {"error": "Invalid JWT token provided", "code": "invalid_data"}},
        SigningError,
        False,
        "the user must log in again: ",
    ),
}


@attrs.frozen
class World:
    """A sandbox with a user and a wallet."""

    sandbox: Sandbox
    jwt: str
    wallet_id: str

    def strike(self, trouble: Trouble, *, times: int | None = None) -> None:
        self.sandbox.faults.add(path="/v1/wallets/authenticate", times=times, **trouble.fault)

    @property
    def payment(self) -> dict[str, Any]:
        given = {"user_jwt": self.jwt, "wallet_id": self.wallet_id, "to": TO, "value": 1}
        return {**given, "idempotency_key": "order-1"}

    @property
    def executed(self) -> int:
        return len(self.sandbox.state.transactions)


@pytest.fixture
async def world(anyio_backend: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    with Sandbox(real_chains=False) as sandbox:
        monkeypatch.setenv("PRIVY_APP_ID", sandbox.app_id)
        monkeypatch.setenv("PRIVY_APP_SECRET", sandbox.app_secret)
        monkeypatch.setenv("PRIVY_API_BASE_URL", sandbox.base_url)
        with sandbox.sync_client() as privy:
            account = {"type": "custom_auth", "custom_user_id": "alice"}
            user = privy.users.create(linked_accounts=[account])
            wallet = privy.wallets.create(chain_type="ethereum", owner={"user_id": user.id})
        yield World(sandbox, sandbox.issue_user_jwt("alice"), wallet.id)


@pytest.fixture(params=TROUBLES.values(), ids=list(TROUBLES))
def trouble(request: pytest.FixtureRequest) -> Trouble:
    found: Trouble = request.param
    return found


def sample() -> str:
    """README's block about errors, as the body of an async function."""
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (block,) = [block for block in blocks if "the user must log in again" in block]
    return f"async def run():\n{indent(block, '    ')}"


async def test_the_sample_of_errors(world: World, trouble: Trouble) -> None:
    """The user is told to log in again if the token is refused, and not if anything else fails."""
    world.strike(trouble)
    said = StringIO()
    names: dict[str, Any] = {
        "user_jwt": world.jwt,
        "wallet_id": world.wallet_id,
        "recipient": TO,
        "print": lambda *words: print(*words, file=said),
    }
    exec(sample(), names)
    if trouble.said is None:
        with pytest.raises(trouble.error):
            await names["run"]()
        assert said.getvalue() == ""
    else:
        await names["run"]()
        assert said.getvalue().startswith(trouble.said)
    assert world.executed == 0


@pytest.fixture
def workers(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Imports the modules of the workers' apps."""
    import sys

    monkeypatch.syspath_prepend(str(TESTS / "apps" / "workers"))
    yield importlib.import_module
    for name in ("celery_app", "arq_app", "taskiq_app", "surroundings"):
        sys.modules.pop(name, None)


async def test_celery(world: World, trouble: Trouble, workers: Any) -> None:
    """The task is tried again after an outage, and sends once; else it fails at once."""
    pytest.importorskip("celery")
    task = workers("celery_app").send
    task.retry_backoff = False
    world.strike(trouble, times=3)
    result = await asyncio.to_thread(task.apply, kwargs=world.payment)
    assert result.successful() == trouble.passes
    assert world.executed == trouble.passes
    if not trouble.passes:
        assert isinstance(result.result, trouble.error)


async def test_arq(world: World, trouble: Trouble, workers: Any) -> None:
    """The job asks to be run again after an outage, and then sends once; else it fails."""
    arq = pytest.importorskip("arq")
    send = workers("arq_app").send
    async with PrivyClient(max_retries=0) as privy:
        context = {"privy": privy, "job_try": 1}
        world.strike(trouble, times=1)
        with pytest.raises(arq.Retry if trouble.passes else trouble.error):
            await send(context, **world.payment)
        assert world.executed == 0
        await send(context, **world.payment)
    assert world.executed == 1


async def test_taskiq(world: World, trouble: Trouble, workers: Any) -> None:
    """What the middleware repeats is what passes, and nothing else."""
    pytest.importorskip("taskiq_redis")
    app = workers("taskiq_app")
    (middleware,) = [each for each in app.broker.middlewares if "Retry" in type(each).__name__]
    async with PrivyClient(max_retries=0) as privy:
        world.strike(trouble, times=1)
        with pytest.raises(trouble.error) as caught:
            await app.send.original_func(**world.payment, privy=privy)
    assert isinstance(caught.value, tuple(middleware.types_of_exceptions)) == trouble.passes
