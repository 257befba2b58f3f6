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


@app.post("/webhook")
async def webhook(event: WebhookEvent) -> dict[str, str]:
    return {"received": event.type}
