"""The requester, through which clients and resources send: it makes a call of an operation."""

from collections.abc import Callable, Coroutine, Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, Final, NoReturn, TypeVar, cast

import attrs

from privy_async.checks import (
    check_asyncio,
    check_count,
    check_idempotency_key,
    check_request_expiry,
    check_seconds,
    check_user_jwt,
)
from privy_async.errors import InvalidArgumentError
from privy_async.json_types import is_object
from privy_async.sending import telemetry
from privy_async.sending.attempts import Attempts
from privy_async.sending.call import (
    METHODS,
    OMIT,
    Call,
    Method,
    RequestOptions,
    check_path,
    encode_body,
    encode_query,
    expand_path,
)
from privy_async.sending.operations import Accepts, Operation, accepted_by_path, find_operation
from privy_async.sending.outcome import NoResponse, kind_without_response
from privy_async.sending.settings import Settings
from privy_async.sending.signers import Signers
from privy_async.sending.transport import Transport
from privy_async.signing.authorization import AuthorizationContext
from privy_async.user_keys.cache import UserKeys

T = TypeVar("T")

HEADER_OPTIONS: Final = {
    "signature": "authorization",
    "idempotency": "idempotency_key",
    "expiry": "request_expiry",
    "user_token": "user_jwt",
}
"""The option by which a caller decides about each header that an operation may take."""

_PARAMS: Final = (
    ". What the official SDK has in params= are arguments of their own here, such as "
    "transaction=...; wallets.rpc(wallet_id, {...}) takes a body as Privy documents it"
)


@attrs.define(eq=False, repr=False)
class Requester:
    """The way by which a client and its resources send. Derived clients share pool and user keys.

    `user_keys` is None where no user ever signs, as in the exchange that brings users' keys.
    """

    settings: Settings
    transport: Transport
    user_keys: UserKeys | None
    authorization: AuthorizationContext | None = attrs.field(default=None, kw_only=True)
    signers: Signers = attrs.field(factory=Signers, kw_only=True)

    def __deepcopy__(self, memo: dict[int, Any]) -> "Requester":
        """Itself: there is one pool of connections, and keys are not copied."""
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a client does not pickle: make one in each process, and pass ids and tokens on"
        )

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

    def request_by_hand(
        self,
        method: Method,
        path: str,
        query: Mapping[str, Any] | None,
        body: Any,
        options: RequestOptions,
    ) -> Coroutine[Any, Any, Any]:
        """Do an operation that may have no method in the SDK: `PrivyClient.request` says how."""
        if method not in METHODS:
            raise InvalidArgumentError("method", f"expected one of {', '.join(METHODS)}")
        accepts = accepted_by_path(method, check_path(path))
        if method != "GET":
            accepts, options = _widen(accepts, options)
        operation = Operation(method, method, path, (), accepts)
        target = path + encode_query(query)
        return self.send(operation, target, body, options, lambda answer: answer)

    def send(
        self,
        operation: Operation,
        target: str,
        body: Any,
        options: Mapping[str, Any],
        read: Callable[[Any], T],
    ) -> Coroutine[Any, Any, T]:
        """Send to a path and query that are percent-encoded already."""
        settings = self.settings
        timeout, deadline = settings.timeout, settings.deadline
        if options:
            check_options(options, operation.accepts)
            timeout = check_seconds("timeout", options.get("timeout", timeout))
            deadline = check_deadline(options.get("deadline", deadline))
        call = self._call(operation, target, body, options)
        work = Attempts(
            call,
            settings,
            self.transport,
            self.user_keys,
            self.signers,
            timeout,
            deadline,
        ).run(read)
        return telemetry.observe(call, work) if telemetry.is_loaded() else work

    async def connect(self, count: object) -> int:
        """Open connections until so many are idle; return how many are.

        Raises:
            InvalidArgumentError: It is no count, or more than the pool may have.
            APIConnectionError: There is none; APITimeoutError if time ran out.
        """
        check_asyncio()
        most, url = self.transport.max_connections, self.settings.base_url
        number = check_count("count", count, least=1)
        if number > most:
            raise InvalidArgumentError("count", f"is more than max_connections, which is {most}")
        try:
            return await self.transport.connect(number, url)
        except NoResponse as failure:
            kind = kind_without_response(failure)
            raise kind(failure.problem, method="connect to", url=url) from None

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
        user_jwt = options.get("user_jwt")
        key, expiry = options.get("idempotency_key"), options.get("request_expiry", OMIT)
        if key is not None:
            check_idempotency_key(key)
        elif accepts.idempotency and not exact:
            key = self.settings.clock.uuid()
        else:
            _check_repeatable(operation)
        if expiry is not OMIT:
            check_request_expiry(expiry, self.settings.clock)
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
            rpc_method=_rpc_method(operation, body),
            user_jwt=None if user_jwt is None else check_user_jwt(user_jwt),
        )


def _rpc_method(operation: Operation, body: object) -> str | None:
    if not (operation.path.endswith("/rpc") and is_object(body)):
        return None
    method: object = body.get("method")
    return method if isinstance(method, str) else None


def check_deadline(seconds: object) -> float | None:
    """Return a deadline in seconds, or None for none.

    Raises:
        InvalidArgumentError: It is no positive number.
    """
    return None if seconds is None else check_seconds("deadline", seconds)


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
        way_out = _PARAMS if unknown == "params" else ""
        raise TypeError(
            f"this operation takes no {unknown!r}; its options are {', '.join(sorted(allowed))}"
            f"{way_out}"
        )


@cache
def _options(accepts: Accepts) -> frozenset[str]:
    by_header = {name for header, name in HEADER_OPTIONS.items() if getattr(accepts, header)}
    return frozenset({"timeout", "deadline", "extra_body"} | by_header)


def _widen(accepts: Accepts, options: RequestOptions) -> tuple[Accepts, RequestOptions]:
    """Let an operation that the SDK does not know accept what a caller gives."""
    given = {header for header, name in HEADER_OPTIONS.items() if options.get(name) is not None}
    accepts = accepts._replace(**dict.fromkeys(given, True))
    idle = {name for header, name in HEADER_OPTIONS.items() if not getattr(accepts, header)}
    used = {name: value for name, value in options.items() if name not in idle}
    return accepts, cast(RequestOptions, used)


_keyed_writes_only: Final = ContextVar("privy_keyed_writes_only", default=False)


@contextmanager
def keyed_writes_only(only: bool = True) -> Generator[None]:
    """Refuse, inside the block, each new thing that no idempotency key keeps from being made twice.

    Args:
        only: False to refuse nothing, whatever is around it.
    """
    token = _keyed_writes_only.set(only)
    try:
        yield
    finally:
        _keyed_writes_only.reset(token)


def _check_repeatable(operation: Operation) -> None:
    """Refuse an operation that is refused where this runs.

    Raises:
        InvalidArgumentError: It is a POST that takes no idempotency key, in a journal's bulk run.
    """
    accepts = operation.accepts
    if operation.method != "POST" or accepts.safe or accepts.idempotency:
        return
    if _keyed_writes_only.get():
        raise InvalidArgumentError(
            "claim",
            f"{operation.name} takes no idempotency key, so that a bulk run that is started again "
            "could do it twice: give claim=True, which lets one run ask for each item, once",
        )
