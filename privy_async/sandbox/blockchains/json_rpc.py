"""JSON-RPC 2.0: reading requests and their parameters, writing answers."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, cast

import attrs

INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
SERVER_ERROR: Final = -32000

_DATA: Final = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
_QUANTITY: Final = re.compile(r"0x[0-9a-fA-F]{1,64}")


@attrs.define
class RpcError(Exception):
    """An error answer (https://www.jsonrpc.org/specification, section 5.1)."""

    message: str
    code: int = SERVER_ERROR
    data: object = None

    def to_json(self) -> dict[str, object]:
        """The answer's `error`; `data` is left out where there is none."""
        error: dict[str, object] = {"code": self.code, "message": self.message}
        return error if self.data is None else {**error, "data": self.data}


def invalid_params(problem: str) -> RpcError:
    """The error for a parameter that is missing or wrong."""
    return RpcError(f"Invalid params: {problem}", INVALID_PARAMS)


@attrs.frozen
class Params:
    """The positional parameters of a request; each reader raises RpcError for a wrong one."""

    values: Sequence[object]

    def get(self, index: int) -> object:
        """The parameter, or None if it was left out."""
        return self.values[index] if index < len(self.values) else None

    def text(self, index: int) -> str:
        """A required string."""
        value = self.get(index)
        if not isinstance(value, str):
            raise invalid_params(f"expected a string at position {index}")
        return value

    def boolean(self, index: int) -> bool:
        """A boolean; left out is False."""
        return self.get(index) is True

    def object(self, index: int) -> Mapping[str, object]:
        """An object; left out is an empty one."""
        value = self.get(index)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise invalid_params(f"expected an object at position {index}")
        return cast("dict[str, object]", value)

    def texts(self, index: int) -> Sequence[str]:
        """A required array of strings."""
        value = self.get(index)
        if not isinstance(value, list):
            raise invalid_params(f"expected an array at position {index}")
        items = cast("list[object]", value)
        if not all(isinstance(item, str) for item in items):
            raise invalid_params(f"expected an array of strings at position {index}")
        return cast("list[str]", items)

    def data(self, index: int, *, length: int | None = None) -> bytes:
        """Bytes as 0x hex, exactly `length` of them if that is given."""
        return read_data(self.get(index), length=length)

    def quantity(self, index: int) -> int:
        """A number of up to 256 bits as 0x hex."""
        return read_quantity(self.get(index))


def read_data(value: object, *, length: int | None = None) -> bytes:
    """Read bytes given as 0x hex."""
    if not isinstance(value, str) or not _DATA.fullmatch(value):
        raise invalid_params("expected 0x hex digits, two for each byte")
    data = bytes.fromhex(value[2:])
    if length is not None and len(data) != length:
        raise invalid_params(f"expected {length} bytes of hex, received {len(data)}")
    return data


def read_quantity(value: object) -> int:
    """Read a number of up to 256 bits given as 0x hex, or as a JSON integer."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**256:
        return value
    if not isinstance(value, str) or not _QUANTITY.fullmatch(value):
        raise invalid_params("expected a number as 0x hex")
    return int(value, 16)


def answer(request: object, call: Callable[[str, Params], object]) -> object:
    """Answer a request, or a batch of them, by `call(method, params)`."""
    if isinstance(request, list):
        return [_answer_one(each, call) for each in cast("list[object]", request)]
    return _answer_one(request, call)


def _answer_one(request: object, call: Callable[[str, Params], object]) -> dict[str, object]:
    fields = cast("dict[str, object]", request) if isinstance(request, dict) else {}
    head = {"jsonrpc": "2.0", "id": fields.get("id")}
    try:
        method, params = fields.get("method"), fields.get("params", [])
        if not isinstance(method, str) or not isinstance(params, list):
            raise RpcError("Invalid request", INVALID_REQUEST)
        return {**head, "result": call(method, Params(cast("list[object]", params)))}
    except RpcError as error:
        return {**head, "error": error.to_json()}
