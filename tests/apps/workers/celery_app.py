"""Signs and sends for users, in tasks of Celery.

With `python -m privy_async.sandbox` and `redis-server` running:

    cd tests/apps/workers && PRIVY_APP_ID=sandbox-app PRIVY_APP_SECRET=sandbox-secret \
        PRIVY_API_BASE_URL=http://127.0.0.1:8787 celery --app celery_app worker --concurrency 4
"""

import os

from celery import Celery
from surroundings import REDIS_URL, user_key_store

from privy_sync import APIConnectionError, InternalServerError, PrivyClient, RateLimitError

app = Celery("shop", broker=REDIS_URL, backend=REDIS_URL)
app.conf.update(
    # A task is done when it has ended, not when it has begun: a lost one is delivered again.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    # Seconds after which the task of a worker that is gone is delivered to another one: more than
    # a task or the pause before its retry takes. Unless told, it takes an hour.
    broker_transport_options={"visibility_timeout": int(os.environ.get("REDELIVER_AFTER", "1800"))},
    broker_connection_retry_on_startup=True,
)

# Made once, before Celery forks; each child gets connections of its own.
privy = PrivyClient(user_key_store=user_key_store())


@app.task(name="sign_message")
def sign_message(*, user_jwt: str, wallet_id: str, message: str) -> str:
    """Sign a text as the user, and return the signature in hex."""
    user = privy.for_user(user_jwt)
    return user.wallets.ethereum.sign_message(wallet_id, message).signature


@app.task(
    name="send",
    autoretry_for=(APIConnectionError, InternalServerError, RateLimitError),
    retry_backoff=True,
    max_retries=5,
)
def send(*, user_jwt: str, wallet_id: str, to: str, value: int, idempotency_key: str) -> str:
    """Send `value` wei as the user, once however often it is delivered; return the hash."""
    user = privy.for_user(user_jwt)
    sent = user.wallets.ethereum.send_transaction(
        wallet_id,
        {"to": to, "value": value},
        caip2="eip155:8453",
        idempotency_key=idempotency_key,
    )
    return sent.hash
