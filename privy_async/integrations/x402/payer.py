"""The wallet that pays: what both faces do alike, from a 402 to a signed payment."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import attrs
from x402 import x402ClientSync
from x402.http.constants import PAYMENT_SIGNATURE_HEADER, X_PAYMENT_HEADER
from x402.http.utils import encode_payment_signature_header
from x402.mechanisms.evm.exact import ExactEvmScheme  # pyright: ignore[reportMissingTypeStubs]
from x402.mechanisms.evm.exact.v1 import ExactEvmSchemeV1  # pyright: ignore[reportMissingTypeStubs]
from x402.mechanisms.evm.upto import UptoEvmScheme  # pyright: ignore[reportMissingTypeStubs]
from x402.schemas import PaymentPayload, PaymentPayloadV1

from privy_async.errors import PaymentRefusedError, PaymentUnsettledError, PrivyError
from privy_async.integrations._ethereum_account import KeylessAccount
from privy_async.integrations.x402.limits import Limits
from privy_async.integrations.x402.payment import Payment, read_header, shown, with_outcome
from privy_async.integrations.x402.terms import (
    Offer,
    Required,
    choose,
    read_networks,
    version_1_names,
)

_HEADERS: Final = {1: X_PAYMENT_HEADER, 2: PAYMENT_SIGNATURE_HEADER}
_OUTCOMES: Final = ("PAYMENT-RESPONSE", "X-PAYMENT-RESPONSE", "PAYMENT-REQUIRED")


@attrs.define(eq=False)
class Trip:
    """One request of the caller's, with all that its redirects and repetitions send.

    Attributes:
        key: What it is known by.
        origins: Those that were asked so far: scheme, host and port.
        payment: What was handed over for it.
    """

    key: object
    origins: set[object] = attrs.field(factory=set[object])
    payment: Payment | None = None

    def check(self, url: str) -> None:
        """Refuse to pay a second time, or for somebody else than who was asked first.

        Raises:
            PaymentRefusedError: So it is.
        """
        if self.payment is not None:
            problem = f"this request was paid for before ({self.payment}), and {url} asks again"
            raise PaymentRefusedError(problem, reason="repeated", payment=self.payment)
        if len(self.origins) > 1:
            problem = f"{url} is not paid for: the request was redirected from another origin"
            raise PaymentRefusedError(problem, reason="redirected")


class Payer:
    """A wallet that pays for requests, within limits."""

    def __init__(self, account: KeylessAccount, networks: Sequence[str], limits: Limits) -> None:
        self.limits = limits
        self._networks = read_networks(networks)
        self._client = x402ClientSync()
        # What they check is checked here, exactly, and by the chains that the caller names.
        self._client.set_spend_controls(False)
        signer: Any = account
        for network in self._networks:
            self._client.register(network, ExactEvmScheme(signer))
            self._client.register(network, UptoEvmScheme(signer))
        for name in version_1_names(self._networks):
            self._client.register_v1(name, ExactEvmSchemeV1(signer))

    def choose(self, required: Required, url: str) -> Offer:
        """Return what of a 402 is to be paid, its amount reserved.

        Raises:
            PaymentRefusedError: Nothing of it.
        """
        return choose(required, url, self._networks, self.limits)

    def sign(self, offer: Offer) -> Payment:
        """Return the payment with the headers that carry it. It blocks while Privy signs.

        Raises:
            PaymentRefusedError: x402 cannot make a payment of it.
            PrivyError: Privy does not sign.
        """
        try:
            payload = self._client.create_payment_payload(offer.required)
        except PrivyError:
            raise
        except Exception as error:
            problem = f"{offer.payment} cannot be made: {shown(error)}"
            raise PaymentRefusedError(problem, reason="terms") from None
        return _signed(offer.payment, payload)


def declined(payment: Payment) -> PaymentRefusedError:
    """The error for a payment that the caller's function does not want."""
    problem = f"{payment}: your function declined it"
    return PaymentRefusedError(problem, reason="declined", payment=payment)


def unrepeatable(url: str) -> PaymentRefusedError:
    """The error for a request that would have no body the second time."""
    problem = (
        f"{url} is not paid for: the request's body can be sent only once; give it as bytes or text"
    )
    return PaymentRefusedError(problem, reason="body")


def unanswered(payment: Payment, error: BaseException) -> PaymentUnsettledError:
    """The error for a paid request whose answer was lost."""
    lost = f"the answer to a paid request was lost ({type(error).__name__})"
    return PaymentUnsettledError(f"{lost}: {payment}. {_way_out(payment)}", payment=payment)


def refused_again(payment: Payment, header: Callable[[str], str | None]) -> PaymentUnsettledError:
    """The error for a paid request that is answered by 402."""
    said = _reason({name: read_header(header(name)) for name in _OUTCOMES})
    text = f"the server asks for payment again{said}: {payment}. {_way_out(payment)}"
    return PaymentUnsettledError(text, payment=with_outcome(payment, header))


def _reason(answers: Mapping[str, Mapping[str, Any]]) -> str:
    for answer in answers.values():
        for name in ("errorReason", "error"):
            if answer.get(name):
                return f" ({shown(answer[name])})"
    return ""


def _way_out(payment: Payment) -> str:
    return (
        f"It can still be taken, once, until {payment.valid_until} (Unix time): ask again with "
        "the headers in the error's `payment.headers`, or look up its nonce on the chain"
    )


def is_paid(headers: Mapping[str, object]) -> bool:
    """True if the caller has put a payment into the request himself."""
    return any(name in headers for name in _HEADERS.values())


def _signed(payment: Payment, payload: PaymentPayload | PaymentPayloadV1) -> Payment:
    inner = payload.payload
    signed = inner.get("authorization") or inner["permit2Authorization"]
    return attrs.evolve(
        payment,
        nonce=str(signed["nonce"]),
        valid_until=int(signed.get("validBefore") or signed["deadline"]),
        headers={_HEADERS[payload.x402_version]: encode_payment_signature_header(payload)},
    )
