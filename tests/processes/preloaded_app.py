"""A web application whose client is used before gunicorn forks, as with --preload.

It answers a request for / with its process id once a call to PRIVY_API_BASE_URL has succeeded, and
one for /idle at once.
"""

import os
from collections.abc import Callable, Iterable
from typing import Any

from privy_sync import PrivyClient

privy = PrivyClient(app_id="sandbox-app", app_secret="sandbox-secret")
wallet_id = privy.wallets.create(chain_type="ethereum").id


def application(
    environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]
) -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/":
        assert privy.wallets.get(wallet_id).id == wallet_id
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
