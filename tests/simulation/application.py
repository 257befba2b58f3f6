"""An application that calls Privy: what its processes do, and what they remember after a crash."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from math import inf
from typing import TYPE_CHECKING, Any, Final

from privy_async import AuthorizationContext, PrivyClient
from privy_async.errors import PrivyError
from privy_async.sending import pacer
from privy_async.sending.observing import Request, Response
from simulation.kinds import DEVICES, User
from simulation.ledger import Call, Order, describe
from simulation.machine.network import HOST
from simulation.machine.processes import CALL, Process
from simulation.server import APP_ID, APP_SECRET

if TYPE_CHECKING:
    from simulation.batches import Batch
    from simulation.world import World

_EXCHANGE: Final = "POST /v1/wallets/authenticate"
# Answers that say "still in progress" are asked again so many times.
_MOST_ATTEMPTS: Final = 14
_LONGEST_WAIT: Final = 61.0
_LONG: Final = 1000.0
"""Seconds within which an exchange ends that was begun before a log-out."""
_BASE_URL: Final = f"http://{HOST}"
_LONGEST_LINE: Final = 120.0
_LONGEST_LINE_IN_BULK: Final = 8 * 1200.0
"""Seconds that a call waits for its turn: in a bulk run it begins anew with each that has one."""
_SLACK: Final = 0.01
"""What ends at its time may take a moment of virtual time more, to be told in a thread."""


class Application:
    """One of the world's applications, over the lives of its processes.

    Attributes:
        process: The one that runs, or that ran last.
        client: Its client.
        is_up: Whether it runs.
        at_work: What it does for its orders.
        unfinished: What it goes on with after a crash, each by its name.
        batches: The bulk runs among it.
    """

    process: Process
    client: PrivyClient

    def __init__(self, world: "World", name: str) -> None:
        self.world, self.name = world, name
        self.clock = world.new_clock(name)
        self.is_up = False
        self.processes: list[Process] = []
        self.clients: list[PrivyClient] = []
        self.at_work: set[asyncio.Task[None]] = set()
        self.unfinished: dict[str, Callable[..., Coroutine[Any, Any, None]]] = {}
        self.batches: dict[str, Batch] = {}
        self._clients = 0
        self._exchanging: dict[tuple[int, str], int] = {}
        self._log_outs: dict[str, float] = {}

    # --- its life

    def boot(self) -> None:
        """Start a process, which goes on with what the last one left undone."""
        self.process = Process(self.name, self.world.loop, self.clock)
        self.processes.append(self.process)
        self.process.context.run(self._new_client)
        self.is_up = True
        self.world.history.add(self.name, "starts")
        for resume in list(self.unfinished.values()):
            self.work(resume(again=True))

    def work(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something that takes its time."""
        task = self.process.start(work)
        self.at_work.add(task)
        task.add_done_callback(self.at_work.discard)

    def _new_client(self) -> None:
        fate, name = self.world.fate, self.name
        # A process that starts knows no limits, though all share the memory of this one.
        pacer.find_pacer(_BASE_URL, APP_ID, self.clock).start_anew()
        self._clients += 1
        self.timeout = fate.pick((2.0, 10.0, 60.0), f"timeout of {name}")
        self.deadline = fate.pick((None, None, 25.0), f"deadline of {name}")
        self.client = PrivyClient(
            app_id=APP_ID,
            app_secret=APP_SECRET,
            base_url=_BASE_URL,
            timeout=self.timeout,
            deadline=self.deadline,
            connect_timeout=fate.pick((1.0, 10.0), f"connect timeout of {name}"),
            max_retries=fate.pick((0, 0, 1, 2, 2, 5), f"retries of {name}"),
            max_connections=fate.pick((1, 2, 5, 100), f"connections of {name}"),
            user_key_cache_size=fate.pick((1000, 1000, 1, 0), f"cache of {name}"),
            user_key_store=self.world.store,
            on_request=self._on_request,
            on_response=self._on_response,
            clock=self.clock,
        )
        self.clients.append(self.client)

    def crash(self, *, silently: bool) -> None:
        """Lose the process in the middle of everything; its files stay."""
        self.is_up = False
        self.at_work.clear()
        self.world.history.add(self.name, "loses its power" if silently else "crashes")
        self.world.network.cut(self.process, silently=silently)
        self.process.crash()

    async def log_out(self, user: User, device: str) -> None:
        """Drop the key of a user's token, wherever it is kept."""
        self.world.history.add(self.name, f"logs {user.subject} out of the {device}")
        token = self.world.token_of(user, device)
        # What is being exchanged now is for those who wait for it, and for nobody else.
        self._log_outs[token] = self.world.loop.time()
        await self.client.forget_user(token)

    async def close_client(self) -> None:
        """Close the client while calls may be on their way; later calls open new connections."""
        self.world.history.add(self.name, "closes its client")
        await self.client.close()

    # --- one call

    async def ask(
        self,
        order: Order,
        key: str | None,
        options: Mapping[str, Any],
        *,
        device: str | None = None,
    ) -> str:
        """Ask for an order once, and enter how that ended.

        Args:
            order: What is asked for.
            key: The idempotency key; None for none of our own.
            options: Those of the call.
            device: On which of the user's devices; one of them by default.

        Raises:
            PrivyError: What the call raises.
            asyncio.CancelledError: It was cancelled.
        """
        call = self._new_call(order, key, options, device)
        self.world.history.add(self.name, f"{call.name} begins: {order.kind.name}")
        before = CALL.get()
        CALL.set(call)
        task = asyncio.current_task()
        watch = self.world.loop.call_later(_bound(call), self._overdue, call, task)
        try:
            text = await self._do(order, call, options)
        except asyncio.CancelledError:
            self._end(call, "cancelled")
            raise
        except PrivyError as error:
            self._end(call, "error", error)
            raise
        except Exception as error:
            self.world.ledger.violate(
                "only_documented_errors", f"{call.name} raised {type(error).__name__}"
            )
            self._end(call, "error", error)
            raise
        finally:
            watch.cancel()
            CALL.set(before)
        self._end(call, "success")
        self.world.check_answer(call, text)
        return text

    def _new_call(
        self, order: Order, key: str | None, options: Mapping[str, Any], device: str | None
    ) -> Call:
        name = order.next_call
        device = device or self.world.fate.pick(DEVICES, f"device {name}")
        token = self.world.token_of(order.user, device)
        timeout = options.get("timeout", self.timeout)
        deadline = options.get("deadline", self.deadline) or inf
        call = Call(name, order, self.process, self._clients, token, key, timeout, deadline)
        call.begun_at = self.world.loop.time()
        order.calls.append(call)
        return call

    async def _do(self, order: Order, call: Call, options: Mapping[str, Any]) -> str:
        given = dict(options)
        client = self.client
        if call.key is not None:
            given["idempotency_key"] = call.key
        if order.kind.name == "exchange":
            given["token"] = call.token
        elif order.kind.is_signed and self.world.fate.unit(f"{call.name} way") < 0.5:
            given["authorization"] = AuthorizationContext(user_jwts=[call.token])
        elif order.kind.is_signed:
            client = client.for_user(call.token)
            if self.world.fate.unit(f"{call.name} prepares") < 0.3:
                await client.prepare()
                # No longer: the call's own time has begun.
                await asyncio.sleep(0)
        return await order.kind.ask(client, order.user, order.mark, given)

    def _end(self, call: Call, ended: Any, error: Exception | None = None) -> None:
        call.ended, call.ended_at, call.error = ended, self.world.loop.time(), error
        said = ended if error is None else describe(error)
        self.world.history.add(self.name, f"{call.name} ends: {said}")
        if error is not None:
            self.world.secrets.check_error(call, error)

    def _overdue(self, call: Call, task: asyncio.Task[Any] | None) -> None:
        self.world.ledger.violate(
            "every_call_ends_in_bounds", f"{call.name} has not ended when it must have"
        )
        if task is not None:
            task.cancel()

    # --- what the client tells of its attempts

    def _on_request(self, request: Request) -> None:
        call = CALL.get()
        if call is None or not call.process.alive:
            return
        call.attempt_at, call.announced_at = self.world.loop.time(), self.clock.now()
        if request.operation != _EXCHANGE:
            call.asked = True
            call.key = call.key or request.idempotency_key
        elif call.order.kind.name != "exchange":
            flight = (call.client, call.token)
            self._exchanging[flight] = self._exchanging.get(flight, 0) + 1
            excused = self._log_outs.get(call.token, -_LONG) + _LONG > self.world.loop.time()
            if self._exchanging[flight] > 1 and not excused:
                self.world.ledger.violate(
                    "one_exchange_at_a_time",
                    f"{call.name} exchanges the token of {call.order.user.id} a second time",
                )

    def _on_response(self, response: Response) -> None:
        call = CALL.get()
        if call is None or not call.process.alive:
            return
        if response.operation == _EXCHANGE and call.order.kind.name != "exchange":
            self._exchanging[call.client, call.token] -= 1
        self._check_duration(call, response)
        if "x-stray" in response.headers:
            self.world.ledger.violate(
                "no_foreign_answer", f"{call.name} took an answer that nobody asked for"
            )
        elif response.request_id is not None:
            asker = self.world.ledger.answered.get(response.request_id)
            if asker is not call:
                whose = "nobody" if asker is None else asker.name
                self.world.ledger.violate(
                    "no_foreign_answer", f"{call.name} took the answer to {whose}"
                )

    def _check_duration(self, call: Call, response: Response) -> None:
        took = self.world.loop.time() - call.attempt_at
        if response.operation != _EXCHANGE and took > call.timeout + _SLACK:
            self.world.ledger.violate(
                "every_call_ends_in_bounds", f"an attempt of {call.name} took {took:.1f} s"
            )


def _bound(call: Call) -> float:
    """The seconds within which a call must end, whatever happens."""
    # Each attempt may wait for a user's key as long as for the answer.
    bound = _MOST_ATTEMPTS * (2 * (call.timeout + _SLACK) + _LONGEST_WAIT)
    bound += _LONGEST_LINE_IN_BULK if pacer._in_bulk.get() else _LONGEST_LINE
    return min(bound, call.deadline + _SLACK)
