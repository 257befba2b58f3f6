"""web3.py's middlewares: whatever ends a sending, the note names what may have been sent."""

import asyncio
import re
import signal
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
import pytest
import requests
from account_helpers import CHAIN_ID, RECEIVER, Person, address_of, connect, person
from aiohttp import ClientError
from python_processes import outcome, start
from sdk_helpers import logged
from web3 import AsyncHTTPProvider, AsyncWeb3, HTTPProvider, Web3
from web3.exceptions import Web3RPCError
from web3.middleware import Web3Middleware
from web3_program import Front, Program, node_front, over_websocket, signing

from privy_async.integrations.web3 import sign_with
from privy_async.sandbox import Sandbox

SEND_RAW, BY_HASH = "eth_sendRawTransaction", "eth_getTransactionByHash"
NOTE = re.compile(
    r"It may have been sent: look for (0x[0-9a-f]{64}) "
    r"\(signed by Privy with idempotency_key=([0-9a-f-]{36})\) before you send another\."
)


def noted(sandbox: Sandbox, text: str) -> str:
    """The hash of the transaction that a note names, with the key of Privy's signature."""
    match = NOTE.search(text)
    assert match, text
    signature = logged(sandbox, "POST", "/v1/wallets/*/rpc")[-1]
    assert signature.idempotency_key == match[2]
    return match[1]


def note_of(error: BaseException | None) -> str:
    assert error is not None
    (note,) = error.__notes__
    return note


async def until(condition: Callable[[], bool]) -> None:
    with anyio.fail_after(20):
        while not condition():  # noqa: ASYNC110 - another thread decides.
            await asyncio.sleep(0.01)


# --- async


@pytest.fixture
async def front(program: Program) -> AsyncIterator[Front]:
    """A node that takes transactions, and never says so."""
    with node_front(program.sandbox.evm_rpc_url(CHAIN_ID)) as front:
        front.silent.add(SEND_RAW)
        yield front


async def was_sent(program: Program, note: str) -> bool:
    sent: Any = noted(program.sandbox, note)
    return (await program.w3.eth.get_transaction(sent))["from"] == program.address


def payment(program: Program) -> Any:
    return {"from": program.address, "to": RECEIVER, "value": 1}


@pytest.mark.anyio
async def test_a_cancelled_task(
    program: Program, front: Front, caplog: pytest.LogCaptureFixture
) -> None:
    """The CancelledError has the note, and the log has it as well."""
    async with signing(program, front.url) as w3:
        task = asyncio.create_task(w3.eth.send_transaction(payment(program)))
        await until(lambda: SEND_RAW in front.heard)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
    assert await was_sent(program, note_of(caught.value))
    assert note_of(caught.value) in caplog.text


@pytest.mark.anyio
async def test_a_cancelled_question(program: Program, front: Front) -> None:
    """It is the same while the node is asked whether it has the transaction."""
    front.silent = {BY_HASH}
    provider = AsyncHTTPProvider(front.url, exception_retry_configuration=None)
    w3 = AsyncWeb3(provider)
    w3.middleware_onion.inject(sign_with(program.alice.privy, program.alice.wallet), layer=0)
    w3.middleware_onion.inject(Broken, layer=0)
    task = asyncio.create_task(w3.eth.send_transaction(payment(program)))
    await until(lambda: BY_HASH in front.heard)
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    await provider.disconnect()
    assert await was_sent(program, note_of(caught.value))


class Broken(Web3Middleware):
    """A connection that breaks once the node has a transaction."""

    raises: BaseException = ConnectionError("broken")

    def response_processor(self, method: Any, response: Any) -> Any:
        if method == SEND_RAW:
            raise self.raises
        return response

    async def async_response_processor(self, method: Any, response: Any) -> Any:
        return self.response_processor(method, response)


async def send_in_time(w3: AsyncWeb3[Any], transaction: Any, heard: list[str]) -> None:
    """Send it, with a time that is up once the node has it."""

    async def give_up() -> None:
        await until(lambda: SEND_RAW in heard)
        scope.reschedule(asyncio.get_running_loop().time())

    async with asyncio.timeout(None) as scope:
        watching = asyncio.create_task(give_up())
        await w3.eth.send_transaction(transaction)
    await watching


@pytest.mark.anyio
async def test_a_timeout(program: Program, front: Front) -> None:
    """The TimeoutError's cause has the note."""
    async with signing(program, front.url) as w3:
        with pytest.raises(TimeoutError) as caught:
            await send_in_time(w3, payment(program), front.heard)
    assert await was_sent(program, note_of(caught.value.__cause__))


@pytest.mark.anyio
async def test_over_a_websocket(program: Program) -> None:
    """It is the same over a persistent connection."""
    heard: list[str] = []
    async with over_websocket(program.sandbox, silent=(SEND_RAW,), heard=heard) as w3:
        w3.middleware_onion.inject(sign_with(program.alice.privy, program.alice.wallet), layer=0)
        with pytest.raises(TimeoutError) as caught:
            await send_in_time(w3, payment(program), heard)
    assert await was_sent(program, note_of(caught.value.__cause__))


@pytest.mark.anyio
async def test_a_scope_that_keeps_no_cause(
    program: Program, front: Front, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the cancelled error is dropped, the log still names the transaction."""
    async with signing(program, front.url) as w3, anyio.create_task_group() as tasks:
        tasks.start_soon(w3.eth.send_transaction, payment(program))
        await until(lambda: SEND_RAW in front.heard)
        tasks.cancel_scope.cancel()
    assert await was_sent(program, caplog.text)


@pytest.mark.anyio
async def test_a_node_that_breaks_off(program: Program, front: Front) -> None:
    """The error of a node that answers nothing more has the note itself."""
    front.silent.add(BY_HASH)
    front.released.set()
    async with signing(program, front.url) as w3:
        w3.provider.exception_retry_configuration = None
        with pytest.raises(ClientError) as caught:
            await w3.eth.send_transaction(payment(program))
    assert await was_sent(program, note_of(caught.value))


@pytest.mark.anyio
async def test_nothing_is_noted_of_what_was_not_sent(
    program: Program, front: Front, caplog: pytest.LogCaptureFixture
) -> None:
    """What ends before the node is given the transaction has no note."""
    program.sandbox.faults.add(path="/v1/wallets/*/rpc", delay=2)
    async with signing(program, front.url) as w3:
        with pytest.raises(TimeoutError) as caught:
            async with asyncio.timeout(0.5):
                await w3.eth.send_transaction(payment(program))
    assert SEND_RAW not in front.heard
    cause = caught.value.__cause__
    assert not getattr(cause, "__notes__", None)
    assert "may have been sent" not in caplog.text


@pytest.mark.anyio
async def test_a_refusal_names_the_transaction(
    program: Program, caplog: pytest.LogCaptureFixture
) -> None:
    """What the node refuses was not sent, and the note does not say so."""
    with pytest.raises(Web3RPCError, match="insufficient funds") as caught:
        await program.w3.eth.send_transaction({**payment(program), "value": 10**30, "gas": 21_000})
    signature = logged(program.sandbox, "POST", "/v1/wallets/*/rpc")[-1]
    note = note_of(caught.value)
    assert re.fullmatch(r"The node refused 0x[0-9a-f]{64} \(signed by .*\)\.", note)
    assert signature.idempotency_key in note
    assert caplog.text == ""


# --- sync


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1), GeneratorExit()])
def test_whatever_it_is(error: BaseException) -> None:
    """What is no Exception has the note, and the node is not asked first."""
    with person("ethereum") as owner:
        w3 = connect(owner, owner.privy)
        w3.middleware_onion.inject(type("Ending", (Broken,), {"raises": error}), layer=0)
        with pytest.raises(type(error)) as caught:
            w3.eth.send_transaction({"to": RECEIVER, "value": 1})
        sent: Any = noted(owner.sandbox, note_of(caught.value))
        assert w3.eth.get_transaction(sent)["from"] == address_of(w3)


def test_a_node_that_breaks_off_in_sync() -> None:
    """The error of a node that answers nothing more has the note itself."""
    with person("ethereum") as owner, node_front(owner.sandbox.evm_rpc_url(CHAIN_ID)) as front:
        w3 = connect(owner, owner.privy, HTTPProvider(front.url))
        front.silent |= {SEND_RAW, BY_HASH}
        front.released.set()
        with pytest.raises(requests.ConnectionError) as caught:
            w3.eth.send_transaction({"to": RECEIVER, "value": 1})
        assert sent_by(owner, note_of(caught.value)) == address_of(w3)


def sent_by(owner: Person, note: str) -> str:
    """Whose the transaction is that the note names."""
    w3 = Web3(HTTPProvider(owner.sandbox.evm_rpc_url(CHAIN_ID)))
    sent: Any = noted(owner.sandbox, note)
    return w3.eth.get_transaction(sent)["from"]


@pytest.mark.slow
@pytest.mark.parametrize("face", ["async", "sync"])
def test_ctrl_c(face: str) -> None:
    """A program that is interrupted while it sends says what it may have sent."""
    with person("ethereum") as owner, node_front(owner.sandbox.evm_rpc_url(CHAIN_ID)) as front:
        front.silent.add(SEND_RAW)
        sandbox, wallet = owner.sandbox, owner.wallet
        sandbox.fund(wallet.address, 1, caip2=f"eip155:{CHAIN_ID}")
        connection = (sandbox.base_url, sandbox.app_id, sandbox.app_secret)
        arguments = (*connection, owner.jwt, wallet.id, front.url)
        process = start("web3_interrupted.py", face, *arguments, flags=())
        give_up = time.monotonic() + 30
        while SEND_RAW not in front.heard and process.poll() is None:
            assert time.monotonic() < give_up
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        code, _, errors = outcome(process)
        assert code == -signal.SIGINT, errors
        assert "KeyboardInterrupt" in errors
        assert sent_by(owner, errors) == Web3.to_checksum_address(wallet.address)
