"""Where the workers' apps find Redis, and whether they share users' keys there."""

import os

from privy_async.integrations.redis import RedisUserKeyStore

REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")
JOURNAL_URL = os.environ.get("JOURNAL_URL", REDIS_URL)


def user_key_store() -> RedisUserKeyStore | None:
    """A store in Redis if USER_KEY_STORE_SECRET is set: `openssl rand -base64 32` makes one."""
    secret = os.environ.get("USER_KEY_STORE_SECRET")
    if secret is None:
        return None
    url = os.environ.get("USER_KEY_STORE_URL", REDIS_URL)
    return RedisUserKeyStore(url, encryption_key=secret)
