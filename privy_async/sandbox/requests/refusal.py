"""The one way the sandbox says no."""

import attrs


@attrs.define
class Refusal(Exception):
    """An HTTP error answer: `{"error": message, "code": code}` with `status`."""

    status: int
    message: str
    code: str | None = None
