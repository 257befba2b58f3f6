"""The client: its options, who signs by default, and the way to every resource."""

import os
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self, Unpack

import attrs

# First, for the deeper aiohttp is imported, the more memory Python takes and gives back (20 ms).
from privy_async.sending.transport import Transport  # isort: skip
from privy_async.checks import (
    check_asyncio,
    check_clock,
    check_count,
    check_request_expiry,
    check_seconds,
    check_user_jwt,
    refuse_with,
)
from privy_async.clock import Clock
from privy_async.resources.all import Resources
from privy_async.resources.resource import cached_property
from privy_async.sending.call import OMIT, Method, Omit, RequestOptions
from privy_async.sending.credentials import AppSecrets, Credentials
from privy_async.sending.exchange import exchange_with
from privy_async.sending.requester import Requester, check_authorization, check_deadline
from privy_async.sending.settings import (
    DEFAULT_BASE_URL,
    Settings,
    check_app_id,
    check_base_url,
    check_hook,
    check_ssl,
    choose_proxy,
    read_app_secret,
    read_setting,
)
from privy_async.sending.signers import Signers
from privy_async.signing.authorization import AuthorizationContext, UserAuth
from privy_async.signing.p256 import AnyKey, AuthorizationKey
from privy_async.signing.secret import hides_arguments
from privy_async.user_keys.cache import UserKeys, UserKeyStore, check_user_key_store

if TYPE_CHECKING:
    import ssl as ssl_module

    from privy_async.sending.audit import SigningRequest
    from privy_async.sending.observing import Request, Response
    from privy_async.verification.token_keys import TokenKeys
    from privy_async.verification.tokens import Tokens
    from privy_async.verification.webhooks import Webhooks, WebhookSecrets


@attrs.define(eq=False, repr=False)
class _Shared:
    """The things that a client shares with derived ones, besides connections and user keys."""

    webhook_signing_secret: "WebhookSecrets | None" = attrs.field(repr=False)
    clock: Clock = attrs.field(repr=False)

    @cached_property
    def token_keys(self) -> "TokenKeys":
        """Privy's keys, fetched when the first token is checked."""
        from privy_async.verification.token_keys import TokenKeys

        return TokenKeys(clock=self.clock)


class PrivyClient(Resources):
    """Privy's API, with one pool of connections for each event loop that uses it.

        async with PrivyClient() as privy:      # PRIVY_APP_ID, PRIVY_APP_SECRET
            alice = privy.for_user(user_jwt)
            await alice.wallets.ethereum.sign_message(wallet_id, "hello")

    Who signs a call, the strongest first: its own `authorization=`; the derived client's
    (`for_user`, `with_authorization`); the client's own key (`update_authorization_key`).
    """

    _shared: "_Shared"

    @hides_arguments
    def __init__(
        self,
        *,
        app_id: str | None = None,
        app_secret: "AppSecrets | None" = None,
        base_url: str | None = None,
        authorization_key: AnyKey | None = None,
        timeout: float = 60.0,
        deadline: float | None = None,
        connect_timeout: float = 10.0,
        max_retries: int = 2,
        request_expiry: timedelta | None = timedelta(minutes=15),
        intent_expiry: timedelta | None = timedelta(hours=72),
        user_key_cache_size: int = 1000,
        user_key_store: UserKeyStore | None = None,
        max_connections: int = 100,
        max_response_size: int = 2 * 2**20,
        signer_threads: int = 64,
        proxy: str | None = None,
        ssl: "ssl_module.SSLContext | None" = None,
        webhook_signing_secret: "WebhookSecrets | None" = None,
        on_request: "Callable[[Request], object] | None" = None,
        on_response: "Callable[[Response], object] | None" = None,
        before_signing: "Callable[[SigningRequest], object] | None" = None,
        pace: bool = True,
        clock: Clock | None = None,
    ) -> None:
        """Make a client. Nothing is sent, and no connection opened, before the first call.

        Args:
            app_id: The app's id; by default the variable PRIVY_APP_ID.
            app_secret: The app's secret; by default the variable PRIVY_APP_SECRET. Several while
                one is replaced, or a function, sync or async, that returns them: it is asked at the
                first call, 300 s later, and as soon as Privy refuses what it returned. After such
                a refusal (nothing is executed) each other secret is tried once, and the one that
                works is remembered.
            base_url: By default the variable PRIVY_API_BASE_URL, else https://api.privy.io.
            authorization_key: The key that signs by default, in any form that
                `AuthorizationKey.parse` reads.
            timeout: Seconds for one attempt of a call, its answer included.
            connect_timeout: Seconds to set up one connection. On Linux the other end is given up,
                too, if it acknowledges nothing for so long, but 5 s at least.
            max_retries: How often a call is sent again where that is safe; 0 turns it off.
            request_expiry: After what time Privy must refuse a signed request; None for never.
            intent_expiry: The same for intents, which wait for people.
            user_key_cache_size: How many users' keys are kept in memory; 0 keeps none.
            user_key_store: Shares users' keys between processes, such as
                `privy_async.integrations.redis.RedisUserKeyStore`.
            max_connections: Connections of one pool; further calls wait for a free one.
            signer_threads: How many of an AuthorizationContext's sync signers (KMS, HSM) may run
                at once, each in a thread; further ones wait. One that hangs keeps its place.
            proxy: The URL of an HTTP proxy; by default that of the variable HTTPS_PROXY, save for
                hosts that NO_PROXY names and for this machine itself.
            ssl: A TLS context of your own; by default the system's trust store, or the file that
                the variable SSL_CERT_FILE names.
            webhook_signing_secret: What `webhooks.verify` uses; several while one is replaced. By
                default the variable PRIVY_WEBHOOK_SIGNING_SECRET, if it is set.
            on_request: Is told of each attempt before it is sent, in the event loop's thread; it
                must not block. What it raises is logged and changes nothing.
            on_response: The same after each attempt.
            before_signing: Is asked about each request before it is signed, retries included; it
                may be async. It refuses by raising: its error reaches the caller as it is, and
                nothing is sent.
            pace: Whether calls wait for their turn once Privy has refused their operation with 429,
                together with all calls of this app in this process. Where it is False they are
                sent at once, and again as any other call.
            deadline: Seconds for a whole call: its wait for its turn, for keys and signers,
                every attempt, and the pauses between them; None for no such limit. What it ends may
                have happened: the error says so, and has the idempotency key to ask again with.
            max_response_size: Bytes that one response may have, unpacked; larger ones are not read.
            clock: Time and random numbers, for tests and simulations.

        Raises:
            InvalidArgumentError: An option is missing or wrong; it is named.
        """
        clock = check_clock(clock)
        address = read_setting("base_url", base_url, "PRIVY_API_BASE_URL", DEFAULT_BASE_URL)
        checked_id = check_app_id(read_setting("app_id", app_id, "PRIVY_APP_ID"))
        settings = Settings(
            app_id=checked_id,
            credentials=Credentials(checked_id, read_app_secret(app_secret), clock),
            base_url=check_base_url(address),
            timeout=check_seconds("timeout", timeout),
            deadline=check_deadline(deadline),
            clock=clock,
            max_retries=check_count("max_retries", max_retries, least=0),
            request_expiry=check_request_expiry(request_expiry, clock),
            intent_expiry=check_request_expiry(intent_expiry, clock, argument="intent_expiry"),
            on_request=check_hook("on_request", on_request),
            on_response=check_hook("on_response", on_response),
            before_signing=check_hook("before_signing", before_signing),
        ).with_pace(pace)
        transport = Transport(
            connect_timeout=check_seconds("connect_timeout", connect_timeout),
            max_connections=check_count("max_connections", max_connections, least=1),
            max_response_size=check_count("max_response_size", max_response_size, least=1),
            proxy=choose_proxy(proxy, settings.base_url),
            ssl=check_ssl(ssl),
            clock=clock,
        )
        user_keys = UserKeys(
            exchange_with(settings, transport),
            capacity=check_count("user_key_cache_size", user_key_cache_size, least=0),
            app_id=settings.app_id,
            store=check_user_key_store(user_key_store),
            clock=clock,
        )
        signers = Signers(check_count("signer_threads", signer_threads, least=1))
        super().__init__(Requester(settings, transport, user_keys, signers=signers))
        if webhook_signing_secret is None:
            webhook_signing_secret = os.environ.get("PRIVY_WEBHOOK_SIGNING_SECRET") or None
        self._shared = _Shared(webhook_signing_secret, clock)
        if authorization_key is not None:
            self.update_authorization_key(authorization_key)

    @cached_property
    def tokens(self) -> "Tokens":
        """Checks of the tokens that Privy issues to users."""
        from privy_async.verification.tokens import Tokens

        return Tokens(self._requester, self._shared.token_keys)

    @cached_property
    def webhooks(self) -> "Webhooks":
        """Checks of what Privy's webhooks deliver."""
        from privy_async.verification.webhooks import Webhooks

        return Webhooks(self._shared.webhook_signing_secret, self._requester.settings.clock)

    @hides_arguments
    def update_authorization_key(self, key: AnyKey) -> None:
        """Sign this client's calls with `key` from now on; clients derived earlier are unchanged.

        Where one process serves many users, derive a client for each with `for_user`: a key
        set here signs for whoever uses this client.

        Raises:
            InvalidArgumentError: The key cannot be read.
        """
        parsed = AuthorizationKey.parse(key)
        self._requester.authorization = AuthorizationContext(authorization_private_keys=[parsed])

    def with_authorization(self, authorization: AuthorizationContext | None) -> Self:
        """A client whose calls these sign (None: nobody); it shares connections and user keys."""
        return self._derive(self._requester.settings, check_authorization(authorization))

    @hides_arguments
    def for_user(self, user_jwt: str, *, mfa_token: str | None = None) -> Self:
        """A client that signs as the user of this token, with the key Privy issues for it.

        The key is asked for on the first signed call, kept, renewed before it expires, and
        shared by all clients of the same tokens. Safe with many users at once.

        Args:
            user_jwt: The user's token.
            mfa_token: What the user's latest verification with a second factor gave
                (`users.mfa`), for calls that Privy otherwise answers with MfaRequiredError.

        Raises:
            InvalidArgumentError: It is no JWT. Whether it is valid, Privy decides.
        """
        user = UserAuth(user_jwt=user_jwt, mfa_token=mfa_token)
        return self.with_authorization(AuthorizationContext(user_auth=[user]))

    def with_options(
        self,
        *,
        timeout: float | Omit = OMIT,
        deadline: float | None | Omit = OMIT,
        max_retries: int | Omit = OMIT,
        request_expiry: timedelta | None | Omit = OMIT,
        intent_expiry: timedelta | None | Omit = OMIT,
        pace: bool | Omit = OMIT,
    ) -> Self:
        """A client with other options; it shares connections, user keys and who signs."""
        changes: dict[str, Any] = {}
        clock = self._requester.settings.clock
        if timeout is not OMIT:
            changes["timeout"] = check_seconds("timeout", timeout)
        if deadline is not OMIT:
            changes["deadline"] = check_deadline(deadline)
        if max_retries is not OMIT:
            changes["max_retries"] = check_count("max_retries", max_retries, least=0)
        if request_expiry is not OMIT:
            changes["request_expiry"] = check_request_expiry(request_expiry, clock)
        if intent_expiry is not OMIT:
            expiry = check_request_expiry(intent_expiry, clock, argument="intent_expiry")
            changes["intent_expiry"] = expiry
        settings = attrs.evolve(self._requester.settings, **changes)
        if pace is not OMIT:
            settings = settings.with_pace(pace)
        derived = self._derive(settings, self._requester.authorization)
        exchange = exchange_with(settings, self._requester.transport)
        derived._requester.user_keys = self._user_keys().with_exchange(exchange)
        return derived

    def _user_keys(self) -> UserKeys:
        user_keys = self._requester.user_keys
        assert user_keys is not None  # A client always has them.
        return user_keys

    def _derive(self, settings: Settings, authorization: AuthorizationContext | None) -> Self:
        derived = self.__class__.__new__(self.__class__)
        derived._shared = self._shared
        derived._requester = Requester(
            settings,
            self._requester.transport,
            self._requester.user_keys,
            signers=self._requester.signers,
            authorization=authorization,
        )
        return derived

    @hides_arguments
    async def request(
        self,
        method: Method,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = OMIT,
        **options: Unpack[RequestOptions],
    ) -> Any:
        """Do any operation of the API, for those without a method here; returns its JSON.

        It is signed, repeated and checked like a named call. An operation that the SDK does not
        know is signed if you give `authorization=`, and sent again only as far as you make it
        safe with `idempotency_key=`.

        Args:
            method: GET, POST, PUT, PATCH or DELETE.
            path: Percent-encoded, such as `/v1/wallets/abc`.
            query: Parameters; None leaves one out.
            body: A JSON value; nothing is sent if it is left out, null if it is None.
            **options: See `RequestOptions`.
        """
        return await self._requester.request_by_hand(method, path, query, body, options)

    async def connect(self, count: int = 1) -> int:
        """Open connections ahead, until so many wait for a call; return how many do.

            await privy.connect(8)  # At start-up, or before a burst.

        A new connection takes two round trips of TCP and TLS before anything is sent. Idle ones
        are counted, and kept for 2 minutes. A call that cannot be repeated (without an idempotency
        key) takes a new one all the same if the others were idle for 5 s. Fewer are opened if other
        calls hold connections, or some cannot be had.

        Raises:
            InvalidArgumentError: It is no count, or more than `max_connections`.
            APIConnectionError: There is none; APITimeoutError if `connect_timeout` has passed.
        """
        return await self._requester.connect(count)

    async def prepare(self) -> None:
        """Start to get the keys of the users who sign for this client, and return at once.

            alice = privy.for_user(user_jwt)
            await alice.prepare()
            order = await load_order()  # Meanwhile the key arrives.
            await alice.wallets.ethereum.send_transaction(wallet_id, order.transaction)

        A user's first call otherwise waits for the key, and then for its own answer. Nothing is
        sent for keys that are in memory, where no user signs, or if `user_key_cache_size` is 0.

        Check the token first (`tokens`): whoever has one has Privy asked. What fails is asked for
        again by the first call that needs the key, and that call has the error.
        """
        check_asyncio()
        if (authorization := self._requester.authorization) is not None:
            self._user_keys().prepare(authorization.users)

    @hides_arguments
    async def forget_user(self, user_jwt: str) -> None:
        """Drop the key of this token from memory and from the shared store, as on a log-out.

        The next signed call exchanges the token anew, if Privy still takes it. Processes that have
        the key in memory keep it until it is renewed or expires; Privy refuses it from the moment
        at which the user is frozen or deleted.

        Raises:
            InvalidArgumentError: It is no JWT.
        """
        await self._user_keys().drop(check_user_jwt(user_jwt))

    async def close(self) -> None:
        """Close this loop's connections, which derived clients share; a later call opens new.

        Calls that are on their way end with an APIConnectionError and are not sent again.
        """
        # First the exchanges that nobody waits for, lest one opens a connection after all.
        await self._user_keys().close()
        await self._requester.transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    def __copy__(self) -> Self:
        """A client of its own, as `with_options()` makes one; deep copies share as much."""
        return self.with_options()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.with_options()

    def __repr__(self) -> str:
        settings, authorization = self._requester.settings, self._requester.authorization
        return (
            f"{type(self).__name__}(app_id={settings.app_id!r}, "
            f"base_url={settings.base_url!r}, authorization={authorization!r})"
        )


if not TYPE_CHECKING:  # To type checkers it has neither, so that they report it.
    PrivyClient.__enter__ = PrivyClient.__exit__ = refuse_with
