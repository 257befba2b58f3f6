"""`python -m privy_async.integrations.command_line` is the command `privy-async`."""

import sys

from privy_async.integrations.command_line import main

if __name__ == "__main__":
    sys.exit(main())
