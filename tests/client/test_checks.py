"""Checks of arguments that several rooms share, asked directly."""

from typing import Any

import pytest

from privy_async.checks import check_texts
from privy_async.errors import InvalidArgumentError


@pytest.mark.parametrize(
    "values", ["", "ab", b"", b"ab", bytearray(b""), {}, {"a": 1}, None, 7, ["a", 1]], ids=repr
)
def test_what_is_no_list_of_texts(values: Any) -> None:
    """An empty text, or empty bytes, are no empty list either."""
    with pytest.raises(InvalidArgumentError, match="ids: expected a list of strings"):
        check_texts("ids", values)


@pytest.mark.parametrize(
    "values",
    [[], (), ["a", "b"], ("a",), iter(["a"])],
    ids=["no", "none", "two", "one", "iterator"],
)
def test_lists_of_texts(values: Any) -> None:
    """Anything that gives texts, one by one."""
    assert all(isinstance(text, str) for text in check_texts("ids", values))
