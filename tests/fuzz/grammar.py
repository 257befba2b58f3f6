"""Inputs that are nearly right, made of bytes: whoever chooses the bytes steers them."""

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

T = TypeVar("T")

ODD_TEXTS: Final = (
    "",
    " ",
    "\x00",
    "0x",
    "\ud800",
    "é" * 9,
    "\u202e",
    "a\r\nb",
    "null",
    "١٢",
    "\U0001d7d9",
    "{" * 600,
    "9" * 5000,
    "A" * 70_000,
)
ODD_VALUES: Final[tuple[Any, ...]] = (
    None,
    True,
    -1,
    0,
    2**53,
    2**64,
    -(2**255),
    10**400,
    1e308,
    -0.0,
    [],
    {},
    [[]],
    {"": None},
)
_SMALL: Final = 4


class Source:
    """Choices read from bytes; once they run out, all choices are the first."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    def byte(self) -> int:
        """Return a number from 0 to 255."""
        if self._place >= len(self._data):
            return 0
        self._place += 1
        return self._data[self._place - 1]

    def whole(self, most: int) -> int:
        """Return a number from 0 to `most`, below 65,536."""
        number = self.byte() if most < 256 else self.byte() << 8 | self.byte()
        return number % (most + 1)

    def seldom(self) -> bool:
        """True once in a while."""
        return self.byte() > 235

    def pick(self, choices: Sequence[T]) -> T:
        """Return one of several."""
        return choices[self.whole(len(choices) - 1)]

    def raw(self, most: int = 40) -> bytes:
        """Return a few bytes."""
        count = self.whole(most)
        taken = self._data[self._place : self._place + count]
        self._place += len(taken)
        return taken

    def text(self) -> str:
        """Return a text of any kind."""
        match self.whole(3):
            case 0:
                return self.raw().decode("latin-1")
            case 1:
                return self.raw().decode("utf-8", "replace")
            case 2:
                return self.pick(ODD_TEXTS)
            case _:
                return self.raw().hex()

    def value(self, depth: int = 0) -> Any:
        """Return a JSON value of any kind."""
        match self.whole(5 if depth < _SMALL else 3):
            case 0:
                return self.pick(ODD_VALUES)
            case 1 | 2:
                return self.text()
            case 3:
                return int.from_bytes(self.raw(9)) - self.whole(200)
            case 4:
                return [self.value(depth + 1) for _ in range(self.whole(3))]
            case _:
                return {self.text(): self.value(depth + 1) for _ in range(self.whole(3))}

    # --- what is right, but for a little

    def nearly(self, right: T) -> Any:
        """Return what is right, or once in a while something else."""
        return self.value() if self.seldom() else right

    def nearly_object(self, right: Mapping[str, Any]) -> dict[str, Any]:
        """Return an object in which a field is missing, wrong, or too much, once in a while."""
        made = {name: self.nearly(value) for name, value in right.items() if not self.seldom()}
        if self.seldom():
            made[self.text()] = self.value()
        return made

    def nearly_text(self, right: str) -> str:
        """Return a text that is right, or changed in a place."""
        if not self.seldom():
            return right
        place = self.whole(min(len(right), 60_000))
        match self.whole(3):
            case 0:
                return right[:place]
            case 1:
                return right[:place] + self.text() + right[place:]
            case 2:
                return right[:place] + self.text() + right[place + 1 :]
            case _:
                return right.swapcase() + right

    def nearly_bytes(self, right: bytes) -> bytes:
        """Return bytes that are right, or changed in a place."""
        if not self.seldom():
            return right
        place = self.whole(min(len(right), 60_000))
        return self.pick(
            (right[:place], right[:place] + self.raw() + right[place + 1 :], right + right)
        )

    def json(self, value: Any) -> bytes:
        """Return a value as JSON, damaged once in a while."""
        return self.nearly_bytes(json.dumps(value).encode())

    def base64(self, data: bytes) -> str:
        """Return base64 in one of its forms, damaged once in a while."""
        encode: Callable[[bytes], bytes] = self.pick((b64encode, b64encode, urlsafe_b64encode))
        return self.nearly_text(encode(data).decode())


def urlsafe(data: bytes) -> str:
    """Return base64 as JSON Web Tokens have it."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()
