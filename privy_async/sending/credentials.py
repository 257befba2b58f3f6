"""The app's id and secret as each request carries them: HTTP Basic authentication (RFC 7617).

https://docs.privy.io/api-reference/introduction
"""

import asyncio
import copy
import logging
from base64 import b64encode
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias, cast

from privy_async.checks import check_header_text
from privy_async.clock import Clock
from privy_async.errors import InvalidArgumentError, PrivyError, SigningError
from privy_async.json_types import is_array
from privy_async.sending.signers import Signers
from privy_async.signing.secret import NotPickled, Secret, hides_arguments

AppSecret: TypeAlias = str | Sequence[str]
AppSecrets: TypeAlias = AppSecret | Callable[[], AppSecret | Awaitable[AppSecret]]
"""An app's secret, several while it is replaced, or a function that returns them."""

LIFETIME: Final = 300.0
"""Seconds for which what the function returned is used before it is asked again."""
# Seconds for which a function that has failed is left alone, while an older secret serves.
_PAUSE: Final = 10.0

_log: Final = logging.getLogger("privy_async")


class Credentials(NotPickled):
    """The header `Authorization` of an app, with the secret that Privy accepted last.

    A client and those derived from it share one.

    Attributes:
        answers: How often the function has returned secrets.
    """

    def __init__(self, app_id: str, app_secret: AppSecrets, clock: Clock) -> None:
        """Nothing is asked before the first request.

        Args:
            app_id: The app's id.
            app_secret: Its secret, several, or a function that returns them.
            clock: The time.

        Raises:
            InvalidArgumentError: A secret cannot stand in the header.
        """
        self.answers = 0
        self._app_id = app_id
        self._clock = clock
        self._function: Callable[[], object] | None = None
        self._threads = Signers(1)
        self._asking: dict[asyncio.AbstractEventLoop, asyncio.Task[None]] = {}
        # Times of the clock's `monotonic`: when the function is due, and how long it rests.
        self._due = self._rest_until = float("-inf")
        self._headers: tuple[Secret[str], ...] = ()
        if callable(app_secret):
            self._function = app_secret
        else:
            self._headers = self._read(app_secret)
        self._accepted = self._headers[0] if self._headers else None

    def __repr__(self) -> str:
        return f"Credentials(app_id={self._app_id!r})"

    def current(self) -> Secret[str] | None:
        """Return the header to send; None if the function was never asked.

        Where the function is due, it is asked meanwhile, and nobody waits for it.
        """
        if self._function is not None and self._accepted is not None:
            now = self._clock.monotonic()
            if now >= self._due and now >= self._rest_until:
                self._begin_to_ask(self._function)
        return self._accepted

    async def get(self) -> Secret[str]:
        """Return the header to send.

        Raises:
            SigningError: The function has failed.
            InvalidArgumentError: What it returned is no secret.
        """
        if self._accepted is None:
            await self._ask_once()
        assert self._accepted is not None
        return self._accepted

    async def other_than(self, refused: Sequence[Secret[str]], answers: int) -> Secret[str] | None:
        """Return a header that is none of those refused, or None if there is no other.

        Args:
            refused: What Privy has refused.
            answers: How often the function had returned secrets when the first of these was chosen.
                If it has not since then, it is asked now.
        """
        found = self._first_not_in(refused)
        rests = self._clock.monotonic() < self._rest_until
        if found is None and self.answers == answers and not rests:
            await self._ask_once()
            found = self._first_not_in(refused)
        return found

    def _first_not_in(self, refused: Sequence[Secret[str]]) -> Secret[str] | None:
        texts = {header.reveal() for header in refused}
        return next((header for header in self._headers if header.reveal() not in texts), None)

    def accept(self, header: Secret[str]) -> None:
        """Begin with this header from now on, since Privy has taken it."""
        if header is not self._accepted and header in self._headers:
            self._accepted = header
            _log.warning("Privy refuses one of the app's secrets and takes another, used from now")

    async def _ask_once(self) -> None:
        """Ask the function, once for all who wait on this event loop."""
        if self._function is None:
            return
        try:
            # The shield lets one waiter be cancelled without cancelling it for the others.
            await asyncio.shield(self._begin_to_ask(self._function))
        except PrivyError as error:
            # Each waiter gets an error of its own: a shared one would grow a traceback from each.
            raise copy.copy(error) from error.__cause__

    def _begin_to_ask(self, function: Callable[[], object]) -> asyncio.Task[None]:
        loop = asyncio.get_running_loop()
        task = self._asking.get(loop)
        if task is None:
            task = self._asking[loop] = loop.create_task(self._ask(function))
            task.add_done_callback(lambda done: self._land(loop, done))
        return task

    def _land(self, loop: asyncio.AbstractEventLoop, task: asyncio.Task[None]) -> None:
        self._asking.pop(loop, None)
        if not task.cancelled():
            # Looking at the error marks it as seen: maybe nobody waits for it.
            task.exception()

    @hides_arguments
    async def _ask(self, function: Callable[[], object]) -> None:
        try:
            headers = self._read(await self._threads.call(function))
        except Exception as error:
            failure = error
            if not isinstance(error, PrivyError):
                failure = SigningError(f"the function app_secret raised {type(error).__name__}")
            if self._accepted is None:
                raise failure from (None if failure is error else error)
            self._rest_until = self._clock.monotonic() + _PAUSE
            _log.warning("%s: the older secret serves", failure)
        else:
            self._headers, self._accepted = headers, headers[0]
            self._due = self._clock.monotonic() + LIFETIME
            self.answers += 1

    def _read(self, app_secret: object) -> tuple[Secret[str], ...]:
        secrets = cast("Sequence[object]", app_secret) if is_array(app_secret) else (app_secret,)
        if not secrets:
            raise InvalidArgumentError("app_secret", "expected at least one")
        return tuple(self._header(each) for each in secrets)

    def _header(self, app_secret: object) -> Secret[str]:
        credentials = f"{self._app_id}:{check_header_text('app_secret', app_secret)}"
        return Secret(f"Basic {b64encode(credentials.encode()).decode()}")
