"""A payment of x402, and what is read of it in a server's answer."""

from base64 import b64decode
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

import attrs
from x402.http.constants import PAYMENT_RESPONSE_HEADER, X_PAYMENT_RESPONSE_HEADER

from privy_async.json_types import is_object, parse_json

_LONGEST_TEXT: Final = 200


@attrs.frozen(kw_only=True)
class Payment:
    """A payment that a server asks for.

    Attributes:
        url: What it is for, without its query, which may hold secrets.
        scheme: "exact", or "upto" where the server takes at most `amount`.
        network: The chain's CAIP-2 id, such as "eip155:8453".
        asset: The address of the token's contract.
        amount: In the token's smallest units.
        dollars: The same in US dollars, of which the token is worth one.
        pay_to: The address that is paid.
        valid_until: Unix time in s, after which it can be taken no more; None until it is signed.
        nonce: What makes it single on the chain: 0x hex (EIP-3009) or a number (Permit2). None
            until it is signed.
        headers: The headers that carry it. Whoever has them can have it taken, so keep them secret.
        transaction: The hash of the transaction that took it, as the server says; None until then.
    """

    url: str
    scheme: str
    network: str
    asset: str
    amount: int
    dollars: Decimal
    pay_to: str
    valid_until: int | None = None
    nonce: str | None = None
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)
    transaction: str | None = None

    def __str__(self) -> str:
        return f"{self.dollars:f} US dollars on {self.network} to {self.pay_to} for {self.url}"


def with_outcome(payment: Payment, header: Callable[[str], str | None]) -> Payment:
    """Return the payment with the hash of its transaction, if the server's answer has one."""
    for name in (PAYMENT_RESPONSE_HEADER, X_PAYMENT_RESPONSE_HEADER):
        outcome = read_header(header(name))
        transaction = outcome.get("transaction")
        if outcome.get("success") is True and isinstance(transaction, str) and transaction:
            return attrs.evolve(payment, transaction=transaction[:_LONGEST_TEXT])
    return payment


def read_header(text: str | None) -> Mapping[str, Any]:
    """Return the JSON object that a header has in base64; empty if it has none."""
    try:
        value = parse_json(b64decode(text or "", validate=True))
    except ValueError:
        return {}
    return value if is_object(value) else {}


def shown(text: object) -> str:
    """Return what a stranger wrote as it can stand in an error or a log."""
    return repr(str(text)[:_LONGEST_TEXT])
