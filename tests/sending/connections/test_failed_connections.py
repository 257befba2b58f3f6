"""Connections that fail: what the error says, whether the call is repeated, who was cancelled."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sdk_helpers import RawServer, free_port
from unresponsive import unresponsive_port

from privy_async import APIConnectionError, APITimeoutError, PrivyClient, record_responses

pytestmark = pytest.mark.anyio

Call = Callable[[PrivyClient], Awaitable[Any]]


def create_user(privy: PrivyClient) -> Awaitable[Any]:
    return privy.users.create(linked_accounts=[])


def delete_quorum(privy: PrivyClient) -> Awaitable[Any]:
    return privy.key_quorums.delete("q")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems queue otherwise")
@pytest.mark.parametrize("call", [create_user, delete_quorum])
async def test_connecting_too_slowly_sends_nothing(call: Call) -> None:
    """With or without a body: the call is tried again, and surely did not happen."""
    with unresponsive_port() as port:
        options = {"connect_timeout": 0.05, "max_retries": 1}
        async with RawServer(port=port).client(**options) as privy:
            with record_responses() as attempts, pytest.raises(APITimeoutError) as caught:
                await call(privy)
    assert len(attempts) == 2
    assert caught.value.may_have_happened is False
    assert caught.value.message == "cannot connect (ConnectionTimeoutError)"


async def test_what_a_refused_connection_says() -> None:
    """The operating system's words are in the message."""
    port = free_port()
    async with RawServer(port=port).client(max_retries=0) as privy:
        with pytest.raises(APIConnectionError) as caught:
            await create_user(privy)
    assert caught.value.message == "cannot connect (Connection refused)"
    assert str(port) in str(caught.value)


async def test_what_a_broken_connection_says() -> None:
    """The kind of failure, where the operating system has no words for it."""
    async with RawServer(None) as server, server.client(max_retries=0) as privy:
        with pytest.raises(APIConnectionError) as caught:
            await create_user(privy)
    assert caught.value.message == "the connection broke (ServerDisconnectedError)"
    assert caught.value.may_have_happened is True


async def test_what_no_answer_says() -> None:
    """How long it was waited for."""
    async with RawServer() as server, server.client(max_retries=0) as privy:
        server.delay = 30
        with pytest.raises(APITimeoutError) as caught:
            await privy.users.create(linked_accounts=[], timeout=0.05)
    assert caught.value.message == "no answer within 0.05 s"


async def test_what_an_answer_that_is_none_says() -> None:
    """The parser's own words are told, and nothing of what the server sent."""
    answer = b"HTTP/1.1 2x0 evil\r\nwords: 1\r\n\r\n"
    async with RawServer(answer) as server, server.client(max_retries=0) as privy:
        with pytest.raises(APIConnectionError) as caught:
            await create_user(privy)
    message = caught.value.message
    assert message.startswith("what came back is no HTTP response: ")
    assert len(message) > len("what came back is no HTTP response: ")
    assert "evil" not in message
    assert "\n" not in message


async def test_a_cancelled_call_is_cancelled_also_while_the_client_closes() -> None:
    """Closing cancels those who wait for a connection; the caller's own cancel is another thing."""
    async with RawServer() as server:
        server.delay = 30
        privy = server.client(max_connections=1, max_retries=0)
        first, cancelled, waiting = (
            asyncio.create_task(privy.wallets.get(name)) for name in ("a", "b", "c")
        )
        await server.arrived.wait()
        cancelled.cancel()
        await privy.close()
        await asyncio.wait([first, cancelled, waiting])
    assert cancelled.cancelled()
    for task in (first, waiting):
        assert not task.cancelled()
        assert isinstance(task.exception(), APIConnectionError)
