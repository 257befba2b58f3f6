"""What only the official Node SDK does."""

import pytest
from eth_account import Account
from official_sdk import RECEIVER, TEMPO, Run

pytestmark = pytest.mark.peer


def test_delete_without_content_type_is_signed_as_an_empty_string(node_run: Run) -> None:
    """@privy-io/node sends no Content-Type with a DELETE that has no body, and signs ""."""
    quorums = node_run.scene("quorums")
    deletes = node_run.log("DELETE", f"/v1/key_quorums/{quorums['created']['id']}")
    assert deletes[-1].status == 200
    assert deletes[-1].body_form == "empty string"
    assert quorums["content_type"] is None


def test_export_seed_phrase(node_run: Run) -> None:
    """The seed phrase leads to the wallet's address on Ethereum's usual path."""
    Account.enable_unaudited_hdwallet_features()
    scene = node_run.scene("seed_phrase")
    assert Account.from_mnemonic(scene["seed_phrase"]).address == scene["address"]


def test_import(node_run: Run) -> None:
    """Private keys of two chains and a mnemonic arrive sealed, and make the wallets they should."""
    imported = node_run.scene("importing")
    given = node_run.task["imports"]
    assert [each["address"] for each in imported] == [each["address"] for each in given]
    assert all(each["imported_at"] and each["owner_id"] for each in imported)


def test_access_token(node_run: Run) -> None:
    """The SDK fetches the sandbox's JWKS and accepts its access token as Privy's."""
    claims = node_run.scene("access_token")
    assert claims["user_id"] == "did:privy:alice"
    assert claims["session_id"] == "session-1"
    assert claims["app_id"] == node_run.sandbox.app_id


def test_tempo(node_run: Run) -> None:
    """ox, with which viem reads Tempo's transactions, finds the wallet behind the signature."""
    scene = node_run.scene("tempo")
    assert scene["encoding"] == "rlp"
    assert scene["signer"].lower() == scene["address"].lower()
    assert (scene["chain_id"], scene["fee_token"]) == (TEMPO["chain_id"], TEMPO["fee_token"])
    token = str(TEMPO["fee_token"])
    assert scene["calls"] == [[RECEIVER.lower(), "7", "0x"], [token, "0", "0xa9059cbb"]]


def test_another_ones_solana_transaction(node_run: Run) -> None:
    """Where the wallet need not sign, the transaction comes back as it was."""
    signed = node_run.scene("another_ones_solana")
    assert signed["signed_transaction"] == node_run.task["solana"]["another_ones"]
