"""JSON as the records show it."""

from typing import Any

Json = dict[str, Any]
