"""What all tests share."""

import sys

import pytest
from hypothesis import settings

# How long an input takes depends on the machine, and on what else runs there.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

# Here, so that test modules may import it too, in any order.
pytest_plugins = ("redis_server",)


@pytest.fixture
def anyio_backend() -> str:
    """aiohttp runs on asyncio, and so do the tests."""
    return "asyncio"


@pytest.fixture(autouse=True)
def _ordinary_recursion_limit() -> None:
    # A dependency of eth-account raises it a hundredfold when it is imported. Python 3.11 then
    # crashes where it would otherwise raise a RecursionError, which is what is tested.
    sys.setrecursionlimit(1000)


@pytest.fixture(autouse=True)
def _no_limits_of_other_tests() -> None:
    # What a process has learned of a limit belongs to an address, and a later test's server may get
    # the port of an earlier one's.
    pacer = sys.modules.get("privy_async.sending.pacer")
    if pacer is not None:
        for each in list(pacer._kept):
            each.start_anew()
        pacer._kept.clear()
