"""A bulk run's journal in Redis, which many processes and machines share (needs `[redis]`).

Each run has two hashes, whose fields are the items' keys:

    privy:journal:{payroll-2026-11}:begun     "1795300000.1 <who>": Unix time in s, and which run
    privy:journal:{payroll-2026-11}:done      the value as JSON, or nothing if it was none

An item that is in neither was never asked for, or certainly not executed.
"""

import json
import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeAlias
from urllib.parse import quote

import attrs

from privy_async.bulk.entries import can_be_kept
from privy_async.bulk.journal import NOT_KEPT, Begun, Done, Note, Refused, RunJournal, Standing
from privy_async.bulk.redis_client import (
    RedisClient,
    RedisClients,
    passes,
    read_text,
    redis_maker,
)
from privy_async.checks import check_clock, check_seconds
from privy_async.clock import Clock
from privy_async.errors import InvalidArgumentError, PrivyError
from privy_async.json_types import parse_json

_log: Final = logging.getLogger("privy_async")

# What is noted at once: a script keeps Redis from all else while it runs.
_MOST_NOTES: Final = 500
# Seconds between two attempts to reach a Redis that is gone.
_PAUSE: Final = 0.2
# Notes as (what, the item's key, a text), and answers as (how the item stands, a text). It may be
# run twice with the same notes, as after a lost answer. That an item is done is the last word; of
# what was begun the first time counts, and who it was, until another one asks too.
_TAKE_DOWN: Final = """
local begun, done, me, claim = KEYS[1], KEYS[2], ARGV[1], ARGV[2]
local answers = {}
for index = 3, #ARGV, 3 do
  local what, key, text = ARGV[index], ARGV[index + 1], ARGV[index + 2]
  local result, start = redis.call('HGET', done, key), redis.call('HGET', begun, key)
  local at, who = string.match(start or '', '^(%S+) (%S*)$')
  local standing, answer = 'begun', start
  if what == 'done' then
    standing, answer = (result or start) and 'done' or 'lost', result or text
    redis.call('HSETNX', done, key, text)
    redis.call('HDEL', begun, key)
  elseif result then
    standing, answer = 'done', result
  elseif what == 'begun' and not start then
    answer = text .. ' ' .. me
    redis.call('HSET', begun, key, answer)
  elseif what == 'begun' and who ~= me and claim == '' then
    answer = at .. ' '
    redis.call('HSET', begun, key, answer)
  elseif what == 'refused' and (not start or who == me) then
    standing, answer = 'refused', ''
    redis.call('HDEL', begun, key)
  end
  answers[#answers + 1] = standing
  answers[#answers + 1] = answer
end
return answers
"""
_LOOK: Final = "return {redis.call('HLEN', KEYS[2]), redis.call('HGETALL', KEYS[1])}"
_SETTLE: Final = """
redis.call('HDEL', KEYS[1], ARGV[1])
if ARGV[2] == 'done' then redis.call('HSETNX', KEYS[2], ARGV[1], '') end
return 1
"""


@attrs.frozen
class RunStatus:
    """The progress of a run, in all processes together.

    Attributes:
        done: How many items are done.
        begun: When each item was first asked for whose outcome is not known yet, or for good if
            its process is gone: Unix time in s, by the items' keys.
    """

    done: int
    begun: Mapping[str, float]


class RedisJournal:
    """Keeps in Redis (6 or newer, or what speaks like it) what bulk runs have begun and done.

        journal = RedisJournal("redis://journal.internal")
        results = await call_each(rows, pay, run_id="payroll-2026-11", journal=journal)

    For `privy_async.bulk.call_each` and that of `privy_sync` alike, in any number of processes and
    machines, with the same items or with parts of them, one after the other or at once. While
    Redis is gone a run waits for it. What two runs ask for at the same time they ask for with the
    same idempotency key, so that Privy executes it once.
    """

    def __init__(
        self,
        redis: str | Callable[[], RedisClient],
        *,
        prefix: str = "privy:journal",
        timeout: float = 5.0,
        patience: float = 60.0,
        check_settings: bool = True,
        clock: Clock | None = None,
    ) -> None:
        """Nothing is sent before the first item is asked for. It may be made before a fork.

        Args:
            redis: A URL (redis://, rediss://, unix://), or a function that makes a client, such
                as one of a cluster or with a TLS context. It is called once in each process. Give
                its client timeouts of its own.
            prefix: What the names in Redis begin with.
            timeout: Seconds that Redis has for one answer.
            patience: Seconds for which a run waits for a Redis that is gone, before it ends.
            check_settings: Whether a Redis is refused that could lose what it has confirmed:
                without `appendonly yes` and `appendfsync always`, or where it evicts keys
                (https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/).
                Where it does not show its settings, a warning is logged, once.
            clock: Time and random numbers, for tests and simulations.

        Raises:
            InvalidArgumentError: One of them is wrong; it is named.
            ImportError: A URL needs the extra `redis`, which is not installed.
        """
        seconds = check_seconds("timeout", timeout)
        make = redis if callable(redis) else redis_maker(redis, seconds)
        self._clients = RedisClients(make, check_settings)
        self._prefix = prefix
        self._patience = check_seconds("patience", patience)
        self._clock = check_clock(clock)

    def __repr__(self) -> str:
        return f"RedisJournal(prefix={self._prefix!r})"

    def open(self, run_id: str, *, claim: bool) -> RunJournal:
        """Return the journal of a run; `call_each` does so, and nothing is waited for."""
        me = self._clock.random_bytes(12).hex()
        return _RedisRun(partial(self._eval, run_id), me, claim, self._patience, self._clock)

    def status(self, run_id: str) -> RunStatus:
        """Return how far a run has come; of one that is not known nothing is done.

        It waits for Redis: in async code use `asyncio.to_thread(journal.status, run_id)`.

        Raises:
            PrivyError: Redis does not answer as it should.
        """
        try:
            done, begun = self._eval(run_id, _LOOK)
        except Exception as error:
            raise _failed("read", error) from error
        texts = [read_text(text) for text in begun]
        starts = zip(texts[::2], texts[1::2], strict=True)
        return RunStatus(int(done), {key: float(text.split(" ")[0]) for key, text in starts})

    def settle(self, run_id: str, key: str, *, executed: bool) -> None:
        """Note what somebody has found out of an item of unknown outcome.

        It waits for Redis. While a run is at the item, its outcome is not unknown: leave it alone.

        Args:
            run_id: Which run the item is of.
            key: The item's key.
            executed: True if it is done; False if it was not executed, and may be asked for again.

        Raises:
            PrivyError: Redis does not answer as it should.
        """
        try:
            self._eval(run_id, _SETTLE, key, "done" if executed else "refused")
        except Exception as error:
            raise _failed("written", error) from error

    def close(self) -> None:
        """Close this process's connections; a later call opens new ones."""
        self._clients.close()

    def _eval(self, run_id: str, script: str, *arguments: str) -> Any:
        """Run a script on a run's two hashes, over a Redis that has been found fit."""
        # The braces keep both names in one slot of a cluster.
        place = f"{self._prefix}:{{{quote(run_id, safe='')}}}"
        names = f"{place}:begun", f"{place}:done"
        return self._clients.get().eval(script, len(names), *names, *arguments)


_Waiting: TypeAlias = tuple[Note, tuple[str, str, str]]


@attrs.define(eq=False)
class _RedisRun:
    """The journal of one run. What is noted goes to Redis with the next `sync`, all at once."""

    evaluate: Callable[..., Any]
    me: str
    claim: bool
    patience: float
    clock: Clock
    _waiting: deque[_Waiting] = attrs.field(factory=deque[_Waiting], init=False)
    _gone_since: float | None = attrs.field(default=None, init=False)
    _syncing: threading.Lock = attrs.field(factory=threading.Lock, init=False)

    def begin(self, key: str) -> Note:
        """Note that an item is asked for, unless it is done or noted already."""
        return self._note("begun", key, repr(self.clock.now()))

    def finish(self, key: str, value: object) -> Note:
        """Note that an item is done, and its value if it is JSON."""
        return self._note("done", key, json.dumps(value) if can_be_kept(value) else "")

    def refuse(self, key: str) -> Note:
        """Note that an item was not executed by this run."""
        return self._note("refused", key, "")

    def _note(self, what: str, key: str, text: str) -> Note:
        note = Note()
        self._waiting.append((note, (what, key, text)))
        return note

    def sync(self) -> float:
        """Bring what is noted to Redis; returns 0, or the seconds after which to try again.

        Raises:
            InvalidArgumentError: Redis is not set up to keep what it has confirmed.
            PrivyError: It has been gone for too long, refuses, or has lost what was begun.
        """
        with self._syncing:
            # By index, since other threads add to it meanwhile.
            count = min(len(self._waiting), _MOST_NOTES)
            waiting = [self._waiting[index] for index in range(count)]
            if not waiting:
                return 0
            try:
                answers = self._take_down([note for _, note in waiting])
            except InvalidArgumentError:
                raise
            except Exception as error:
                return self._wait_for_redis(error)
            self._gone_since = None
            for (note, _), standing in zip(waiting, answers, strict=True):
                self._waiting.popleft()
                note.standing, note.is_synced = standing, True
            if None in answers:
                raise PrivyError(
                    "the journal's Redis has lost what was begun: look at what was executed before "
                    "the run is started again"
                )
        return 0

    def _take_down(self, notes: Sequence[tuple[str, str, str]]) -> Sequence[Standing | None]:
        texts = [text for note in notes for text in note]
        answers = self.evaluate(_TAKE_DOWN, self.me, "claim" if self.claim else "", *texts)
        read = [read_text(answer) for answer in answers]
        pairs = zip(read[::2], read[1::2], strict=True)
        return [_standing(kind, text, self.me) for kind, text in pairs]

    def _wait_for_redis(self, error: Exception) -> float:
        if not passes(error):
            raise _failed("written", error) from error
        now = self.clock.monotonic()
        if self._gone_since is None:
            self._gone_since = now
            _log.warning("the journal's Redis is gone (%s): the run waits", type(error).__name__)
        if now - self._gone_since >= self.patience:
            raise _failed("written", error) from error
        return _PAUSE

    def close(self) -> None:
        """Do nothing: what is not synced by now counts as begun, or was never asked for."""


def _standing(kind: str, text: str, me: str) -> Standing | None:
    """Return how an item stands; None if it is done, but Redis lost that it was begun."""
    match kind:
        case "begun":
            at, _, who = text.partition(" ")
            return Begun(float(at), alone=who == me)
        case "done":
            return Done(parse_json(text) if text else NOT_KEPT)
        case "refused":
            return Refused()
        case _:
            return None


def _failed(what: str, error: Exception) -> PrivyError:
    if isinstance(error, PrivyError):
        return error
    return PrivyError(f"the journal in Redis cannot be {what}: {type(error).__name__}: {error}")
