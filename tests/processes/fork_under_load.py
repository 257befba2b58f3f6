"""Forks while threads are in calls; prints the exit codes of the children and the errors here.

Arguments: the base URL, a wallet's id, how many forks.
"""

import os
import sys
import threading

from connecting import connect

privy = connect(sys.argv[1])
wallet_id = sys.argv[2]
stop = threading.Event()
errors: list[str] = []


def call_on() -> None:
    while not stop.is_set():
        try:
            assert privy.wallets.get(wallet_id).id == wallet_id
        except Exception as error:
            errors.append(repr(error))


def child() -> None:
    assert privy.wallets.get(wallet_id).id == wallet_id
    # An ordinary exit, which runs the exit handlers and finalizes what was inherited.
    sys.exit(7)


# A fork while another thread imports a module would leave the child with that module's lock, so
# the first call, which imports what it needs, comes before.
assert privy.wallets.get(wallet_id).id == wallet_id
threads = [threading.Thread(target=call_on) for _ in range(4)]
for thread in threads:
    thread.start()
codes: list[int] = []
for _ in range(int(sys.argv[3])):
    pid = os.fork()
    if pid == 0:
        child()
    codes.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
stop.set()
for thread in threads:
    thread.join()
assert privy.wallets.get(wallet_id).id == wallet_id
print(f"children {codes} errors {errors}")
