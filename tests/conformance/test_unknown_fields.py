"""No structured argument of any method takes a field that is not Privy's."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from types import UnionType
from typing import (
    Annotated,
    Any,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

import pytest
from arguments import arguments, example
from chains import METHODS, PARTICULAR
from documented import OPERATIONS

from privy_async import InvalidArgumentError, PrivyClient

pytestmark = pytest.mark.anyio

# Nobody listens there: what is sent ends in another error.
PRIVY = PrivyClient(app_id="a", app_secret="b", base_url="http://127.0.0.1:1", max_retries=0)
# A method of the same resource has a parameter of this name that takes any fields.
FREE = {"kraken_embed.start_verification_from_urls", "kraken_embed.submit_verification_from_urls"}


def spoiled(kind: Any) -> Iterator[tuple[Any, str]]:
    """Values of a type that are right but for one unknown field, at each depth, and its name."""
    parts, origin = get_args(kind), get_origin(kind)
    if is_typeddict(kind):
        yield from spoiled_fields(kind)
    elif origin in (Annotated, Required, NotRequired):
        yield from spoiled(parts[0])
    elif origin in (Union, UnionType) and Mapping[str, Any] not in parts:
        for part in parts:
            yield from spoiled(part)
    elif origin in (Sequence, Mapping):
        for value, name in spoiled(parts[-1]):
            yield [value] if origin is Sequence else {"x": value}, name


def spoiled_fields(kind: Any) -> Iterator[tuple[Any, str]]:
    hints = get_type_hints(kind, include_extras=True)
    right = {name: example(hint) for name, hint in hints.items()}
    mistyped = max(hints, key=len)[:-1]
    yield {**right, mistyped: "x"}, mistyped
    for name, hint in hints.items():
        for value, inner in spoiled(hint):
            yield {**right, name: value}, inner


def methods() -> Iterator[tuple[str, Callable[..., Any], Mapping[str, Any]]]:
    """Every method, its name, and what it must be called with."""
    for operation in OPERATIONS:
        if operation.name != "request" and operation.name not in FREE:
            method, ids = operation.find(PRIVY)
            yield operation.name, method, ids
    for each in METHODS:
        name = f"wallets.{each.name}"
        yield name, attrgetter(name)(PRIVY), PARTICULAR.get(each.name, {})


def mistakes() -> Iterator[Any]:
    for name, method, particular in methods():
        for parameter in inspect.signature(method).parameters.values():
            if parameter.kind is parameter.VAR_KEYWORD:
                continue
            for number, (value, mistyped) in enumerate(spoiled(parameter.annotation)):
                yield pytest.param(
                    name, particular, parameter.name, value, mistyped,
                    id=f"{name}-{parameter.name}-{mistyped}-{number}",
                )  # fmt: skip


MISTAKES = list(mistakes())


def test_mistakes_are_made_everywhere() -> None:
    """Transactions, calls, transfers, swaps, owners, signers, policies and the rest are there."""
    tried = {(each.values[0], each.values[2]) for each in MISTAKES}
    assert tried > {
        ("wallets.ethereum.send_transaction", "transaction"),
        ("wallets.ethereum.send_calls", "calls"),
        ("wallets.ethereum.sign_user_operation", "user_operation"),
        ("wallets.solana.sign_and_send_transaction", "sponsor_options"),
        ("wallets.tron.send_transaction", "raw_data"),
        ("wallets.spark.transfer_tokens", "selected_outputs"),
        ("wallets.transfer", "destination"),
        ("intents.transfer", "destination"),
        ("wallets.swap.execute", "destination"),
        ("wallets.payout.fiat.create", "source"),
        ("wallets.attach_automations", "params"),
        ("wallets.create", "additional_signers"),
        ("wallets.create_batch", "wallets"),
        ("wallets.update", "owner"),
        ("policies.create", "rules"),
        ("policies.update_rule", "conditions"),
        ("users.create", "linked_accounts"),
        ("users.create_linked_account", "linked_account"),
        ("kraken_embed.custom_orders.create", "action"),
    }
    assert len(MISTAKES) > 200


@pytest.mark.parametrize(("name", "particular", "parameter", "value", "mistyped"), MISTAKES)
async def test_an_unknown_field_is_refused(
    name: str, particular: Mapping[str, Any], parameter: str, value: Any, mistyped: str
) -> None:
    """It is named by its path, with the nearest known name, before anything is sent."""
    method = attrgetter(name)(PRIVY)
    positional, named = arguments(name, method, {**particular, parameter: value})
    with pytest.raises(InvalidArgumentError, match="did you mean") as caught:
        await method(*positional, **named)
    assert caught.value.argument.startswith(parameter)
    assert caught.value.argument.endswith(f".{mistyped}")
