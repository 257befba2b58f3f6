"""A statement about Privy's API: plain words, how to ask for it, and what is taken for true."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import attrs
from api_client import Reply

from contract.scene import NotAskedError, Scene

Ask: TypeAlias = Callable[[Scene], Awaitable[str]]


@attrs.frozen
class Statement:
    """One statement.

    Attributes:
        name: For programs.
        words: For people.
        expected: What the sandbox answers, and so what is taken for true of Privy.
        ask: Asks a target, and tells what it answered in a few words.
    """

    name: str
    words: str
    expected: str
    ask: Ask

    async def answer(self, scene: Scene) -> str:
        """Return what a target answers; what goes wrong on the way is an answer too."""
        try:
            return await self.ask(scene)
        except NotAskedError as error:
            return f"not asked: {error}"
        except Exception as error:
            return f"cannot be asked: {type(error).__name__}: {' '.join(str(error).split())[:200]}"


STATEMENTS: list[Statement] = []


def states(expected: str) -> Callable[[Ask], Ask]:
    """Make a statement of a function: its docstring is the words, its result the answer."""

    def register(ask: Ask) -> Ask:
        words = " ".join((ask.__doc__ or "").split())
        STATEMENTS.append(Statement(ask.__name__, words, expected, ask))
        return ask

    return register


def told(reply: Reply, *fields: str) -> str:
    """Return an answer in words: its status, and of a success the fields, of a refusal its text."""
    if reply.status < 400:
        values = (f"{name} {field_of(reply.body, name)!r}" for name in fields)
        return ", ".join([str(reply.status), *values])
    body = reply.body if isinstance(reply.body, dict) else {}
    return f"{reply.status} {body.get('code') or 'without a code'}: {body.get('error')}"


def field_of(body: Any, path: str) -> Any:
    """Return what stands at a path such as "data.signature"; "missing" if nothing does."""
    for name in path.split("."):
        if not isinstance(body, dict) or name not in body:
            return "missing"
        body = body[name]
    return body


def status_and_code(reply: Reply) -> str:
    """Return a refusal without its text, where Privy's is not known."""
    body = reply.body if isinstance(reply.body, dict) else {}
    return f"{reply.status} {body.get('code') or 'without a code'}"
