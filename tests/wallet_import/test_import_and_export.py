"""Wallets brought in and taken out: sealed on the way, checked before, the same wallet after."""

import json
from typing import Any

import pytest
from eth_account import Account
from places import VECTORS
from sdk_helpers import Owner, logged, new_owner, new_user, nothing_sent
from solders.keypair import Keypair

from privy_async import (
    APIResponseError,
    AuthenticationError,
    BadRequestError,
    InvalidArgumentError,
    PrivyClient,
    PrivyError,
)
from privy_async.sandbox import Sandbox

pytest_plugins = ("fixtures_sdk",)
pytestmark = pytest.mark.anyio

PHRASE = "abandon " * 11 + "about"
ADDRESSES = json.loads((VECTORS / "derived_addresses.json").read_text())


@pytest.mark.parametrize(
    "chain_type", ["aptos", "ethereum", "solana", "stellar", "sui", "tron", "xrpl"]
)
async def test_an_exported_key_imports_elsewhere(privy: PrivyClient, chain_type: Any) -> None:
    """Exported from one app and imported into another, it is the same wallet."""
    wallet = await privy.wallets.create(chain_type=chain_type)
    exported = await privy.wallets.export_private_key(wallet.id)
    # A hex key may be given as bytes too, which for stellar is the only other form.
    key = bytes.fromhex(exported) if chain_type == "stellar" else exported
    async with Sandbox() as other, other.client() as app:
        imported = await app.wallets.import_private_key(
            chain_type=chain_type, private_key=key, address=wallet.address
        )
        assert imported.address == wallet.address
        assert imported.imported_at is not None
        assert await app.wallets.export_private_key(imported.id) == exported


async def test_the_exported_ethereum_key_is_the_wallets(alice: Owner) -> None:
    """64 hex digits, and the twelve words lead to the same account."""
    key = await alice.privy.wallets.export_private_key(alice.wallet.id)
    phrase = await alice.privy.wallets.export_seed_phrase(alice.wallet.id)
    assert Account.from_key(key).address == alice.wallet.address
    Account.enable_unaudited_hdwallet_features()
    assert Account.from_mnemonic(phrase).address == alice.wallet.address


async def test_the_exported_solana_key_is_the_wallets(sandbox: Sandbox, privy: PrivyClient) -> None:
    """The base58 of 64 bytes that Solana's own tools read."""
    bob = await new_owner(sandbox, privy, "bob", chain_type="solana")
    key = await bob.privy.wallets.export_private_key(bob.wallet.id)
    assert str(Keypair.from_base58_string(key).pubkey()) == bob.wallet.address


async def test_only_the_owner_exports(privy: PrivyClient, alice: Owner) -> None:
    """The app's secret is not enough."""
    with pytest.raises(AuthenticationError):
        await privy.wallets.export_private_key(alice.wallet.id)
    assert (await privy.wallets.get(alice.wallet.id)).exported_at is None


async def test_a_wallet_without_words_exports_none(privy: PrivyClient) -> None:
    """Privy's refusal comes through."""
    wallet = await privy.wallets.create(chain_type="tron")
    with pytest.raises(BadRequestError, match="no seed phrase"):
        await privy.wallets.export_seed_phrase(wallet.id)


@pytest.mark.parametrize("form", ["0x{}", "{}", None])
async def test_an_ethereum_key_is_imported_in_every_form(
    privy: PrivyClient, form: str | None
) -> None:
    """With 0x, without, and as bytes; with the settings of a new wallet."""
    account = Account.create()
    digits = bytes(account.key).hex()
    user_id = await new_user(privy, "alice")
    wallet = await privy.wallets.import_private_key(
        chain_type="ethereum",
        private_key=bytes(account.key) if form is None else form.format(digits),
        address=account.address,
        owner={"user_id": user_id},
        display_name="imported",
    )
    assert (wallet.address, wallet.display_name) == (account.address, "imported")
    assert wallet.owner_id is not None


@pytest.mark.parametrize(
    ("chain_type", "phrase", "index", "address"),
    [
        (row["chain_type"], row["phrase"], index, address)
        for row in ADDRESSES["seed_phrases"]
        for index, address in enumerate(row["addresses"])
    ],
)
async def test_a_seed_phrase_is_imported(
    privy: PrivyClient, chain_type: Any, phrase: str, index: int, address: str
) -> None:
    """The account at that index, in any spacing of the words; it exports again."""
    wallet = await privy.wallets.import_seed_phrase(
        chain_type=chain_type, seed_phrase=f"  {phrase}\n", index=index, address=address
    )
    assert wallet.address == address
    assert await privy.wallets.export_seed_phrase(wallet.id) == phrase


async def test_a_wrong_address_is_refused_before_anything_is_sent(
    sandbox: Sandbox, privy: PrivyClient
) -> None:
    """Neither the key nor the phrase leaves this machine, and no error shows them."""
    key, stranger = Keypair(), str(Keypair().pubkey())
    with nothing_sent(sandbox):
        with pytest.raises(InvalidArgumentError, match="does not belong to") as of_key:
            await privy.wallets.import_private_key(
                chain_type="solana", private_key=str(key), address=stranger
            )
        with pytest.raises(InvalidArgumentError, match="is not the address") as of_phrase:
            await privy.wallets.import_seed_phrase(
                chain_type="solana", seed_phrase=PHRASE, index=0, address=stranger
            )
    assert str(key) not in repr(of_key.value)
    assert "abandon" not in repr(of_phrase.value)


async def test_a_wallet_is_imported_once(privy: PrivyClient) -> None:
    """Privy refuses an address that it holds already."""
    account = Account.create()
    for expected in (None, "already exists"):
        call = privy.wallets.import_private_key(
            chain_type="ethereum", private_key=bytes(account.key), address=account.address
        )
        if expected is None:
            await call
            continue
        with pytest.raises(PrivyError, match=expected):
            await call


async def test_an_option_that_imports_do_not_take_is_refused_before_anything_is_sent(
    sandbox: Sandbox, privy: PrivyClient
) -> None:
    """As Python refuses unknown keywords."""
    account = Account.create()
    with nothing_sent(sandbox), pytest.raises(TypeError, match="idempotency_key"):
        await privy.wallets.import_private_key(
            chain_type="ethereum",
            private_key=bytes(account.key),
            address=account.address,
            idempotency_key="x",
        )


@pytest.mark.parametrize(
    "answer",
    [
        {"encryption_type": "HPKE", "encapsulated_key": "AAAA", "ciphertext": "AAAA"},
        {"encryption_type": "HPKE", "encapsulated_key": 1, "ciphertext": 2},
        {"encryption_type": "HPKE"},
    ],
)
async def test_an_export_that_cannot_be_opened(
    sandbox: Sandbox, privy: PrivyClient, answer: object
) -> None:
    """An error of ours, whatever stands in place of the sealed key."""
    wallet = await privy.wallets.create(chain_type="ethereum")
    sandbox.faults.add(path="/v1/wallets/*/export", status=200, body=answer)
    with pytest.raises(PrivyError):
        await privy.wallets.export_private_key(wallet.id)


@pytest.mark.parametrize("key", ["AAAA", "", 1, None])
async def test_a_key_that_nothing_can_be_sealed_for(
    sandbox: Sandbox, privy: PrivyClient, key: object
) -> None:
    """It came from Privy, so the caller's arguments are not to blame; the secret stays here."""
    account = Account.create()
    answer = {"encryption_type": "HPKE", "encryption_public_key": key}
    sandbox.faults.add(path="/v1/wallets/import/init", status=200, body=answer)
    with pytest.raises(APIResponseError) as caught:
        await privy.wallets.import_private_key(
            chain_type="ethereum", private_key=bytes(account.key), address=account.address
        )
    assert caught.value.path == "encryption_public_key"
    assert caught.value.url == f"{sandbox.base_url}/v1/wallets/import/init"
    assert caught.value.may_have_happened is False
    assert logged(sandbox, "POST", "/v1/wallets/import/submit") == []
