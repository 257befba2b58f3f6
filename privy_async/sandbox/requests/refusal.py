"""The one way the sandbox says no."""

from collections.abc import Mapping

import attrs


@attrs.define
class Refusal(Exception):
    """An HTTP error answer: `{"error": message, "code": code}` with `status` and more headers."""

    status: int
    message: str
    code: str | None = None
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str], kw_only=True)
