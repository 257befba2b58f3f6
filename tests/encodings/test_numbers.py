"""Whole numbers that JSON carries exactly."""

from decimal import Decimal
from enum import IntEnum

import pytest

from privy_async import InvalidArgumentError
from privy_async.encodings.numbers import check_integer


class Sats(IntEnum):
    """Numbers that have names."""

    FEW = 5


@pytest.mark.parametrize("value", [0, 1, 2**53 - 1, Sats.FEW])
def test_integers(value: int) -> None:
    """Whole numbers stay as they are."""
    assert check_integer(value, argument="amount_sats") == value


@pytest.mark.parametrize("value", [-1, 2**53, 1.0, 0.5, True, False, "1", None, Decimal(1), [1]])
def test_what_is_no_integer(value: object) -> None:
    """Fractions, bools, text and what JSON cannot carry exactly are refused by name."""
    with pytest.raises(InvalidArgumentError, match=r"^amount_sats: expected an int"):
        check_integer(value, argument="amount_sats")
