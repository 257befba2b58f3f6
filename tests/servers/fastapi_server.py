"""The FastAPI app as a server's workers load it."""

from apps.fastapi_app.app import app as fastapi_app
from servers.telling import telling_asgi

app = telling_asgi(fastapi_app)
