"""A change of functions, made in a process that has imported their module already."""

import gc
import inspect
from collections import Counter, defaultdict
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import TypeAlias

from mutation.changes import Mutant

Place: TypeAlias = tuple[str, str, int]
"""A function's file, qualified name and first line."""
Functions: TypeAlias = dict[Place, list[FunctionType]]
Swap: TypeAlias = tuple[FunctionType, CodeType]


def find_functions(folder: str) -> Functions:
    """Return all functions of modules below a folder, wherever they are by now."""
    found: Functions = defaultdict(list)
    for each in gc.get_objects():
        # Asked of the class: objects that stand for others tell their class as it suits them.
        if type(each) is FunctionType and each.__code__.co_filename.startswith(folder):
            found[_place(each.__code__)].append(each)
    return found


def swaps_of(mutant: Mutant, file: str, functions: Functions) -> list[Swap] | None:
    """Return which functions get which code; None if only another import shows the change."""
    bodies, codes = _parts(mutant.text, file)
    changed_bodies, changed = _parts(mutant.source, file)
    if bodies != changed_bodies:
        return None
    places = Counter(map(_place, codes.values()))
    swaps: list[Swap] = []
    for name, code in codes.items():
        live = functions.get(_place(code), [])
        if not live:
            continue
        new = changed.get(name)
        if new is None or places[_place(code)] > 1 or new.co_freevars != code.co_freevars:
            return None
        if new != code:
            swaps += [(function, new) for function in live]
    return swaps


def _place(code: CodeType) -> Place:
    return code.co_filename, code.co_qualname, code.co_firstlineno


def _parts(text: bytes, file: str) -> tuple[list[object], dict[tuple[str, int], CodeType]]:
    """Return what a module's import does itself, and its functions by name and number."""
    bodies: list[object] = []
    functions: dict[tuple[str, int], CodeType] = {}
    numbers = Counter[str]()
    for code in _walk(compile(text, file, "exec")):
        # What a class or a module is made of has locals that are no variables of a function.
        if code.co_flags & inspect.CO_OPTIMIZED:
            numbers[code.co_qualname] += 1
            functions[code.co_qualname, numbers[code.co_qualname]] = code
        else:
            constants = ["code" if inspect.iscode(each) else repr(each) for each in code.co_consts]
            bodies.append((code.co_code, code.co_names, constants))
    return bodies, functions


def _walk(code: CodeType) -> Iterator[CodeType]:
    yield code
    for each in code.co_consts:
        if inspect.iscode(each):
            yield from _walk(each)
