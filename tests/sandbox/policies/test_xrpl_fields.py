"""The fields of an XRPL transaction that a policy can name, and no others."""

import pytest
from policy_engine import Engine, condition, rule

from privy_async.sandbox.requests.refusal import Refusal

ISSUED = (
    "Payment.Amount",
    "Payment.SendMax",
    "Payment.DeliverMin",
    "OfferCreate.TakerPays",
    "OfferCreate.TakerGets",
    "TrustSet.LimitAmount",
)
TEXTS = (
    "TransactionType",
    "Payment.Destination",
    *(f"{amount}.{part}" for amount in ISSUED for part in ("currency", "issuer")),
)
NUMBERS = (
    "Payment.DestinationTag",
    "OfferCreate.Expiration",
    "TrustSet.QualityIn",
    "TrustSet.QualityOut",
    # A limit of trust is never in the ledger's own coin.
    *(f"{amount}.drops" for amount in ISSUED[:-1]),
    *(f"{amount}.value" for amount in ISSUED),
)


def name_in_a_rule(field: str, operator: str) -> None:
    """Store a policy whose condition is about this field."""
    about = condition("xrpl_transaction", field, operator, "1")
    Engine("xrpl").policy(rule("xrpl_signTransaction", about))


@pytest.mark.parametrize("field", [*TEXTS, *NUMBERS])
def test_each_field_has_its_name(field: str) -> None:
    """It can be compared; a letter more or less names no field."""
    name_in_a_rule(field, "eq")
    for other in (f"{field}s", field[:-1], field.lower(), "TrustSet.LimitAmount.drops"):
        with pytest.raises(Refusal) as refused:
            name_in_a_rule(other, "eq")
        assert refused.value.status == 400


@pytest.mark.parametrize("field", TEXTS)
def test_texts_have_no_order(field: str) -> None:
    """Only numbers are less than others."""
    with pytest.raises(Refusal):
        name_in_a_rule(field, "lt")


@pytest.mark.parametrize("field", NUMBERS)
def test_numbers_have_an_order(field: str) -> None:
    """An amount can be bounded, in drops or in the currency's units."""
    name_in_a_rule(field, "lt")
