"""The Django app that pays, for one request or one reconciliation.

Arguments: `pay ORDER TOKEN`, or `reconcile`.
"""

import json
import os
import sys
from typing import Any

import django
import killed_at
from django.db.backends.signals import connection_created
from django.test import Client

sys.path.insert(0, os.environ["PYTHONPATH"])
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.apps.django_payments.settings"


def trace(connection: Any, **_: object) -> None:
    connection.connection.set_trace_callback(killed_at.on_statement)


def pay(order: str, token: str) -> None:
    body = {"order": order, "to": os.environ["PAYEE"], "wei": 1000}
    answer = Client(raise_request_exception=False).post(
        "/api/payments",
        json.dumps(body),
        "application/json",
        headers={"Authorization": f"Bearer {token}"},
    )
    killed_at.at("stored")
    print(answer.status_code, answer.content.decode())


def main() -> None:
    from django.conf import settings
    from django.core.management import call_command

    settings.PRIVY |= {"ON_REQUEST": killed_at.on_request, "ON_RESPONSE": killed_at.on_response}
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)
    connection_created.connect(trace)
    django.db.connection.close()
    if killed_at.STEP == "rolled back":
        from tests.apps.django_payments import views

        views.JsonResponse = fail
    if sys.argv[1] == "pay":
        pay(*sys.argv[2:])
    else:
        call_command("reconcile")
    django.db.connection.close()


def fail(*_: object, **__: object) -> None:
    raise killed_at.RolledBackError


main()
