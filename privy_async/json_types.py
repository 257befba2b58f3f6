"""What JSON is made of, told to type checkers."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard


def is_object(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Whether it is a JSON object, or a mapping that can become one."""
    return isinstance(value, (dict, Mapping))


def is_array(value: object) -> TypeGuard[Sequence[Any]]:
    """Whether it is a JSON array, or a list or tuple that can become one."""
    return isinstance(value, (list, tuple))


def is_encodable(text: str) -> bool:
    """Whether it has a form in UTF-8, which a lone surrogate has not."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
