"""From JSON to frozen values: one small decoder, compiled once for each class.

A value keeps what it does not know in `extra`, so an answer that grew new fields still decodes
and nothing of it is lost.
"""

import types
from collections.abc import Callable, Mapping
from functools import cache
from typing import (
    Any,
    Final,
    TypeVar,
    Union,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

import attrs

from privy_async.errors import APIResponseError
from privy_async.json_types import is_array, is_object

_NOTHING: Final[Mapping[str, Any]] = types.MappingProxyType({})


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(attrs.field,))
class _Kind(type):
    """Makes each class of values an `attrs.frozen` one, whose fields are given by keyword."""

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> Any:
        made = super().__new__(cls, name, bases, namespace)
        if not bases or "__slots__" in namespace:
            return made  # Value itself, and what attrs makes of a class: the same with slots.
        return attrs.frozen(made, kw_only=True)


@attrs.frozen(kw_only=True)
class Value(metaclass=_Kind):
    """What Privy answers. `extra` holds the fields that this version of the SDK does not know.

    The classes that derive from it need no decorator to be `attrs.frozen` too.
    """

    extra: Mapping[str, Any] = attrs.field(default=_NOTHING, repr=False, hash=False)

    def to_json(self) -> dict[str, Any]:
        """The value as JSON again: its fields that are not None, and what is in `extra`."""
        fields = (field.name for field in attrs.fields(type(self)) if field.name != "extra")
        known = {_json_name(name): _to_json(getattr(self, name)) for name in fields}
        return {name: item for name, item in known.items() if item is not None} | dict(self.extra)

    def __reduce__(self) -> tuple[Any, ...]:
        # A mapping proxy does not pickle, and values travel through task queues.
        fields = {field.name: getattr(self, field.name) for field in attrs.fields(type(self))}
        return _rebuild, (type(self), {**fields, "extra": dict(self.extra)})


V = TypeVar("V", bound=Value)
_variants: dict[type[Value], tuple[str, dict[str, type[Value]]]] = {}


def variant(base: type[Value], field: str, *tags: str) -> Callable[[type[V]], type[V]]:
    """Have `base` decode as this class wherever `field` of the JSON is one of `tags`.

    JSON with any other tag decodes as `base` itself, whose `extra` keeps the rest. So a union that
    grows never breaks its readers:

        @variant(LinkedAccount, "type", "email")
        class EmailAccount(LinkedAccount): ...
    """

    def register(kind: type[V]) -> type[V]:
        table = _variants.setdefault(base, (field, {}))[1]
        table.update(dict.fromkeys(tags, kind))
        return kind

    return register


def _rebuild(kind: type[Value], fields: dict[str, Any]) -> Value:
    return kind(**fields)


def decode(kind: type[V], data: Any, *, path: str = "") -> V:
    """Make a `kind` of decoded JSON.

    A field's JSON name is its own, without a trailing underscore. A field with a default may be
    missing. Plain types are taken as they come; nested values, tuples and mappings are decoded.

    Args:
        kind: The class.
        data: The JSON object.
        path: Where it stands in the answer.

    Raises:
        APIResponseError: A required field is missing, or something else stands where an object
            or a list should; `path` names the place.
    """
    try:
        return _decoder(kind)(data)  # type: ignore[no-any-return]
    except (KeyError, TypeError, AttributeError):
        place, problem = _find_fault(kind, data, path)
        raise APIResponseError(
            f"the answer is no {kind.__name__}: {place or 'it'} {problem}", path=place
        ) from None


def decode_list(kind: type[V], data: Any, *, path: str) -> tuple[V, ...]:
    """Make a tuple of `kind` of a JSON array; like `decode`."""
    if not is_array(data):
        place = path or "the answer"
        raise APIResponseError(f"{place} is {type(data).__name__}, not a list", path=path)
    decoder = _decoder(kind)
    try:
        return tuple(map(decoder, data))
    except (KeyError, TypeError, AttributeError):
        for index, item in enumerate(data):
            decode(kind, item, path=f"{path}[{index}]")
        raise


@cache
def _decoder(kind: Any) -> Callable[[Any], Any]:
    """The decoder of a class, which goes by the tag where the class has variants."""
    plain = _compile(kind)
    if kind not in _variants:
        return plain
    field, kinds = _variants[kind]
    decoders = {tag: _compile(variant) for tag, variant in kinds.items()}

    def decode_variant(data: Any) -> Any:
        return decoders.get(data[field], plain)(data)

    return decode_variant


def _compile(kind: Any) -> Callable[[Any], Any]:
    """Write the decoder of a class as straight-line code: about five times a generic loop."""
    scope: dict[str, Any] = {
        "kind": kind,
        "draft": _draft(kind),
        "new": object.__new__,
        "nothing": _NOTHING,
        "as_list": _as_list,
    }
    lines = ["def decode(data):", " value = new(draft)"]
    names = [field.name for field in attrs.fields(kind) if field.name != "extra"]
    hints = get_type_hints(kind)
    for name in names:
        source = _source(getattr(attrs.fields(kind), name), hints[name], scope)
        lines.append(f" value.{name} = {source}")
    scope["known"] = frozenset(map(_json_name, names))
    lines += [
        " value.extra = nothing if known.issuperset(data) else {",
        "  name: item for name, item in data.items() if name not in known}",
        " value.__class__ = kind",
        " return value",
    ]
    exec("\n".join(lines), scope)
    return scope["decode"]  # type: ignore[no-any-return]


def _draft(kind: Any) -> type:
    """A class with the layout of `kind` whose instances can be written to, and then become it.

    Plain assignment to slots is several times as fast as calling the descriptors of a frozen class.
    """
    writable = {"__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    return type(kind.__name__, (kind,), {"__slots__": (), **writable})


def _json_name(name: str) -> str:
    return name.rstrip("_")


def _source(field: "attrs.Attribute[Any]", hint: Any, scope: dict[str, Any]) -> str:
    """The expression that reads one field from `data`."""
    key = repr(_json_name(field.name))
    if field.default is attrs.NOTHING:
        return _convert(f"data[{key}]", hint, scope)
    if field.default is None:
        return _convert(f"data.get({key})", hint, scope)
    scope[f"default_{field.name}"] = field.default
    present = _convert(f"data[{key}]", hint, scope)
    return f"{present} if {key} in data else default_{field.name}"


def _convert(source: str, hint: Any, scope: dict[str, Any], depth: int = 0) -> str:
    """The expression that turns the JSON at `source` into what the type hint says."""
    origin, arguments, item = get_origin(hint), get_args(hint), f"item{depth}"
    if origin in (Union, types.UnionType) and type(None) in arguments:
        kinds = [argument for argument in arguments if argument is not type(None)]
        inner = _convert(item, kinds[0], scope, depth + 1) if len(kinds) == 1 else item
        return source if inner == item else f"None if ({item} := {source}) is None else {inner}"
    if origin is tuple:
        inner = _convert(item, arguments[0], scope, depth + 1)
        if inner == item:
            return f"tuple(as_list({source}))"
        if inner.endswith(f"({item})") and inner.startswith("decode_"):
            return f"tuple(map({inner.partition('(')[0]}, as_list({source})))"
        return f"tuple([{inner} for {item} in as_list({source})])"
    if origin is Mapping:
        inner = _convert(item, arguments[1], scope, depth + 1)
        entries = f"{{key: {inner} for key, {item} in {source}.items()}}"
        return source if inner == item else entries
    if isinstance(hint, type) and issubclass(hint, Value):
        decoder = f"decode_{len(scope)}"
        scope[decoder] = _decoder(hint)
        return f"{decoder}({source})"
    return source


def _as_list(data: Any) -> Any:
    if is_array(data):
        return data
    raise TypeError


def _find_fault(kind: type[Value], data: Any, path: str) -> tuple[str, str]:
    """Where and why `data` is no `kind`: the slow walk that only an error pays for."""
    if not is_object(data):
        return path, f"is {type(data).__name__}, not an object"
    field, kinds = _variants.get(kind, ("", {}))
    tag = data.get(field)
    kind = kinds.get(tag, kind) if isinstance(tag, str) else kind
    hints = get_type_hints(kind)
    for attribute in attrs.fields(kind):
        name = _json_name(attribute.name)
        place = f"{path}.{name}" if path else name
        required = attribute.name != "extra" and attribute.default is attrs.NOTHING
        if required and name not in data:
            return place, "is missing"
        fault = _find_nested_fault(hints[attribute.name], data.get(name), place)
        if fault is not None and name in data:
            return fault
    return path, "cannot be read"


def _find_nested_fault(hint: Any, data: Any, path: str) -> tuple[str, str] | None:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        kinds = [argument for argument in arguments if argument is not type(None)]
        optional = len(kinds) < len(arguments)
        if len(kinds) > 1 or (optional and data is None):
            return None
        return _find_nested_fault(kinds[0], data, path)
    if origin is tuple and not is_array(data):
        return path, f"is {type(data).__name__}, not a list"
    if origin is Mapping and not is_object(data):
        return path, f"is {type(data).__name__}, not an object"
    if origin is tuple:
        inside = [(f"{path}[{index}]", item) for index, item in enumerate(data)]
        return _first_fault(arguments[0], inside)
    if origin is Mapping:
        named = [(f"{path}.{name}", item) for name, item in dict(data).items()]
        return _first_fault(arguments[1], named)
    if isinstance(hint, type) and issubclass(hint, Value):
        try:
            _decoder(hint)(data)
        except (KeyError, TypeError, AttributeError):
            return _find_fault(hint, data, path)
    return None


def _first_fault(hint: Any, items: list[tuple[str, Any]]) -> tuple[str, str] | None:
    faults = (_find_nested_fault(hint, item, path) for path, item in items)
    return next((fault for fault in faults if fault is not None), None)


def _to_json(value: Any) -> Any:
    if isinstance(value, Value):
        return value.to_json()
    if is_array(value):
        return [_to_json(item) for item in value]
    if is_object(value):
        return {name: _to_json(item) for name, item in value.items()}
    return value
