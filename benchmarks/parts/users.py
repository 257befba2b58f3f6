"""Signing as users: keys that are exchanged, waited for, and kept."""

from typing import Final

from benchmarks import samples
from benchmarks.contest import Contest, Entry
from benchmarks.figures import Row, Section, Spread, Target, rates, times
from benchmarks.parts.startup import cold

_TEXT: Final = """\
A user's token is exchanged for that user's key, which comes sealed (HPKE) and is kept. "An
exchange" is one that is not kept, "a first call" an exchange and a signed call, "a cached call" one
by a user whose key is kept: the user's client is derived for each call, as a server does for each
request. Of 1,000 calls that wait for one exchange the time of all is shown. They are done one at a
time, so the time in which the server seals a key is in it; of CPU only the client's is counted.
`privy-client` keeps users' keys, too, as text that it parses for each call."""
_CACHE_TEXT: Final = """\
Cached calls of random users, 64 at once, where the keys of 10, 1,000 and 100,000 users are kept.
The keys were put there without a server. Memory: what a process grows by while it comes to keep the
keys of 10,000 users, each parsed for itself; the tokens are not kept."""
_KEYS: Final = 10_000


def user_keys(contest: Contest) -> Section:
    """Exchanges and cached calls."""
    works = {
        "an exchange": "exchange",
        "a first call": "first call",
        "a cached call": "cached",
        "1,000 calls that wait for one exchange": "1000 wait",
    }
    entries = [Entry(name, "ours_users", work) for name, work in works.items()]
    entries.append(Entry("a cached call of privy-client", "official_sync", "cached"))
    found = contest.run(entries)
    return Section("Users' keys", _TEXT, (times(found.values()),))


def cached_users(contest: Contest) -> Section:
    """Whether calls cost more where more users' keys are kept, and how much memory they take."""
    entries = [
        Entry(f"{size:,} users", "ours_cached", f"cached {size}", at_once=64)
        for size in samples.CACHE_SIZES
    ]
    found = contest.run(entries)
    few, *_, many = found.values()
    growth = Row(
        "cached users",
        "a cached call with 100,000 users' keys kept, against 10 (times its time)",
        Target(1.1, at_least=False),
        many.times_as_long_as(few),
    )
    grown = [
        cold("keep keys", str(_KEYS))["memory"] / _KEYS / 1000 for _ in range(contest.pace.rounds)
    ]
    memory = Row(
        "key memory",
        "memory for each kept user key (KB)",
        Target(3, at_least=False, unit=" KB"),
        Spread.of(grown),
    )
    rows = (growth, memory) if any(grown) else (growth,)  # Not every system tells.
    return Section("Many users", _CACHE_TEXT, (rates(found.values()),), rows)
