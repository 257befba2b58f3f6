"""The middleware of aiohttp's clients that pays."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from decimal import Decimal
from inspect import isawaitable
from typing import Final, TypeAlias
from weakref import WeakKeyDictionary, WeakValueDictionary

import aiohttp
from aiohttp.payload import BytesPayload

from privy_async.errors import PrivyError
from privy_async.integrations.eth_account import PrivyAccount
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

Ask: TypeAlias = Callable[[Payment], bool | Awaitable[bool]]
_PAYMENT_REQUIRED: Final = 402
_LONGEST_BODY: Final = 16_384
_log = logging.getLogger("privy_async.integrations")


class PayingMiddleware:
    """Answers 402 by paying: a middleware for `aiohttp.ClientSession(middlewares=[...])`.

    It may serve many sessions and requests at once, in one event loop at a time; the limit in sum
    is for all of them.
    """

    def __init__(self, account: PrivyAccount, payer: Payer, ask: Ask | None) -> None:
        self._account = account
        self._payer = payer
        self._ask = ask
        self._trips = _Trips()
        self._paid: WeakKeyDictionary[aiohttp.ClientResponse, Payment] = WeakKeyDictionary()

    @property
    def spent(self) -> Decimal:
        """US dollars of all payments that were handed over or are about to be.

        A payment counts in full, whatever the server says to have taken of it.
        """
        return self._payer.limits.spent

    def payment_of(self, response: aiohttp.ClientResponse) -> Payment | None:
        """Return what was paid for a response, None for nothing.

        Of several responses in a chain of redirects, it is the one that was paid for: look into
        `response.history` too.
        """
        return self._paid.get(response)

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Send a request, and once more with a payment if it is answered by 402.

        Raises:
            PaymentRefusedError: It is not paid for.
            PaymentUnsettledError: It was, and the answer was lost or is 402 again.
        """
        trip, paid_by_caller = self._trips.find(request), is_paid(request.headers)
        response = await handler(request)
        self._trips.keep(trip, response)
        if response.status != _PAYMENT_REQUIRED or paid_by_caller:
            return response
        required = await _read(response)
        if required is None:
            return response
        response.close()
        payment = trip.payment = await self._sign(self._choose(request, required, trip), trip)
        response = await self._hand_over(request, handler, payment)
        self._trips.keep(trip, response)
        return response

    def _choose(self, request: aiohttp.ClientRequest, required: Required, trip: Trip) -> Offer:
        url = str(request.url.with_query(None))
        trip.check(url)
        if not _is_repeatable(request.body):
            raise unrepeatable(url)
        offer = self._payer.choose(required, url)
        # At once, so that whoever sends this request twice at a time pays once.
        trip.payment = offer.payment
        return offer

    async def _sign(self, offer: Offer, trip: Trip) -> Payment:
        try:
            if self._ask is not None:
                answer = self._ask(offer.payment)
                if not (await answer if isawaitable(answer) else answer):
                    raise declined(offer.payment)
            return await self._account.run(self._payer.sign, offer)
        except BaseException:
            # Nobody has a signature of it.
            trip.payment = None
            self._payer.limits.give_back(offer.payment.dollars)
            raise

    async def _hand_over(
        self,
        request: aiohttp.ClientRequest,
        handler: aiohttp.ClientHandlerType,
        payment: Payment,
    ) -> aiohttp.ClientResponse:
        request.headers.update(payment.headers)
        try:
            response = await handler(request)
        except Exception as error:
            # aiohttp sends some requests again by itself, but not after this error.
            raise unanswered(payment, error) from None
        except asyncio.CancelledError as error:
            error.add_note(f"a payment was handed over: {payment}, nonce {payment.nonce}")
            _log.warning("a paid request was cancelled: %s, nonce %s", payment, payment.nonce)
            raise
        finally:
            for name in payment.headers:
                request.headers.popall(name, None)
        if response.status == _PAYMENT_REQUIRED:
            response.close()
            raise refused_again(payment, response.headers.get)
        self._paid[response] = with_outcome(payment, response.headers.get)
        return response


class _Trips:
    """Which of the requests that a middleware sees are one request of the caller's.

    aiohttp calls a middleware anew for each redirect and repetition. All of these have one timer,
    whatever task they run in, so this is what a trip is known by.
    """

    def __init__(self) -> None:
        self._trips: WeakValueDictionary[int, Trip] = WeakValueDictionary()
        # A trip lives as long as what may lead to its next request: aiohttp keeps the responses
        # of redirects, and middlewares that repeat have the request.
        self._keepers: WeakKeyDictionary[object, Trip] = WeakKeyDictionary()

    def find(self, request: aiohttp.ClientRequest) -> Trip:
        """Return the trip that a request is part of, which knows its origin."""
        timer: object = getattr(request, "_timer", None)
        if timer is None:
            raise PrivyError("pay_with does not know this version of aiohttp: take another")
        trip = self._trips.get(id(timer))
        if trip is None:
            trip = self._trips[id(timer)] = Trip(timer)
        trip.origins.add(request.url.origin())
        self._keepers[request] = trip
        return trip

    def keep(self, trip: Trip, response: aiohttp.ClientResponse) -> None:
        """Keep a trip as long as a response."""
        self._keepers[response] = trip


async def _read(response: aiohttp.ClientResponse) -> Required | None:
    """Return what a 402 asks for; None if it is no matter of x402, and may still be read."""
    length = response.content_length
    body = await response.read() if length is not None and length <= _LONGEST_BODY else None
    return read_required(response.headers.get, body)


def _is_repeatable(body: object) -> bool:
    """True if a request's body is in memory, so that it is the same the second time."""
    if isinstance(body, aiohttp.MultipartWriter):
        return all(_is_repeatable(part) for part, *_ in body)
    return not body or isinstance(body, BytesPayload)
