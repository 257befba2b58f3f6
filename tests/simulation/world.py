"""One world: its processes, what happens to them, and what is true at its end."""

import asyncio
from pathlib import Path
from typing import Any, Final

from privy_async.signing.p256 import public_key_base64
from simulation.application import Application
from simulation.confidential import Secrets
from simulation.kinds import User
from simulation.ledger import Call, Ledger, Order
from simulation.machine.clocks import Disk, SimulatedClock
from simulation.machine.descriptors import open_files
from simulation.machine.fate import Fate
from simulation.machine.history import History
from simulation.machine.loop import SimulatedLoop
from simulation.machine.network import Network
from simulation.machine.processes import Process
from simulation.script import APPLICATIONS, USERS
from simulation.server import Server
from simulation.stores import SharedRedis, SharedUserKeyStore

CLOCK_ERROR: Final = 600.0
"""How wrong a clock may be, in s, where it is not wild."""


class World:
    """Everything there is, from its beginning to its end.

    Attributes:
        left_by_crashes: The journals that crashed processes still have open in our memory.
    """

    def __init__(
        self, seed: str, rates: dict[str, float], folder: Path, muted: frozenset[str]
    ) -> None:
        self.loop = SimulatedLoop()
        self.history = History(self.loop)
        self.fate = Fate(seed, rates, muted)
        self.fate.on_strike = lambda name: self.history.add("fate", name)
        self.ledger = Ledger(self.history)
        self.secrets = Secrets(self.ledger)
        self.disk = Disk()
        self.network = Network(self.loop, self.fate, self.history)
        self.folder = folder
        self.left_by_crashes: set[str] = set()
        self._open_before = open_files()
        # Where clocks may show anything, no promise that is bound to 24 hours can hold.
        self.has_wild_clocks = self.fate.unit("wild clocks") < 0.15
        self.seed = seed
        self.store = SharedUserKeyStore(self.fate) if self.fate.unit("store") < 0.5 else None
        self.redis = SharedRedis(self.fate)
        self.server = self._new_server()
        self.applications = {name: Application(self, name) for name in APPLICATIONS}
        self.users: list[User] = []
        self._tokens: dict[str, tuple[str, float]] = {}

    def _new_server(self) -> Server:
        state_file = self.folder / "state.sqlite" if self.fate.unit("state file") < 0.25 else None
        clock = self.new_clock("server")
        return Server(self.network, self.ledger, self.fate, clock, state_file)

    def new_clock(self, name: str) -> SimulatedClock:
        """Return a clock that is wrong in its own way."""
        clock = SimulatedClock(self.loop, f"{self.seed} {name}")
        clock.error = self.fate.between(-1, 1, f"error of {name}") * self.fate.pick(
            (0.0, 1.0, CLOCK_ERROR / 2), f"size of the error of {name}"
        )
        clock.drift = self.fate.between(-1e-4, 1e-4, f"drift of {name}")
        return clock

    # --- how it begins and ends

    async def begin(self) -> None:
        """Start everything, without any fault."""
        self.fate.calm = True
        await self.server.start()
        for application in self.applications.values():
            application.boot()
        for number in range(USERS):
            welcome = self._new_user(f"user-{number}")
            self.users.append(await self.applications["jobs"].process.start(welcome))
        self.fate.calm = False

    async def _new_user(self, subject: str) -> User:
        privy = self.applications["jobs"].client
        user = await privy.users.create(
            linked_accounts=[{"type": "custom_auth", "custom_user_id": subject}]
        )
        solana = await privy.wallets.create(chain_type="solana", owner={"user_id": user.id})
        ethereum = await privy.wallets.create(chain_type="ethereum", owner={"user_id": user.id})
        return User(subject, user.id, solana.id, solana.address, ethereum.id)

    async def come_to_rest(self) -> None:
        """Let no fault strike any more, and wait until all that was begun has ended."""
        self.history.add("fate", "lets no fault strike any more")
        self.fate.calm = True
        for clock in (self.server.clock, *(each.clock for each in self.applications.values())):
            clock.set_wrong(0.0)
        while (working := self._at_work()) or not self._is_up():
            if working:
                # A crash that was on its way already leaves tasks that never end.
                await asyncio.wait(working, timeout=3600.0, return_when=asyncio.FIRST_COMPLETED)
            else:
                await asyncio.sleep(1.0)

    def _at_work(self) -> list[asyncio.Task[None]]:
        return [task for each in self.applications.values() for task in each.at_work]

    def _is_up(self) -> bool:
        return self.server.is_up and all(each.is_up for each in self.applications.values())

    async def end(self) -> None:
        """Close all clients, then the server."""
        for application in self.applications.values():
            await application.process.start(application.client.close())
        # No longer than that: the pool would close what is idle by itself.
        await asyncio.sleep(0.1)

    async def wait_for(self, task: asyncio.Task[Any]) -> None:
        """Wait for a task, however it ends."""
        await asyncio.wait({task})
        if not task.cancelled():
            task.exception()

    def files_left(self) -> list[str]:
        """The files that are open since the world began, save for those of crashed processes."""
        return sorted(open_files() - self._open_before - self.left_by_crashes)

    @property
    def processes(self) -> list[Process]:
        """All processes there have been."""
        owners: list[Application | Server] = [*self.applications.values(), self.server]
        return [process for owner in owners for process in owner.processes]

    # --- what everybody asks it

    def token_of(self, user: User, device: str) -> str:
        """Return the token that a user's device has, after a new log-in if it has run out."""
        name = f"{user.subject} {device}"
        token, renew_at = self._tokens.get(name, ("", 0.0))
        now = self.server.clock.now()
        lifetime = self.fate.pick((3600.0, 2_592_000.0), f"lifetime of the token of {name}")
        if not now < renew_at < now + lifetime:
            token = self.server.sandbox.issue_user_jwt(
                user.subject, lifetime=lifetime, device=device
            )
            self._tokens[name] = token, now + 0.9 * lifetime
        return token

    def check_answer(self, call: Call, text: str) -> None:
        """See that a call returned the answer to its own request."""
        if not self.belongs(call.order, text):
            self.ledger.violate("no_foreign_answer", f"{call.name} returned what is not its own")

    def belongs(self, order: Order, text: str) -> bool:
        """True if a text stands in what the server answered to an order."""
        if order.kind.name == "exchange":
            return any(
                text == public_key_base64(key.public_key)
                for key in self.ledger.issued[order.user.id]
            )
        return any(text.encode() in answer for answer in order.answers)
