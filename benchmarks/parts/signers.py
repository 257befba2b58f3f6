"""Signers that are far away, as a KMS is."""

from typing import Final

from benchmarks.contest import Contest, Entry
from benchmarks.figures import Section, rates

_TEXT: Final = """\
Signed calls whose signer takes 50 ms, 64 at once, so that 1,280 a second is the most that can be. A
sync signer runs in one of the client's threads (`signer_threads`, 64 by default), an async one in
the event loop."""


def measure(contest: Contest) -> Section:
    """Signatures a second."""
    entries = [
        Entry(f"{kind} signers of 50 ms", "ours_signers", kind, at_once=64)
        for kind in ("sync", "async")
    ]
    return Section("Signers far away", _TEXT, (rates(contest.run(entries).values()),))
