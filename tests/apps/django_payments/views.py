"""Pays from a wallet of the app's, with a database beside it."""

import json
import os
from functools import partial

from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404

from .models import Payment
from .payments import try_to_settle


def check(request: HttpRequest) -> None:
    """Refuse whoever is not logged in. Who of the others may pay is for your app to say."""
    _ = request.privy.claims


def pay(request: HttpRequest) -> JsonResponse:
    check(request)
    body = json.loads(request.body)
    terms = {"wallet_id": os.environ["SHOP_WALLET_ID"], "to": body["to"], "wei": str(body["wei"])}
    payment, _ = Payment.objects.get_or_create(order=body["order"], defaults=terms)
    # After the commit, so that what is rolled back was never sent.
    transaction.on_commit(partial(try_to_settle, payment))
    return JsonResponse({"order": payment.order, "to": payment.to, "wei": payment.wei}, status=202)


def show(request: HttpRequest, order: str) -> JsonResponse:
    check(request)
    payment = get_object_or_404(Payment, order=order)
    return JsonResponse({"state": payment.state, "hash": payment.hash})
