"""Where a process spends its CPU time, by package, from samples of its main thread.

A sample is taken every ms of CPU time, and counts for the package of the innermost Python frame.
What C code does for a frame counts for that frame: OpenSSL's ECDSA for the functions called
`sign`, reading and writing sockets for asyncio, aiohttp's C parser for aiohttp.
"""

import signal
from collections import Counter
from pathlib import PurePath
from types import CodeType, FrameType

_INTERVAL = 0.001
_PACKAGES = ("aiohttp", "yarl", "multidict", "cryptography", "privy_async", "privy_sync")


class Sampler:
    """Counts from when it is made until it is stopped."""

    def __init__(self) -> None:
        self._samples: Counter[str] = Counter()
        self._earlier = signal.signal(signal.SIGPROF, self._sample)
        signal.setitimer(signal.ITIMER_PROF, _INTERVAL, _INTERVAL)

    def _sample(self, _: int, frame: FrameType | None) -> None:
        self._samples["elsewhere" if frame is None else owner(frame.f_code)] += 1

    def stop(self) -> dict[str, int]:
        """Count no more; return how many samples fell on each package."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, self._earlier)
        return dict(self._samples)


def owner(code: CodeType) -> str:
    """What a function belongs to."""
    if code.co_name == "sign":
        return "OpenSSL: signing"
    # attrs names what it writes "<attrs generated methods privy_async.sending.call.Call>".
    generated = code.co_filename.partition("<attrs generated methods ")[2]
    parts = generated.split(".") if generated else PurePath(code.co_filename).parts
    for package in _PACKAGES:
        if package in parts:
            return package
    if "benchmarks" in parts:
        return "by hand"
    for package in ("asyncio", "json"):
        if package in parts:
            return package
    return "uvloop" if "uvloop" in parts else "standard library"
