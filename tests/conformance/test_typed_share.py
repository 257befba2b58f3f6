"""How much of what the API documents has a name here, and what webhooks and tokens tell."""

import json
from collections import defaultdict
from typing import Any

import pytest
from chains import ChainMethod
from examples import NEW_FIELD, NEWER, OLDER, Document, Maker
from loopback import loopback
from test_documented_answers import ANSWERS
from token_helpers import APP_ID, PEM, identity
from walk import fields, source, unknown_fields

from privy_async import PrivyClient
from privy_async.resources.users.values import User

pytestmark = pytest.mark.anyio

PRIVY = PrivyClient(app_id=APP_ID, app_secret="x")
# Of these every field must be an attribute; of all together, 95 of a hundred.
COMPLETE = {
    "aggregations", "condition_sets", "intents", "key_quorums", "policies", "tokens",
    "transactions", "users", "wallets", "webhooks",
}  # fmt: skip
EVENTS = [
    pytest.param(document, kind, id=f"{age} {kind}")
    for age, document in (("older", OLDER), ("newer", NEWER))
    for kind in document.kinds_of_events
]


def events(document: Document, kind: str, *, full: bool, grown: bool = False) -> list[Any]:
    """Events of one type."""
    maker = Maker(document.schemas, full, grown)
    return list(maker.examples(document.kinds_of_events[kind]))


@pytest.mark.parametrize("full", [True, False], ids=["full", "sparse"])
@pytest.mark.parametrize(("document", "kind"), EVENTS)
def test_events(document: Document, kind: str, full: bool) -> None:
    """Every field of an event has a name, and the event becomes the same JSON again."""
    for example in events(document, kind, full=full):
        event = PRIVY.webhooks.unsafe_unwrap(json.dumps(example))
        assert list(unknown_fields(event)) == []
        assert event.to_json() == example


@pytest.mark.parametrize(("document", "kind"), EVENTS)
def test_events_of_a_later_api(document: Document, kind: str) -> None:
    """An event with new fields and values is kept whole, and so is one of a new type."""
    for example in events(document, kind, full=False, grown=True):
        for later in (example, {**example, "type": kind}):
            event = PRIVY.webhooks.unsafe_unwrap(json.dumps(later))
            assert event.to_json() == later
            assert event.extra[NEW_FIELD] == "x"


async def identity_of(document: Document) -> tuple[list[Any], User]:
    """Linked accounts of every kind, and the user of an identity token that holds them."""
    account = document.schemas["User"]["properties"]["linked_accounts"]["items"]
    accounts = list(Maker(document.schemas, full=True).examples(account))
    token = identity({"linked_accounts": json.dumps(accounts)})
    user = await PRIVY.tokens.verify_identity_token(token, verification_key=PEM)
    return accounts, user


@pytest.mark.parametrize("document", [OLDER, NEWER], ids=["older", "newer"])
async def test_identity_tokens(document: Document) -> None:
    """A linked account of an identity token has a name for every field, whatever its kind."""
    accounts, user = await identity_of(document)
    assert len(accounts) == len(user.linked_accounts) > 20
    assert list(unknown_fields(user)) == []


async def documented_fields() -> dict[tuple[str, str], bool]:
    """Every documented field, by group and place, and whether it is an attribute."""
    found: dict[tuple[str, str], bool] = {}

    def note(group: str, place: str, part: Any, value: Any) -> None:
        for path, typed in fields(part, value, place):
            found[group, path] = found.get((group, path), True) and typed

    async with loopback() as server:
        for answer in ANSWERS:
            # What this answers is as it came; the methods of the chains have it typed.
            if answer.operation.name == "wallets.rpc":
                continue
            chain = isinstance(answer.operation, ChainMethod)
            name = f"wallets.{answer.operation.name}" if chain else answer.operation.name
            for example, result in await answer.results(server, full=True):
                if result is not None:
                    note(name.partition(".")[0], name, source(result, example), result)
    for document in (OLDER, NEWER):
        for kind in document.kinds_of_events:
            for example in events(document, kind, full=True):
                note("webhooks", kind, example, PRIVY.webhooks.unsafe_unwrap(json.dumps(example)))
        accounts, user = await identity_of(document)
        note("tokens", "linked_accounts", accounts, user.linked_accounts)
    return found


async def test_the_share_of_typed_fields() -> None:
    """All documented fields of what most apps use are attributes, and nearly all of the rest."""
    found = await documented_fields()
    by_group: dict[str, list[bool]] = defaultdict(list)
    for (group, _), typed in found.items():
        by_group[group].append(typed)
    untyped = {place for (group, place), typed in found.items() if group in COMPLETE and not typed}
    assert by_group.keys() >= COMPLETE
    assert untyped == set()
    assert sum(found.values()) / len(found) >= 0.95
