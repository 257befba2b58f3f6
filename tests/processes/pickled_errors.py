"""Raises an error of a call in another process and catches it here.

Arguments: the base URL, how to start the process: spawn or fork.
"""

import multiprocessing
import sys

from connecting import connect

from privy_sync import NotFoundError


def call(base_url: str) -> None:
    privy = connect(base_url)
    privy.wallets.get("none")


if __name__ == "__main__":
    with multiprocessing.get_context(sys.argv[2]).Pool(1) as pool:
        try:
            pool.apply(call, (sys.argv[1],))
        except NotFoundError as error:
            print(error.status, error.method)
