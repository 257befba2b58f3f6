"""Bugs to plant into the product, to see that the simulation finds them."""

import asyncio
import copy
import json
import logging
import uuid
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from unittest import mock

import aiohttp
import attrs
from aiohttp.client_proto import ResponseHandler

from privy_async.bulk import file_journal
from privy_async.bulk import redis as redis_journal
from privy_async.bulk import run as bulk_run
from privy_async.bulk.journal import Begun
from privy_async.errors import PrivyError
from privy_async.sending import attempts, connections, messages, pace, retry, transport
from privy_async.sending.call import Call
from privy_async.sending.outcome import Outcome, RawResponse
from privy_async.signing.authorization import UserAuth
from privy_async.signing.secret import Secret
from privy_async.user_keys import cache


@attrs.frozen
class Bug:
    """A bug, and the invariant that it breaks.

    Attributes:
        owner: The class or module that gets another attribute.
        make: Makes that attribute of the right one.
        world: The seed of a world that is known to show it, to be tried first.
    """

    invariant: str
    owner: Any
    attribute: str
    make: Callable[[Any], Any] = attrs.field(repr=False)
    world: str = "planted/0"

    @contextmanager
    def planted(self) -> Generator[None]:
        """The product has the bug."""
        right = getattr(self.owner, self.attribute)
        with mock.patch.object(self.owner, self.attribute, self.make(right)):
            yield


def _new_key_each_time(headers: Callable[..., dict[str, str]]) -> Any:
    def wrong(call: Call, now: float) -> dict[str, str]:
        made = headers(call, now)
        if call.idempotency_key is not None:
            made["privy-idempotency-key"] = str(uuid.uuid4())
        return made

    return wrong


def _no_status_is_in_doubt(is_refusal: Callable[..., bool]) -> Any:
    def wrong(call: Call, outcome: Outcome) -> bool:
        return isinstance(outcome, RawResponse) or is_refusal(call, outcome)

    return wrong


def _unwatched_body(write: Any) -> Any:
    return aiohttp.BytesPayload.write_with_length


def _key_without_end(find: Any) -> Any:
    def wrong(keys: cache.UserKeys, digest: bytes) -> cache.UserKey | None:
        kept = keys._kept.get(digest)
        return None if kept is None else kept.user_key

    return wrong


def _same_name_for_all(digest: Any) -> Any:
    return lambda user: bytes(32)


def _each_for_itself(exchange_once: Any) -> Any:
    async def wrong(keys: cache.UserKeys, user: UserAuth, digest: bytes) -> cache.UserKey:
        try:
            return await keys._ask_privy(user)
        except PrivyError as error:
            raise copy.copy(error) from error.__cause__

    return wrong


def _failures_stay(land: Any) -> Any:
    def wrong(keys: cache.UserKeys, flight: Any, task: asyncio.Task[Any]) -> None:
        if not task.cancelled() and task.exception() is None:
            land(keys, flight, task)

    return wrong


def _no_timeout(send: Any) -> Any:
    async def wrong(transport: transport.Transport, *arguments: Any, **options: Any) -> Any:
        return await send(transport, *arguments, **{**options, "timeout": 100_000.0})

    return wrong


def _takes_what_comes(data_received: Any) -> Any:
    return ResponseHandler.data_received


def _unchecked_json(read_value: Any) -> Any:
    def wrong(call: Call, response: RawResponse, read: Callable[[Any], Any]) -> Any:
        return (
            read(json.loads(response.body)) if response.body else read_value(call, response, read)
        )

    return wrong


def _forgotten_session(close: Any) -> Any:
    async def wrong(transport: transport.Transport) -> None:
        transport._sessions.clear()

    return wrong


def _talkative(attempt: Any) -> Any:
    async def wrong(attempts: Any, headers: Secret[dict[str, str]], retry: int) -> Any:
        logging.getLogger("privy_async").debug("sending %s", headers.reveal())
        return await attempt(attempts, headers, retry)

    return wrong


def _closed_for_good(close: Any) -> Any:
    def wrong(paced: pace.Pace, until: float) -> None:
        close(paced, until + 1e9)

    return wrong


def _what_begins_is_lost(append: Any) -> Any:
    def wrong(journal: file_journal.FileJournal, line: bytes) -> None:
        if b'"begun"' not in line:
            append(journal, line)

    return wrong


def _everybody_is_alone(standing: Callable[[str, str, str], Any]) -> Any:
    def wrong(kind: str, text: str, me: str) -> Any:
        found = standing(kind, text, me)
        return attrs.evolve(found, alone=True) if isinstance(found, Begun) else found

    return wrong


def _journal_left_open(close: Any) -> Any:
    return file_journal.FileJournal.sync


BUGS: Final[Mapping[str, Bug]] = {
    "another key each time": Bug(
        "idempotency_executes_at_most_once", Call, "headers", _new_key_each_time
    ),
    "repeats without a key": Bug(
        "success_executed_once",
        Call,
        "idempotent",
        lambda right: property(lambda call: True),
        world="planted/3",
    ),
    "trusts every status": Bug(
        "refusal_never_executed", retry, "is_refusal", _no_status_is_in_doubt, world="planted/9"
    ),
    "believes that nothing was sent": Bug(
        "may_have_happened_never_lies",
        messages.Body,
        "write_with_length",
        _unwatched_body,
        world="planted/2",
    ),
    "lost line of the journal": Bug(
        "journalled_at_most_once",
        file_journal.FileJournal,
        "_append",
        _what_begins_is_lost,
        world="planted/23",
    ),
    "journal without a clock": Bug(
        "journalled_at_most_once",
        bulk_run.Run,
        "_why_not_again",
        lambda right: lambda run, key, begun_at: None,
        world="planted/14",
    ),
    "claimed by everybody": Bug(
        "journalled_at_most_once",
        redis_journal,
        "_standing",
        _everybody_is_alone,
        world="planted/14",
    ),
    "key without an end": Bug(
        "right_unexpired_key_signed", cache.UserKeys, "_find", _key_without_end, world="planted/2"
    ),
    "one key for all": Bug("right_unexpired_key_signed", cache, "_digest", _same_name_for_all),
    "takes what comes": Bug(
        "no_foreign_answer",
        connections._Handler,
        "data_received",
        _takes_what_comes,
        world="planted/2",
    ),
    "any connection will do": Bug(
        "old_connections_for_repeats_alone",
        attempts,
        "may_be_lost",
        lambda right: lambda call, **options: True,
        world="planted/25",
    ),
    "each waiter exchanges": Bug(
        "one_exchange_at_a_time", cache.UserKeys, "_exchange_once", _each_for_itself
    ),
    "no timeout": Bug("every_call_ends_in_bounds", transport.Transport, "send", _no_timeout),
    "foreign error": Bug("only_documented_errors", attempts, "read_value", _unchecked_json),
    "failed exchange stays": Bug("works_after_faults", cache.UserKeys, "_land", _failures_stay),
    "closed for good": Bug(
        "works_after_faults", pace.Pace, "_close", _closed_for_good, world="planted/2"
    ),
    "forgotten session": Bug("nothing_left_over", transport.Transport, "close", _forgotten_session),
    "journal left open": Bug(
        "nothing_left_over", file_journal.FileJournal, "close", _journal_left_open
    ),
    "talkative log": Bug("no_secret_in_logs_or_errors", attempts.Attempts, "_attempt", _talkative),
}
