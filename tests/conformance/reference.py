"""Writes privy_async/OPERATIONS.md, the reference of all operations.

    python tests/conformance/reference.py [--check]

With --check it writes nothing, and ends with 1 if the file is stale.
"""

import inspect
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any, get_args

ROOT = Path(__file__).parents[2]
HELPERS = ("tests/helpers", "tests/helpers/sandbox", "tests/helpers/servers", "tests/conformance")
sys.path[:0] = [str(ROOT), *(str(ROOT / place) for place in HELPERS)]

from chains import METHODS  # noqa: E402
from documented import OPERATIONS, Operation, unnamed  # noqa: E402
from public_methods import public_methods  # noqa: E402

import privy_async  # noqa: E402
from privy_async.errors import ErrorCode  # noqa: E402
from privy_async.sandbox.operations import ROUTES as SANDBOX  # noqa: E402
from privy_async.sending.operations import Accepts, accepted_by_path  # noqa: E402

FILE = ROOT / "privy_async/OPERATIONS.md"
PRIVY = privy_async.PrivyClient(app_id="app", app_secret="secret")
HEAD = """\
# Operations

All of Privy's operations, and the method of `PrivyClient` that does each, the same in
`privy_async` and `privy_sync`. This file is made by `tests/conformance/reference.py`.

**Headers** are those of Privy's that an operation takes besides the app's. The SDK sees to them:

- *signature*: it is signed by whoever must agree (`privy-authorization-signature`);
  `authorization=` says who, for one call.
- *idempotency*: it is done once, however often it is sent (`privy-idempotency-key`);
  `idempotency_key=` gives a key of your own.
- *expiry*: Privy refuses it when it comes too late (`privy-request-expiry`);
  `request_expiry=` says when.
- *user_token*: it is done as the user, whose own token goes along (`privy-user-token`);
  `user_jwt=` says whose, by default that of `privy.for_user(user_jwt)`.

**Sandbox** says whether `privy_async.sandbox` answers it; it answers 501 to all others.
"""
OTHERS = """
## Methods of the chains

All of them are the operation `POST /v1/wallets/{wallet_id}/rpc`, with its headers.

"""
HELPERS = """
## Methods that are no operation

They combine operations, wait for what these began, or ask nobody.

"""
EVIDENCE = """
## What the newest operations are known from

All others stand in Privy's OpenAPI document of June 2026, or in its official SDKs for Python
(0.7.0) and Node (0.35.0). *Analogy* means that nobody here has seen it written down: it is taken
to be like its siblings.

| operation | known from |
|---|---|
"""
CODES = """
## Codes of errors

What `code` of an `APIStatusError` may be, as far as it is known (`privy_async.errors.ErrorCode`):

"""


def is_imitated(operation: Operation) -> bool:
    """Whether the sandbox does it, and not merely knows of it."""
    lines = resources.files("privy_async.sandbox.operations").joinpath("not_imitated.txt")
    refused = {unnamed(" ".join(line.split()[:2])) for line in lines.read_text().splitlines()}
    known = {f"{each.method} {unnamed(each.path)}" for each in SANDBOX}
    # The sandbox answers at every path with and without the prefix.
    return operation.key.replace(" /api/", " /") in known - refused


def headers(operation: Operation) -> str:
    """The names of the headers that it takes."""
    accepts = accepted_by_path(operation.method, re.sub(r"\{\w+\}", "x", operation.template))
    names = [name for name in Accepts._fields if name != "safe" and getattr(accepts, name)]
    return ", ".join(names)


def replacement(method: Any) -> str:
    """What to use instead of a method, in brackets; nothing if it is as good as any."""
    text = " ".join((inspect.getdoc(method) or "").split())
    found = re.search(r"(Deprecated: use|Superseded by) (.+?)\.(?: |$)", text)
    return f" ({found[1].lower()} {found[2]})" if found else ""


def method_of(operation: Operation) -> str:
    """How it is called, and whether it should be."""
    if operation.name == "request":
        return "`request(...)`"
    method, _ = operation.find(PRIVY)
    return f"`{operation.name}`{replacement(method)}"


def operation_rows() -> Iterator[str]:
    """A table for each group of operations."""
    groups: dict[str, list[Operation]] = defaultdict(list)
    for operation in OPERATIONS:
        groups[operation.name.partition(".")[0]].append(operation)
    for name, group in groups.items():
        yield f"\n## {name}\n\n| operation | method | headers | sandbox |\n|---|---|---|---|\n"
        for each in sorted(group, key=lambda each: (each.template, each.method)):
            row = f"`{each.method} {each.template}` | {method_of(each)} | {headers(each)}"
            yield f"| {row} | {'yes' if is_imitated(each) else 'no'} |\n"


def chain_rows() -> Iterator[str]:
    """A table of the RPC methods."""
    yield "| method | RPC method |\n|---|---|\n"
    for method in METHODS:
        yield f"| `wallets.{method.name}` | `{method.rpc}` |\n"


def helper_rows() -> Iterator[str]:
    """A list of the methods that no table names, without those of the client itself."""
    named = {operation.name for operation in OPERATIONS}
    named |= {f"wallets.{method.name}" for method in METHODS}
    for path, method in public_methods(PRIVY, ""):
        name = path.removeprefix(".")
        if name not in named and "." in name:
            yield f"- `{name}`: {(inspect.getdoc(method) or '').splitlines()[0]}\n"


def evidence_rows() -> Iterator[str]:
    """A row for each operation that is newer than those documents."""
    for line in (ROOT / "tests/conformance/evidence.txt").read_text().splitlines():
        operation, _, evidence = line.partition(" | ")
        yield f"| `{operation}` | {evidence} |\n"


def code_rows() -> Iterator[str]:
    """A list of the codes, each with what stands beside it in the source."""
    source = inspect.getsource(privy_async.errors)
    for code in get_args(ErrorCode):
        said = re.search(rf'^    "{code}",  # (.+)$', source, re.MULTILINE)
        assert said is not None, f"{code} is not explained"
        yield f"- `{code}`: {said[1]}\n"


def reference() -> str:
    """The text of the file."""
    parts = (HEAD, *operation_rows(), EVIDENCE, *evidence_rows(), OTHERS, *chain_rows())
    return "".join((*parts, HELPERS, *helper_rows(), CODES, *code_rows()))


def main() -> None:
    """Write the file, or check it."""
    if "--check" not in sys.argv:
        FILE.write_text(reference())
    elif FILE.read_text() != reference():
        sys.exit(f"{FILE.name} is stale: run python tests/conformance/reference.py")


if __name__ == "__main__":
    main()
