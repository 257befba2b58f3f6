"""Takes the steps of a script: places orders, and breaks things."""

import asyncio
from collections.abc import Coroutine
from functools import partial
from typing import Any

import attrs

from simulation import batches, callers
from simulation.application import Application
from simulation.batches import Batch
from simulation.callers import Row
from simulation.kinds import DEVICES, KINDS, Kind
from simulation.ledger import Order
from simulation.script import Step
from simulation.world import CLOCK_ERROR, World

_WILD_ERROR = 100_000.0


class Director:
    """Lets a script happen to a world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._fate = world.fate

    async def play(self, script: tuple[Step, ...]) -> None:
        """Take all steps, each at its time."""
        loop = self._world.loop
        begun = loop.time()
        for step in script:
            await asyncio.sleep(max(0.0, begun + step.at - loop.time()))
            self._take(step, self._world.applications[step.application])

    def _one_that_is_up(self, application: Application) -> Application | None:
        others = self._world.applications.values()
        return next((each for each in (application, *others) if each.is_up), None)

    def _take(self, step: Step, application: Application) -> None:
        match step.action:
            case "order" | "herd":
                self._place(step, application)
            case "batch":
                self._place_batch(step, application)
            case "crash":
                self._crash(step, application)
            case "close":
                self._close(application)
            case "server crash" | "server stop":
                self._take_server_down(step)
            case "partition":
                self._cut_off(step, application)
            case "keys refused":
                self._refuse_keys(step)
            case "log out":
                self._log_out(step, application)
            case "clock jump":
                self._jump(step, application)

    # --- orders

    def _place(self, step: Step, application: Application) -> None:
        caller = self._one_that_is_up(application)
        if caller is None:
            return
        for number in range(step.orders):
            order = self._order(step, number, KINDS[step.kind])
            caller.work(self._way(order, caller))

    def _order(self, step: Step, number: int, kind: Kind, *, journalled: bool = False) -> Order:
        user = self._world.users[step.user]
        return self._world.ledger.order(f"{step.name}-{number}", kind, user, journalled=journalled)

    def _way(self, order: Order, application: Application) -> Coroutine[Any, Any, None]:
        way = self._fate.weighted({"once": 3.0, "insist": 5.0, "row": 3.0}, f"way {order.mark}")
        if way == "row" and order.kind.is_keyed:
            row = Row(f"row-{order.mark}", self._world.loop.time())
            return callers.from_row(application, order, row)
        return (callers.once if way == "once" else callers.insist)(application, order)

    def _place_batch(self, step: Step, application: Application) -> None:
        caller = self._one_that_is_up(application)
        if caller is None:
            return
        fate, name, kind = self._fate, step.name, KINDS[step.kind]
        # A journal holds for ever, which it can only while clocks are nearly right.
        journalled = fate.unit(f"journal {name}") < 0.8 and not self._world.has_wild_clocks
        shared = journalled and fate.unit(f"shared journal {name}") < 0.4
        if not kind.is_keyed and (kind.is_harmless or not shared):
            kind = KINDS["send (Solana)"]
        numbers = range(step.orders)
        orders = [self._order(step, each, kind, journalled=journalled) for each in numbers]
        batch = Batch(
            mark=name,
            orders=orders,
            concurrency=fate.pick((1, 2, 32), f"concurrency {name}"),
            journal=self._world.folder / f"{name}.jsonl" if journalled and not shared else None,
            is_shared=shared,
            begun_at=self._world.loop.time(),
        )
        caller.work(batches.run(caller, batch))
        if shared and fate.unit(f"shared at once {name}") < 0.5:
            self._do_the_same(caller, batch)
        if fate.strikes("crash in a bulk run", name):
            soon = fate.about(fate.pick((0.1, 0.2, 0.5), f"crash soon {name}"), f"crash {name}")
            self._later(soon, partial(self._crash, step, caller))

    def _do_the_same(self, caller: Application, batch: Batch) -> None:
        """Let another application do the same bulk run, with the same journal."""
        others = [each for each in self._world.applications.values() if each is not caller]
        other = self._one_that_is_up(others[0])
        if other is not None and other is not caller:
            other.work(batches.run(other, attrs.evolve(batch)))

    # --- what breaks

    def _crash(self, step: Step, application: Application) -> None:
        if not application.is_up:
            return
        silently = self._fate.unit(f"power {step.name}") < 0.5
        for batch in application.batches.values():
            batches.survive(application, batch, silently=silently)
        application.crash(silently=silently)
        means = {0.5: 2.0, 30.0: 2.0, 5000.0: 1.0}
        self._later(self._fate.about(self._mean(means, step), step.name), application.boot)

    def _close(self, application: Application) -> None:
        if application.is_up:
            application.process.start(application.close_client())

    def _take_server_down(self, step: Step) -> None:
        server = self._world.server
        if not server.is_up:
            return
        down = self._fate.about(self._mean({0.2: 2.0, 5.0: 2.0, 60.0: 1.0}, step), step.name)
        if step.action == "server stop":
            stopping = server.stop()
            stopping.add_done_callback(lambda stopped: self._later(down, self._start_server))
        else:
            server.crash(silently=self._fate.unit(f"power {step.name}") < 0.5)
            self._later(down, self._start_server)

    def _start_server(self) -> None:
        self._world.loop.create_task(self._world.server.start())

    def _cut_off(self, step: Step, application: Application) -> None:
        seconds = self._fate.about(20.0, f"partition {step.name}")
        self._world.history.add(application.name, f"is cut off for {seconds:.1f} s")
        self._world.network.clog(application.name, self._world.loop.time() + seconds)

    def _refuse_keys(self, step: Step) -> None:
        user = self._world.users[step.user]
        self._world.history.add("server", f"refuses all keys of {user.subject}")
        self._world.server.refuse_keys(user.id)

    def _log_out(self, step: Step, application: Application) -> None:
        if application.is_up:
            device = self._fate.pick(DEVICES, f"device {step.name}")
            user = self._world.users[step.user]
            application.process.start(application.log_out(user, device))

    def _jump(self, step: Step, application: Application) -> None:
        fate, name = self._fate, step.name
        error = CLOCK_ERROR
        if self._world.has_wild_clocks and fate.unit(f"wild {name}") < 0.5:
            error = _WILD_ERROR
        is_server = fate.unit(f"whose clock {name}") < 0.4
        clock = self._world.server.clock if is_server else application.clock
        clock.set_wrong(fate.between(-error, error, f"error {name}"), clock.drift)
        who = "server" if is_server else application.name
        self._world.history.add(who, f"has its clock set wrong by {clock.error:.0f} s")

    def _mean(self, means: dict[float, float], step: Step) -> float:
        return self._fate.weighted(means, f"mean {step.name}")

    def _later(self, seconds: float, act: Any) -> None:
        self._world.loop.call_later(seconds, partial(act))
