"""The one way the sandbox says no."""

from collections.abc import Mapping

import attrs

from privy_async.sandbox.requests.diagnosis import Diagnosis


@attrs.define
class Refusal(Exception):
    """An HTTP error answer: `{"error": message, "code": code}` with `status` and more headers.

    `diagnosis` goes to the log alone: the sandbox says no more than Privy does.
    """

    status: int
    message: str
    code: str | None = None
    diagnosis: Diagnosis | None = None
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str], kw_only=True)
