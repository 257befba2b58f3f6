"""HTTP requests and responses as plain values, without any HTTP library."""

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Final

import attrs

from privy_async.sandbox.requests.fields import Fields
from privy_async.sandbox.requests.javascript import parse_json
from privy_async.sandbox.requests.refusal import Refusal

JSON_HEADERS: Final[Mapping[str, str]] = {"Content-Type": "application/json; charset=utf-8"}


@attrs.frozen(slots=False)  # cached_property needs a __dict__
class HttpRequest:
    """One request as it arrived.

    Attributes:
        method: Upper case.
        base_url: Such as "http://127.0.0.1:8787", from the Host header, or the public URL.
        target: The path with the query exactly as sent, still percent-encoded.
        headers: Names in lower case; values of a repeated header joined with ", ".
        body: The bytes.
        path_values: The parts of the path the operation's template names, percent-decoded.
        authorized_by: The key quorum whose signatures were accepted, if any were needed.
        without_mfa: What to refuse it with where it needs MFA; None if enough of those who signed
            have verified a second factor, or are no users.
    """

    method: str
    base_url: str
    target: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    path_values: Mapping[str, str] = attrs.field(factory=dict[str, str])
    authorized_by: str | None = None
    without_mfa: Refusal | None = None

    @property
    def url(self) -> str:
        """The absolute URL exactly as sent, which is the URL that is signed."""
        return self.base_url + self.target

    @property
    def path(self) -> str:
        """The path as sent, without the query and without the older API's `/api` prefix."""
        return self.target.partition("?")[0].removeprefix("/api")

    @property
    def declares_json(self) -> bool:
        """True if the Content-Type says JSON, so that a JavaScript server would parse it."""
        media_type = self.headers.get("content-type", "").partition(";")[0]
        return media_type.strip().lower() == "application/json"

    @cached_property
    def json(self) -> object:
        """The body as a JavaScript server would have parsed it; None if there is none.

        Raises:
            Refusal: 400 if the body is not JSON, or is not declared to be.
        """
        if not self.body.strip():
            return None
        if not self.declares_json:
            raise Refusal(400, "The body needs Content-Type: application/json", "invalid_data")
        try:
            return parse_json(self.body)
        except ValueError as error:
            raise Refusal(400, f"The body is not valid JSON: {error}", "invalid_data") from None

    @cached_property
    def fields(self) -> Fields:
        """The body's fields; no body counts as no fields.

        Raises:
            Refusal: 400 if the body is JSON but no object.
        """
        return Fields.of({} if self.json is None else self.json, "")


@attrs.frozen
class HttpResponse:
    """One response to send: a status, a body and what else goes into the header."""

    status: int
    body: bytes
    headers: Mapping[str, str] = JSON_HEADERS

    @classmethod
    def json(cls, value: object, *, status: int = 200) -> "HttpResponse":
        """Answer with `value` as JSON."""
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        # Half a surrogate pair has no UTF-8; like a JavaScript server, write it as an escape.
        return cls(status, text.encode(errors="backslashreplace"))

    @classmethod
    def no_content(cls) -> "HttpResponse":
        """Answer 204 without a body."""
        return cls(204, b"", {})

    @classmethod
    def refusal(cls, refusal: Refusal) -> "HttpResponse":
        """Answer in Privy's flat error form; `code` is left out where there is none."""
        error = {"error": refusal.message}
        if refusal.code is not None:
            error["code"] = refusal.code
        response = cls.json(error, status=refusal.status)
        more = refusal.headers
        if refusal.status == 501:
            # The official SDKs would ask again, as after every other 5xx.
            more = {"x-should-retry": "false"}
        return attrs.evolve(response, headers={**response.headers, **more}) if more else response
