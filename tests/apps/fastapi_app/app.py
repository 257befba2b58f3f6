"""A small product on FastAPI. To try it: python -m tests.apps.fastapi_app"""

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from pydantic import BaseModel

from privy_async.integrations.fastapi import (
    Claims,
    Client,
    UserClient,
    WebhookEvent,
    add_exception_handlers,
    lifespan,
)

app = FastAPI(lifespan=lifespan)
add_exception_handlers(app)


class ToSign(BaseModel):
    wallet_id: str
    message: str


class ToSend(BaseModel):
    wallet_id: str
    to: str
    value: int
    idempotency_key: str | None = None


class TextMe(BaseModel):
    phone_number: str | None = None  # To enroll; without, it is the number that is enrolled.


class Code(BaseModel):
    code: str
    enrolling: bool = False


@app.get("/")
async def page() -> FileResponse:
    return FileResponse(Path(__file__).parents[1] / "page.html")


@app.get("/api/me")
async def me(claims: Claims) -> dict[str, str]:
    return {"user_id": claims.user_id}


@app.get("/api/wallets")
async def wallets(claims: Claims, privy: Client) -> list[dict[str, str]]:
    mine = privy.wallets.list(user_id=claims.user_id, chain_type="ethereum")
    return [{"id": wallet.id, "address": wallet.address} async for wallet in mine]


@app.post("/api/sign")
async def sign(body: ToSign, alice: UserClient) -> dict[str, str]:
    signed = await alice.wallets.ethereum.sign_message(body.wallet_id, body.message)
    return {"signature": signed.signature}


@app.post("/api/send")
async def send(body: ToSend, alice: UserClient) -> dict[str, str | None]:
    sent = await alice.wallets.ethereum.send_transaction(
        body.wallet_id,
        {"to": body.to, "value": body.value},  # wei
        caip2="eip155:8453",
        idempotency_key=body.idempotency_key,
    )
    return {"hash": sent.hash}


@app.post("/api/mfa/text-me")
async def text_me(body: TextMe, claims: Claims, alice: UserClient) -> dict[str, bool]:
    sms = alice.users.mfa.sms
    if body.phone_number is None:
        await sms.verification.init(claims.user_id)
    else:
        await sms.enrollment.init(claims.user_id, phone_number=body.phone_number)
    return {"sent": True}


@app.post("/api/mfa/verify")
async def verify(body: Code, claims: Claims, alice: UserClient) -> dict[str, str]:
    sms = alice.users.mfa.sms
    step = sms.enrollment if body.enrolling else sms.verification
    verified = await step.verify(claims.user_id, code=body.code)
    return {"mfa_token": verified.token}  # for the header privy-mfa-token


@app.post("/webhook")
async def webhook(event: WebhookEvent) -> dict[str, str]:
    return {"received": event.type}
