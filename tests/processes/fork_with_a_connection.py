"""Forks with an open connection. The child drops the client; then the parent goes on with it.

Arguments: the base URL, a wallet's id.
"""

import asyncio
import gc
import os
import sys

from privy_async import PrivyClient

loop = asyncio.new_event_loop()
privy: PrivyClient | None = PrivyClient(
    app_id="sandbox-app", app_secret="sandbox-secret", base_url=sys.argv[1]
)
loop.run_until_complete(privy.wallets.get(sys.argv[2]))
child = os.fork()
if child == 0:
    privy = None
    gc.collect()
    sys.stderr.flush()
    os._exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert privy is not None
print(loop.run_until_complete(asyncio.wait_for(privy.wallets.get(sys.argv[2]), 10)).id)
loop.run_until_complete(privy.close())
loop.close()
