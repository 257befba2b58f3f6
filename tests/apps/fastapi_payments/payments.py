"""Pays what the rows say: each row once, however often this is called and whenever it is killed."""

import logging
from datetime import timedelta

from sqlalchemy import select

from privy_async import (
    APIError,
    BadRequestError,
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
    PrivyClient,
    PrivyError,
)

from .models import NOT_SENT, PENDING, SENT, Payment, Session

log = logging.getLogger(__name__)

ASK_UNTIL = timedelta(hours=23)
KEPT_FOR = timedelta(hours=24)  # So long does Privy know an idempotency key.
REFUSALS = (BadRequestError, InvalidArgumentError, NotFoundError, PermissionDeniedError)


async def ask(payment: Payment, alice: PrivyClient) -> None:
    """Ask Privy with the row's key: the first time it pays, later it repeats its answer."""
    if payment.state != PENDING or payment.age > ASK_UNTIL:
        return
    try:
        sent = await alice.wallets.ethereum.send_transaction(
            payment.wallet_id,
            {"to": payment.to, "value": int(payment.wei)},
            caip2="eip155:8453",
            idempotency_key=payment.key,
            reference_id=payment.key,
        )
    except REFUSALS as error:
        if isinstance(error, APIError) and error.may_have_happened:
            raise
        log.warning("payment %s is refused: %s", payment.key, error)
        await look_up(payment, alice, last=True)
    else:
        await payment.close(SENT, sent.hash)


async def look_up(payment: Payment, privy: PrivyClient, *, last: bool) -> None:
    """Ask what was sent for the row. With `last`, nothing more can be: nothing is an answer."""
    found = await privy.transactions.get_by_reference_id(payment.key)
    if found:
        await payment.close(SENT, found[0].transaction_hash)
    elif last:
        await payment.close(NOT_SENT)


async def reconcile(privy: PrivyClient) -> None:
    """Look up what is still pending. The users' tokens are gone, and looking needs none."""
    async with Session() as session:
        payments = await session.scalars(select(Payment).where(Payment.state == PENDING))
    for payment in payments:
        try:
            await look_up(payment, privy, last=payment.age > KEPT_FOR)
        except PrivyError as error:
            log.warning("payment %s is still pending: %s", payment.key, error)
