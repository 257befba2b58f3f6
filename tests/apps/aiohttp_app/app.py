"""A small product on aiohttp. To try it: python -m tests.apps.aiohttp_app"""

from pathlib import Path

from aiohttp import web

from privy_async import PrivyClient
from privy_async.integrations.aiohttp_web import (
    claims,
    client_of,
    login_required,
    setup,
    user_client,
    webhook_event,
)

routes = web.RouteTableDef()
api = web.RouteTableDef()


def make_app(privy: PrivyClient | None = None) -> web.Application:
    members = web.Application(middlewares=[login_required])
    members.add_routes(api)
    app = web.Application()
    setup(app, privy)
    app.add_routes(routes)
    app.add_subapp("/api", members)
    return app


@routes.get("/")
async def page(request: web.Request) -> web.FileResponse:
    return web.FileResponse(Path(__file__).parents[1] / "page.html")


@api.get("/me")
async def me(request: web.Request) -> web.Response:
    return web.json_response({"user_id": (await claims(request)).user_id})


@api.get("/wallets")
async def wallets(request: web.Request) -> web.Response:
    user_id = (await claims(request)).user_id
    mine = client_of(request).wallets.list(user_id=user_id, chain_type="ethereum")
    return web.json_response([{"id": one.id, "address": one.address} async for one in mine])


@api.post("/sign")
async def sign(request: web.Request) -> web.Response:
    body, alice = await request.json(), await user_client(request)
    signed = await alice.wallets.ethereum.sign_message(body["wallet_id"], body["message"])
    return web.json_response({"signature": signed.signature})


@api.post("/send")
async def send(request: web.Request) -> web.Response:
    body, alice = await request.json(), await user_client(request)
    sent = await alice.wallets.ethereum.send_transaction(
        body["wallet_id"],
        {"to": body["to"], "value": body["value"]},  # wei
        caip2="eip155:8453",
        idempotency_key=body.get("idempotency_key"),
    )
    return web.json_response({"hash": sent.hash})


@api.post("/mfa/text-me")
async def text_me(request: web.Request) -> web.Response:
    body, sms = await request.json(), (await user_client(request)).users.mfa.sms
    user_id = (await claims(request)).user_id
    if "phone_number" in body:  # To enroll; without, it is the number that is enrolled.
        await sms.enrollment.init(user_id, phone_number=body["phone_number"])
    else:
        await sms.verification.init(user_id)
    return web.json_response({"sent": True})


@api.post("/mfa/verify")
async def verify(request: web.Request) -> web.Response:
    body, sms = await request.json(), (await user_client(request)).users.mfa.sms
    step = sms.enrollment if body.get("enrolling") else sms.verification
    verified = await step.verify((await claims(request)).user_id, code=body["code"])
    return web.json_response({"mfa_token": verified.token})  # for the header privy-mfa-token


@routes.post("/webhook")
async def webhook(request: web.Request) -> web.Response:
    event = await webhook_event(request)
    return web.json_response({"received": event.type})
