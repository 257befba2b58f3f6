"""Uses a client with a store of users' keys, then forks; the children use it too.

Arguments: the base URL, a URL of Redis, a key for the store, a user's token, a wallet's id.
"""

import multiprocessing
import sys

from connecting import connect

from privy_async.integrations.redis import RedisUserKeyStore

base_url, redis_url, encryption_key, user_jwt, wallet_id = sys.argv[1:]
store = RedisUserKeyStore(redis_url, encryption_key=encryption_key, timeout=10)
# Nothing is kept in memory, so that each call asks Redis.
privy = connect(base_url, user_key_store=store, user_key_cache_size=0)


def sign(_: int) -> str:
    user = privy.for_user(user_jwt)
    return user.wallets.ethereum.sign_message(wallet_id, "hello").signature


if __name__ == "__main__":
    before = sign(0)
    with multiprocessing.get_context("fork").Pool(4) as pool:
        signatures = set(pool.map(sign, range(40), chunksize=10))
        pool.close()
        pool.join()
    print(len(signatures | {before, sign(0)}))
