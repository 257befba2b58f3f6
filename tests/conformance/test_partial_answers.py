"""Documented answers without any one field, or with an odd one: read, or an error has it all."""

import copy
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from functools import partial, reduce
from itertools import cycle, islice
from operator import getitem
from typing import Any

import attrs
import pytest
from examples import Entries
from loopback import Loopback, loopback, ok
from test_documented_answers import ANSWERS, KEY, Answer
from walk import as_json

from privy_async import APIResponseError
from privy_async.page import Page
from privy_async.values import Value

pytestmark = pytest.mark.anyio

ODD: tuple[Any, ...] = (7, "odd", {"odd": 1}, [7], None)
DEEPEST, MOST = 5, 600
# What an answer that moves money or tells who somebody is must have, to be of use: all else may be
# missing or odd. Operations that are not named need an `id`, or more.
NEEDED: Mapping[str, set[str]] = {
    "ethereum.send_transaction": {"data", "data.hash"},
    "ethereum.send_calls": {"data", "data.transaction_id"},
    "solana.sign_and_send_transaction": {"data", "data.hash"},
    "tron.send_transaction": {"data", "data.hash"},
    "ethereum.sign_message": {"data", "data.signature"},
    "solana.sign_transaction": {"data", "data.signed_transaction"},
    "spark.transfer": {"data", "data.id"},
    "spark.withdraw": {"data", "data.id"},
    "wallets.transfer": {"id"},
    "wallets.swap.execute": {"id"},
    "wallets.earn.ethereum.deposit": {"id"},
    "wallets.earn.ethereum.withdraw": {"id"},
    "wallets.earn.ethereum.incentive.claim": {"id"},
    "wallets.payout.fiat.create": {"id"},
    "wallets.actions.get": {"id"},
    "transactions.get": {"id"},
    "wallets.create": {"id", "address"},
    "wallets.get": {"id", "address"},
    "custodial_wallets.create": {"id", "address"},
    "users.create": {"id", "linked_accounts"},
    "users.get": {"id", "linked_accounts"},
    "policies.create": {"id", "rules"},
    "key_quorums.create": {"id"},
    "organizations.create": {"id"},
    "intents.authorize": {"intent_id"},
    "intents.get": {"intent_id"},
}


@attrs.frozen
class Damage:
    """An answer of which one field is gone, or odd."""

    path: str
    name: str
    gone: bool
    answer: Any


def places(data: Any, path: str = "") -> Iterator[tuple[str, list[Any]]]:
    """Every named field of JSON, and the keys that lead to it."""
    items = data.items() if isinstance(data, dict) else enumerate(data)
    for key, inner in items:
        named = isinstance(data, dict)
        place = f"{path}.{key}".lstrip(".") if named else f"{path}[]"
        # The names of entries are anything; to take one away is no damage.
        if named and not isinstance(data, Entries):
            yield place, [key]
        if isinstance(inner, (dict, list)):
            yield from ((deeper, [key, *keys]) for deeper, keys in places(inner, place))


def damages(examples: Iterable[Any]) -> Iterator[Damage]:
    """The answers damaged at each place, once for every kind of object there."""
    seen: set[Any] = set()
    ways = cycle(ODD)
    for example in examples:
        for path, keys in places(example) if isinstance(example, (dict, list)) else ():
            *outer, last = keys
            kind = (path, tuple(reduce(getitem, outer, example)))
            if kind in seen or len(keys) > DEEPEST:
                continue
            seen.add(kind)
            for odd in (next(ways), ...):
                yield Damage(path, str(last), odd is ..., damaged(example, keys, odd))


def damaged(data: Any, keys: list[Any], odd: Any) -> Any:
    """A copy with something odd at the end of the keys, or nothing there."""
    key, *deeper = keys
    if not deeper and odd is ...:
        return {name: item for name, item in data.items() if name != key}
    changed = copy.copy(data)
    changed[key] = damaged(data[key], deeper, odd) if deeper else odd
    return changed


def pruned(data: Any, name: str) -> Any:
    """JSON without nulls and without fields of this name, which a default may stand in for."""
    if isinstance(data, dict):
        items = {key: pruned(item, name) for key, item in data.items() if key != name}
        return {key: item for key, item in items.items() if item is not None}
    return [pruned(item, name) for item in data] if isinstance(data, list) else data


def parts(data: Any) -> Iterator[Any]:
    yield data
    yield [data]
    for item in data.values() if isinstance(data, dict) else ():
        yield from parts(item)


async def outcome(server: Loopback, answer: Answer, privy: Any, data: Any) -> Any:
    """What the method gives back for this answer, or how it fails."""
    server.answer = partial(lambda data, _: ok(data), data)
    try:
        return await answer.operation.call(privy)
    except APIResponseError as error:
        return error


def check(damage: Damage, result: Any) -> None:
    """Nothing is lost: all that can be read is in the result, or the error has the whole answer."""
    if isinstance(result, APIResponseError):
        # No error carries keys, tokens and secrets.
        secret = result.url.endswith("/secrets") or "/mfa/" in result.url
        assert result.status == 200
        assert result.body == (None if secret else damage.answer), damage.path
        writes = result.method != "GET"
        assert result.may_have_happened in {writes, False}
        assert ("most likely executed" in str(result)) == result.may_have_happened
    elif isinstance(result, (Value, Page, tuple)) and not is_odd_item(damage):
        wanted = pruned(as_json(result), damage.name)
        found = (pruned(part, damage.name) for part in parts(damage.answer))
        assert any(part == wanted for part in found), damage.path


def is_odd_item(damage: Damage) -> bool:
    """True if an item is odd that is no object: it comes under an empty name."""
    return "[7]" in repr(damage.answer) or damage.path == "data"


@pytest.fixture
async def server() -> AsyncIterator[Loopback]:
    """A server that answers what the test says."""
    async with loopback() as server:
        yield server


async def needed(server: Loopback, answer: Answer) -> set[str]:
    """The fields without which the answers of an operation cannot be read."""
    found: set[str] = set()
    async with server.client(authorization_key=KEY) as privy:
        for damage in islice(damages(answer.examples(full=True)), MOST):
            result = await outcome(server, answer, privy, damage.answer)
            check(damage, result)
            if damage.gone and isinstance(result, APIResponseError):
                found.add(damage.path)
    return found


NAMED = [answer for answer in ANSWERS if answer.operation.name in NEEDED]
# A page of every kind of intent is long, and each kind is read by `get` already.
OTHERS = [answer for answer in ANSWERS if answer.operation.name not in {*NEEDED, "intents.list"}]


def test_the_table_is_of_operations() -> None:
    """Each name in the table is documented."""
    assert {answer.operation.name for answer in NAMED} == NEEDED.keys()


@pytest.mark.slow
@pytest.mark.parametrize("answer", NAMED, ids=lambda answer: answer.id)
async def test_what_must_be_there(server: Loopback, answer: Answer) -> None:
    """Of what moves money or names somebody, all is read save without the fields of the table."""
    assert await needed(server, answer) == NEEDED[answer.operation.name]


@pytest.mark.slow
@pytest.mark.parametrize("answer", OTHERS, ids=lambda answer: answer.id)
async def test_nothing_is_lost(server: Loopback, answer: Answer) -> None:
    """Any other damaged answer is read with all that is in it, or an error has it whole."""
    await needed(server, answer)


async def test_a_chain_that_is_missing_hides_no_hash(server: Loopback) -> None:
    """A transaction that was sent is known by its hash and its id, whatever else is missing."""
    sent = {"hash": "0xabc", "transaction_id": "t"}
    server.answer = lambda request: ok({"method": "eth_sendTransaction", "data": sent})
    async with server.client(authorization_key=KEY) as privy:
        made = await privy.wallets.ethereum.send_transaction("w", {"value": 1}, caip2="eip155:1")
    assert (made.hash, made.transaction_id, made.caip2) == ("0xabc", "t", None)
