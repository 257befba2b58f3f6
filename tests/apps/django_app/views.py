"""A small product on Django. To try it: python -m tests.apps.django_app"""

import json

from django.http import HttpRequest, JsonResponse

from privy_async.types import WebhookEvent
from privy_sync.integrations.django import get_client, webhook


def me(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"user_id": request.privy.claims.user_id})


def wallets(request: HttpRequest) -> JsonResponse:
    user_id = request.privy.claims.user_id
    mine = get_client().wallets.list(user_id=user_id, chain_type="ethereum")
    return JsonResponse([{"id": one.id, "address": one.address} for one in mine], safe=False)


def sign(request: HttpRequest) -> JsonResponse:
    body, alice = json.loads(request.body), request.privy.client
    signed = alice.wallets.ethereum.sign_message(body["wallet_id"], body["message"])
    return JsonResponse({"signature": signed.signature})


def send(request: HttpRequest) -> JsonResponse:
    body, alice = json.loads(request.body), request.privy.client
    sent = alice.wallets.ethereum.send_transaction(
        body["wallet_id"],
        {"to": body["to"], "value": body["value"]},  # wei
        caip2="eip155:8453",
        idempotency_key=body.get("idempotency_key"),
    )
    return JsonResponse({"hash": sent.hash})


def text_me(request: HttpRequest) -> JsonResponse:
    body, sms = json.loads(request.body), request.privy.client.users.mfa.sms
    user_id = request.privy.claims.user_id
    if "phone_number" in body:  # To enroll; without, it is the number that is enrolled.
        sms.enrollment.init(user_id, phone_number=body["phone_number"])
    else:
        sms.verification.init(user_id)
    return JsonResponse({"sent": True})


def verify(request: HttpRequest) -> JsonResponse:
    body, sms = json.loads(request.body), request.privy.client.users.mfa.sms
    step = sms.enrollment if body.get("enrolling") else sms.verification
    verified = step.verify(request.privy.claims.user_id, code=body["code"])
    return JsonResponse({"mfa_token": verified.token})  # for the header privy-mfa-token


@webhook
def on_event(request: HttpRequest, event: WebhookEvent) -> JsonResponse:
    return JsonResponse({"received": event.type})
