"""Taking protocol buffers apart (https://protobuf.dev/programming-guides/encoding)."""

from collections.abc import Mapping

_VARINT, _FIXED64, _BYTES, _GROUP_START, _GROUP_END, _FIXED32 = range(6)

Fields = Mapping[int, tuple[int | bytes, ...]]
"""The values of each field in the order they stand. Those of groups count as the message's own."""


def parse_message(data: bytes) -> Fields:
    """Take one message apart.

    Raises:
        ValueError: If it is none.
    """
    fields = dict[int, tuple[int | bytes, ...]]()
    position = 0
    while position < len(data):
        key, position = _varint(data, position)
        value, position = _value(data, position, key & 7)
        number = key >> 3
        if number == 0:
            raise ValueError("field number 0")
        fields[number] = (*fields.get(number, ()), value)
    return fields


def _value(data: bytes, position: int, kind: int) -> tuple[int | bytes, int]:
    if kind == _VARINT:
        return _varint(data, position)
    if kind in (_GROUP_START, _GROUP_END):
        return 0, position
    if kind == _BYTES:
        size, position = _varint(data, position)
    elif kind in (_FIXED64, _FIXED32):
        size = 8 if kind == _FIXED64 else 4
    else:
        raise ValueError("unknown wire type")
    end = position + size
    if end > len(data):
        raise ValueError("cut off")
    return data[position:end], end


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(data):
            raise ValueError("cut off")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise ValueError("a number of more than 10 bytes")
