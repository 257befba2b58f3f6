"""Makes calls in a process where OpenTelemetry cannot be imported.

Arguments: the base URL, a wallet's id.
"""

import sys

sys.modules["opentelemetry"] = None  # type: ignore[assignment]

from connecting import connect  # noqa: E402

from privy_sync import NotFoundError  # noqa: E402

with connect(sys.argv[1]) as privy:
    print(privy.wallets.get(sys.argv[2]).id)
    try:
        privy.wallets.get("another")
    except NotFoundError:
        print("not found")
