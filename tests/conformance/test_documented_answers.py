"""Answers with every documented field, with as few as may be, and of a later API: all are read."""

from collections.abc import AsyncIterator, Iterable
from functools import partial
from typing import Any

import attrs
import pytest
from aiohttp import web
from chains import METHODS, ChainMethod
from cryptography.hazmat.primitives.asymmetric import ec
from documented import OPERATIONS, Operation
from examples import DOCUMENTS, NEW_FIELD, NEWER, OLDER, Document
from loopback import Loopback, Request, loopback, ok
from walk import source, unknown_fields

pytestmark = pytest.mark.anyio

KEY = ec.generate_private_key(ec.SECP256R1())
# What these answer is opened or used as a key; no schema tells how to make that.
SEALED = {
    "POST /v1/wallets/authenticate",
    "POST /v1/wallets/authenticate/intents",
    "POST /v1/wallets/{}/export",
    "POST /v1/wallets/import/init",
    "POST /v1/wallets/import/submit",
}


@attrs.frozen
class Answer:
    """What one source documents as the answers of an operation."""

    document: Document
    operation: Operation | ChainMethod

    @property
    def id(self) -> str:
        return f"{self.document.name} {self.operation.key}"

    def examples(self, *, full: bool, grown: bool = False) -> Iterable[Any]:
        if isinstance(self.operation, ChainMethod):
            return self.operation.examples(self.document, full=full, grown=grown)
        return self.document.examples(self.operation.key, full=full, grown=grown)

    async def results(
        self, server: Loopback, *, full: bool, grown: bool = False
    ) -> list[tuple[Any, Any]]:
        """Each example, and what the operation's method gives back for it."""
        found: list[tuple[Any, Any]] = []
        async with server.client(authorization_key=KEY) as privy:
            for example in self.examples(full=full, grown=grown):
                server.answer = partial(_answer, example)
                found.append((example, await self.operation.call(privy)))
                self._check(server.requests[-1])
        return found

    def _check(self, request: Request) -> None:
        """Fail unless the answer was to what it documents."""
        if isinstance(self.operation, ChainMethod):
            assert request.json["method"] == self.operation.rpc


def _answer(data: Any, request: Request) -> web.Response:
    return ok(data)


ANSWERS = [
    Answer(document, operation)
    for document in DOCUMENTS
    for operation in OPERATIONS
    if operation.key in document.answers.keys() - SEALED and operation.name != "request"
]
ANSWERS += [
    Answer(document, method)
    for method in METHODS
    for document in (OLDER, NEWER)
    if method.examples(document, full=True, grown=False)
]
# Kraken and Spark require nothing: an answer without a result is one that reports errors.
REQUIRING = [
    answer
    for answer in ANSWERS
    if not answer.operation.name.startswith(("kraken_embed.", "spark."))
]


@pytest.fixture
async def server() -> AsyncIterator[Loopback]:
    """A server that answers what the test says."""
    async with loopback() as server:
        yield server


def test_each_answer_is_documented() -> None:
    """What each method answers is known, and read here save where it is a sealed key."""
    read = {answer.operation.key for answer in ANSWERS}
    assert {method.key for method in METHODS} <= read
    assert {operation.key for operation in OPERATIONS} - read - SEALED <= {
        "POST /v1/kraken_embed/users/{}/verifications",
        "DELETE /v1/users/{}",
    }


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.id)
async def test_every_documented_field_has_a_name(server: Loopback, answer: Answer) -> None:
    """Of an answer with every field, in each alternative, all is named, and becomes JSON again."""
    results = await answer.results(server, full=True)
    assert results
    for example, result in results:
        assert list(unknown_fields(result)) == []
        if result is not None:
            assert source(result, example) is not None


@pytest.mark.parametrize("answer", REQUIRING, ids=lambda answer: answer.id)
async def test_optional_fields_may_be_missing(server: Loopback, answer: Answer) -> None:
    """An answer without any field that is documented as optional is read, and nothing invented."""
    for example, result in await answer.results(server, full=False):
        if result is not None:
            assert source(result, example) is not None


LATER = [
    *[pytest.param(answer, True, id=f"{answer.id}, full") for answer in ANSWERS],
    *[pytest.param(answer, False, id=f"{answer.id}, sparse") for answer in REQUIRING],
]


@pytest.mark.parametrize(("answer", "full"), LATER)
async def test_answers_of_a_later_api(server: Loopback, answer: Answer, full: bool) -> None:
    """New fields, values and kinds of things are kept: the result becomes the same JSON again."""
    for example, result in await answer.results(server, full=full, grown=True):
        if result is not None:
            part = source(result, example)
            assert not isinstance(part, dict) or part[NEW_FIELD] == "x"
