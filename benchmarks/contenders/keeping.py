"""Users' keys as a client keeps them, without asking a server for each."""

import time

from benchmarks import samples
from privy_async import AuthorizationKey, UserAuth
from privy_async.user_keys.cache import UserKey, UserKeys


async def keep_keys(users: int) -> UserKeys:
    """The keys of so many users. Each is parsed anew, so that it is an object of its own."""
    text = samples.user_key()

    async def exchange(user: UserAuth) -> UserKey:
        now = time.time()
        return UserKey(AuthorizationKey.parse(text), issued_at=now, expires_at=now + 3600)

    keys = UserKeys(exchange, capacity=users)
    for number in range(users):
        await keys.get(UserAuth(user_jwt=samples.user_jwt(number)))
    return keys
