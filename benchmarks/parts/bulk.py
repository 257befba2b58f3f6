"""Creating wallets by the hundred."""

from typing import Final

from benchmarks import samples
from benchmarks.contest import Contest, Entry
from benchmarks.figures import Section, rates

_TEXT: Final = """\
256 wallets, each by a request of its own with an idempotency key: by `call_each` with 64 at once,
which derives the keys from the run's name so that the run can be started again, and keeps each
item's outcome; by `asyncio.gather` of `wallets.create`; and by the official SDK, in one thread and
in 32. The contenders' rates are wallets a second. No journal is written here: with one, each item
waits for the disk."""


def measure(contest: Contest) -> Section:
    """Wallets a second."""
    entries = [
        Entry("call_each, 64 at once", "ours_bulk", "call_each", calls=samples.BULK),
        Entry("asyncio.gather, all at once", "ours_bulk", "gather", calls=samples.BULK),
        Entry("privy-client, 1 thread", "official_sync", "create"),
        Entry("privy-client, 32 threads", "official_sync", "create", at_once=32),
    ]
    return Section("Wallets in bulk", _TEXT, (rates(contest.run(entries).values()),))
