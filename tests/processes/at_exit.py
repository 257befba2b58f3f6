"""Makes calls from exit handlers; prints how each went.

Arguments: the base URL.
"""

import atexit
import sys

from privy_async.errors import PrivyError


def call(when: str) -> None:
    try:
        privy.wallets.create(chain_type="ethereum")
    except PrivyError as error:
        print(when, error)
    else:
        print(when, "ok")


# Handlers run in reverse order: this one after the loop has ended, as it is older.
atexit.register(call, "late")

from connecting import connect  # noqa: E402

privy = connect(sys.argv[1])
privy.wallets.create(chain_type="ethereum")
atexit.register(call, "early")
