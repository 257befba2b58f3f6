"""The sandbox as a server that fails, crashes and comes back, and what is seen of it."""

import asyncio
import contextvars
from base64 import b64decode
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final, Literal, cast

import attrs
from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.hashes import SHA256

from privy_async.sandbox import Fault, Sandbox
from privy_async.sandbox.authorization.check import SIGNATURE_HEADER, signed_payloads
from privy_async.sandbox.http.api import HandledRequest
from privy_async.sandbox.operations.route import Route
from privy_async.sandbox.records.users import UserKey
from privy_async.sandbox.requests.http_messages import HttpRequest, HttpResponse
from privy_async.sending.connections import FRESH
from simulation.ledger import Call, Execution, Ledger
from simulation.machine.clocks import SimulatedClock
from simulation.machine.connection import Asked
from simulation.machine.fate import Fate
from simulation.machine.network import HOST, Network
from simulation.machine.processes import Process

APP_ID: Final = "simulated-app"
APP_SECRET: Final = "the-secret-of-the-simulated-app"
USER_KEY_LIFETIMES: Final = (90.0, 600.0, 3600.0)

# What is limited in those worlds in which anything is.
_LIMITED: Final = "POST /v1/wallets/{wallet_id}/rpc"

_ASKED: Final = contextvars.ContextVar["Asked"]("asked")
_FAULTS: Final = {
    "delay": 3.0,
    "drop before": 2.0,
    "drop after": 3.0,
    "status": 3.0,
    "status after": 3.0,
    "busy": 1.5,
    "truncate": 2.0,
    "malformed": 1.5,
    "redirect": 0.3,
}


class Server:
    """The sandbox, its process, and its state, which outlives both.

    Attributes:
        sandbox: The one that runs, or that ran last.
        clock: The server's clock, the same over its restarts.
    """

    sandbox: Sandbox
    process: Process

    def __init__(
        self,
        network: Network,
        ledger: Ledger,
        fate: Fate,
        clock: SimulatedClock,
        state_file: Path | None,
    ) -> None:
        self.clock = clock
        self.is_up = False
        self.processes: list[Process] = []
        self._network, self._ledger, self._fate = network, ledger, fate
        self._state_file = state_file

    async def start(self) -> None:
        """Serve, with the state there was."""
        before = getattr(self, "sandbox", None)
        self.process = Process("server", self._network.loop, self.clock)
        self.processes.append(self.process)
        self.sandbox = self._new_sandbox()
        if before is not None and self._state_file is None:
            _hand_over(before, self.sandbox)
        self._observe(self.sandbox)
        await self.process.start(self.sandbox.start())
        self.is_up = True

    def _new_sandbox(self) -> Sandbox:
        fate = self._fate
        has_limits = fate.unit("rate limits") < 0.5
        limits = {_LIMITED: fate.pick((1, 5, 20), "limit of requests a second")}
        return self.process.context.run(
            lambda: Sandbox(
                app_id=APP_ID,
                app_secret=APP_SECRET,
                host=HOST,
                port=80,
                real_chains=False,
                user_key_lifetime=fate.pick(USER_KEY_LIFETIMES, "lifetime of users' keys"),
                state_file=self._state_file,
                clock=self.clock,
                rate_limits=limits if has_limits else None,
                retry_after=fate.unit("advice on rates") < 0.5,
            )
        )

    def stop(self) -> asyncio.Task[None]:
        """Stop in good order; it is up no more from now on."""
        self.is_up = False
        self._ledger.history.add("server", "stops")
        return self.process.start(self.sandbox.stop())

    def crash(self, *, silently: bool) -> None:
        """Stop in the middle of everything."""
        self.is_up = False
        self._ledger.history.add("server", "loses its power" if silently else "crashes")
        self._network.cut(self.process, silently=silently)
        self.process.crash()
        self._ledger.lose()
        connection = getattr(self.sandbox._store, "_connection", None)
        if connection is not None:
            connection.close()

    def refuse_keys(self, user_id: str) -> None:
        """Forget every key that was given out for a user."""
        self.sandbox.state.user_keys.pop(user_id, None)

    # --- what is seen of it

    def _observe(self, sandbox: Sandbox) -> None:
        server, faults = sandbox._server, sandbox.faults
        api = server._api
        handle, answer, run, save = server.handle, api.handle, api._run, sandbox._store.save

        async def seen_handle(incoming: web.BaseRequest) -> web.StreamResponse:
            return await self._handle(handle, incoming)

        async def seen_answer(request: HttpRequest, *, delay: float = 0.0) -> HandledRequest:
            return await self._answer(answer, request, delay)

        async def seen_run(route: Route, request: HttpRequest, use: Any) -> HandledRequest:
            seen = attrs.evolve(route, run=lambda app, asked: self._run(route, app, asked))
            return await run(seen, request, use)

        def seen_save() -> None:
            save()
            self._ledger.keep()

        faults.take = self._fault  # type: ignore[method-assign]
        server.handle = seen_handle  # type: ignore[method-assign]
        api.handle = seen_answer  # type: ignore[method-assign]
        api._run = seen_run  # type: ignore[method-assign]
        sandbox._store.save = seen_save  # type: ignore[method-assign]

    async def _handle(
        self,
        handle: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
        incoming: web.BaseRequest,
    ) -> web.StreamResponse:
        asked = self._network.asked(incoming.protocol)
        _ASKED.set(asked)
        response = await handle(incoming)
        self._ledger.answered[response.headers.get("x-request-id", "")] = asked.call
        return response

    async def _answer(
        self, answer: Callable[..., Awaitable[HandledRequest]], request: HttpRequest, delay: float
    ) -> HandledRequest:
        asked = _ASKED.get()
        call, name = asked.call, asked.name
        if call is None:
            return await answer(request, delay=delay)
        self._ledger.history.add("server", f"{name} arrives")
        self._check_signatures(call, asked, request)
        self._check_connection(asked, request)
        handled = await answer(request, delay=delay)
        if handled.response.status < 400:
            call.order.answers.append(handled.response.body)
        again = ", as it was before" if handled.replayed else ""
        self._ledger.history.add("server", f"{name} is answered {handled.response.status}{again}")
        return handled

    def _run(self, route: Route, app: Any, request: HttpRequest) -> Any:
        """Do what a route does, and enter that it was done."""
        response = route.run(app, request)
        if isinstance(response, HttpResponse):
            self._enter(route, request)
            return response

        async def enter_later() -> HttpResponse:
            result = await response
            self._enter(route, request)
            return result

        return enter_later()

    def _enter(self, route: Route, request: HttpRequest) -> None:
        call = _ASKED.get().call
        for user_id, keys in self.sandbox.state.user_keys.items():
            if keys and keys[0] not in self._ledger.issued[user_id][:1]:
                self._ledger.issued[user_id].insert(0, keys[0])
        if call is None or route.method == "GET" or call.order.kind.is_harmless:
            return
        if route.path.startswith("/v1/wallets/authenticate"):
            return
        self._ledger.enter(
            Execution(
                call=call,
                request=_ASKED.get().name,
                key=request.headers.get("privy-idempotency-key"),
                at=self._network.loop.time(),
                server_at=self.clock.now(),
                is_kept=self._state_file is None,
            )
        )

    def _check_signatures(self, call: Call, asked: Asked, request: HttpRequest) -> None:
        """See that the right user's key has signed, and that its owner took it for valid."""
        header = request.headers.get(SIGNATURE_HEADER)
        if header is None:
            return
        payload = signed_payloads(request)[0].canonical
        signature = b64decode(header)
        user, name = call.order.user, asked.name
        key = _signed_by(signature, payload, self._ledger.issued[user.id])
        if key is None:
            for user_id, keys in self._ledger.issued.items():
                if _signed_by(signature, payload, keys):
                    self._violate(f"{name} of {user.id} is signed with a key of {user_id}")
                    return
            self._violate(f"{name} is signed with no key that was given out")
        elif key.expires_at <= asked.signed_at * 1000:
            late = asked.signed_at - key.expires_at / 1000
            self._violate(f"{name} is signed with a key that had expired {late:.3f} s before")

    def _check_connection(self, asked: Asked, request: HttpRequest) -> None:
        """See that what is not sent again took no connection that may have been dead."""
        is_sent_again = (
            request.method == "GET"
            or "privy-idempotency-key" in request.headers
            or request.path.startswith("/v1/wallets/authenticate")
        )
        if asked.idle > FRESH and not is_sent_again:
            text = f"{asked.name} went out on a connection that was idle for {asked.idle:.1f} s"
            self._ledger.violate("old_connections_for_repeats_alone", text)

    def _violate(self, text: str) -> None:
        self._ledger.violate("right_unexpired_key_signed", text)

    # --- its own faults

    def _fault(self, method: str, path: str) -> Fault | None:
        name = _ASKED.get().name
        if _ASKED.get().call is None or not self._fate.strikes("server fault", name):
            return None
        kind = self._fate.weighted(_FAULTS, f"fault kind {name}")
        fault = self._new_fault(kind, name)
        self._ledger.history.add("server", f"{name} meets a fault: {kind}")
        return fault

    def _new_fault(self, kind: str, name: str) -> Fault:
        fate = self._fate
        delay = fate.about(fate.pick((0.0, 0.1, 30.0), f"fault pace {name}"), f"fault delay {name}")
        match kind:
            case "delay":
                return Fault(delay=0.001 + delay)
            case "drop before" | "drop after":
                when = cast(Literal["before", "after"], kind.split()[1])
                return Fault(drop=when, delay=delay)
            case "status":
                status = fate.pick((400, 401, 403, 404, 408, 409, 500, 502, 503), f"status {name}")
                return Fault(status=status, delay=delay)
            case "status after":
                status = fate.pick((408, 500, 502, 503, 504), f"status {name}")
                return Fault(status=status, after=True, delay=delay)
            case "busy":
                wait = fate.pick(("0", "1", "30", "600", "soon"), f"wait {name}")
                return Fault(status=429, headers={"Retry-After": wait})
            case "truncate":
                return Fault(truncate=True, delay=delay)
            case "malformed":
                return Fault(malformed=True, delay=delay)
            case _:
                return Fault(redirect="http://elsewhere.test/")


def _hand_over(before: Sandbox, after: Sandbox) -> None:
    """Give a sandbox the state of the one before it."""
    for field in attrs.fields(type(before.state)):
        old, new = getattr(before.state, field.name), getattr(after.state, field.name)
        if isinstance(new, dict):
            new.update(old)
        elif not callable(new):
            setattr(after.state, field.name, old)
    after.state.undo_interrupted()


def _signed_by(signature: bytes, payload: bytes, keys: list[UserKey]) -> UserKey | None:
    for key in keys:
        try:
            key.public_key.verify(signature, payload, ECDSA(SHA256()))
        except InvalidSignature:
            continue
        return key
    return None
