"""Makes the first calls of a process in 50 threads at once; prints the threads that serve them.

Arguments: the base URL.
"""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from connecting import connect

THREADS = 50

privy = connect(sys.argv[1])
barrier = threading.Barrier(THREADS)
# The resource is loaded before, so that only the calls themselves race.
wallets = privy.wallets


def call(_: int) -> str:
    barrier.wait()
    return wallets.create(chain_type="ethereum").id


before = threading.active_count()
with ThreadPoolExecutor(THREADS) as pool:
    ids = set(pool.map(call, range(THREADS)))
names = [thread.name for thread in threading.enumerate()]
print(before, len(ids), names.count("privy-sync"))
