"""One call for each of many items: so many at once, in order, and safe to start again.

Rely on the names below, on `privy_async.bulk.progress.progress_bar` for the command line, and on
`privy_async.bulk.redis.RedisJournal` for a run of many machines.
"""

from privy_async.bulk.call_each import call_each
from privy_async.bulk.journal import Journal
from privy_async.bulk.run import BulkResult, Progress, idempotency_key

__all__ = ["BulkResult", "Journal", "Progress", "call_each", "idempotency_key"]
