"""The app on port 8000 or the one that is given, with a sandbox of its own."""

import uvicorn

from ..demo import sandbox_for_app
from .app import app

with sandbox_for_app() as port:
    uvicorn.run(app, port=port, log_level="warning")
