"""Does a bulk run whose journal may grow to so many bytes and no more; prints how it ended.

Arguments: the journal's path, the bytes.
"""

import asyncio
import resource
import sys

from privy_async import PrivyError
from privy_async.bulk import call_each

called: list[str] = []


async def call(item: str, key: str) -> str:
    called.append(item)
    return item


size = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
try:
    asyncio.run(call_each("abcdef", call, run_id="r", journal=sys.argv[1], concurrency=1))
except PrivyError as error:
    print(f"{''.join(called)}: {error}")
else:
    print("".join(called))
