"""Answers with every documented field, and with as few as may be: both are read completely."""

from collections.abc import AsyncIterator, Iterable, Iterator
from functools import partial
from typing import Any

import attrs
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from documented import OPERATIONS, Operation
from examples import ANSWERS, examples
from loopback import Loopback, Request, loopback, ok

from privy_async.page import Page
from privy_async.values import Value

pytestmark = pytest.mark.anyio

KEY = ec.generate_private_key(ec.SECP256R1())
# What these answer is opened or used as a key; no schema tells how to make that.
SEALED = {
    "POST /v1/wallets/authenticate",
    "POST /v1/wallets/{}/export",
    "POST /v1/wallets/import/init",
    "POST /v1/wallets/import/submit",
}
READ = [row for row in OPERATIONS if row.key in ANSWERS.keys() - SEALED and row.name != "request"]
# Kraken requires nothing: an answer without a result is one that reports errors.
REQUIRING = [row for row in READ if "kraken_embed" not in row.key]


@pytest.fixture
async def server() -> AsyncIterator[Loopback]:
    """A server that answers what the test says."""
    async with loopback() as server:
        yield server


def unknown_fields(value: Any, path: str = "") -> Iterator[str]:
    """What a value, and the values in it, could not place."""
    if isinstance(value, Value):
        yield from (f"{path}.{name}" for name in value.extra)
        for field in attrs.fields(type(value)):
            yield from unknown_fields(getattr(value, field.name), f"{path}.{field.name}")
    elif isinstance(value, (tuple, Page)):
        for item in value:
            yield from unknown_fields(item, f"{path}[]")


def _answer(data: Any, request: Request) -> web.Response:
    return ok(data)


async def read(server: Loopback, operation: Operation, answers: Iterable[Any]) -> list[object]:
    """What the operation's method gives back for each answer."""
    results: list[object] = []
    async with server.client(authorization_key=KEY) as privy:
        for answer in answers:
            server.answer = partial(_answer, answer)
            results.append(await operation.call(privy))
    return results


@pytest.mark.parametrize("operation", READ, ids=lambda operation: operation.key)
async def test_every_documented_field_has_a_name(server: Loopback, operation: Operation) -> None:
    """Nothing of an answer with every field, in each alternative, is left in `extra`."""
    results = await read(server, operation, examples(operation.key, full=True))
    assert results
    assert sorted({field for result in results for field in unknown_fields(result)}) == []


@pytest.mark.parametrize("operation", REQUIRING, ids=lambda operation: operation.key)
async def test_optional_fields_may_be_missing(server: Loopback, operation: Operation) -> None:
    """An answer without any field that is documented as optional is read."""
    assert await read(server, operation, examples(operation.key, full=False))
