"""The official Python SDK and this one in one environment and process: both sign."""

import importlib.util
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import pytest

import privy_sync
from privy_async.sandbox import Sandbox

pytestmark = pytest.mark.peer

if importlib.util.find_spec("privy") is None:
    pytest.skip("the official SDK is not installed here: make beside", allow_module_level=True)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox that both sign against."""
    with Sandbox(real_chains=False) as sandbox:
        yield sandbox


def owned_wallet(ours: privy_sync.PrivyClient) -> str:
    """The id of a wallet that alice owns."""
    alice = ours.users.create(linked_accounts=[{"type": "custom_auth", "custom_user_id": "alice"}])
    return ours.wallets.create(chain_type="ethereum", owner={"user_id": alice.id}).id


def test_both_sign(sandbox: Sandbox) -> None:
    """Each with the user's token, in turn, on the same wallet: the same signature."""
    privy: Any = importlib.import_module("privy")
    with sandbox.sync_client() as ours:
        wallet_id, jwt = owned_wallet(ours), sandbox.issue_user_jwt("alice")
        theirs = privy.PrivyClient(
            app_id=sandbox.app_id, app_secret=sandbox.app_secret, base_url=sandbox.base_url
        )
        options = privy.PrivyRequestOptions(
            authorization_context=privy.AuthorizationContext(user_jwts=[jwt])
        )
        for text in ("hello", "Grüße"):
            signed_by_us = ours.for_user(jwt).wallets.ethereum.sign_message(wallet_id, text)
            signed_by_them = theirs.wallets.ethereum.sign_message(
                wallet_id, text, request_options=options
            )
            assert signed_by_us.signature == signed_by_them.signature


def test_the_versions() -> None:
    """They are those that the official SDK asks for."""
    assert version("privy-client") == "0.7.0"
    assert int(version("cryptography").split(".")[0]) < 47
