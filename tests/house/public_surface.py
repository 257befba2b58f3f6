"""Writes down what is public: python tests/house/public_surface.py (or `make surface`).

The record stands in public_surface.txt: each public name with its signature, fields and methods,
and the module by which it is pickled. A change of it is a decision, so it is made by hand.
"""

import ast
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
RECORD = Path(__file__).with_suffix(".txt")
MODULES = (
    "privy_async", "privy_async.types", "privy_async.verification", "privy_async.bulk",
    "privy_async.bulk.progress", "privy_async.bulk.redis", "privy_async.sandbox",
    *(f"privy_async.integrations.{name}" for name in (
        "aiohttp_web", "arq", "eth_account", "fastapi", "redis", "solders", "starlette", "taskiq",
        "web3", "x402",
    )),
    "privy_sync", "privy_sync.types", "privy_sync.bulk",
    *(f"privy_sync.integrations.{name}" for name in (
        "django", "eth_account", "solders", "web3", "x402",
    )),
)  # fmt: skip
DUNDERS = "init call await iter aiter next anext enter exit aenter aexit len str"
PUBLIC_DUNDERS = {f"__{name}__" for name in DUNDERS.split(" ")}
# What of a signature is no business of a caller.
PRIVATE = {"NotPickled", "hides_arguments"}
Function = (ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def tree(module: str) -> ast.Module:
    """The source of a module of ours."""
    path = ROOT.joinpath(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ast.parse(path.read_text("utf-8"))


def is_ours(module: str | None) -> bool:
    return bool(module) and str(module).split(".")[0] in ("privy_async", "privy_sync")


@cache
def statements(module: str) -> dict[str, ast.stmt]:
    """By each name at the top of a module the statement that defines or imports it."""
    found: dict[str, ast.stmt] = {}
    waiting: list[ast.stmt] = list(tree(module).body)
    for node in waiting:
        if isinstance(node, ast.If):
            waiting += [*node.body, *node.orelse]
        elif isinstance(node, ast.With):
            waiting += node.body
        elif isinstance(node, (*Function, ast.ClassDef)):
            found.setdefault(node.name, node)
        elif isinstance(node, ast.ImportFrom):
            found |= {alias.asname or alias.name: node for alias in node.names}
        elif isinstance(node, ast.AnnAssign | ast.Assign):
            targets = [node.target] if isinstance(node, ast.AnnAssign) else node.targets
            found |= {target.id: node for target in targets if isinstance(target, ast.Name)}
    return found


def public_names(module: str) -> list[str]:
    """What a module exports: its `__all__`, or what it defines or imports under its own name."""
    listed = statements(module).get("__all__")
    if isinstance(listed, ast.Assign) and isinstance(listed.value, ast.List):
        return sorted(ast.literal_eval(listed.value))
    return sorted(
        name
        for name, node in statements(module).items()
        if not name.startswith("_")
        and (
            any(alias.asname == name == alias.name for alias in node.names)
            if isinstance(node, ast.ImportFrom)
            else True
        )
    )


def home(module: str, name: str) -> tuple[str, str]:
    """The module that defines a name, and what it is called there."""
    node = statements(module).get(name)
    if isinstance(node, ast.ImportFrom) and is_ours(node.module):
        (alias,) = [alias for alias in node.names if name in (alias.asname, alias.name)]
        return home(str(node.module), alias.name)
    return module, name


def signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    decorators = {ast.unparse(each) for each in node.decorator_list}
    if decorators & {"property", "cached_property"}:
        return f"{node.name}{returns}"
    start = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    marks = "".join(f"@{each} " for each in sorted(decorators - PRIVATE))
    return f"{marks}{start} {node.name}({ast.unparse(node.args)}){returns}"


def members(module: str, node: ast.ClassDef) -> Iterator[str]:
    """The public fields and methods of a class, with those of bases that have no public name."""
    # What a class defines anew takes the place of what its base has.
    yield from dict(_members(module, node)).values()


def _members(module: str, node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for base in node.bases:
        place, name = home(module, ast.unparse(base).partition("[")[0])
        found = statements(place).get(name) if is_ours(place) else None
        if isinstance(found, ast.ClassDef) and not is_exported(place, name):
            yield from _members(place, found)
    for item in node.body:
        if isinstance(item, Function):
            if not item.name.startswith("_") or item.name in PUBLIC_DUNDERS:
                yield item.name, signature(item)
        elif isinstance(item, ast.AnnAssign | ast.Assign):
            text = ast.unparse(item)
            if not text.startswith("_"):
                yield text.partition(":")[0], text


@cache
def exported() -> frozenset[tuple[str, str]]:
    return frozenset(home(module, name) for module in MODULES for name in public_names(module))


def is_exported(module: str, name: str) -> bool:
    return (module, name) in exported()


def described(module: str, name: str) -> Iterator[str]:
    """The lines that describe what a module defines under a name."""
    node = statements(module).get(name)
    if isinstance(node, ast.ClassDef):
        named = [ast.unparse(each) for each in [*node.bases, *node.keywords]]
        bases = ", ".join(each for each in named if each not in PRIVATE)
        yield f"class {name}({bases})  [{module}]"
        yield from (f"    {line}" for line in members(module, node))
    elif isinstance(node, Function):
        yield f"{signature(node)}  [{module}]"
    else:
        yield ast.unparse(node) if node else name


def handed_out(module: str, node: ast.ClassDef, path: str) -> Iterator[str]:
    """What a client hands out by its properties: each resource with its methods, and so on."""
    for base in node.bases:
        place, name = home(module, ast.unparse(base))
        found = statements(place).get(name) if is_ours(place) else None
        if isinstance(found, ast.ClassDef):
            yield from handed_out(place, found, path)
    for item in node.body:
        decorators = {ast.unparse(each) for each in getattr(item, "decorator_list", ())}
        if not isinstance(item, Function) or "cached_property" not in decorators:
            continue
        place, name = home(module, ast.unparse(item.returns or ast.Constant(None)).strip("'"))
        found = statements(place).get(name) if is_ours(place) else None
        if isinstance(found, ast.ClassDef) and not item.name.startswith("_"):
            inner = f"{path}.{item.name}"
            yield inner
            methods = (line for line in members(place, found) if "(self" in line)
            yield from (f"    {line}" for line in methods if "__init__" not in line)
            yield from handed_out(place, found, inner)


def record() -> str:
    """All of it, each thing once: further on a name stands for what was told before."""
    lines: list[str] = []
    told: set[tuple[str, str]] = set()
    for module in MODULES:
        lines.append(f"\n== {module}\n")
        for name in public_names(module):
            place = home(module, name)
            known = place in told
            told.add(place)
            lines += [f"{name}  = {'.'.join(place)}"] if known else described(*place)
    lines.append("\n== What a PrivyClient hands out\n")
    client = statements("privy_async.client")["PrivyClient"]
    assert isinstance(client, ast.ClassDef)
    lines += handed_out("privy_async.client", client, "privy")
    return "\n".join(lines).strip() + "\n"


def main(arguments: Sequence[str]) -> None:
    """Write the record anew; with --check, exit with 1 if it is not as it was."""
    if "--check" not in arguments:
        RECORD.write_text(record(), "utf-8")
    elif RECORD.read_text("utf-8") != record():
        sys.exit("what is public has changed: if that is meant, run make surface")


if __name__ == "__main__":
    main(sys.argv[1:])
