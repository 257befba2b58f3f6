"""The reference builds without a warning, and has what a user looks for."""

import subprocess
import sys
from pathlib import Path

import pytest
from places import ROOT


@pytest.mark.slow
def test_the_reference(tmp_path: Path) -> None:
    """Classes, methods and fields of both faces have their places, with what is told of them."""
    command = [sys.executable, str(ROOT / ".ci" / "docs.py"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Warn" not in done.stderr
    pages = {
        "privy_async.html": ("PrivyClient.for_user", "AuthorizationContext.user_jwts"),
        "privy_sync.html": ("PrivyClient.for_user",),
        "privy_async/resources/wallets/ethereum.html": ("Ethereum.sign_message",),
        "privy_sync/resources/wallets/ethereum.html": ("Ethereum.sign_message",),
        "privy_async/types.html": ("Wallet.chain_type",),
        "privy_async/sandbox.html": ("Sandbox.issue_user_jwt",),
        "privy_async/integrations/fastapi.html": ("lifespan",),
    }
    for page, names in pages.items():
        text = (tmp_path / page).read_text()
        for name in names:
            assert f'id="{name}"' in text, (page, name)
