"""Answers of Kraken Embed: `{errors, result}`, mostly within `{data}`."""

import json
from collections.abc import Mapping
from typing import Any

from privy_async.errors import APIResponseError
from privy_async.json_types import is_object
from privy_async.resources.resource import Resource


class KrakenResource(Resource):
    """A group of operations that pass through to Kraken."""

    def _result(self, answer: Any) -> Any:
        """Return what Kraken answered, which may be null.

        Raises:
            APIResponseError: It answered with errors instead.
        """
        envelope: object = answer.get("data", answer) if is_object(answer) else answer
        if not is_object(envelope):
            raise APIResponseError("the answer has no result", path="data")
        result, errors = envelope.get("result"), envelope.get("errors") or envelope.get("error")
        if result is None and errors:
            said = json.dumps(errors)[:500]
            raise APIResponseError(f"Kraken answered with an error: {said}", path="errors")
        return result

    def _next_cursor(self, result: Mapping[str, Any]) -> str | None:
        meta = result.get("meta")
        if not is_object(meta):
            return super()._next_cursor(result)
        # Such lists have numbered pages, and the number is the cursor.
        number, last = meta.get("page_number"), meta.get("total_pages")
        if isinstance(number, int) and isinstance(last, int) and number < last:
            return str(number + 1)
        return None


def renamed(arguments: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The arguments, those in `names` as Kraken calls them."""
    return {names.get(name, name): item for name, item in arguments.items()}
