"""Arguments for any method, made from its signature."""

import inspect
from collections.abc import Callable, Mapping
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from privy_async.errors import InvalidArgumentError
from privy_async.sending.call import OMIT, Omit

# What no annotation tells: contents that are checked before anything is sent, and parameters of
# which one must be given though each may be left out.
PARTICULAR: Mapping[str, Mapping[str, Any]] = {
    "intents.generate_user_signer": {"user_jwt": "a.b.c"},
    "intents.rpc": {"body": {"method": "personal_sign", "params": {}}},
    **{
        f"users.mfa.{method}.{ceremony}.{step}": {"user_jwt": "a.b.c"}
        for method in ("passkey", "sms", "totp")
        for ceremony in ("enrollment", "verification")
        for step in ("init", "verify")
    },
    "users.search": {"search_term": "x"},
    "wallets.authenticate": {"user_jwt": "a.b.c"},
    "wallets.earn.ethereum.deposit": {"amount": "1"},
    "wallets.earn.ethereum.withdraw": {"amount": "1"},
    "wallets.ethereum_yield.deposit": {"asset_amount": "1"},
    "wallets.ethereum_yield.withdraw": {"asset_amount": "1"},
    # The key and the address of the first Hardhat account.
    "wallets.import_private_key": {
        "chain_type": "ethereum",
        "private_key": "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
        "address": "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
    },
    "wallets.raw_sign": {"hash": bytes(32)},
    "wallets.rpc": {"body": {"method": "personal_sign", "params": {}}},
    "wallets.swap.execute": {"base_amount": "1"},
    "wallets.swap.quote": {"base_amount": "1"},
}
# Of these, each check of a field takes one.
CANDIDATES = (f"0x{1:040x}", f"0x{1:064x}", 1, "1", "0x01", "01", 118, f"41{1:040x}")


def arguments(
    name: str, method: Callable[..., Any], path: Mapping[str, str]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What to call a method with: the values of its path, and all that it requires."""
    given = {**PARTICULAR.get(name, {}), **path}
    positional: list[Any] = []
    named: dict[str, Any] = {}
    for parameter in inspect.signature(method).parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            continue
        if parameter.name not in given and parameter.default is not parameter.empty:
            continue
        value = given.pop(parameter.name, OMIT)
        value = example(parameter.annotation) if value is OMIT else value
        if parameter.kind is parameter.KEYWORD_ONLY:
            named[parameter.name] = value
        else:
            positional.append(value)
    assert not given, f"{name} has no parameters {list(given)}"
    return tuple(positional), named


def passes(check: Callable[..., Any], value: object) -> bool:
    """True if a field's check takes this value."""
    try:
        check(value, argument="it")
    except InvalidArgumentError:
        return False
    return True


def example(kind: Any) -> Any:
    """A value of a type, the same each time, with the required keys alone."""
    if is_typeddict(kind):
        hints = get_type_hints(kind, include_extras=True)
        return {name: example(hints[name]) for name in sorted(kind.__required_keys__)}
    arguments, origin = get_args(kind), get_origin(kind)
    if origin in (Required, NotRequired):
        return example(arguments[0])
    if origin is Annotated:
        return next(each for each in CANDIDATES if passes(kind.__metadata__[0], each))
    if origin is Literal:
        return arguments[0]
    if origin in (Union, UnionType):
        # Unions are equal in any order, so that the first of one may be the last of the other.
        if bytes in arguments:
            return b"x"
        return example(next(item for item in arguments if item not in (NoneType, Omit)))
    if origin is not None and issubclass(origin, Mapping):
        return {"x": "x" if arguments[-1] is Any else example(arguments[-1])}
    if origin is not None:
        return [example(arguments[0])]
    return {str: "x", int: 1, float: 1.5, bool: True, bytes: b"x"}[kind]
