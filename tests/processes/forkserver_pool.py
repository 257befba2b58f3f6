"""Signs in a process pool of each start method; prints what came back, errors included.

Arguments: the base URL, a wallet's id, the start methods.
"""

import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor

from connecting import connect

from privy_async import NotFoundError, PrivyError


def sign(base_url: str, wallet_id: str) -> str:
    with connect(base_url) as privy:
        return privy.wallets.ethereum.sign_message(wallet_id, "hello").signature


def main(base_url: str, wallet_id: str, *methods: str) -> None:
    # The parent's own loop and connections are there before its children start.
    signatures = {sign(base_url, wallet_id)}
    for method in methods:
        context = multiprocessing.get_context(method)
        with ProcessPoolExecutor(2, context) as pool:
            signed = [pool.submit(sign, base_url, wallet_id) for _ in range(4)]
            signatures |= {each.result() for each in signed}
            error = pool.submit(sign, base_url, "no such wallet").exception()
        assert isinstance(error, NotFoundError), error
        assert isinstance(error, PrivyError)
        print(method, error.status)
    print(len(signatures))


if __name__ == "__main__":
    main(*sys.argv[1:])
