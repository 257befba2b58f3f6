"""Signs and sends for users, in tasks of taskiq.

With `python -m privy_async.sandbox` and `redis-server` running:

    cd tests/apps/workers && PRIVY_APP_ID=sandbox-app PRIVY_APP_SECRET=sandbox-secret \
        PRIVY_API_BASE_URL=http://127.0.0.1:8787 taskiq worker taskiq_app:broker
"""

import os

from surroundings import REDIS_URL, user_key_store
from taskiq import SmartRetryMiddleware
from taskiq_redis import RedisAsyncResultBackend, RedisStreamBroker

from privy_async import APIConnectionError, InternalServerError, RateLimitError
from privy_async.integrations.taskiq import Privy, add_privy

# A stream, unlike a list, delivers again what a lost worker has not finished. It also keeps what
# is done, tokens and all, so it is kept short.
broker = (
    RedisStreamBroker(
        REDIS_URL,
        consumer_id="0",
        idle_timeout=int(os.environ.get("REDELIVER_AFTER", "600")) * 1000,
        unacknowledged_lock_timeout=10,
        maxlen=10_000,
    )
    .with_result_backend(RedisAsyncResultBackend(REDIS_URL, result_ex_time=3600))
    .with_middlewares(
        SmartRetryMiddleware(
            default_retry_count=5,
            default_retry_label=False,
            use_delay_exponent=True,
            types_of_exceptions=(APIConnectionError, InternalServerError, RateLimitError),
        )
    )
)
add_privy(broker, user_key_store=user_key_store())


@broker.task("sign_message")
async def sign_message(*, user_jwt: str, wallet_id: str, message: str, privy: Privy) -> str:
    """Sign a text as the user, and return the signature in hex."""
    user = privy.for_user(user_jwt)
    signed = await user.wallets.ethereum.sign_message(wallet_id, message)
    return signed.signature


@broker.task("send", retry_on_error=True)
async def send(
    *, user_jwt: str, wallet_id: str, to: str, value: int, idempotency_key: str, privy: Privy
) -> str:
    """Send `value` wei as the user, once however often it is delivered; return the hash."""
    user = privy.for_user(user_jwt)
    sent = await user.wallets.ethereum.send_transaction(
        wallet_id,
        {"to": to, "value": value},
        caip2="eip155:8453",
        idempotency_key=idempotency_key,
    )
    return sent.hash
