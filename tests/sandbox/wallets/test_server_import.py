"""Importing wallets into the sandbox."""

import base64
from typing import Any

import pytest
from api_client import ApiClient, new_key, spki
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from eth_account import Account
from solders.keypair import Keypair

pytestmark = pytest.mark.anyio

PHRASE = "test test test test test test test test test test test junk"
KEY = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
ADDRESS = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
ETHEREUM = {"address": ADDRESS, "chain_type": "ethereum", "entropy_type": "private-key"}


def sealed(entropy: bytes, public_key: str, info: bytes | None = None) -> dict[str, str]:
    """Seal entropy for the raw point that an init answers."""
    point = base64.b64decode(public_key)
    assert len(point) == 65
    recipient = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
    suite = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
    data = suite.encrypt(entropy, recipient, info)
    return {
        "encapsulated_key": base64.b64encode(data[:65]).decode(),
        "ciphertext": base64.b64encode(data[65:]).decode(),
    }


async def announce(api: ApiClient, wallet: dict[str, Any]) -> str:
    """Announce an import and return the key to seal for."""
    body = {**wallet, "encryption_type": "HPKE"}
    reply = await api.call("POST", "/v1/wallets/import/init", body)
    assert (reply.status, reply.body["encryption_type"]) == (200, "HPKE")
    return str(reply.body["encryption_public_key"])


async def submit(
    api: ApiClient, wallet: dict[str, Any], entropy: bytes, public_key: str, **settings: Any
) -> Any:
    """Submit an import."""
    described = {**wallet, "encryption_type": "HPKE", **sealed(entropy, public_key)}
    return await api.call("POST", "/v1/wallets/import/submit", {"wallet": described, **settings})


async def test_importing_a_private_key(api: ApiClient) -> None:
    """An imported key signs as itself, and the wallet has the settings that were submitted."""
    public_key = await announce(api, ETHEREUM)
    owner = new_key()
    reply = await submit(
        api,
        ETHEREUM,
        KEY,
        public_key,
        owner={"public_key": spki(owner)},
        external_id="imported",
        display_name="Old wallet",
    )
    assert (reply.status, reply.body["address"]) == (200, ADDRESS)
    assert reply.body["imported_at"] == 1_800_000_000_000
    assert (reply.body["external_id"], reply.body["display_name"]) == ("imported", "Old wallet")
    assert (await api.personal_sign(reply.body["id"])).status == 401
    assert (await api.personal_sign(reply.body["id"], owner)).status == 200


async def test_importing_a_seed_phrase(api: ApiClient) -> None:
    """A seed phrase is imported with the index of the account it means."""
    Account.enable_unaudited_hdwallet_features()
    address = Account.from_mnemonic(PHRASE, account_path="m/44'/60'/0'/0/2").address
    wallet = {"address": address, "chain_type": "ethereum", "entropy_type": "hd", "index": 2}
    reply = await submit(api, wallet, PHRASE.encode(), await announce(api, wallet))
    assert (reply.status, reply.body["address"]) == (200, address)


async def test_importing_a_solana_key(api: ApiClient) -> None:
    """A Solana key is imported as its 64 bytes."""
    keypair = Keypair()
    wallet = {
        "address": str(keypair.pubkey()),
        "chain_type": "solana",
        "entropy_type": "private-key",
    }
    reply = await submit(api, wallet, bytes(keypair), await announce(api, wallet))
    assert (reply.status, reply.body["address"]) == (200, str(keypair.pubkey()))


async def test_importing_with_another_hpke_configuration(api: ApiClient) -> None:
    """`hpke_config` names what the entropy was sealed with."""
    described = {
        **ETHEREUM,
        "encryption_type": "HPKE",
        "hpke_config": {"info": base64.b64encode(b"custody").decode()},
        **sealed(KEY, await announce(api, ETHEREUM), b"custody"),
    }
    reply = await api.call("POST", "/v1/wallets/import/submit", {"wallet": described})
    assert (reply.status, reply.body["address"]) == (200, ADDRESS)


async def test_an_import_must_be_announced_as_it_is(api: ApiClient) -> None:
    """Without an init for the same wallet a submission is refused."""
    public_key = await announce(api, ETHEREUM)
    for other in (
        {**ETHEREUM, "address": "0x" + "11" * 20},
        {**ETHEREUM, "entropy_type": "hd", "index": 0},
    ):
        reply = await submit(api, other, KEY, public_key)
        assert (reply.status, reply.body["error"]) == (
            400,
            "[Input error] `wallet`: Not announced with /v1/wallets/import/init",
        )
    assert (await submit(api, ETHEREUM, KEY, public_key)).status == 200


async def test_the_sealing_key_is_used_once(api: ApiClient) -> None:
    """A second submission needs a second init, whose key is another; a failed one counts."""
    public_key = await announce(api, ETHEREUM)
    assert (await submit(api, ETHEREUM, b"no key", public_key)).status == 400
    reply = await submit(api, ETHEREUM, KEY, public_key)
    assert (reply.status, reply.body["code"]) == (400, "invalid_data")
    second = await announce(api, ETHEREUM)
    assert second != public_key
    assert (await submit(api, ETHEREUM, KEY, second)).status == 200


async def test_the_entropy_must_be_sealed_for_the_announced_key(api: ApiClient) -> None:
    """What was sealed for an earlier init of the same wallet does not open."""
    stale = await announce(api, ETHEREUM)
    await announce(api, ETHEREUM)
    reply = await submit(api, ETHEREUM, KEY, stale)
    assert (reply.status, reply.body["code"]) == (400, "invalid_data")
    assert len(api.sandbox.state.wallets) == 0


async def test_the_address_must_be_the_keys(api: ApiClient) -> None:
    """A key of another address is refused; the case of an Ethereum address does not matter."""
    wrong = {**ETHEREUM, "address": "0x" + "11" * 20}
    reply = await submit(api, wrong, KEY, await announce(api, wrong))
    assert (reply.status, reply.body["error"]) == (
        400,
        "[Input error] `wallet.address`: Does not belong to the imported key",
    )
    lower = {**ETHEREUM, "address": ADDRESS.lower()}
    reply = await submit(api, lower, KEY, await announce(api, lower))
    assert (reply.status, reply.body["address"]) == (200, ADDRESS)


async def test_a_wallet_is_imported_once(api: ApiClient) -> None:
    """A second wallet with the same address is 409."""
    await submit(api, ETHEREUM, KEY, await announce(api, ETHEREUM))
    reply = await submit(api, ETHEREUM, KEY, await announce(api, ETHEREUM))
    assert (reply.status, reply.body["code"]) == (409, "resource_conflict")
    assert len(api.sandbox.state.wallets) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"address": None}, "address"),
        ({"chain_type": "dogecoin"}, "chain_type"),
        ({"entropy_type": "dice"}, "entropy_type"),
        ({"entropy_type": "hd"}, "index"),
        ({"entropy_type": "hd", "index": -1}, "index"),
        ({"encryption_type": "AES"}, "encryption_type"),
    ],
)
async def test_a_wrong_announcement_is_refused(
    api: ApiClient, changes: dict[str, Any], field: str
) -> None:
    """An init with a missing or wrong field is 400 and names it."""
    body = {**ETHEREUM, "encryption_type": "HPKE", **changes}
    reply = await api.call("POST", "/v1/wallets/import/init", body)
    assert reply.status == 400
    assert reply.body["error"].startswith(f"[Input error] `{field}`")
