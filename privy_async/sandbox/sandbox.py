"""The sandbox as an object: one port, one app, one state."""

import os
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from aiohttp import web

from privy_async.clock import Clock
from privy_async.sandbox.app import App
from privy_async.sandbox.blockchains import Blockchains
from privy_async.sandbox.blockchains.evm.engines import evm_engine
from privy_async.sandbox.clock import SandboxClock
from privy_async.sandbox.http.api import Api
from privy_async.sandbox.http.faults import Faults
from privy_async.sandbox.http.hosts import check_public_url
from privy_async.sandbox.http.page import Page
from privy_async.sandbox.http.protocol import served
from privy_async.sandbox.http.rate_limits import RateLimits
from privy_async.sandbox.http.request_record import RequestRecord
from privy_async.sandbox.http.server import Server
from privy_async.sandbox.loop_thread import Done, LoopThread
from privy_async.sandbox.operations.users.login_sessions import LoginSession, checked_test_accounts
from privy_async.sandbox.operations.users.second_factors import SecondFactors
from privy_async.sandbox.snapshots import Parts, Snapshot
from privy_async.sandbox.state import State
from privy_async.sandbox.store import MemoryStore, StateFile, Store
from privy_async.sandbox.tokens import TokenVerifier, key_source
from privy_async.sandbox.webhooks import Webhooks
from privy_async.sandbox.webhooks.transaction_watch import TransactionWatch

if TYPE_CHECKING:
    import privy_async
    import privy_sync


class Sandbox:
    """Privy's API on this machine, offline; see the README beside this file.

    As `async with` it serves on the running event loop, as `with` on a loop of its own in a
    thread of its own. What it remembers outlives a stop and a new start.

    Args:
        host: Where it is served. Requests to another host are refused, save for loopback names and
            the IP address at which they arrive.
        port: 0 takes a free one at each start.
        public_url: Where clients reach it through a proxy, such as one that ends TLS:
            "https://privy.test". Signatures are then over this URL, whatever Host arrives.
        auth_keys: What user tokens are verified with: PEM text, the path of a PEM or JWKS file,
            or the URL of a JWKS. The sandbox's own tokens are always accepted too.
        user_id_claim: The claim of a token that names the user.
        audiences: One of these must be a token's audience; none accepts any.
        user_key_lifetime: Seconds for which the key given out for a token signs.
        test_accounts: The e-mail addresses that can log in, each with its code of six characters.
        granular_mfa: Whether changes of what users own need their MFA, with or without a policy.
        mfa_cache_duration: Seconds for which a verification of a second factor counts.
        real_chains: Whether transactions are executed. Without, they only enter the ledger, and
            nobody asks whether the wallet can pay.
        initial_balance: What each Ethereum and Solana wallet gets of a chain's coin and of USDC
            when it first meets the chain, in whole coins.
        evm: What executes Ethereum's chains: "anvil", which is a process for each chain, or
            "py-evm", in this one. If left out, anvil where it is on PATH.
        forks: The addresses of chains on which those of the sandbox go on, by CAIP-2 id; with a
            block, or else from the latest: {"eip155:8453": "https://host/key@31000000"}. By anvil.
        evm_rpc: The JSON-RPC address of an Ethereum chain, such as anvil's. It stands for the
            chain with its id.
        block_time: Seconds after which a transaction shows as confirmed; as final after two such.
        rate_limits: How often operations may be asked for, in any second or minute, such as
            {"POST /v1/users": 20, "POST /v1/wallets": "240/minute"}.
        retry_after: Whether what they refuse, with 429, has the header Retry-After.
        webhooks: The URLs that are told what happens, each with the secret its deliveries are
            signed with; `sandbox.webhooks.add` makes a secret for you.
        state_file: Where the state is kept, so that it outlives the process, even one that is
            killed; private keys too, in the clear. It is made if it is not there.
        clock: Where time, ids, keys and chance come from: a `privy_async.clock.Clock`, such as
            another sandbox's, which is then shared; or a callable that returns the sandbox's Unix
            time in seconds.

    Raises:
        ValueError: If there is no usable key in one of the `auth_keys`, one of the
            `test_accounts` or `rate_limits` is none, `public_url` is no address, `initial_balance`
            is negative, one of the `webhooks` has no usable URL or secret, or what `evm` or `forks`
            ask for is not there.
    """

    def __init__(
        self,
        *,
        app_id: str = "sandbox-app",
        app_secret: str = "sandbox-secret",
        host: str = "127.0.0.1",
        port: int = 0,
        public_url: str | None = None,
        auth_keys: Sequence[str] = (),
        user_id_claim: str = "sub",
        audiences: Sequence[str] = (),
        user_key_lifetime: float = 3600.0,
        test_accounts: Mapping[str, str] | None = None,
        granular_mfa: bool = False,
        mfa_cache_duration: float = 900.0,
        real_chains: bool = True,
        initial_balance: str | int | Decimal = 100,
        evm: Literal["anvil", "py-evm"] | None = None,
        forks: Mapping[str, str] | None = None,
        evm_rpc: str | None = None,
        block_time: float = 0.1,
        rate_limits: Mapping[str, int | str] | None = None,
        retry_after: bool = False,
        webhooks: Sequence[tuple[str, str]] = (),
        state_file: str | os.PathLike[str] | None = None,
        clock: Clock | Callable[[], float] | None = None,
    ) -> None:
        self.app_id, self.app_secret = app_id, app_secret
        self.clock = clock if isinstance(clock, SandboxClock) else SandboxClock(clock)
        self.state, self.faults = State(clock=self.clock), Faults(self.clock)
        self._store: Store = MemoryStore()
        if state_file is not None:
            self._store = StateFile(state_file, app_id, self.state, self.clock)
        self._host, self._port = host, port
        self._public_url = None if public_url is None else check_public_url(public_url)
        self._verifier = TokenVerifier(
            app_id=app_id,
            issuer=lambda: self.state.issuer,
            sources=tuple(key_source(auth_key, self.clock) for auth_key in auth_keys),
            user_id_claim=user_id_claim,
            audiences=tuple(audiences),
            clock=self.clock,
        )
        self._blockchains = Blockchains(
            self.state,
            enabled=real_chains,
            initial_balance=initial_balance,
            engine=evm_engine(
                evm, evm_rpc=evm_rpc, forks=forks or {}, keeps_state=state_file is not None
            ),
            block_time=block_time,
            is_forgetful=state_file is not None,
        )
        self.webhooks = Webhooks(self.clock, webhooks)
        self._watch = TransactionWatch(self.state, self._blockchains, self.webhooks)
        self._app = self._new_app(
            user_key_lifetime=user_key_lifetime,
            test_accounts=checked_test_accounts(test_accounts or {}),
            granular_mfa=granular_mfa,
            mfa_cache_duration=mfa_cache_duration,
        )
        self.mfa = SecondFactors(self._app, self._store.save)
        limits = RateLimits(rate_limits or {}, retry_after=retry_after, clock=self.clock)
        self._server, self._parts = self._new_server(limits)
        self._runner: web.ServerRunner | None = None
        self._thread: LoopThread | None = None

    def _new_server(self, limits: RateLimits) -> tuple[Server, Parts]:
        api, page = Api(self._app, self._store, limits), Page(self._app)
        server = Server(
            api, self.faults, page, self.clock, host=self._host, public_url=self._public_url
        )
        parts = Parts(
            self.state, self._blockchains, self._watch, self.faults, server.log, api.settle
        )
        return server, parts

    def _new_app(self, **settings: Any) -> App:
        return App(
            app_id=self.app_id,
            app_secrets=[self.app_secret],
            state=self.state,
            blockchains=self._blockchains,
            verifier=self._verifier,
            webhooks=self.webhooks,
            watch=self._watch,
            **settings,
        )

    @property
    def base_url(self) -> str:
        """The URL it listens at, such as "http://127.0.0.1:49152", without a slash at the end.

        Raises:
            RuntimeError: If the sandbox is not running.
        """
        if self._runner is None:
            raise RuntimeError("the sandbox is not running: use `async with sandbox:`")
        address = self._runner.addresses[0]
        host = f"[{address[0]}]" if ":" in address[0] else address[0]
        return f"http://{host}:{address[1]}"

    @property
    def jwks(self) -> dict[str, Any]:
        """The public key of the sandbox's own tokens, as a JSON Web Key Set."""
        return self.state.issuer.jwks

    @property
    def log(self) -> Sequence[RequestRecord]:
        """The last 10,000 requests, oldest first."""
        return tuple(self._server.log)

    def issue_user_jwt(self, subject: str, *, lifetime: float = 3600.0, **claims: object) -> str:
        """Issue a token for a user, as your own login would.

        Args:
            subject: The user's id in your login: the `custom_user_id` of the account.
            lifetime: Seconds until it expires; negative for one that has.
            claims: More claims, or others than the usual ones.
        """
        now = self.clock.now()
        usual: dict[str, object] = {
            "iss": "privy-sandbox",
            "sub": subject,
            "iat": int(now),
            "exp": int(now + lifetime),
            self._verifier.user_id_claim: subject,
        }
        if self._verifier.audiences:
            usual["aud"] = self._verifier.audiences[0]
        return self.state.issuer.issue({**usual, **claims})

    def issue_access_token(self, user_id: str, *, lifetime: float = 3600.0) -> str:
        """Issue an access token, as Privy's own log-in does.

        Args:
            user_id: Privy's id, "did:privy:...".
            lifetime: Seconds until it expires; negative for one that has.

        Raises:
            ValueError: If there is no such user.
        """
        return self._session(user_id, lifetime).access_token()

    def issue_identity_token(self, user_id: str, *, lifetime: float = 3600.0) -> str:
        """Issue an identity token, with the user's accounts; like `issue_access_token`."""
        return self._session(user_id, lifetime).identity_token()

    def _session(self, user_id: str, lifetime: float) -> LoginSession:
        user = self.state.users.get(user_id)
        if user is None:
            raise ValueError(f"there is no user {user_id!r}")
        return LoginSession(app=self._app, user=user, lifetime=lifetime)

    def rotate_app_secret(self, app_secret: str, *, keep_old: bool = False) -> None:
        """Accept a new app secret, and the old ones no more, unless they are kept.

        Clients that the sandbox makes from now on have the new one.
        """
        self.app_secret = app_secret
        self._app.app_secrets[:] = [app_secret, *(self._app.app_secrets if keep_old else ())]

    def _credentials(self) -> dict[str, Any]:
        names = {"app_id": self.app_id, "app_secret": self.app_secret}
        return {**names, "base_url": self._public_url or self.base_url}

    def client(self, **options: Any) -> "privy_async.PrivyClient":
        """An async client, by the public URL if there is one; the options are `PrivyClient`'s."""
        from privy_async import PrivyClient

        return PrivyClient(**{**self._credentials(), **options})

    def sync_client(self, **options: Any) -> "privy_sync.PrivyClient":
        """A sync client, by the public URL if there is one; the options are `PrivyClient`'s."""
        from privy_sync import PrivyClient

        return PrivyClient(**{**self._credentials(), **options})

    def evm_rpc_url(self, chain_id: int) -> str:
        """The address at which web3 finds an Ethereum chain, without credentials."""
        return f"{self.base_url}/rpc/evm/{chain_id}"

    @property
    def solana_rpc_url(self) -> str:
        """The address at which Solana's clients find Solana, without credentials."""
        return f"{self.base_url}/rpc/solana"

    def fund(
        self, address: str, amount: str | int | Decimal, *, caip2: str, asset: str = "native"
    ) -> Awaitable[None]:
        """Give an address money out of nothing: `await` it, or under `with Sandbox` just call it.

        Args:
            address: Any, not only a wallet's.
            amount: In whole coins, such as "1.5".
            caip2: The chain, such as "eip155:8453".
            asset: "native" for the chain's coin, "usdc", or the address of a token made by the
                sandbox (on Solana: of any token).

        Raises:
            ValueError: If one of these is wrong.
            RuntimeError: If it is a chain elsewhere that does not answer or is not for tests.
            OSError: If the state file cannot be written.
        """
        return self._done(self._fund(address, amount, caip2, asset))

    async def _fund(
        self, address: str, amount: str | int | Decimal, caip2: str, asset: str
    ) -> None:
        await self._blockchains.fund(address, amount, caip2=caip2, asset=asset)
        self._store.save()

    def snapshot(self) -> Snapshot:
        """Remember all that the sandbox is, to go back to with `revert`, however often.

            snapshot = await sandbox.snapshot()  # under `with Sandbox` without the `await`

        That is its state with the ledger and the idempotency keys, how far its clock was moved on,
        the faults that are ordered, the log, and the chains. Take it while no request is on its
        way. Snapshots end with the process.

        Raises:
            RuntimeError: If a chain elsewhere takes no snapshots (`evm_snapshot`).
        """
        snapshot = Snapshot(self._parts)
        if self._thread is not None:
            self._thread.run(snapshot.take())
        return snapshot

    def revert(self, snapshot: Snapshot) -> Awaitable[None]:
        """Make everything as it was at a snapshot: `await` it, or under `with Sandbox` call it.

        Requests that are on their way then may find nothing of what they began with. Solana comes
        back by doing again what was done to it. A chain of `evm_rpc` goes back if it was in use by
        then, and a webhook's delivery that is on its way arrives.

        Raises:
            ValueError: If the snapshot is another sandbox's, or is not taken yet.
            RuntimeError: If a chain elsewhere does not go back.
            OSError: If the state file cannot be written.
        """
        return self._done(self._revert(snapshot))

    async def _revert(self, snapshot: Snapshot) -> None:
        await snapshot.restore(self._parts)
        self._store.save()

    def _done(self, work: Coroutine[Any, Any, None]) -> Awaitable[None]:
        """Return what is to be awaited; under `with Sandbox` it is done here."""
        if self._thread is None:
            return work
        self._thread.run(work)
        return Done()

    async def start(self) -> None:
        """Serve on the running event loop.

        Raises:
            RuntimeError: If it is running already.
            OSError: If the port is taken, or the state file cannot be used or is in use.
            ValueError: If the state file holds something else than this app's state.
        """
        if self._runner is not None:
            raise RuntimeError("the sandbox is running already")
        self._store.open()
        try:
            self._runner = await served(self._server.handle, self._host, self._port)
        except BaseException:
            self._store.close()
            raise
        self.webhooks.start()

    async def stop(self) -> None:
        """Close every connection; requests that still run are cancelled, save those on a chain."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()
            await self._server.stop()
            await self._watch.stop()
            await self.webhooks.stop()
            await self._blockchains.stop()
            self._store.close()

    async def __aenter__(self) -> "Sandbox":
        await self.start()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.stop()

    def __enter__(self) -> "Sandbox":
        self._thread = LoopThread()
        try:
            self._thread.run(self.start())
        except BaseException:
            self._thread.stop()
            raise
        return self

    def __exit__(self, *exc_info: object) -> None:
        thread, self._thread = self._thread, None
        if thread is not None:
            try:
                thread.run(self.stop())
            finally:
                thread.stop()
