"""Is interrupted in a call; says so, and stays until its standard input ends.

Arguments: the base URL of a server that never answers.
"""

import sys

from connecting import connect

privy = connect(sys.argv[1], max_retries=0)
try:
    privy.wallets.get("any")
except KeyboardInterrupt:
    print("interrupted", flush=True)
sys.stdin.read()
