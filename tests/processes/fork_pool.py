"""Uses a client, inherited by the workers of a pool, in four processes at once.

Arguments: the base URL, a wallet's id.
"""

import multiprocessing
import os
import sys

from connecting import connect

privy = connect(sys.argv[1])
wallet_id = sys.argv[2]


def call(_: int) -> tuple[int, bool]:
    return os.getpid(), privy.wallets.get(wallet_id).id == wallet_id


if __name__ == "__main__":
    assert call(0)[1]
    with multiprocessing.get_context("fork").Pool(4) as pool:
        answers = pool.map(call, range(80), chunksize=20)
    assert call(0)[1]
    assert os.getpid() not in {pid for pid, _ in answers}
    print(f"{sum(right for _, right in answers)} of {len(answers)}")
