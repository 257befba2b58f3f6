"""The Node SDK's adapters for viem and @solana/kit sign what executes on the sandbox's chains."""

import pytest
from official_sdk import TEXT, Run, signer_of

pytestmark = [pytest.mark.peer, pytest.mark.slow, pytest.mark.timeout(120)]

ALL = ("user", "key", "quorum", "ownerless")


@pytest.mark.parametrize("kind", ALL)
def test_viem_signs(adapters: Run, kind: str) -> None:
    """Text, raw bytes and typed data: viem and eth-account find the wallet's address."""
    scene = adapters.scene("viem")[kind]
    assert scene["verified"] == [True, True, True]
    assert signer_of(TEXT, scene["text"]) == scene["address"]
    assert signer_of(b"\x00\xff", scene["raw"]) == scene["address"]


@pytest.mark.parametrize("kind", ALL)
def test_viem_sends(adapters: Run, kind: str) -> None:
    """viem fills in a transaction, has it signed and sends it to the chain itself, twice."""
    scene = adapters.scene("viem")[kind]
    assert scene["statuses"] == ["success", "success"]
    assert scene["moved"] == str(2 * 10**15)


def test_solana_kit_signs_a_message(adapters: Run) -> None:
    """@solana/kit verifies the signature with the wallet's key."""
    assert adapters.scene("solana_kit")["verified"] is True


def test_solana_kit_sends(adapters: Run) -> None:
    """Sent to the chain by @solana/kit, and by Privy: each moves the lamports once."""
    scene = adapters.scene("solana_kit")
    assert (scene["by_itself"], scene["by_privy"]) == ("1000000", "1000000")
    hashes = {each.transaction_hash for each in adapters.sandbox.state.transactions.values()}
    assert scene["signature"] in hashes
