"""Records as JSON text and back: one codec for everything the state holds.

JSON has no tuples, bytes, keys or records, so each of these becomes an object with a single name
that begins with `$`: `{"$bytes": "AAE="}`, `{"$User": {"id": …}}`. A dict that could be taken for
one, or that has other names than texts, becomes `{"$dict": [[name, value], …]}`.
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, cast, get_args, get_type_hints

import attrs
from cryptography.hazmat.primitives.asymmetric.ec import (
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from privy_async.sandbox.requests.json_text import parse

_MARK: Final = "$"
_PLAIN: Final = (str, int, float, bool, type(None))

Record = type[attrs.AttrsInstance]


class Codec:
    """Encodes plain values, and the records that are named in the annotations of `root`.

    Attributes:
        records: The attrs classes, by name.

    Raises:
        TypeError: Two of these classes have one name.
    """

    def __init__(self, root: Record) -> None:
        self.records: dict[str, Record] = {}
        for record in records_in(root):
            if self.records.setdefault(record.__name__, record) is not record:
                raise TypeError(f"there are two records of the name {record.__name__}")

    def encode(self, value: object) -> str:
        """The value as JSON text.

        Raises:
            TypeError: It holds something that this codec does not know.
        """
        return json.dumps(self._to_json(value), separators=(",", ":"))

    def decode(self, text: str) -> Any:
        """The value of a text that `encode` made.

        Raises:
            ValueError: It is no such text, or a record has changed since.
        """
        try:
            return self._from_json(parse(text))
        except (KeyError, TypeError) as error:
            raise ValueError(f"{type(error).__name__}: {error}") from None

    def _to_json(self, value: Any) -> object:
        kind = cast("type[object]", type(value))
        if kind in _PLAIN:
            return value
        if kind is list:
            return [self._to_json(each) for each in value]
        if kind is tuple:
            return {"$tuple": [self._to_json(each) for each in value]}
        if isinstance(value, Mapping):
            return self._mapping_to_json(cast("Mapping[object, object]", value))
        record = self.records.get(kind.__name__)
        if record is kind:
            names = [field.name for field in attrs.fields(record)]
            shown = {name: self._to_json(getattr(value, name)) for name in names}
            return {_MARK + kind.__name__: shown}
        for name, binary in _BINARY.items():
            if isinstance(value, binary.type):
                return {_MARK + name: base64.b64encode(binary.write(value)).decode()}
        raise TypeError(f"the state file cannot hold a {kind.__qualname__}")

    def _mapping_to_json(self, mapping: Mapping[object, object]) -> object:
        if all(isinstance(name, str) and not name.startswith(_MARK) for name in mapping):
            return {str(name): self._to_json(value) for name, value in mapping.items()}
        items = [[self._to_json(name), self._to_json(value)] for name, value in mapping.items()]
        return {_MARK + "dict": items}

    def _from_json(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._from_json(each) for each in cast("list[object]", value)]
        if not isinstance(value, dict):
            return value
        fields = cast("dict[str, Any]", value)
        name = next(iter(fields), "")
        if not name.startswith(_MARK):
            return {name: self._from_json(each) for name, each in fields.items()}
        return self._marked(name.removeprefix(_MARK), fields[name])

    def _marked(self, name: str, value: Any) -> Any:
        if name == "dict":
            return {self._from_json(key): self._from_json(each) for key, each in value}
        if name == "tuple":
            return tuple(self._from_json(each) for each in value)
        if name in _BINARY:
            return _BINARY[name].read(base64.b64decode(value))
        record = self.records[name]
        aliases = {field.name: field.alias for field in attrs.fields(record)}
        return record(**{aliases[each]: self._from_json(value[each]) for each in value})


def records_in(root: Record) -> Iterator[Record]:
    """The attrs classes that are named in the annotations of a class, and in theirs."""
    for annotation in annotations_in(root):
        if isinstance(annotation, type) and attrs.has(annotation):
            yield annotation


def annotations_in(root: Record) -> Sequence[Any]:
    """All annotations of a class, what they are made of, and those of the attrs classes there."""
    seen = list(get_type_hints(root).values())
    for annotation in seen:  # which grows meanwhile
        found: list[Any] = [*get_args(annotation)]
        if isinstance(annotation, type) and attrs.has(annotation):
            found += get_type_hints(annotation).values()
        seen.extend(each for each in found if each not in seen)
    return seen


@attrs.frozen
class _Binary:
    """A type of values that are bytes, or have a standard form in bytes."""

    type: type
    write: Callable[[Any], bytes]
    read: Callable[[bytes], object]


_BINARY: Final[Mapping[str, _Binary]] = {
    "bytes": _Binary(bytes, bytes, bytes),
    "public_key": _Binary(
        EllipticCurvePublicKey,
        lambda key: key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        load_der_public_key,
    ),
    "private_key": _Binary(
        EllipticCurvePrivateKey,
        lambda key: key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        lambda data: load_der_private_key(data, None),
    ),
}
