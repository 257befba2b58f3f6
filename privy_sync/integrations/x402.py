"""x402: a session of `requests` that pays what it is asked for (HTTP 402), with a Privy wallet.

    pay = pay_with(alice, wallet, max_amount="0.10", networks=["eip155:8453"])
    session = requests.Session()
    session.mount("https://", pay)
    response = session.get("https://api.example.com/paid")

It needs the extra `x402`. `privy_async.integrations.x402` has the same for aiohttp.
"""

import logging
from collections.abc import Callable, Sequence
from decimal import Decimal
from importlib import import_module
from typing import Any, Final, TypeAlias
from weakref import WeakKeyDictionary

from privy_async.checks import needing

with needing("x402", install="privy-async[x402]"):
    import_module("x402")
with needing("requests", install="privy-async[x402]"):
    from requests import PreparedRequest, Response
    from requests.adapters import HTTPAdapter

from yarl import URL

from privy_async.integrations.x402.limits import Limits
from privy_async.integrations.x402.payer import (
    Payer,
    Trip,
    declined,
    is_paid,
    refused_again,
    unanswered,
    unrepeatable,
)
from privy_async.integrations.x402.payment import Payment, with_outcome
from privy_async.integrations.x402.terms import Offer, Required, read_required
from privy_async.resources.wallets.values import Wallet
from privy_sync.client import PrivyClient
from privy_sync.integrations.eth_account import PrivyAccount

__all__ = ["PayingAdapter", "Payment", "pay_with"]

Ask: TypeAlias = Callable[[Payment], bool]
_PAYMENT_REQUIRED: Final = 402
_LONGEST_BODY: Final = 16_384
_TRIP: Final = "privy_x402"
_log = logging.getLogger("privy_async.integrations")


class PayingAdapter(HTTPAdapter):
    """Answers 402 by paying: mount it to a `requests.Session` for "https://".

    It may serve many sessions and threads at once; the limit in sum is for all of them.
    """

    def __init__(self, payer: Payer, ask: Ask | None) -> None:
        super().__init__()
        self._payer = payer
        self._ask = ask
        self._paid: WeakKeyDictionary[Response, Payment] = WeakKeyDictionary()

    @property
    def spent(self) -> Decimal:
        """US dollars of all payments that were handed over or are about to be.

        A payment counts in full, whatever the server says to have taken of it.
        """
        return self._payer.limits.spent

    def payment_of(self, response: Response) -> Payment | None:
        """Return what was paid for a response, None for nothing.

        Of several responses in a chain of redirects, it is the one that was paid for: look into
        `response.history` too.
        """
        return self._paid.get(response)

    def send(self, request: PreparedRequest, *args: Any, **options: Any) -> Response:
        """Send a request, and once more with a payment if it is answered by 402.

        Raises:
            PaymentRefusedError: It is not paid for.
            PaymentUnsettledError: It was, and the answer was lost or is 402 again.
        """
        trip, url = _find_trip(request), URL(str(request.url))
        trip.origins.add(url.origin())
        response = super().send(request, *args, **options)
        if response.status_code != _PAYMENT_REQUIRED or is_paid(request.headers):
            return response
        required = _read(response)
        if required is None:
            return response
        response.close()
        offer = self._choose(request, required, trip)
        trip.payment = self._sign(offer)
        return self._hand_over(request, trip.payment, *args, **options)

    def _choose(self, request: PreparedRequest, required: Required, trip: Trip) -> Offer:
        url = str(URL(str(request.url)).with_user(None).with_query(None).with_fragment(None))
        trip.check(url)
        if not isinstance(request.body, (str, bytes, type(None))):
            raise unrepeatable(url)
        return self._payer.choose(required, url)

    def _sign(self, offer: Offer) -> Payment:
        try:
            if self._ask is not None and not self._ask(offer.payment):
                raise declined(offer.payment)
            return self._payer.sign(offer)
        except BaseException:
            # Nobody has a signature of it.
            self._payer.limits.give_back(offer.payment.dollars)
            raise

    def _hand_over(
        self, request: PreparedRequest, payment: Payment, *args: Any, **options: Any
    ) -> Response:
        paid = request.copy()
        paid.headers.update(payment.headers)
        try:
            response = super().send(paid, *args, **options)
            if not options.get("stream"):
                # It would be read next, where the error would not know of the payment.
                _ = response.content
        except Exception as error:
            raise unanswered(payment, error) from None
        except BaseException as error:
            error.add_note(f"a payment was handed over: {payment}, nonce {payment.nonce}")
            _log.warning("a paid request was cancelled: %s, nonce %s", payment, payment.nonce)
            raise
        # The payment's headers are a secret, which errors and logs of the response would show.
        response.request = request
        if response.status_code == _PAYMENT_REQUIRED:
            response.close()
            raise refused_again(payment, response.headers.get)
        self._paid[response] = with_outcome(payment, response.headers.get)
        return response


def pay_with(
    privy: PrivyClient,
    wallet: Wallet,
    *,
    max_amount: str | int | Decimal,
    networks: Sequence[str],
    max_total: str | int | Decimal | None = None,
    ask: Ask | None = None,
) -> PayingAdapter:
    """Return an adapter for `requests.Session.mount` by which a wallet pays for requests.

    What is paid, and what is not, is as with `privy_async.integrations.x402.pay_with`.

    Args:
        privy: Signs the requests: `privy.for_user(user_jwt)` for a user's wallet.
        wallet: An Ethereum wallet, as `privy.wallets.get` or `create` gives it.
        max_amount: The most a request may cost, in US dollars: "0.10".
        networks: The chains to pay on, by their CAIP-2 ids: `["eip155:8453"]`.
        max_total: The most that all requests may cost together, in US dollars, as long as this
            adapter lives; None for no such limit.
        ask: Called before each payment is signed, with the `Payment`; it says whether to pay.

    Raises:
        InvalidArgumentError: It is another client, not an Ethereum wallet, or a limit or a chain
            that cannot be used; it is named.

    Source: https://docs.x402.org
    """
    account = PrivyAccount(privy, wallet)
    return PayingAdapter(Payer(account, networks, Limits(max_amount, max_total)), ask)


def _find_trip(request: PreparedRequest) -> Trip:
    """Return the trip that a request is part of.

    For redirects and repetitions `requests` copies a request, and its copies have the same hooks.
    A request that the caller sends once more himself is a trip of its own.
    """
    hooks: Any = request.hooks
    trip: Trip | None = hooks.get(_TRIP)
    if trip is None or trip.key is request:
        trip = hooks[_TRIP] = Trip(request)
    return trip


def _read(response: Response) -> Required | None:
    """Return what a 402 asks for; None if it is no matter of x402, and may still be read."""
    length = response.headers.get("Content-Length", "")
    short = length.isdecimal() and int(length) <= _LONGEST_BODY
    return read_required(response.headers.get, response.content if short else None)
