"""What only the official Python SDK does."""

import pytest
from official_sdk import Run

pytestmark = pytest.mark.peer


def test_delete_is_declared_as_json_and_signed_as_an_empty_object(python_run: Run) -> None:
    """privy-client sends Content-Type with a DELETE that has no body, and signs {}."""
    quorums = python_run.scene("quorums")
    deletes = python_run.log("DELETE", f"/v1/key_quorums/{quorums['created']['id']}")
    assert deletes[-1].status == 200
    assert deletes[-1].body_form == "empty object"
    assert quorums["content_type"] == "application/json"
