"""Pays what the rows say: each row once, however often this is called and whenever it is killed."""

import logging
from datetime import timedelta

from privy_sync import (
    APIError,
    BadRequestError,
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
    PrivyError,
)
from privy_sync.integrations.django import get_client

from .models import Payment

log = logging.getLogger(__name__)

ASK_UNTIL = timedelta(hours=23)
KEPT_FOR = timedelta(hours=24)  # So long does Privy know an idempotency key.
REFUSALS = (BadRequestError, InvalidArgumentError, NotFoundError, PermissionDeniedError)


def try_to_settle(payment: Payment) -> None:
    """Settle a payment now; what does not succeed is left to the reconciliation."""
    try:
        settle(payment)
    except PrivyError as error:
        log.warning("payment %s is still pending: %s", payment.key, error)


def settle(payment: Payment) -> None:
    """Pay, or learn what became of it."""
    payment.refresh_from_db()
    if payment.state != Payment.PENDING:
        return
    if payment.age < ASK_UNTIL:
        ask(payment)
    elif payment.age > KEPT_FOR:
        look_up(payment)


def ask(payment: Payment) -> None:
    """Ask Privy with the row's key: the first time it pays, later it repeats its answer."""
    key = str(payment.key)
    try:
        sent = get_client().wallets.ethereum.send_transaction(
            payment.wallet_id,
            {"to": payment.to, "value": int(payment.wei)},
            caip2="eip155:8453",
            idempotency_key=key,
            reference_id=key,
        )
    except REFUSALS as error:
        if isinstance(error, APIError) and error.may_have_happened:
            raise
        log.warning("payment %s is refused: %s", key, error)
        look_up(payment)
    else:
        payment.close(Payment.SENT, sent.hash)


def look_up(payment: Payment) -> None:
    """Ask what was sent for the row, once it is certain that nothing more will be."""
    found = get_client().transactions.get_by_reference_id(str(payment.key))
    if found:
        payment.close(Payment.SENT, found[0].transaction_hash)
    else:
        payment.close(Payment.NOT_SENT)


def reconcile() -> None:
    """Settle what is still pending; run it every minute, and after a start."""
    for payment in Payment.objects.filter(state=Payment.PENDING):
        try_to_settle(payment)
