"""Wrappers of apps that tell, in a header of each response, which process it comes from."""

import logging
import os
import sys
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

# All that is logged goes to standard output, where the tests search it for secrets.
logging.basicConfig(level=logging.DEBUG, stream=sys.stdout)

Asgi = Callable[[dict[str, Any], Any, Any], Awaitable[None]]
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def telling_asgi(app: Asgi) -> Asgi:
    async def wrapper(scope: dict[str, Any], receive: Any, send: Any) -> None:
        async def tell(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", ()), (b"x-process", str(os.getpid()).encode())]
                message = {**message, "headers": headers}
            await send(message)

        await app(scope, receive, tell)

    return wrapper


def telling_wsgi(app: Wsgi) -> Wsgi:
    def wrapper(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def tell(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            return start_response(status, [*headers, ("X-Process", str(os.getpid()))], *rest)

        return app(environ, tell)

    return wrapper
