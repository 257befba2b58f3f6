"""Calls in the processes of a pool: one succeeds, the error of one is caught here.

Arguments: the base URL, how to start the processes: spawn, fork or forkserver.
"""

import multiprocessing
import sys

from connecting import connect

from privy_sync import NotFoundError


def call(base_url: str, wallet_id: str) -> str:
    with connect(base_url) as privy:
        return privy.wallets.get(wallet_id).id


if __name__ == "__main__":
    with connect(sys.argv[1]) as privy:
        # The parent's own loop and connections are there before its children start.
        wallet_id = privy.wallets.create(chain_type="ethereum").id
    with multiprocessing.get_context(sys.argv[2]).Pool(2) as pool:
        arguments = [(sys.argv[1], wallet_id)] * 4
        print({wallet_id} == {*pool.starmap(call, arguments)}, end=" ")
        try:
            pool.apply(call, (sys.argv[1], "none"))
        except NotFoundError as error:
            print(error.status, error.method)
