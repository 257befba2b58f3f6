"""Faults to order: what may go wrong between a client and Privy, on demand."""

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Final, Literal, TypeAlias

import attrs

from privy_async.sandbox.clock import SandboxClock

_BEHAVIOURS: Final = ("drop", "status", "truncate", "malformed", "redirect")

Chances = Callable[[], float]


@attrs.frozen(kw_only=True)
class Fault:
    """One thing that goes wrong for the requests it matches.

    At most one of `drop`, `status`, `truncate`, `malformed` and `redirect`; `delay` goes with any
    of them or alone.

    Attributes:
        method: The HTTP method it matches; None matches any.
        path: A pattern for the path without query and without the prefix `/api`, where `*`
            stands for any text: "/v1/wallets/*/rpc". None matches any.
        times: How many requests it strikes; None strikes every one.
        rate: The chance, above 0 and up to 1, that it strikes a request it matches. It does not
            use up `times` where it does not strike. None strikes for certain.
        seed: Makes `rate` repeatable: the same requests in the same order are struck.
        delay: Seconds to wait before the operation executes. An idempotency key is in use for
            as long, so that a second request with it is told that the first is in progress.
        drop: Close the connection without an answer, "before" or "after" executing.
        status: Answer this status instead of executing, or with `after` once it has executed.
        body: What to answer with `status`: JSON, or text or bytes to send as they are. Without
            it, Privy's form of an error.
        headers: Added to the answer with `status`, such as {"Retry-After": "1"}.
        after: Execute before answering `status`.
        truncate: Execute, announce the whole answer, send half of it and close the connection.
        malformed: Execute, then answer 200 with JSON that breaks off.
        redirect: Answer 307 to this URL instead of executing.
    """

    method: str | None = None
    path: str | None = None
    times: int | None = 1
    rate: float | None = None
    seed: int | None = None
    delay: float = 0.0
    drop: Literal["before", "after"] | None = None
    status: int | None = None
    body: object = None
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str])
    after: bool = False
    truncate: bool = False
    malformed: bool = False
    redirect: str | None = None

    def __attrs_post_init__(self) -> None:
        given = [name for name in _BEHAVIOURS if getattr(self, name)]
        if len(given) > 1:
            raise ValueError(f"a fault can be one of these, not several: {', '.join(given)}")
        if not given and not self.delay:
            raise ValueError(f"say what goes wrong: delay, {', '.join(_BEHAVIOURS)}")
        if self.status is None and (self.after or self.headers or self.body is not None):
            raise ValueError("body, headers and after go with status")
        if self.delay < 0 or (self.times is not None and self.times < 1):
            raise ValueError("delay cannot be negative, and times is at least 1")
        if self.rate is None and self.seed is not None:
            raise ValueError("a seed goes with a rate")
        if self.rate is not None and not _is_rate(self.rate):
            raise ValueError(f"the rate must be a number above 0 and up to 1, not {self.rate!r}")

    @property
    def executes(self) -> bool:
        """True if the operation runs in spite of the fault."""
        answered_instead = self.status is not None and not self.after
        return not (answered_instead or self.drop == "before" or self.redirect)

    def matches(self, method: str, path: str) -> bool:
        """True if it strikes this request."""
        return self.method in (None, method) and fnmatchcase(path, self.path or "*")


SavedFaults: TypeAlias = Sequence[tuple[Fault, Chances]]


class Faults:
    """The faults that were ordered. The first that matches strikes and is used up by one."""

    def __init__(self, clock: SandboxClock | None = None) -> None:
        self._clock = clock or SandboxClock()
        # Each with the source of its chances.
        self._pending: list[tuple[Fault, Chances]] = []

    def __len__(self) -> int:
        return len(self._pending)

    def add(
        self,
        *,
        method: str | None = None,
        path: str | None = None,
        times: int | None = 1,
        rate: float | None = None,
        seed: int | None = None,
        delay: float = 0.0,
        drop: Literal["before", "after"] | None = None,
        status: int | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        after: bool = False,
        truncate: bool = False,
        malformed: bool = False,
        redirect: str | None = None,
    ) -> Fault:
        """Order a fault; see `Fault` for the arguments.

        Raises:
            ValueError: If the arguments do not go together.
        """
        fault = Fault(
            method=method,
            path=path,
            times=times,
            rate=rate,
            seed=seed,
            delay=delay,
            drop=drop,
            status=status,
            body=body,
            headers=headers or {},
            after=after,
            truncate=truncate,
            malformed=malformed,
            redirect=redirect,
        )
        self._pending.append((fault, self._clock.chances(seed)))
        return fault

    def clear(self) -> None:
        """Take back every fault that has not struck yet."""
        self._pending.clear()

    def saved(self) -> SavedFaults:
        """The faults that have not struck yet."""
        return tuple(self._pending)

    def restore(self, saved: SavedFaults) -> None:
        """Order these, and no others; what a seed makes of chances goes on."""
        self._pending = [*saved]

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that strikes this request, now used up by one."""
        for index, (fault, chances) in enumerate(self._pending):
            if fault.matches(method, path) and _strikes(fault, chances):
                self._use_up(index)
                return fault
        return None

    def _use_up(self, index: int) -> None:
        fault, chances = self._pending[index]
        if fault.times is None:
            return
        if fault.times > 1:
            self._pending[index] = (attrs.evolve(fault, times=fault.times - 1), chances)
        else:
            del self._pending[index]


def _is_rate(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 1


def _strikes(fault: Fault, chances: Chances) -> bool:
    return fault.rate is None or chances() < fault.rate
