"""Every small change that is tried of a module: what it makes of the source text.

Left alone are annotations and types, docstrings, assertions for type checkers, what stands inside
f-strings (Python 3.11 does not know its place), and texts with a space, which are sentences for
people.
"""

import ast
import copy
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from typing import Any, Final

import attrs

# What a comparison or operator may turn into.
_COMPARISONS: Final[dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]]] = {
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
}  # fmt: skip
_OPERATORS: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Mod: ast.Add, ast.Pow: ast.Mult, ast.LShift: ast.RShift,
    ast.RShift: ast.LShift, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.BitXor: ast.BitOr,
}  # fmt: skip
_GENERIC: Final = {"dict", "list", "tuple", "set", "frozenset", "type"}
_NAMES: Final = {"any": "all", "all": "any", "min": "max", "max": "min"}
_REMOVED: Final = (ast.Raise, ast.Continue, ast.Break, ast.Delete, ast.AugAssign)


@attrs.frozen
class Mutant:
    """One module with one change.

    Attributes:
        module: The module's path below `privy_async`.
        text: The module's text without the change, in UTF-8.
        begin: The byte where the change begins.
        end: The byte where what is changed ends.
        becomes: The text that stands there instead.
        number: Which one it is of those that change lines of the same text alike, from 1.
    """

    module: str
    text: bytes = attrs.field(repr=False)
    begin: int
    end: int
    becomes: str
    number: int = 1

    @property
    def was(self) -> str:
        """The text that is changed."""
        return self.text[self.begin : self.end].decode()

    @property
    def line(self) -> int:
        """The line where the change begins, from 1."""
        return self.text.count(b"\n", 0, self.begin) + 1

    @property
    def line_text(self) -> str:
        """That line, without the blanks around it."""
        return self.text.splitlines()[self.line - 1].decode().strip()

    @property
    def name(self) -> tuple[str, ...]:
        """What tells it from all others, wherever its line stands."""
        number = () if self.number == 1 else (str(self.number),)
        return (self.module, self.line_text, self.was, self.becomes, *number)

    @property
    def source(self) -> bytes:
        """The whole module with the change."""
        return self.text[: self.begin] + self.becomes.encode() + self.text[self.end :]

    def compiles(self) -> bool:
        """True if it is Python."""
        try:
            compile(self.source, self.module, "exec")
        except SyntaxError:
            return False
        return True


def mutants_of(module: str, text: bytes) -> Iterator[Mutant]:
    """Yield each mutant of a module, in the order of its text; a few of them do not compile."""
    begins = list(accumulate(map(len, text.splitlines(keepends=True)), initial=0))
    seen = Counter[tuple[str, ...]]()
    for node in _nodes(ast.parse(text)):
        for place, changed in _replacements(node):
            if ast.dump(changed) == ast.dump(place):
                continue
            begin = begins[place.lineno - 1] + place.col_offset
            end = begins[place.end_lineno - 1] + place.end_col_offset
            new = ast.unparse(changed)
            becomes = f"({new})" if isinstance(place, ast.expr) else new
            mutant = Mutant(module, text, begin, end, becomes)
            seen[mutant.name] += 1
            yield attrs.evolve(mutant, number=seen[mutant.name])


def _nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes below one that may be changed."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_left_alone(child):
                yield child
                yield from _nodes(child)


def _is_left_alone(node: ast.AST) -> bool:
    if isinstance(node, ast.If):
        return ast.unparse(node.test) == "TYPE_CHECKING"
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Assign):
        return ast.unparse(node.targets[0]) == "__all__"
    if isinstance(node, ast.AnnAssign):
        return ast.unparse(node.annotation) == "TypeAlias"
    if isinstance(node, ast.Call):
        return ast.unparse(node.func) == "cast"
    if isinstance(node, ast.Subscript):
        return ast.unparse(node.value)[0].isupper() or ast.unparse(node.value) in _GENERIC
    return isinstance(node, ast.Assert | ast.JoinedStr | ast.Import | ast.ImportFrom)


def _replacements(node: ast.AST) -> Iterator[tuple[Any, ast.AST]]:
    """Yield a node, or one in it, and what is to stand in its place."""
    if isinstance(node, ast.If | ast.While):
        # A `while` that never ends would only take time.
        for taken in (False,) if isinstance(node, ast.While) else (True, False):
            yield node.test, ast.Constant(taken)
    for changed in _changes(node):
        yield node, changed


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what a node may turn into."""
    if isinstance(node, ast.stmt):
        yield from _changes_of_statement(node)
    elif isinstance(node, ast.Constant):
        yield from _changes_of_constant(node)
    elif isinstance(node, ast.Compare):
        yield from _changes_of_comparison(node)
    elif isinstance(node, ast.BoolOp):
        yield from _changes_of_and_or(node)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    elif isinstance(node, ast.BinOp):
        yield ast.BinOp(node.left, _OPERATORS.get(type(node.op), type(node.op))(), node.right)
    elif isinstance(node, ast.Name) and node.id in _NAMES:
        yield ast.Name(_NAMES[node.id])
    elif isinstance(node, ast.IfExp):
        yield node.body
        yield node.orelse
    elif isinstance(node, ast.Call):
        yield from _without_each(node, "keywords", least=1)
    elif isinstance(node, ast.Set) or (isinstance(node, ast.Tuple) and not _is_target(node)):
        yield from _without_each(node, "elts", least=2)
    elif isinstance(node, ast.Dict):
        yield from _changes_of_dict(node)
    elif isinstance(node, ast.GeneratorExp | ast.ListComp | ast.SetComp | ast.DictComp):
        yield from _changes_of_comprehension(node)


def _is_target(node: ast.Tuple) -> bool:
    """True if it is unpacked into: with fewer names nothing would work at all."""
    return isinstance(node.ctx, ast.Store)


def _changes_of_statement(node: ast.stmt) -> Iterator[ast.AST]:
    target = node.targets[0] if isinstance(node, ast.Assign) else None
    sets_part = isinstance(target, ast.Attribute | ast.Subscript)
    if sets_part or isinstance(node, (*_REMOVED, ast.Expr)):
        yield ast.Pass()
    if isinstance(node, ast.Return) and not isinstance(node.value, ast.Constant | None):
        yield ast.Return()


def _changes_of_constant(node: ast.Constant) -> Iterator[ast.AST]:
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int | float):
        yield ast.Constant(value + 1)
    elif isinstance(value, bytes):
        yield ast.Constant(value + b"X")
    elif isinstance(value, str) and " " not in value:
        yield ast.Constant(f"{value}X")


def _changes_of_comparison(node: ast.Compare) -> Iterator[ast.AST]:
    for number, operator in enumerate(node.ops):
        for other in _COMPARISONS[type(operator)]:
            operators = [*node.ops[:number], other(), *node.ops[number + 1 :]]
            yield ast.Compare(node.left, operators, node.comparators)


def _changes_of_and_or(node: ast.BoolOp) -> Iterator[ast.AST]:
    yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    for number in range(len(node.values)):
        rest = [*node.values[:number], *node.values[number + 1 :]]
        yield rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)


def _changes_of_dict(node: ast.Dict) -> Iterator[ast.AST]:
    for number in range(len(node.keys)):
        keys = [*node.keys[:number], *node.keys[number + 1 :]]
        yield ast.Dict(keys, [*node.values[:number], *node.values[number + 1 :]])


def _changes_of_comprehension(node: ast.AST) -> Iterator[ast.AST]:
    for number, generator in enumerate(node.generators):  # type: ignore[attr-defined]
        if generator.ifs:
            changed = copy.deepcopy(node)
            changed.generators[number].ifs = []  # type: ignore[attr-defined]
            yield changed


def _without_each(node: ast.AST, name: str, *, least: int) -> Iterator[ast.AST]:
    """Yield the node without one of its parts, for each of them."""
    parts = getattr(node, name)
    for number in range(len(parts) if len(parts) >= least else 0):
        changed = copy.copy(node)
        setattr(changed, name, [*parts[:number], *parts[number + 1 :]])
        yield changed
