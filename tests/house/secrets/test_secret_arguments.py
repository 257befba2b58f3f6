"""Whatever takes a secret hides its arguments from error trackers, in both faces."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from places import ROOT

# Where functions stand that are called with secrets by those who use the SDK.
PLACES = (
    "privy_async/client.py",
    "privy_async/resources/**/*.py",
    "privy_async/verification/*.py",
    "privy_async/signing/authorization.py",
    "privy_async/signing/p256.py",
    "privy_async/user_keys/store.py",
    "privy_async/integrations/*.py",
    "privy_sync/client.py",
    "privy_sync/resources/**/*.py",
    "privy_sync/verification/*.py",
    "privy_sync/integrations/**/*.py",
)
NAMES = {
    "api_key", "app_secret", "authorization_key", "authorization_private_keys", "code",
    "credential", "encryption_key", "key", "mfa_token", "private_key", "secret", "seed_phrase",
    "signature", "signatures", "token", "user_auth", "user_code", "user_jwt", "user_jwts",
}  # fmt: skip
# Of these names some mean something else: a coin, a public key, a place in an app.
HARMLESS = {
    ("token", "str | Sequence[str] | None"),
    ("key", "Key"),
    ("key", "str"),
    ("private_key", "EllipticCurvePrivateKey"),
    ("user_jwt", "Callable[..., Any]"),
    ("authorization_key", "str | None"),
    ("key", "Any"),
}
# Its `signature` is a quote's, which the quote shows.
SHOWN = {"claim_static_deposit"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.AST) -> Iterator[Function]:
    """Those that are public, and the constructors."""
    for node in ast.walk(tree):
        if not isinstance(node, Function) or node.name in SHOWN:
            continue
        if node.name == "__init__" or node.name[0] != "_":
            yield node


def secrets(function: Function) -> set[str]:
    """The parameters that are secrets."""
    arguments = [*function.args.args, *function.args.kwonlyargs]
    if function.args.kwarg and "PrivyClient(**options)" in ast.unparse(function):
        return {"options"}
    named = {each.arg: ast.unparse(each.annotation) for each in arguments if each.annotation}
    return {name for name in named.keys() & NAMES if (name, named[name]) not in HARMLESS}


FOUND = [
    (path, function)
    for pattern in PLACES
    for path in sorted(ROOT.glob(pattern))
    for function in functions(ast.parse(path.read_text()))
    if secrets(function)
]


@pytest.mark.parametrize(
    ("path", "function"), FOUND, ids=[f"{path.name}-{each.name}" for path, each in FOUND]
)
def test_it_hides_its_arguments(path: Path, function: Function) -> None:
    """Its decorator cuts it, and what it calls, out of tracebacks."""
    decorators = [ast.unparse(each) for each in function.decorator_list]
    assert "hides_arguments" in decorators, (path, function.lineno, secrets(function))


def test_there_are_many() -> None:
    """The search above is not blind."""
    assert len(FOUND) > 40
