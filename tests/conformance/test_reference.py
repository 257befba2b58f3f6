"""The reference of all operations is current, and tells what is to be known of each."""

import json
import re
from typing import get_args

import pytest
from documented import HERE, OPERATIONS
from places import SHARED
from reference import FILE, reference

from privy_async.errors import APIStatusError, ErrorCode

DOCUMENTED_CODES = {
    "incorrect_quantity_of_authorization_signatures",
    "insufficient_correct_authorization_signatures",
    "insufficient_funds",
    "missing_or_empty_authorization_header",
    "no_valid_user_session_keys",
    "policy_violation",
    "request_expired",
    "transaction_broadcast_failure",
    "user_session_keys_expired",
    "zero_correct_authorization_signatures",
}


def test_the_reference_is_current() -> None:
    """If not: python tests/conformance/reference.py makes it anew."""
    assert FILE.read_text() == reference()


def test_each_operation_has_a_row() -> None:
    """All 217 stand there once, with their method, and whether the sandbox answers them."""
    rows = re.findall(
        r"^\| `([A-Z]+ /\S+)` \| `(.+?)`.* \| (yes|no) \|$", reference(), re.MULTILINE
    )
    assert len(rows) == 217
    assert {row[0] for row in rows} == {f"{each.method} {each.template}" for each in OPERATIONS}
    assert {answered for _, _, answered in rows} == {"yes", "no"}


EVIDENCE = dict(
    line.split(" | ") for line in (HERE / "evidence.txt").read_text().strip().splitlines()
)
FACTS = SHARED / "operations.json"


def test_evidence_is_of_operations() -> None:
    """What is said to be known from somewhere is an operation, and something is said of it."""
    assert EVIDENCE.keys() < {f"{each.method} {each.template}" for each in OPERATIONS}
    assert all(EVIDENCE.values())


@pytest.mark.skipif(not FACTS.exists(), reason="the collected facts are not beside this checkout")
def test_the_newest_operations_tell_their_evidence() -> None:
    """Each of the newest has a line that says what it is known from, if only by analogy."""
    rows = json.loads(FACTS.read_text())["operations"]
    newest = {f"{row['method']} {row['path']}" for row in rows if row["seen_in"] == ["2026-11"]}
    assert newest == EVIDENCE.keys()


def test_each_documented_code_is_known() -> None:
    """Every code that Privy documents is one of `ErrorCode`, and any other is kept as it is."""
    assert set(get_args(ErrorCode)) > DOCUMENTED_CODES
    error = APIStatusError("x", status=400, code="a_new_code", method="GET", url="https://x")
    assert error.code == "a_new_code"
