"""Sends calls: signs each attempt, repeats it where that is safe, and maps what comes back."""

import asyncio
import logging
import random
import time
import uuid
from collections.abc import Callable, Coroutine, Mapping
from functools import cache
from typing import Any, Final, TypeVar

import attrs

from privy_async.errors import APIError, InvalidArgumentError, PrivyError, SigningError
from privy_async.sending import response, telemetry
from privy_async.sending.answer import Answer, NoAnswer, make_error, read_answer
from privy_async.sending.call import (
    OMIT,
    Call,
    check_idempotency_key,
    check_request_expiry,
    check_timeout,
    encode_body,
    encode_query,
    expand_path,
)
from privy_async.sending.operations import Accepts, Operation, find_operation
from privy_async.sending.retry import may_have_executed, retry_delay
from privy_async.sending.settings import Settings
from privy_async.sending.signers import Signers
from privy_async.sending.transport import Transport
from privy_async.signing.authorization import SIGNATURE, AuthorizationContext
from privy_async.user_keys.cache import UserKey, UserKeys

T = TypeVar("T")

_log = logging.getLogger("privy_async")

_GIVEN_UP: Final = NoAnswer("given up by the caller", sent=True, timed_out=False)
# A key that Privy has just issued may be unknown to some of its servers for a moment.
_SETTLING: Final = 0.5
HEADER_OPTIONS: Final = {
    "signature": "authorization",
    "idempotency": "idempotency_key",
    "expiry": "request_expiry",
}
"""The option by which a caller decides about each header that an operation may take."""


@attrs.define(eq=False)
class Requester:
    """What a client and its resources send through. Derived clients share all but the settings."""

    settings: Settings
    transport: Transport
    user_keys: UserKeys
    signers: Signers = attrs.field(factory=Signers, kw_only=True)
    authorization: AuthorizationContext | None = attrs.field(default=None, kw_only=True)

    def request(
        self,
        name: str,
        path: Mapping[str, object],
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = OMIT,
        options: Mapping[str, Any],
        read: Callable[[Any], T],
    ) -> Coroutine[Any, Any, T]:
        """Do an operation such as "GET /v1/wallets/{wallet_id}".

        Args:
            name: The operation's method and path template.
            path: The values of the parameters in the path.
            query: Parameters of the query; None leaves one out.
            body: A JSON value; OMIT for none.
            options: Those of the call.
            read: Makes its answer of the JSON that came back.

        Raises:
            InvalidArgumentError: Bad input, before anything is sent.
            SigningError: The call could not be signed.
            APIError: It brought no readable success.
        """
        operation = find_operation(name)
        target = expand_path(operation.path, path)
        if query is not None:
            target += encode_query(query)
        return self.send(operation, target, body, options, read)

    def send(
        self,
        operation: Operation,
        target: str,
        body: Any,
        options: Mapping[str, Any],
        read: Callable[[Any], T],
    ) -> Coroutine[Any, Any, T]:
        """The same for a path and query that are percent-encoded already."""
        timeout = self.settings.timeout
        if options:
            check_options(options, operation.accepts)
            timeout = check_timeout("timeout", options.get("timeout", timeout))
        call = self._call(operation, target, body, options)
        work = _Attempts(self, call, timeout).run(read)
        return telemetry.observe(call, work) if telemetry.is_loaded() else work

    def _call(
        self, operation: Operation, target: str, body: Any, options: Mapping[str, Any]
    ) -> Call:
        accepts = operation.accepts
        if operation.method == "GET" and "extra_body" in options:
            raise InvalidArgumentError("extra_body", "a GET has no body")
        authorization: AuthorizationContext | None = None
        if accepts.signature:
            authorization = check_authorization(options.get("authorization", self.authorization))
        # A signature made elsewhere covers one exact payload: adding a header would break it.
        exact = authorization is not None and bool(authorization.signatures)
        key, expiry = options.get("idempotency_key"), options.get("request_expiry", OMIT)
        if key is not None:
            check_idempotency_key(key)
        elif accepts.idempotency and not exact:
            key = str(uuid.uuid4())
        if expiry is not OMIT:
            check_request_expiry(expiry)
        elif accepts.expiry and not exact:
            expiry = self.settings.default_expiry(operation.path)
        return Call(
            operation=operation,
            url=self.settings.base_url + target,
            app_id=self.settings.app_id,
            body=encode_body(body, options.get("extra_body")),
            idempotency_key=key,
            request_expiry=None if expiry is OMIT else expiry,
            authorization=authorization,
        )


def check_authorization(authorization: object) -> AuthorizationContext | None:
    """Return who signs, if it says so in the one way that is unmistakable."""
    if authorization is None or isinstance(authorization, AuthorizationContext):
        return authorization
    raise InvalidArgumentError(
        "authorization",
        "expected an AuthorizationContext, such as AuthorizationContext(user_jwts=[...])",
    )


def check_options(options: Mapping[str, Any], accepts: Accepts) -> None:
    """Refuse options that the operation does not take, as Python refuses unknown keywords.

    Raises:
        TypeError: One is unknown, or means a header that this operation does not take.
    """
    allowed = _options(accepts)
    if not allowed.issuperset(options):
        unknown = next(name for name in options if name not in allowed)
        raise TypeError(
            f"this operation takes no {unknown!r}; its options are {', '.join(sorted(allowed))}"
        )


@cache
def _options(accepts: Accepts) -> frozenset[str]:
    by_header = {name for header, name in HEADER_OPTIONS.items() if getattr(accepts, header)}
    return frozenset({"timeout", "extra_body"} | by_header)


class _Attempts:
    """One call on its way: what has been tried, and which user keys signed."""

    def __init__(self, requester: Requester, call: Call, timeout: float) -> None:
        self._requester = requester
        self._call = call
        self._timeout = timeout
        self._may_have_happened = False
        self._user_keys: dict[str, UserKey] = {}
        self._renewed = False

    async def run(self, read: Callable[[Any], T]) -> T:
        """Attempt until there is a success, or nothing more that may be tried."""
        retry = 0
        headers: dict[str, str] = {}
        outcome: Answer | NoAnswer | None = None
        while True:
            try:
                headers = await self._sign()
            except PrivyError as error:
                if outcome is None or not self._may_have_happened:
                    raise
                # That an earlier attempt may have been executed is what the caller must hear.
                raise self._failure(outcome, headers) from error
            outcome = await self._attempt(headers, retry)
            if isinstance(outcome, Answer) and outcome.status < 300:
                return read_answer(self._call, outcome, read)
            if await self._renew_keys(outcome):
                continue
            self._may_have_happened |= may_have_executed(outcome)
            delay = retry_delay(
                self._call,
                outcome,
                retry=retry,
                max_retries=self._requester.settings.max_retries,
                jitter=random.random(),
            )
            if delay is None:
                raise self._failure(outcome, headers)
            await asyncio.sleep(delay)
            retry += 1

    def _failure(self, outcome: Answer | NoAnswer, headers: Mapping[str, str]) -> APIError:
        happened = self._may_have_happened and not self._call.changes_nothing
        signed = headers if SIGNATURE in headers else None
        return make_error(self._call, outcome, may_have_happened=happened, signed=signed)

    async def _sign(self) -> dict[str, str]:
        """The Privy headers of the next attempt, the signature among them if there is one."""
        headers = self._call.headers(time.time())
        context = self._call.authorization
        if context is None:
            return headers
        payload = self._call.payload(headers)
        signatures = [*context.signatures]
        for key in context.authorization_private_keys:
            signatures.append(key.sign(payload))
        if context.user_jwts:
            user_keys = self._kept_keys(context) or await self._exchange(context)
            self._user_keys = dict(zip(context.user_jwts, user_keys, strict=True))
            signatures += [user_key.key.sign(payload) for user_key in user_keys]
        for index, signer in enumerate(context.signers):
            signatures.append(await self._requester.signers.sign(signer, payload, index))
        if signatures:
            headers[SIGNATURE] = ",".join(signatures)
        return headers

    def _kept_keys(self, context: AuthorizationContext) -> list[UserKey] | None:
        """The keys of the context's users, if there is none to wait for."""
        kept = [self._requester.user_keys.kept(token) for token in context.user_jwts]
        found = [user_key for user_key in kept if user_key is not None]
        return found if len(found) == len(kept) else None

    async def _exchange(self, context: AuthorizationContext) -> list[UserKey]:
        """The keys of the context's users, exchanged side by side."""
        try:
            async with asyncio.timeout(self._timeout):
                get = self._requester.user_keys.get
                if len(context.user_jwts) == 1:
                    return [await get(context.user_jwts[0])]
                # Loaded here, since few calls need it.
                from privy_async.sending.side_by_side import call_for_all

                return await call_for_all(get, context.user_jwts)
        except TimeoutError:
            raise SigningError(
                f"no key for this user's token within {self._timeout:g} s, "
                "so the request was not signed"
            ) from None

    async def _attempt(self, headers: Mapping[str, str], retry: int) -> Answer | NoAnswer:
        call, requester = self._call, self._requester
        settings = requester.settings
        if settings.on_request is not None:
            response.announce(settings.on_request, call, retry)
        started = time.perf_counter()
        outcome: Answer | NoAnswer = _GIVEN_UP
        try:
            outcome = await requester.transport.send(
                call.method,
                call.url,
                {**settings.fixed_headers, **headers},
                call.body,
                timeout=self._timeout,
            )
        except NoAnswer as failure:
            outcome = failure
        finally:
            # Also where the caller gives up, so that the idempotency key is on record.
            self._record(outcome, retry, time.perf_counter() - started)
        return outcome

    def _record(self, outcome: Answer | NoAnswer, retry: int, seconds: float) -> None:
        call = self._call
        on_response = self._requester.settings.on_response
        response.record(call, outcome, retry=retry, seconds=seconds, on_response=on_response)
        if telemetry.is_loaded():
            telemetry.record(call, outcome, retry=retry, seconds=seconds)
        if _log.isEnabledFor(logging.DEBUG):
            said = outcome.status if isinstance(outcome, Answer) else outcome.problem
            _log.debug(
                "%s %s: %s in %.1f ms (retry %d)", call.method, call.url, said, seconds * 1e3, retry
            )

    async def _renew_keys(self, outcome: Answer | NoAnswer) -> bool:
        """Once, after a refused signature: drop the users' keys, so that new ones are exchanged."""
        refused = isinstance(outcome, Answer) and outcome.status == 401
        if not (refused and self._user_keys) or self._renewed:
            return False
        self._renewed = True
        now = self._requester.user_keys.clock()
        fresh = any(now - user_key.issued_at < 10 for user_key in self._user_keys.values())
        for token, user_key in self._user_keys.items():
            self._requester.user_keys.forget(token, user_key)
        if fresh:
            await asyncio.sleep(_SETTLING)
        return True
