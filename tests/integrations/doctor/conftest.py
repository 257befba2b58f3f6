"""Fixtures of the doctor's tests."""

from collections.abc import AsyncIterator

import pytest
from doctor_helpers import SECRET

from privy_async.sandbox import Sandbox


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the environment nothing counts but what a test says."""
    for name in ("PRIVY_APP_ID", "PRIVY_APP_SECRET", "PRIVY_API_BASE_URL", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "https_proxy", "no_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
async def sandbox(anyio_backend: str) -> AsyncIterator[Sandbox]:
    """A sandbox with a secret of its own."""
    async with Sandbox(app_secret=SECRET) as sandbox:
        yield sandbox
