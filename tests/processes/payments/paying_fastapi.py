"""The FastAPI app that pays, for one request or one reconciliation.

Arguments: `pay ORDER TOKEN`, or `reconcile`.
"""

import asyncio
import os
import sys
from typing import Any

import httpx
import killed_at
from sqlalchemy import event
from sqlalchemy.orm import Session

sys.path.insert(0, os.environ["PYTHONPATH"])
from privy_async import PrivyClient
from privy_async.integrations.fastapi import lifespan
from tests.apps.fastapi_payments import models, reconcile
from tests.apps.fastapi_payments.app import app


async def pay(order: str, token: str) -> None:
    body = {
        "order": order,
        "to": os.environ["PAYEE"],
        "wei": 1000,
        "wallet_id": os.environ["SHOP_WALLET_ID"],
    }
    privy = PrivyClient(
        on_request=killed_at.on_request, on_response=killed_at.on_response, deadline=25
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        lifespan(app, privy),
        httpx.AsyncClient(transport=transport, base_url="http://shop") as client,
    ):
        answer = await client.post(
            "/api/payments", json=body, headers={"Authorization": f"Bearer {token}"}
        )
    killed_at.at("stored")
    print(answer.status_code, answer.text)


def trace(connection: Any, _: object) -> None:
    connection.run_async(lambda driver: driver.set_trace_callback(killed_at.on_statement))


def fail(_: object) -> None:
    raise killed_at.RolledBackError


async def main() -> None:
    await models.make_tables()
    await models.engine.dispose()
    event.listen(models.engine.sync_engine, "connect", trace)
    if killed_at.STEP == "rolled back":
        event.listen(Session, "before_commit", fail)
    if sys.argv[1] == "pay":
        await pay(*sys.argv[2:])
    else:
        await reconcile.main()
    await models.engine.dispose()


asyncio.run(main())
