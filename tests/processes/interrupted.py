"""Is interrupted in a call; says so, and stays until its standard input ends.

Arguments: the base URL of a server that never answers; "unnoticed" to have the signal come without
waking the thread that waits, as one does that comes just before it begins to wait.
"""

import signal
import sys
import threading
import time

from connecting import connect


def interrupt_unnoticed() -> None:
    time.sleep(0.5)
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)


privy = connect(sys.argv[1], max_retries=0)
if "unnoticed" in sys.argv:
    threading.Thread(target=interrupt_unnoticed, daemon=True).start()
try:
    privy.wallets.get("any")
except KeyboardInterrupt:
    print("interrupted", flush=True)
sys.stdin.read()
