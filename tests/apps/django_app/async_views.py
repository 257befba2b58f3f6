"""The same views as `views`, async: under ASGI they share one loop and its connections."""

import json

from django.http import HttpRequest, JsonResponse

from privy_async.types import WebhookEvent
from privy_sync.integrations.django import get_async_client, webhook


async def me(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"user_id": (await request.privy.aclaims()).user_id})


async def wallets(request: HttpRequest) -> JsonResponse:
    user_id = (await request.privy.aclaims()).user_id
    mine = get_async_client().wallets.list(user_id=user_id, chain_type="ethereum")
    return JsonResponse([{"id": one.id, "address": one.address} async for one in mine], safe=False)


async def sign(request: HttpRequest) -> JsonResponse:
    body, alice = json.loads(request.body), await request.privy.aclient()
    signed = await alice.wallets.ethereum.sign_message(body["wallet_id"], body["message"])
    return JsonResponse({"signature": signed.signature})


async def send(request: HttpRequest) -> JsonResponse:
    body, alice = json.loads(request.body), await request.privy.aclient()
    sent = await alice.wallets.ethereum.send_transaction(
        body["wallet_id"],
        {"to": body["to"], "value": body["value"]},  # wei
        caip2="eip155:8453",
        idempotency_key=body.get("idempotency_key"),
    )
    return JsonResponse({"hash": sent.hash})


async def text_me(request: HttpRequest) -> JsonResponse:
    body, sms = json.loads(request.body), (await request.privy.aclient()).users.mfa.sms
    user_id = (await request.privy.aclaims()).user_id
    if "phone_number" in body:  # To enroll; without, it is the number that is enrolled.
        await sms.enrollment.init(user_id, phone_number=body["phone_number"])
    else:
        await sms.verification.init(user_id)
    return JsonResponse({"sent": True})


async def verify(request: HttpRequest) -> JsonResponse:
    body, sms = json.loads(request.body), (await request.privy.aclient()).users.mfa.sms
    step = sms.enrollment if body.get("enrolling") else sms.verification
    verified = await step.verify((await request.privy.aclaims()).user_id, code=body["code"])
    return JsonResponse({"mfa_token": verified.token})  # for the header privy-mfa-token


@webhook
async def on_event(request: HttpRequest, event: WebhookEvent) -> JsonResponse:
    return JsonResponse({"received": event.type})
