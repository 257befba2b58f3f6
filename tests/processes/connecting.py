"""What the scripts here share: a client, and a quiet event loop."""

import logging
from typing import Any

from privy_sync import PrivyClient

# In development mode asyncio warns of slow steps, and on a busy machine any step may be slow.
logging.getLogger("asyncio").setLevel(logging.ERROR)


def connect(base_url: str, **options: Any) -> PrivyClient:
    """A client of a sandbox."""
    return PrivyClient(
        app_id="sandbox-app", app_secret="sandbox-secret", base_url=base_url, **options
    )
