"""The table of operations: equal to the facts, and found again by concrete paths."""

import json
import re
from itertools import chain
from typing import Any

import places
import pytest
from places import VECTORS

from privy_async.sending.operations import Accepts, accepted_by_path, find_operation

FACTS = places.SHARED / "operations.json"
COLLECTED: list[list[Any]] = json.loads((VECTORS / "operations.json").read_text())
# Some paths were collected from an SDK that leaves the ids in them without a name.
OPERATIONS: list[tuple[str, str, list[str]]] = [
    (method, path.replace("/wallets/{}", "/wallets/{wallet_id}"), names)
    for method, path, names in COLLECTED
]
WRITES = [row for row in OPERATIONS if row[0] != "GET"]
READS = [row for row in OPERATIONS if row[0] == "GET"]

# POSTs that only look something up, quote a price, or hand out what is never used up.
REPEATABLE = re.compile(
    r"/v1/users/(search|[a-z_]+/(id|username|address|fid|number|subject|telegram_user_id))"
    r"|/v1/wallets/(address|authenticate|authenticate/intents|import/init)"
    r"|/v1/.*/quotes?"
)


@pytest.mark.parametrize(("method", "path", "names"), WRITES, ids=str)
def test_headers_of_every_write(method: str, path: str, names: list[str]) -> None:
    """Each write takes exactly the Privy headers that its documentation lists."""
    accepts = find_operation(f"{method} {path}").accepts
    known = accepts._replace(safe=False, user_token=False)
    assert known == Accepts(**dict.fromkeys(names, True))


@pytest.mark.parametrize(("method", "path", "names"), WRITES, ids=str)
def test_writes_that_are_done_as_a_user(method: str, path: str, names: list[str]) -> None:
    """What concerns a user's second factors takes the user's own token, and nothing else does."""
    assert find_operation(f"{method} {path}").accepts.user_token == ("/mfa/" in path)


@pytest.mark.parametrize(("method", "path", "names"), WRITES, ids=str)
def test_writes_that_may_be_repeated(method: str, path: str, names: list[str]) -> None:
    """Only look-ups, quotes and the like count as safe to ask twice."""
    idempotent = find_operation(f"{method} {path}").accepts.safe
    assert idempotent == (method == "POST" and REPEATABLE.fullmatch(path) is not None)


@pytest.mark.parametrize(("method", "path", "names"), READS, ids=str)
def test_reads(method: str, path: str, names: list[str]) -> None:
    """A GET takes no header and may be repeated.

    Privy lists the signature header at GET /v1/wallets/{wallet_id}/actions/{action_id}, yet its
    pages say that GETs are never signed, and no official SDK signs one.
    """
    assert find_operation(f"{method} {path}").accepts == Accepts(safe=True)
    assert names in ([], ["signature"])
    assert (names == ["signature"]) == path.endswith("/actions/{action_id}")


def concrete(path: str) -> str:
    """The path with ids in it, one of them odd."""
    ids = chain(["cmf4%2F18pa%3A1"], (f"id{number}" for number in range(9)))
    return re.sub(r"\{\w*\}", lambda match: next(ids), path)


@pytest.mark.parametrize(("method", "path", "names"), OPERATIONS, ids=str)
def test_concrete_paths(method: str, path: str, names: list[str]) -> None:
    """A path with ids in it is found as the operation whose template it fills."""
    assert accepted_by_path(method, concrete(path)) == find_operation(f"{method} {path}").accepts


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/wallets/abc/rpc/"),
        ("POST", "/v1/wallets//abc/rpc"),
        ("POST", "/v1/wallets/abc/rpc/more"),
        ("POST", "/api/v1/wallets/abc/rpc"),
        ("POST", "/v2/wallets/abc/rpc"),
        ("PATCH", "/v1/wallets/abc/rpc"),
        ("PUT", "/v1/wallets"),
        ("post", "/v1/wallets"),
        ("POST", "/v1/invented"),
        ("DELETE", "/v1/users/abc"),
    ],
)
def test_unknown_operations(method: str, path: str) -> None:
    """What is not in the table takes no header and is never repeated."""
    assert accepted_by_path(method, path) == Accepts()
    assert find_operation(f"{method} {path}").accepts == Accepts()


def test_signed_operations_expire() -> None:
    """Whatever is signed can also be given an end: no signed write is replayable for ever."""
    for method, path, _ in WRITES:
        accepts = find_operation(f"{method} {path}").accepts
        assert accepts.expiry or not accepts.signature


@pytest.mark.skipif(not FACTS.exists(), reason="the collected facts are not beside this checkout")
def test_data_file_is_complete() -> None:
    """The data file holds every operation that was collected."""
    collected: list[dict[str, Any]] = json.loads(FACTS.read_text())["operations"]
    rows = [[row["method"], row["path"], sorted(row["accepts"])] for row in collected]
    assert sorted(rows) == COLLECTED
