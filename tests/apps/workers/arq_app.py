"""Signs and sends for users, in jobs of arq.

With `python -m privy_async.sandbox` and `redis-server` running:

    cd tests/apps/workers && PRIVY_APP_ID=sandbox-app PRIVY_APP_SECRET=sandbox-secret \
        PRIVY_API_BASE_URL=http://127.0.0.1:8787 arq arq_app.WorkerSettings
"""

import os
from functools import partial
from typing import Any

from arq import Retry
from arq.connections import RedisSettings
from surroundings import REDIS_URL, user_key_store

from privy_async import APIConnectionError, InternalServerError, RateLimitError
from privy_async.integrations.arq import close_privy, open_privy


async def sign_message(ctx: dict[str, Any], *, user_jwt: str, wallet_id: str, message: str) -> str:
    """Sign a text as the user, and return the signature in hex."""
    user = ctx["privy"].for_user(user_jwt)
    signed = await user.wallets.ethereum.sign_message(wallet_id, message)
    return str(signed.signature)


async def send(
    ctx: dict[str, Any],
    *,
    user_jwt: str,
    wallet_id: str,
    to: str,
    value: int,
    idempotency_key: str,
) -> str:
    """Send `value` wei as the user, once however often it is delivered; return the hash."""
    user = ctx["privy"].for_user(user_jwt)
    try:
        sent = await user.wallets.ethereum.send_transaction(
            wallet_id,
            {"to": to, "value": value},
            caip2="eip155:8453",
            idempotency_key=idempotency_key,
        )
    except (APIConnectionError, InternalServerError, RateLimitError) as error:
        raise Retry(defer=2 ** ctx["job_try"]) from error
    return str(sent.hash)


class WorkerSettings:
    functions = (sign_message, send)
    on_startup = partial(open_privy, user_key_store=user_key_store())
    on_shutdown = close_privy
    redis_settings = RedisSettings.from_dsn(REDIS_URL)
    max_jobs = 50
    # Seconds for a job. The job of a worker that is gone is run by another one 10 s after that.
    job_timeout = int(os.environ.get("JOB_TIMEOUT", "300"))
