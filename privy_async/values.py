"""From JSON to frozen values: one small decoder, compiled once for each class.

A value keeps what it does not know in `extra`, so an answer that grew new fields still decodes
and nothing of it is lost. Nor is an answer lost for a part of it that is odd: a field that may be
missing is then as if it were, and its JSON is in `extra`; an item of a list comes as the base of
its class, or as `Unknown`, with its JSON in `extra`.
"""

import types
import typing
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any, Final, NamedTuple, NoReturn, TypeVar, Union, dataclass_transform

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
        # Value compares and prints them all: to write that code for each class takes long.
        frozen: Any = attrs.frozen(made, kw_only=True, eq=False, repr=False)
        for field in attrs.fields(frozen):
            if isinstance(field.default, attrs.Factory):  # type: ignore[arg-type]
                raise TypeError(f"{name}.{field.name}: a default must be a value, not a factory")
        return frozen


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Value(metaclass=_Kind):
    """A part of what Privy answers; `extra` holds what this version of the SDK cannot read of it.

    These are fields that are new and fields whose content is odd. The classes that derive from it
    need no decorator to be `attrs.frozen` too.
    """

    extra: Mapping[str, Any] = attrs.field(default=_NOTHING, repr=False, hash=False)

    def to_json(self) -> dict[str, Any]:
        """The value as JSON again: its fields that are not None, and what is in `extra`."""
        known = {field.key: _to_json(getattr(self, field.name)) for field in _fields(type(self))}
        return {name: item for name, item in known.items() if item is not None} | dict(self.extra)

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        names = (field.name for field in attrs.fields(type(self)))
        return all(getattr(self, name) == getattr(other, name) for name in names)

    def __hash__(self) -> int:
        hashed = (field.name for field in attrs.fields(type(self)) if field.hash is None)
        return hash(tuple(map(self.__getattribute__, hashed)))

    def __repr__(self) -> str:
        shown = (field.name for field in attrs.fields(type(self)) if field.repr)
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
        return f"{type(self).__qualname__}({fields})"

    def __reduce__(self) -> tuple[Any, ...]:
        # A mapping proxy does not pickle, and values travel through task queues.
        fields = {field.name: getattr(self, field.name) for field in attrs.fields(type(self))}
        return _rebuild, (type(self), {**fields, "extra": dict(self.extra)})


class Unknown(Value):
    """An item of a list that cannot be read. Its JSON is in `extra`, as `extra[""]` if no object.

    It stands among values of the list's own class. It has no other attributes.
    """

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"this item cannot be read, so it has no {name}: see its `extra`")


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
    """Return a `kind` made of JSON.

    A field's JSON name is its own, without a trailing underscore. A field with a default may be
    missing or odd. Plain types are taken as they come; values, tuples and mappings are decoded.

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
        pass  # Something is odd, so it is read with care.
    try:
        return _Object(kind).read(data, path)  # type: ignore[no-any-return]
    except _Fault as fault:
        message = f"the answer is no {kind.__name__}: {fault.place or 'it'} {fault.problem}"
        raise APIResponseError(message, path=fault.place) from None


def decode_list(kind: type[V], data: Any, *, path: str) -> tuple[V, ...]:
    """Return a tuple of `kind` made of a JSON array; like `decode`, but no item makes it fail."""
    if not is_array(data):
        place = path or "the answer"
        raise APIResponseError(f"{place} is {type(data).__name__}, not a list", path=path)
    try:
        return tuple(map(_decoder(kind), data))
    except (KeyError, TypeError, AttributeError):
        return _List(_Object(kind)).read(data, path)  # type: ignore[no-any-return]


@cache
def _decoder(kind: Any) -> Callable[[Any], Any]:
    """The fast decoder of a class, which fails at anything odd."""
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
    fields = _fields(kind)
    scope: dict[str, Any] = {
        "kind": kind,
        "draft": _draft(kind),
        "new": object.__new__,
        "known": frozenset(field.key for field in fields),
        "nothing": _NOTHING,
        "as_list": partial(_checked, is_array),
        "as_object": partial(_checked, is_object),
    }
    lines = ["def decode(data):", " value = new(draft)"]
    lines += [f" value.{field.name} = {field.source(scope)}" for field in fields]
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


def _checked(is_right: Callable[[object], bool], data: Any) -> Any:
    if is_right(data):
        return data
    raise TypeError


class _Fault(Exception):
    """A place in JSON that is not as it should be, and its problem."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(place, problem)
        self.place, self.problem = place, problem


class _Shape:
    """A kind of JSON, and how it is read: fast, and with care. This one is taken as it comes.

    `inner` is the kind of what is in it; of an object, its class.
    """

    def __init__(self, inner: Any = None) -> None:
        self.inner = inner

    def source(self, item: str, scope: dict[str, Any], depth: int = 0) -> str:
        """Return the expression that reads the JSON that the expression `item` gives.

        At whatever is odd it raises a KeyError, TypeError or AttributeError.
        """
        return item

    def read(self, data: Any, path: str) -> Any:
        """Read the JSON that stands at `path`, less what is odd and may be missing.

        Raises:
            _Fault: It is odd as a whole.
        """
        return data

    def read_item(self, data: Any, path: str) -> Any:
        """Read an item of a list or mapping."""
        return self.read(data, path)


class _Optional(_Shape):
    """Null, or something."""

    def source(self, item: str, scope: dict[str, Any], depth: int = 0) -> str:
        name = f"item{depth}"
        inner = self.inner.source(name, scope, depth + 1)
        return item if inner == name else f"None if ({name} := {item}) is None else {inner}"

    def read(self, data: Any, path: str) -> Any:
        return None if data is None else self.inner.read(data, path)

    def read_item(self, data: Any, path: str) -> Any:
        return None if data is None else self.inner.read_item(data, path)


class _List(_Shape):
    """An array, which becomes a tuple."""

    def source(self, item: str, scope: dict[str, Any], depth: int = 0) -> str:
        name = f"item{depth}"
        inner = self.inner.source(name, scope, depth + 1)
        # Looking at the class is faster than a call, which is left for lists of other classes.
        checked = f"{name} if ({name} := {item}).__class__ is list else as_list({name})"
        if inner == name:
            return f"tuple({checked})"
        if isinstance(self.inner, _Object):
            return f"tuple(map({inner.removesuffix(f'({name})')}, {checked}))"
        return f"tuple([{inner} for {name} in as_list({item})])"

    def read(self, data: Any, path: str) -> Any:
        if not is_array(data):
            raise _Fault(path, f"is {type(data).__name__}, not a list")
        read = self.inner.read_item
        return tuple([read(item, f"{path}[{index}]") for index, item in enumerate(data)])


class _Mapping(_Shape):
    """An object whose names can be any; it stays a mapping."""

    def source(self, item: str, scope: dict[str, Any], depth: int = 0) -> str:
        name = f"item{depth}"
        inner = self.inner.source(name, scope, depth + 1)
        if inner == name:
            return f"{name} if ({name} := {item}).__class__ is dict else as_object({name})"
        return f"{{key: {inner} for key, {name} in as_object({item}).items()}}"

    def read(self, data: Any, path: str) -> Any:
        if not is_object(data):
            raise _Fault(path, f"is {type(data).__name__}, not an object")
        return {key: self.inner.read_item(item, f"{path}.{key}") for key, item in data.items()}


class _Object(_Shape):
    """An object that becomes a value: of this class, or of the variant that its tag names."""

    def source(self, item: str, scope: dict[str, Any], depth: int = 0) -> str:
        decoder = f"decode_{len(scope)}"
        scope[decoder] = _decoder(self.inner)
        return f"{decoder}({item})"

    def read(self, data: Any, path: str) -> Any:
        if not is_object(data):
            raise _Fault(path, f"is {type(data).__name__}, not an object")
        field, kinds = _variants.get(self.inner, ("", {}))
        tag = data.get(field)
        variant = kinds.get(tag, self.inner) if isinstance(tag, str) else self.inner
        try:
            return _read_fields(variant, data, path)
        except _Fault:
            if variant is self.inner:
                raise
            return attrs.evolve(_read_fields(self.inner, data, path), extra=dict(data))

    def read_item(self, data: Any, path: str) -> Any:
        try:
            return self.read(data, path)
        except _Fault:
            # The class itself stands for what cannot be read if it needs nothing.
            needs = any(field.required for field in _fields(self.inner))
            extra = dict(data) if is_object(data) else {"": data}
            return (Unknown if needs else self.inner)(extra=extra)


class _Field(NamedTuple):
    """A field of a class: its name, its name in JSON, its default, what its JSON is like."""

    name: str
    key: str
    default: Any
    shape: _Shape

    @property
    def required(self) -> bool:
        return self.default is attrs.NOTHING

    def source(self, scope: dict[str, Any]) -> str:
        """Return the expression that reads it from `data`."""
        if self.required:
            return self.shape.source(f"data[{self.key!r}]", scope)
        if self.default is None:
            return self.shape.source(f"data.get({self.key!r})", scope)
        default, present = f"default_{self.name}", self.shape.source("item", scope)
        scope[default] = self.default
        if present == "item":
            return f"data.get({self.key!r}, {default})"
        return f"{default} if (item := data.get({self.key!r}, data)) is data else {present}"


@cache
def _fields(kind: Any) -> tuple[_Field, ...]:
    """All fields of a class but `extra`."""
    hints = typing.get_type_hints(kind)
    return tuple(
        _Field(field.name, field.name.rstrip("_"), field.default, _shape(hints[field.name]))
        for field in attrs.fields(kind)
        if field.name != "extra"
    )


def _shape(hint: Any) -> _Shape:
    """Return the kind of JSON that a type tells: the one walk over types."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType) and type(None) in arguments:
        kinds = [argument for argument in arguments if argument is not type(None)]
        return _Optional(_shape(kinds[0])) if len(kinds) == 1 else _Shape()
    if origin is tuple:
        return _List(_shape(arguments[0]))
    if origin is Mapping:
        return _Mapping(_shape(arguments[1]))
    if isinstance(hint, type) and issubclass(hint, Value):
        return _Object(hint)
    return _Shape()


def _read_fields(kind: Any, data: Mapping[str, Any], path: str) -> Any:
    """Make a value of JSON field by field; what is odd and may be missing goes to `extra`."""
    known: dict[str, Any] = {}
    rest = dict(data)
    for field in _fields(kind):
        place = f"{path}.{field.key}" if path else field.key
        if field.key not in data:
            if field.required:
                raise _Fault(place, "is missing")
            continue
        try:
            known[field.name] = field.shape.read(data[field.key], place)
        except _Fault:
            if field.required:
                raise
            continue
        del rest[field.key]
    return kind(**known, extra=rest or _NOTHING)


def _to_json(value: Any) -> Any:
    if isinstance(value, Value):
        return value.to_json()
    if is_array(value):
        return [_to_json(item) for item in value]
    if is_object(value):
        return {name: _to_json(item) for name, item in value.items()}
    return value
