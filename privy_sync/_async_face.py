"""Reads the source of privy_async for the generator: its files, names and classes."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Final, TypeAlias

import attrs

ROOT: Final = Path(__file__).parent.parent
CLIENT_MODULE: Final = "privy_async.client"
PAGER: Final = "privy_async.page.Pager"
_RESOURCE: Final = "privy_async.resources.resource.Resource"
# Methods and types of the standard library that are of use on an event loop only.
_LOOP_METHODS: Final = ("__aenter__", "__aiter__", "__anext__", "__await__")
_LOOP_TYPES: Final = re.compile("Async[A-Z]|AbstractAsync|Awaitable|Coroutine")

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


class UnknownShapeError(Exception):
    """The async face has something that the generator does not know how to pass on."""


@attrs.frozen
class Import:
    """One imported name; `name` is None for `import module`."""

    module: str
    name: str | None
    typing_only: bool

    @property
    def full_name(self) -> str:
        return f"{self.module}.{self.name}" if self.name else self.module

    def statement(self, local: str) -> str:
        """The statement that imports it as `local`."""
        start = f"from {self.module} import {self.name}" if self.name else f"import {self.module}"
        return start if local == (self.name or self.module) else f"{start} as {local}"


@attrs.frozen
class Module:
    """A file of the async face; `path` is relative to the project."""

    path: Path
    source: str = attrs.field(repr=False)
    tree: ast.Module = attrs.field(repr=False)
    imports: Mapping[str, Import] = attrs.field(repr=False)

    @classmethod
    def read(cls, path: Path) -> "Module":
        source = (ROOT / path).read_text(encoding="utf-8")
        tree = ast.parse(source, path)
        return cls(path, source, tree, dict(_imports(tree.body)))

    @property
    def name(self) -> str:
        return ".".join(self.path.with_suffix("").parts).removesuffix(".__init__")

    @property
    def classes(self) -> dict[str, ast.ClassDef]:
        """Its classes by their full names."""
        classes = [node for node in self.tree.body if isinstance(node, ast.ClassDef)]
        return {f"{self.name}.{node.name}": node for node in classes}

    @property
    def public_names(self) -> list[str]:
        """The public classes and constants that it defines."""
        names = [name for statement in self.tree.body for name in bound_names(statement)]
        return [name for name in names if not name.startswith("_")]

    def full_name(self, local: str) -> str:
        """Return what a name means here."""
        found = self.imports.get(local)
        return found.full_name if found else f"{self.name}.{local}"

    def docstring(self, node: ast.Module | ast.ClassDef | Function) -> str:
        """A docstring as it stands in the source, quotes included, in the words of sync code."""
        if ast.get_docstring(node) is None:
            return ""
        statement = node.body[0]
        text = ast.get_source_segment(self.source, statement) or ""
        text = dedent(" " * statement.col_offset + text)
        text = text.replace("from privy_async import", "from privy_sync import")
        return re.sub(r"\basync (?=(?:with|for|def)\b)|\bawait (?=\S)", "", text)

    def refuse(self, node: ast.stmt, problem: str) -> UnknownShapeError:
        return UnknownShapeError(f"{self.path}:{node.lineno}: {problem}")


@attrs.frozen
class AsyncFace:
    """The whole async face: its files, and all its classes by their full names."""

    modules: Sequence[Module]
    classes: Mapping[str, tuple[Module, ast.ClassDef]]

    @classmethod
    def read(cls) -> "AsyncFace":
        package = ROOT / "privy_async"
        paths = sorted(
            path
            for place in ("*.py", "resources/**/*.py", "verification/*.py")
            for path in package.glob(place)
        )
        modules = [Module.read(path.relative_to(ROOT)) for path in paths]
        classes = {
            name: (module, node) for module in modules for name, node in module.classes.items()
        }
        return cls(modules, classes)

    def has_twin(self, full_name: str) -> bool:
        """True if it is a client, or a resource with calls: what the sync face has a twin of."""
        if full_name not in self.classes:
            return False
        module, node = self.classes[full_name]
        if module.name == CLIENT_MODULE:
            return not node.name.startswith("_") and _needs_loop(node)
        line = [full_name, *self._ancestors(module, node)]
        calls = any(public_methods(self.classes[name][1]) for name in line)
        return not node.name.startswith("_") and _RESOURCE in line and calls

    def is_resource(self, full_name: str) -> bool:
        """True if it is a class of resources."""
        if full_name not in self.classes:
            return False
        return _RESOURCE in (full_name, *self._ancestors(*self.classes[full_name]))

    def in_sync(self, found: Import) -> Import:
        """The import of the twin, if what is imported has one."""
        if found.full_name != PAGER and not self.has_twin(found.full_name):
            return found
        return attrs.evolve(found, module=found.module.replace("privy_async", "privy_sync", 1))

    def _ancestors(self, module: Module, node: ast.ClassDef) -> Iterator[str]:
        for base in node.bases:
            name = module.full_name(ast.unparse(base))
            if name in self.classes:
                yield name
                yield from self._ancestors(*self.classes[name])

    def needs_loop(self, module: Module, annotation: ast.expr | None) -> bool:
        """True if what is annotated so, or a part of it, can only be used on an event loop."""
        for name in _names(annotation):
            full_name = module.full_name(name)
            if name == "Self" or _LOOP_TYPES.match(name):
                return True
            if full_name in self.classes and _needs_loop(self.classes[full_name][1]):
                return True
        return False


def public_methods(node: ast.ClassDef) -> list[Function]:
    """The methods of a class that a user may call; those it inherits are not among them."""
    return [function for function in _functions(node) if not function.name.startswith("_")]


def bound_names(statement: ast.stmt) -> list[str]:
    """The names that a class or an assignment binds."""
    if isinstance(statement, ast.ClassDef):
        return [statement.name]
    if isinstance(statement, ast.Assign):
        return [target.id for target in statement.targets if isinstance(target, ast.Name)]
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return [statement.target.id]
    return []


def unquoted(annotation: ast.expr | None) -> ast.expr:
    """The annotation that a quoted one stands for."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return ast.parse(annotation.value, mode="eval").body
    return annotation or ast.Constant(None)


def _functions(node: ast.ClassDef) -> list[Function]:
    return [item for item in node.body if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef))]


def _needs_loop(node: ast.ClassDef) -> bool:
    methods = [isinstance(function, ast.AsyncFunctionDef) for function in public_methods(node)]
    return any(methods) or any(function.name in _LOOP_METHODS for function in _functions(node))


def _names(annotation: ast.expr | None) -> Iterator[str]:
    """Every name that an annotation mentions, within quotes too."""
    for node in ast.walk(unquoted(annotation)):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from re.findall(r"\w+", node.value)


def _imports(
    body: Sequence[ast.stmt], *, typing_only: bool = False
) -> Iterator[tuple[str, Import]]:
    for node in body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.asname or alias.name, Import(alias.name, None, typing_only)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield alias.asname or alias.name, Import(node.module, alias.name, typing_only)
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield from _imports(node.body, typing_only=True)
