"""The app on port 8000 or the one that is given, with a sandbox of its own."""

from aiohttp import web

from ..demo import sandbox_for_app
from .app import make_app

with sandbox_for_app() as port:
    web.run_app(make_app(), host="127.0.0.1", port=port, print=None)
