"""One call on its way: each attempt is signed, and sent again where that is safe."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from inspect import isawaitable
from math import inf
from typing import Any, Final, TypeVar

import attrs

from privy_async.checks import check_asyncio
from privy_async.errors import APIError, APITimeoutError, PrivyError, SigningError
from privy_async.sending import observing, telemetry
from privy_async.sending.audit import Audit, make_audit, make_signing_request
from privy_async.sending.call import USER_TOKEN, Call
from privy_async.sending.outcome import (
    NoResponse,
    Outcome,
    RawResponse,
    asks_for_mfa,
    make_error,
    read_value,
)
from privy_async.sending.retry import may_be_lost, may_have_happened, retry_delay
from privy_async.sending.settings import BeforeSigning, Settings
from privy_async.sending.signers import Signers
from privy_async.sending.transport import Transport
from privy_async.signing.authorization import SIGNATURE, AuthorizationContext, UserAuth
from privy_async.user_keys.cache import UserKey, UserKeys

T = TypeVar("T")

_log = logging.getLogger("privy_async")

_GIVEN_UP: Final = NoResponse("given up by the caller", sent=True)
# A key that Privy has just issued may be unknown to some of its servers for a moment.
_SETTLING: Final = 0.5
_FRESH: Final = 10.0


@attrs.define(eq=False)
class Attempts:
    """What has been tried for one call, and what came of it.

    Attributes:
        call: What is sent.
        settings: Those of the client.
        transport: What it is sent through.
        user_keys: The keys of users; None for calls that no user signs.
        signers: Asks the signers of a call.
        timeout: Seconds for one attempt, and for what it waits for to be signed.
        deadline: Seconds for all of the call; None for no such limit.
    """

    _call: Call
    _settings: Settings
    _transport: Transport
    _user_keys: UserKeys | None
    _signers: Signers
    _timeout: float
    _deadline: float | None
    _end: float = attrs.field(init=False, default=inf)
    _outcomes: list[Outcome] = attrs.field(init=False, factory=list[Outcome])
    _signed_with: dict[UserAuth, UserKey] = attrs.field(init=False, factory=dict[UserAuth, UserKey])
    _payload: bytes | None = attrs.field(init=False, default=None)
    _renewed: bool = attrs.field(init=False, default=False)

    async def run(self, read: Callable[[Any], T]) -> T:
        """Attempt until there is a success, or nothing more that may be tried.

        Args:
            read: Makes the value of the JSON that came back.

        Raises:
            SigningError: It could not be signed.
            APIError: It brought no readable success.
        """
        check_asyncio()
        if self._deadline is not None:
            self._end = self._settings.clock.monotonic() + self._deadline
        retry = 0
        headers: dict[str, str] = {}
        while True:
            if self._settings.before_signing is not None and self._call.authorization is not None:
                await self._ask_for_leave(self._settings.before_signing, retry)
            try:
                headers = await self._sign()
            except PrivyError as error:
                if self._may_have_happened():
                    # That an earlier attempt may have been executed matters more.
                    raise self._failure(self._outcomes[-1], headers) from error
                if isinstance(error, APIError):
                    # It is the exchange's; what the caller asks again with is the call's key.
                    error.idempotency_key = self._call.idempotency_key
                raise
            outcome = await self._attempt(headers, retry)
            if isinstance(outcome, RawResponse) and outcome.is_success:
                return read_value(self._call, outcome, read)
            self._outcomes.append(outcome)
            if await self._renew_keys(outcome):
                continue
            delay = retry_delay(
                self._call,
                outcome,
                retry=retry,
                max_retries=self._settings.max_retries,
                jitter=self._settings.clock.random(),
            )
            if delay is None or delay >= self._left():
                raise self._failure(outcome, headers)
            await asyncio.sleep(delay)
            retry += 1

    def _left(self) -> float:
        """Return the seconds until the deadline."""
        return inf if self._end == inf else self._end - self._settings.clock.monotonic()

    def _may_have_happened(self) -> bool:
        return may_have_happened(self._call, self._outcomes)

    def _failure(self, outcome: Outcome, headers: Mapping[str, str]) -> APIError:
        signed = headers if SIGNATURE in headers else None
        happened = self._may_have_happened()
        return make_error(self._call, outcome, may_have_happened=happened, signed=signed)

    async def _sign(self) -> dict[str, str]:
        """Return the Privy headers of the next attempt, with the signature if anyone signs."""
        headers = self._call.headers(self._settings.clock.now())
        context = self._call.authorization
        if context is None:
            return headers
        payload = self._payload = self._call.payload(headers)
        signatures = [*context.signatures]
        for key in context.authorization_private_keys:
            signatures.append(key.sign(payload))
        if context.users:
            user_keys = self._kept_keys(context) or await self._exchange(context)
            self._signed_with = dict(zip(context.users, user_keys, strict=True))
            signatures += [user_key.key.sign(payload) for user_key in user_keys]
        for index, signer in enumerate(context.signers):
            late = SigningError(f"signers[{index}] did not sign within {self._timeout:g} s")
            signatures.append(await self._within(self._signers.sign(signer, payload, index), late))
        if signatures:
            headers[SIGNATURE] = ",".join(signatures)
        return headers

    async def _within(self, work: Awaitable[T], late: PrivyError) -> T:
        """Wait for what signing needs, as long as an attempt may take and the deadline allows.

        Raises:
            APITimeoutError: The deadline has passed.
            PrivyError: `late`, if it was the timeout of an attempt.
        """
        limit = asyncio.timeout(min(self._timeout, self._left()))
        try:
            async with limit:
                return await work
        except TimeoutError:
            if not limit.expired():
                raise
        if self._left() > 0:
            raise late
        raise self._time_is_up(f"the deadline of {self._deadline:g} s passed before it was signed")

    def _time_is_up(self, problem: str) -> APITimeoutError:
        return APITimeoutError(
            problem,
            method=self._call.method,
            url=self._call.url,
            idempotency_key=self._call.idempotency_key,
        )

    def _kept_keys(self, context: AuthorizationContext) -> list[UserKey] | None:
        """Return the keys of the context's users, if there is none to wait for."""
        kept = [self._keys().kept(user) for user in context.users]
        found = [user_key for user_key in kept if user_key is not None]
        return found if len(found) == len(kept) else None

    def _keys(self) -> UserKeys:
        if self._user_keys is None:
            raise SigningError("this client has no keys of users")
        return self._user_keys

    async def _exchange(self, context: AuthorizationContext) -> list[UserKey]:
        """Return the keys of the context's users, exchanged side by side."""
        late = self._time_is_up(f"no key for this user's token within {self._timeout:g} s")
        get = self._keys().get
        if len(context.users) == 1:
            return [await self._within(get(context.users[0]), late)]
        # Loaded here, since few calls need it.
        from privy_async.sending.side_by_side import call_for_all

        return await self._within(call_for_all(get, context.users), late)

    async def _attempt(self, headers: dict[str, str], retry: int) -> Outcome:
        call, settings, monotonic = self._call, self._settings, self._settings.clock.monotonic
        if settings.on_request is not None:
            observing.announce(settings.on_request, call, retry, self._audit())
        if call.user_jwt is not None:
            headers = {USER_TOKEN: call.user_jwt, **headers}
        started = monotonic()
        outcome: Outcome = _GIVEN_UP
        try:
            outcome = await self._transport.send(
                call.method,
                call.url,
                settings.credentials | headers,
                call.body,
                timeout=min(self._timeout, self._left()),
                may_be_lost=may_be_lost(call, retry=retry, max_retries=settings.max_retries),
            )
        except NoResponse as failure:
            if failure.timed_out and self._left() <= 0:
                failure.problem = f"no answer within the deadline of {self._deadline:g} s"
            outcome = failure
        finally:
            # Also where the caller gives up, so that the idempotency key is on record.
            self._record(outcome, retry, monotonic() - started)
        return outcome

    def _record(self, outcome: Outcome, retry: int, seconds: float) -> None:
        call = self._call
        on_response = self._settings.on_response
        observing.record(
            call,
            outcome,
            retry=retry,
            seconds=seconds,
            audit=self._audit,
            on_response=on_response,
        )
        if telemetry.is_loaded():
            telemetry.record(call, outcome, retry=retry, seconds=seconds, audit=self._audit())
        if _log.isEnabledFor(logging.DEBUG):
            self._log(outcome, retry, seconds)

    def _log(self, outcome: Outcome, retry: int, seconds: float) -> None:
        call, audit = self._call, self._audit()
        said, request_id = (
            (str(outcome.status), outcome.request_id)
            if isinstance(outcome, RawResponse)
            else (outcome.problem, None)
        )
        _log.debug(
            "%s %s %s: %s in %.1f ms (retry %d, request id %s, key %s, payload %s, signed by %s)",
            call.method,
            call.url,
            call.rpc_method or "-",
            said,
            seconds * 1e3,
            retry,
            request_id or "-",
            call.idempotency_key or "-",
            audit.payload_sha256 or "-",
            ", ".join(f"{by.kind} {by.fingerprint or '?'}" for by in audit.signed_by) or "nobody",
        )

    def _audit(self) -> Audit:
        return make_audit(self._call.authorization, self._signed_with.values(), self._payload)

    async def _ask_for_leave(self, before_signing: BeforeSigning, retry: int) -> None:
        """Let the app's own rule refuse: what it raises reaches the caller as it is."""
        try:
            asked = before_signing(make_signing_request(self._call, retry))
            if isawaitable(asked):
                await asked
        except BaseException as error:
            if self._may_have_happened():
                key = self._call.idempotency_key
                error.add_note(f"an earlier attempt may have been executed; its key is {key!r}")
            raise

    async def _renew_keys(self, outcome: Outcome) -> bool:
        """Once, after a refused signature: drop the users' keys, so that new ones are exchanged."""
        refused = isinstance(outcome, RawResponse) and outcome.status == 401
        if not (refused and self._signed_with) or self._renewed or asks_for_mfa(outcome):
            return False
        self._renewed = True
        now = self._settings.clock.now()
        fresh = any(now - user_key.issued_at < _FRESH for user_key in self._signed_with.values())
        for user, user_key in self._signed_with.items():
            self._keys().forget(user, user_key)
        pause = _SETTLING if fresh else 0.0
        if pause >= self._left():
            return False
        if pause:
            await asyncio.sleep(pause)
        return True
