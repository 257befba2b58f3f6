"""One call on its way: each attempt is signed, and sent again where that is safe."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from inspect import isawaitable
from math import inf
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs

from privy_async.checks import check_asyncio
from privy_async.errors import APIError, APITimeoutError, PrivyError, SigningError
from privy_async.sending import telemetry
from privy_async.sending.call import USER_TOKEN, Call
from privy_async.sending.outcome import (
    NoResponse,
    Outcome,
    RawResponse,
    accepts_app,
    asks_for_mfa,
    make_error,
    read_value,
    recorder,
    refuses_app,
)
from privy_async.sending.pacer import Pacer, Place
from privy_async.sending.retry import (
    is_for_now,
    is_refusal,
    may_be_lost,
    may_have_happened,
    retry_delay,
)
from privy_async.sending.settings import BeforeSigning, Settings, mask_proxy
from privy_async.sending.signers import Signers
from privy_async.sending.transport import Transport
from privy_async.signing.authorization import SIGNATURE, AuthorizationContext, UserAuth
from privy_async.signing.secret import Secret, hides_arguments
from privy_async.user_keys.cache import UserKey, UserKeys

if TYPE_CHECKING:
    from privy_async.sending.observing import Watched

T = TypeVar("T")

_log = logging.getLogger("privy_async")

_NO_HEADERS: Final = Secret[dict[str, str]]({})
_NO_KEYS: Final = MappingProxyType[UserAuth, UserKey]({})
_GIVEN_UP: Final = NoResponse("given up by the caller", sent=True)
# A key that Privy has just issued may be unknown to some of its servers for a moment.
_SETTLING: Final = 0.5
_FRESH: Final = 10.0


@attrs.define(eq=False, repr=False)
class Attempts:
    """The attempts of one call, and what came of them.

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
    _outcomes: tuple[Outcome, ...] = attrs.field(init=False, default=())
    _signed_with: Mapping[UserAuth, UserKey] = attrs.field(init=False, default=_NO_KEYS)
    _payload: bytes | None = attrs.field(init=False, default=None)
    _renewal_pause: float | None = attrs.field(init=False, default=None)
    _credentials: Secret[str] | None = attrs.field(init=False, default=None)
    _refused_credentials: tuple[Secret[str], ...] = attrs.field(init=False, default=())
    _secrets_asked: int = attrs.field(init=False, default=0)
    _place: Place | None = attrs.field(init=False, default=None)

    @hides_arguments
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
        try:
            return await self._attempt_until_done(read)
        finally:
            if self._place is not None:
                self._place.settle(None)

    async def _attempt_until_done(self, read: Callable[[Any], T]) -> T:
        settings, pacer = self._settings, self._settings.pacer
        asks = settings.before_signing
        retry = refused = 0
        headers = _NO_HEADERS
        while True:
            if asks is not None:
                await self._ask_for_leave(asks, retry + refused)
            if pacer is not None and pacer.lines:
                await self._take_turn(pacer, headers)
            headers = await self._sign_or_tell(headers)
            outcome = await self._attempt(headers, retry + refused)
            if isinstance(outcome, RawResponse) and outcome.is_success:
                return read_value(self._call, outcome, read)
            self._outcomes += (outcome,)
            if await self._change_credentials(outcome) or await self._renew_keys(outcome):
                continue
            cost = None if pacer is None else self._cost_of_a_turn(pacer, outcome, retry)
            if cost is not None:
                retry += cost
                refused += 1 - cost
                continue
            most, jitter = settings.max_retries, settings.clock.random()
            delay = retry_delay(self._call, outcome, retry=retry, max_retries=most, jitter=jitter)
            if delay is None or delay >= self._left():
                raise self._failure(outcome, headers)
            await asyncio.sleep(delay)
            retry += 1

    async def _take_turn(self, pacer: Pacer, headers: Secret[dict[str, str]]) -> None:
        """Wait until the operation may be asked for, if Privy has limited it.

        Raises:
            APIError: There is no turn in time: what the last attempt ended in, or an
                APITimeoutError if there was none.
        """
        place = self._place = self._place or pacer.enter(self._call.operation)
        if place is None or await place.take_turn(self._left()):
            return
        if self._outcomes:
            raise self._failure(self._outcomes[-1], headers)
        limit = f"the deadline of {self._deadline:g} s" if self._left() <= place.patience else ""
        raise self._time_is_up(
            f"nothing was sent: Privy limits {place.group}, and no turn comes within "
            f"{limit or f'{place.patience:g} s'}"
        )

    def _cost_of_a_turn(self, pacer: Pacer, outcome: Outcome, retry: int) -> int | None:
        """Return how many retries it costs to ask again in turn; None if that is not to be done."""
        if not (isinstance(outcome, RawResponse) and outcome.status == 429):
            return None
        if self._place is None:
            self._place = pacer.refuse(self._call.operation, outcome)
        place, most = self._place, self._settings.max_retries
        cost = int(place.was_in_vain)
        may_ask = most > 0 and retry + cost <= most
        return cost if may_ask and is_for_now(self._call, outcome, place.longest_advice) else None

    def _left(self) -> float:
        """Return the seconds until the deadline."""
        return inf if self._end == inf else self._end - self._settings.clock.monotonic()

    def _may_have_happened(self) -> bool:
        return may_have_happened(self._call, self._outcomes)

    def _failure(self, outcome: Outcome, headers: Secret[dict[str, str]]) -> APIError:
        error = make_error(
            self._call,
            outcome,
            may_have_happened=self._may_have_happened(),
            signed=headers.reveal() if SIGNATURE in headers.reveal() else None,
            now=self._settings.clock.now(),
            proxy=mask_proxy(self._transport.proxy),
        )
        error.attempts = len(self._outcomes)
        error.renewal_pause = self._renewal_pause
        return error

    async def _sign_or_tell(self, before: Secret[dict[str, str]]) -> Secret[dict[str, str]]:
        """Do `_sign`; where it fails, what earlier attempts may have done matters more."""
        try:
            headers = await self._sign()
            # Not earlier: an exchange may have found out which secret Privy takes.
            if self._choose_credentials() is None:
                self._credentials = await self._ask_for_credentials()
        except PrivyError as error:
            if self._may_have_happened():
                raise self._failure(self._outcomes[-1], before) from error
            if isinstance(error, APIError):
                # It is the exchange's; what the caller asks again with is the call's key.
                error.idempotency_key = self._call.idempotency_key
            raise
        return headers

    def _choose_credentials(self) -> Secret[str] | None:
        """Keep the app's credentials of the attempt before, or choose; None if they are unknown."""
        if self._credentials is None:
            self._secrets_asked = self._settings.credentials.answers
            self._credentials = self._settings.credentials.current()
        return self._credentials

    async def _ask_for_credentials(self) -> Secret[str]:
        return await self._within(self._settings.credentials.get(), self._late_secret())

    def _late_secret(self) -> SigningError:
        return SigningError(f"the function app_secret returned nothing within {self._timeout:g} s")

    async def _sign(self) -> Secret[dict[str, str]]:
        """Return the Privy headers of the next attempt, with the signature if anyone signs."""
        headers = self._call.headers(self._settings.clock.now())
        context = self._call.authorization
        if context is None:
            return Secret(headers)
        payload = self._payload = self._call.payload(headers)
        keys = context.authorization_private_keys
        if context.users:
            user_keys = self._kept_keys(context) or await self._exchange(context)
            self._signed_with = dict(zip(context.users, user_keys, strict=True))
            keys += tuple(user_key.key for user_key in user_keys)
        signatures = Secret((*context.signatures, *[key.sign(payload) for key in keys]))
        for index, signer in enumerate(context.signers):
            late = SigningError(f"signers[{index}] did not sign within {self._timeout:g} s")
            work = self._signers.sign(signer, payload, index)
            signatures = Secret((*signatures.reveal(), await self._within(work, late)))
        if signatures.reveal():
            headers[SIGNATURE] = ",".join(signatures.reveal())
        return Secret(headers)

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
            found = [await self._within(get(context.users[0]), late)]
        else:
            # Loaded here, since few calls need it.
            from privy_async.user_keys.side_by_side import call_for_all

            found = await self._within(call_for_all(get, context.users), late)
        # A store or another user's exchange may have taken its time.
        if min(user_key.expires_at for user_key in found) <= self._settings.clock.now():
            raise SigningError("a user's key expired before it could sign: check the clock")
        return found

    async def _attempt(self, headers: Secret[dict[str, str]], retry: int) -> Outcome:
        call, settings = self._call, self._settings
        watched = self._watch(retry)
        outcome: Outcome = _GIVEN_UP
        try:
            outcome = await self._transport.send(
                call.method,
                call.url,
                self._all_headers(headers),
                None if call.body is None else Secret(call.body),
                timeout=min(self._timeout, self._left()),
                may_be_lost=may_be_lost(call, retry=retry, max_retries=settings.max_retries),
            )
        except NoResponse as failure:
            if failure.timed_out and self._left() <= 0:
                failure.problem = f"no answer within the deadline of {self._deadline:g} s"
            outcome = failure
        finally:
            # Also where the caller gives up, so that the idempotency key is on record.
            if self._place is not None:
                self._place.settle(outcome)
            if watched is not None:
                watched.end(outcome)
        if self._refused_credentials and accepts_app(outcome):
            settings.credentials.accept(self._sent_credentials())
        return outcome

    def _watch(self, retry: int) -> "Watched | None":
        """Return what tells of the attempt that is about to be sent; None if nobody asks for it."""
        settings = self._settings
        hooked = settings.on_request is not None or settings.on_response is not None
        recorded = hooked or recorder.get() is not None
        if not (recorded or telemetry.is_loaded() or _log.isEnabledFor(logging.DEBUG)):
            return None
        # Loaded here, since most calls do not need it, and before anything is sent.
        from privy_async.sending.audit import make_audit
        from privy_async.sending.observing import Watched

        audit = make_audit(self._call.authorization, self._signed_with.values(), self._payload)
        return Watched(
            self._call,
            audit,
            retry=retry,
            waited=0.0 if self._place is None else self._place.waited,
            proxy=mask_proxy(self._transport.proxy),
            clock=settings.clock,
            on_request=settings.on_request,
            on_response=settings.on_response,
        )

    def _all_headers(self, headers: Secret[dict[str, str]]) -> Secret[Mapping[str, str]]:
        every = {"Authorization": self._sent_credentials().reveal(), **headers.reveal()}
        if self._call.user_jwt is not None:
            every[USER_TOKEN] = self._call.user_jwt
        return Secret(every)

    async def _ask_for_leave(self, before_signing: BeforeSigning, retry: int) -> None:
        """Let the app's own rule refuse: what it raises reaches the caller as it is."""
        if self._call.authorization is None:
            return
        from privy_async.sending.audit import make_signing_request

        try:
            asked = before_signing(make_signing_request(self._call, retry))
            if isawaitable(asked):
                await asked
        except BaseException as error:
            if self._may_have_happened():
                key = self._call.idempotency_key
                error.add_note(f"an earlier attempt may have been executed; its key is {key!r}")
            raise

    async def _change_credentials(self, outcome: Outcome) -> bool:
        """Take another of the app's secrets after one that Privy refuses, each once."""
        if not (refuses_app(outcome) and is_refusal(self._call, outcome)):
            return False
        self._refused_credentials += (self._sent_credentials(),)
        other = self._settings.credentials.other_than
        work = other(self._refused_credentials, self._secrets_asked)
        try:
            found = await self._within(work, self._late_secret())
        except PrivyError:
            # What the caller must know is that Privy refuses the secret.
            return False
        self._credentials = found or self._credentials
        return found is not None

    def _sent_credentials(self) -> Secret[str]:
        assert self._credentials is not None  # An attempt was made.
        return self._credentials

    async def _renew_keys(self, outcome: Outcome) -> bool:
        """Once, after a refused signature: drop the users' keys, so that new ones are exchanged."""
        refused = isinstance(outcome, RawResponse) and outcome.status == 401
        if not (refused and self._signed_with) or self._renewal_pause is not None:
            return False
        if asks_for_mfa(outcome) or refuses_app(outcome):
            return False
        now = self._settings.clock.now()
        fresh = any(now - user_key.issued_at < _FRESH for user_key in self._signed_with.values())
        for user, user_key in self._signed_with.items():
            self._keys().forget(user, user_key)
        pause = _SETTLING if fresh else 0.0
        if pause >= self._left():
            return False
        self._renewal_pause = pause
        _log.debug("%s %s: a new user key in %g s", self._call.method, self._call.url, pause)
        if pause:
            await asyncio.sleep(pause)
        return True
