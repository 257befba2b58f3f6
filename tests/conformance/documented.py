"""The documented operations, each with the method that does it and with how it is called."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import attrs
from arguments import arguments

HERE = Path(__file__).parent
HEADERS = {
    "signature": "privy-authorization-signature",
    "idempotency": "privy-idempotency-key",
    "expiry": "privy-request-expiry",
}


def unnamed(template: str) -> str:
    """A path template in which no parameter has a name."""
    return re.sub(r"\{\w*\}", "{}", template)


DOCUMENTED: Mapping[str, frozenset[str]] = {
    f"{method} {unnamed(path)}": frozenset(HEADERS[header] for header in accepts)
    for method, path, accepts in json.loads((HERE.parent / "vectors/operations.json").read_text())
}


@attrs.frozen
class Operation:
    """An operation, and the method that does it. Parameters of the path are called as there."""

    name: str
    method: str
    template: str

    @property
    def key(self) -> str:
        return f"{self.method} {unnamed(self.template)}"

    @property
    def ids(self) -> dict[str, str]:
        """For each parameter of the path a value of its own that must be percent-encoded."""
        return {name: f"{name} b/ü" for name in re.findall(r"\{(\w+)\}", self.template)}

    @property
    def path(self) -> str:
        return self.template.format_map({k: quote(v, safe="") for k, v in self.ids.items()})

    @property
    def headers(self) -> frozenset[str]:
        """The Privy headers that it must come with: reading needs nobody's signature."""
        return frozenset() if self.method == "GET" else DOCUMENTED[self.key]

    def call(self, privy: Any) -> Any:
        """Call the method of a client of either face; both get the same arguments."""
        if self.name == "request":
            return privy.request(self.method, self.path)
        method, ids = self.find(privy)
        positional, named = arguments(self.name, method, ids)
        return method(*positional, **named)

    def find(self, privy: Any) -> tuple[Any, dict[str, str]]:
        """Its method of a client, and the parameters of the path that this takes itself."""
        found, ids = privy, self.ids
        for step in self.name.split("."):
            name, _, bound = step.rstrip(")").partition("(")
            found = getattr(found, name)
            if bound:
                found = found(ids.pop(bound))
        return found, ids


def read_operations() -> Iterator[Operation]:
    for line in (HERE / "methods.txt").read_text().splitlines():
        yield Operation(*line.split())


OPERATIONS = tuple(read_operations())
