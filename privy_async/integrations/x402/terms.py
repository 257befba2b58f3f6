"""Terms of a server's 402: what it asks for, and which of it may be paid.

Sources: https://github.com/x402-foundation/x402/tree/main/specs (versions 1 and 2 of x402).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, TypeAlias

import attrs
from x402.http.constants import PAYMENT_REQUIRED_HEADER
from x402.mechanisms.evm.default_assets import (  # pyright: ignore[reportMissingTypeStubs]
    DEFAULT_ASSETS,
    find_default_asset,
)
from x402.mechanisms.evm.v1.constants import (  # pyright: ignore[reportMissingTypeStubs]
    V1_NETWORK_CHAIN_IDS,
)
from x402.schemas import (
    PaymentRequired,
    PaymentRequiredV1,
    PaymentRequirements,
    PaymentRequirementsV1,
)

from privy_async.encodings.addresses import check_ethereum_address
from privy_async.errors import InvalidArgumentError, PaymentRefusedError
from privy_async.integrations.x402.limits import EXACT, Limits
from privy_async.integrations.x402.payment import Payment, read_header, shown
from privy_async.json_types import is_object, parse_json

Required: TypeAlias = PaymentRequired | PaymentRequiredV1
Requirements: TypeAlias = PaymentRequirements | PaymentRequirementsV1

MAX_VALIDITY: Final = 3600
"""The longest time, in s, for which a payment is signed; a server asks for minutes."""

_REASONS: Final = ("terms", "network", "asset", "amount", "total")
_CHAIN: Final = re.compile(r"eip155:[1-9][0-9]{0,19}")
_AMOUNT: Final = re.compile(r"[0-9]{1,78}")
_METHODS: Final = (None, "eip3009", "permit2")
_FLOWS: Final = (None, "authorization", "upfront")
_SCHEMES: Final[Mapping[object, Sequence[str]]] = {1: ("exact",), 2: ("exact", "upto")}
_SHOWN: Final = 5


@attrs.frozen
class Offer:
    """A payment that a server takes and that is within the limits; its amount is reserved."""

    payment: Payment
    required: Required


def read_required(header: Callable[[str], str | None], body: bytes | None) -> Required | None:
    """Return what a 402 asks for, of its header (version 2) or its body (1); None if nothing.

    Raises:
        PaymentRefusedError: It asks for something that x402 does not describe.
    """
    text = header(PAYMENT_REQUIRED_HEADER)
    data = read_header(text) if text else _read_body(body)
    if not data:
        if text:
            raise _refused("terms", f"the header {PAYMENT_REQUIRED_HEADER} cannot be read")
        return None
    version = data.get("x402Version", 2)
    if version not in _SCHEMES:
        raise _refused("terms", f"x402 of version {shown(version)} is not known")
    model = PaymentRequiredV1 if version == 1 else PaymentRequired
    try:
        return model.model_validate(data)
    except ValueError:
        raise _refused("terms", "what the server asks for cannot be read") from None


def _read_body(body: bytes | None) -> Any:
    try:
        data = parse_json(body or b"")
    except ValueError:
        return None
    return data if is_object(data) and data.get("x402Version") == 1 else None


def read_networks(networks: Sequence[str]) -> frozenset[str]:
    """Return the chains on which may be paid.

    Raises:
        InvalidArgumentError: They are no list of CAIP-2 ids of EVM chains, or x402 knows no token
            worth a dollar on one of them.
    """
    if isinstance(networks, str) or not networks:
        raise InvalidArgumentError("networks", 'expected a list such as ["eip155:8453"]')
    for network in networks:
        if not isinstance(network, str) or not _CHAIN.fullmatch(network):
            problem = f'{network!r} is no CAIP-2 id of an EVM chain, such as "eip155:8453"'
            raise InvalidArgumentError("networks", problem)
        if network not in DEFAULT_ASSETS:
            problem = f"x402 knows no token worth a dollar on {network}"
            raise InvalidArgumentError("networks", problem)
    return frozenset(networks)


def version_1_names(networks: frozenset[str]) -> Sequence[str]:
    """Return what version 1 of x402 calls these chains."""
    return [name for name, id in V1_NETWORK_CHAIN_IDS.items() if f"eip155:{id}" in networks]


def choose(required: Required, url: str, networks: frozenset[str], limits: Limits) -> Offer:
    """Return the first offer of the server's that may be paid, its amount reserved.

    Raises:
        PaymentRefusedError: None may be; of all its offers' reasons it has the last in the order
            of terms, network, asset, amount, total.
    """
    problems: list[tuple[str, str]] = []
    for accepted in required.accepts:
        try:
            payment = _read(required.x402_version, accepted, url, networks)
            if payment.dollars > limits.max_amount:
                limit = f"over the limit of {limits.max_amount} US dollars for a request"
                raise _refused("amount", f"{payment} is {limit}")
            if not limits.reserve(payment.dollars):
                limit = f"over the limit of {limits.max_total} US dollars in sum"
                raise _refused("total", f"{payment}, after {limits.spent} before it, is {limit}")
        except PaymentRefusedError as error:
            problems.append((error.reason, error.message))
        else:
            return Offer(payment, required.model_copy(update={"accepts": [accepted]}))
    reason = max((reason for reason, _ in problems), key=_REASONS.index, default="terms")
    texts = "; ".join(text for _, text in problems[:_SHOWN]) or "the server says not how"
    raise _refused(reason, f"{url} is not paid for: {texts}")


def _read(version: int, accepted: Requirements, url: str, networks: frozenset[str]) -> Payment:
    network = _chain(version, accepted.network)
    if accepted.scheme not in _SCHEMES[version]:
        raise _refused("terms", f"the scheme {shown(accepted.scheme)} is not supported")
    if network not in networks:
        raise _refused("network", f"nothing is paid on {shown(network)}")
    token = find_default_asset(accepted.asset, network)
    if token is None:
        raise _refused("asset", f"x402 does not know {shown(accepted.asset)} to be worth a dollar")
    _check(accepted)
    amount = int(accepted.get_amount())
    return Payment(
        url=url,
        scheme=accepted.scheme,
        network=network,
        asset=token["asset"],
        amount=amount,
        dollars=EXACT.scaleb(Decimal(amount), -token["decimals"]),
        pay_to=accepted.pay_to,
    )


def _check(accepted: Requirements) -> None:
    extra = accepted.get_extra() or {}
    if extra.get("assetTransferMethod") not in _METHODS or extra.get("paymentFlow") not in _FLOWS:
        raise _refused("terms", "the server takes the payment in a way that is not supported")
    try:
        check_ethereum_address(accepted.pay_to, argument="payTo")
    except InvalidArgumentError:
        raise _refused("terms", f"{shown(accepted.pay_to)} is no address") from None
    if not _AMOUNT.fullmatch(accepted.get_amount()):
        raise _refused("terms", f"{shown(accepted.get_amount())} is no amount")
    if not 0 < accepted.max_timeout_seconds <= MAX_VALIDITY:
        validity = f"a payment that is valid for {shown(accepted.max_timeout_seconds)} s"
        raise _refused("terms", f"the server wants {validity}; at most {MAX_VALIDITY} are signed")


def _chain(version: int, network: str) -> str:
    if version == 1 and network in V1_NETWORK_CHAIN_IDS:
        return f"eip155:{V1_NETWORK_CHAIN_IDS[network]}"
    return network


def _refused(reason: str, message: str) -> PaymentRefusedError:
    return PaymentRefusedError(message, reason=reason)
