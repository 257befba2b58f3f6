"""The aiohttp app as a process: aiohttp_server.py PORT."""

import os
import sys

from aiohttp import web
from apps.aiohttp_app.app import make_app
from servers import telling

assert telling


async def tell(request: web.Request, response: web.StreamResponse) -> None:
    response.headers["X-Process"] = str(os.getpid())


app = make_app()
app.on_response_prepare.append(tell)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
