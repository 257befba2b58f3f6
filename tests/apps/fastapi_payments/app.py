"""Pays from its users' wallets, with a database beside it."""

import logging

from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from privy_async import PrivyError
from privy_async.integrations.fastapi import (
    Claims,
    UserClient,
    add_exception_handlers,
    lifespan,
)

from .models import Payment, Session
from .payments import ask

log = logging.getLogger(__name__)

app = FastAPI(lifespan=lifespan)
add_exception_handlers(app)


class ToPay(BaseModel):
    order: str
    wallet_id: str
    to: str
    wei: int


async def find(user_id: str, order: str) -> Payment:
    mine = select(Payment).where(Payment.user_id == user_id, Payment.order == order)
    async with Session() as session:
        return (await session.scalars(mine)).one()


async def find_or_add(user_id: str, body: ToPay) -> Payment:
    """Return the order's row, which is committed."""
    payment = Payment(
        user_id=user_id,
        order=body.order,
        wallet_id=body.wallet_id,
        to=body.to,
        wei=str(body.wei),
    )
    try:
        async with Session.begin() as session:
            session.add(payment)
    except IntegrityError:
        return await find(user_id, body.order)
    return payment


@app.post("/api/payments", status_code=202)
async def pay(body: ToPay, claims: Claims, alice: UserClient) -> dict[str, str | None]:
    payment = await find_or_add(claims.user_id, body)
    # Here the row is committed. A session that a dependency commits comes too late: this code
    # would run before.
    try:
        await ask(payment, alice)
    except PrivyError as error:
        log.warning("payment %s is still pending: %s", payment.key, error)
    return await show(body.order, claims)


@app.get("/api/payments/{order}")
async def show(order: str, claims: Claims) -> dict[str, str | None]:
    payment = await find(claims.user_id, order)
    return {"to": payment.to, "wei": payment.wei, "state": payment.state, "hash": payment.hash}
