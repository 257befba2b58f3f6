"""Odd values and items in a bulk run: once an item is done, nothing it returned ends the run."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ids import stable

from privy_async import PrivyError
from privy_async.bulk import call_each, idempotency_key
from privy_async.bulk.run import NOT_KEPT, Run
from privy_async.clock import Clock

pytestmark = pytest.mark.anyio


class Awkward(str):
    """Text that cannot be compared."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        raise LookupError("never")

    __hash__ = str.__hash__


class Endless(dict[str, object]):
    """A mapping that cannot be walked through."""

    def items(self) -> Any:
        """Refuse."""
        raise OSError("never")

    values = items


def nested(depth: int, *, as_mapping: bool = False) -> object:
    """A list in a list in a list, or mappings."""
    value: object = "x"
    for _ in range(depth):
        value = {"in": value} if as_mapping else [value]
    return value


def cyclic() -> object:
    """A list that holds itself."""
    value: list[object] = []
    value.append(value)
    return value


def doubling() -> object:
    """Few objects that make a text without end."""
    value: object = "x"
    for _ in range(60):
        value = [value, value]
    return value


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        pytest.param(nested(99), True, id="99 deep"),
        pytest.param(nested(100), False, id="100 deep"),
        pytest.param(nested(100_000), False, id="100,000 deep"),
        pytest.param(nested(100_000, as_mapping=True), False, id="mappings 100,000 deep"),
        pytest.param(cyclic(), False, id="cyclic"),
        pytest.param(doubling(), False, id="doubling"),
        pytest.param(10**5000, False, id="huge number"),
        pytest.param([1e999, -0.0], False, id="infinity"),
        pytest.param(Awkward("x"), False, id="not comparable"),
        pytest.param(Endless(a=1), False, id="not to be walked through"),
        pytest.param("\ud800", True, id="lone surrogate"),
        pytest.param("[" * 10_000, True, id="brackets in text"),
        pytest.param({'"': '\\"[', "\\": "]"}, True, id="quotes in text"),
        pytest.param(["[", [[["{"] * 300]] * 3], True, id="many brackets"),
    ],
)
async def test_odd_values(tmp_path: Path, value: Any, kept: bool) -> None:
    """Each is the item's value; the journal keeps it or says that it does not."""
    journal = tmp_path / "journal"

    async def call(item: str, key: str) -> object:
        return value

    results = await call_each(["a", "b"], call, run_id="r", journal=journal, concurrency=1)
    assert [result.value is value for result in results] == [True, True]
    again = await call_each(["a", "b"], call, run_id="r", journal=journal)
    assert [(result.skipped, result.kept) for result in again] == [(True, kept)] * 2
    if kept:
        assert again[0].unwrap() == value
    else:
        # Nothing that stands for "not kept" inside comes out as if it were a value.
        assert again[0].value is None
        with pytest.raises(PrivyError, match="not kept"):
            again[0].unwrap()


@pytest.mark.parametrize("item", [None, False, 0, (), NOT_KEPT, StopAsyncIteration], ids=stable)
async def test_odd_items(item: object) -> None:
    """No item is taken for the end of the items."""
    asked: list[object] = []

    async def call(item: object, key: str) -> None:
        asked.append(item)

    await call_each([item, "last"], call, run_id="r", key=repr)
    assert asked == [item, "last"]


@given(st.text(min_size=1), st.text(min_size=1))
def test_the_idempotency_key_is_a_uuid5(run_id: str, item_key: str) -> None:
    """It is what Python's own library makes of the same names."""
    run = uuid.uuid5(uuid.NAMESPACE_URL, f"privy-async:bulk:{run_id}")
    assert idempotency_key(run_id, item_key) == str(uuid.uuid5(run, item_key))


class Stopped(Clock):
    """A clock that stands still."""

    def now(self) -> float:
        """Return a time in 2026."""
        return 1_795_300_000.5


def test_the_clock_that_it_reads(tmp_path: Path) -> None:
    """When an item was begun, and how old that is, says the clock that was given."""
    path = tmp_path / "journal"
    options: Any = {
        "key": None,
        "journal": path,
        "on_progress": None,
        "claim": False,
        "clock": Stopped(),
    }
    run = Run[str, None](["a"], "r", **options)
    run.begin("a")
    run.close()
    begun = {"begun": "a", "at": 1_795_300_000.5}
    assert json.loads(path.read_text().splitlines()[1]) == begun
    path.write_text(path.read_text().replace("1795300000.5", "1795210000"))
    late = Run[str, None](["a"], "r", **options)
    assert late.begin("a") is None
    late.close()
    (result,) = late.ended()
    assert "begun at 2026-11-20 21:26:40 UTC" in str(result.error)
