"""What wallets of the sandbox do with their keys: RPC, raw signatures, export, the ledger."""

import base64
import uuid
from typing import Any

import pytest
from api_client import ApiClient, new_key, spki
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from eth_account import Account
from eth_account.messages import encode_defunct
from solders.hash import Hash
from solders.keypair import Keypair
from solders.message import Message
from solders.pubkey import Pubkey
from solders.system_program import TransferParams, transfer
from solders.transaction import Transaction

pytestmark = pytest.mark.anyio

SUITE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
TRANSFER = {"to": "0x" + "11" * 20, "value": "0x1", "chain_id": 1}


def opened(sealed: dict[str, str], key: Any) -> str:
    """Open what was sealed for this key, with another implementation of HPKE."""
    assert sealed["encryption_type"] == "HPKE"
    data = base64.b64decode(sealed["encapsulated_key"]) + base64.b64decode(sealed["ciphertext"])
    return SUITE.decrypt(data, key).decode()


async def send(api: ApiClient, wallet_id: str, caip2: str = "eip155:1", **more: Any) -> Any:
    """Send a transaction and return `data`."""
    body = {
        "method": "eth_sendTransaction",
        "caip2": caip2,
        "params": {"transaction": {**TRANSFER, "chain_id": int(caip2.partition(":")[2])}},
        **more,
    }
    reply = await api.call("POST", f"/v1/wallets/{wallet_id}/rpc", body)
    assert reply.status == 200, reply
    return reply.body["data"]


async def test_an_rpc_is_answered_with_its_method(api: ApiClient) -> None:
    """The answer is `{method, data}`, and the signature is the wallet's."""
    wallet = await api.create_wallet()
    reply = await api.personal_sign(wallet["id"])
    assert reply.body["method"] == "personal_sign"
    signature = reply.body["data"]["signature"]
    signer = Account.recover_message(encode_defunct(text="hello"), signature=signature)
    assert signer == wallet["address"]


async def test_raw_sign_is_answered_with_its_method(api: ApiClient) -> None:
    """`raw_sign` answers `{method, data}`, and the signature verifies."""
    wallet = await api.create_wallet(chain_type="solana")
    body = {"params": {"hash": "0x" + "ab" * 32}}
    reply = await api.call("POST", f"/v1/wallets/{wallet['id']}/raw_sign", body)
    assert (reply.body["method"], reply.body["data"]["encoding"]) == ("raw_sign", "hex")
    public_key = Ed25519PublicKey.from_public_bytes(bytes(Pubkey.from_string(wallet["address"])))
    public_key.verify(bytes.fromhex(reply.body["data"]["signature"][2:]), bytes.fromhex("ab" * 32))


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "invalid_data"),
        ({"method": 1}, 400, "invalid_data"),
        ({"method": "no_such_method"}, 400, "invalid_data"),
        ({"method": "signMessage", "params": {}}, 400, "invalid_data"),
        ({"method": "near_signTransaction"}, 501, "not_implemented"),
        ({"method": "transfer"}, 501, "not_implemented"),
    ],
)
async def test_methods_that_do_not_work(
    api: ApiClient, body: dict[str, Any], status: int, code: str
) -> None:
    """Unknown methods and those of other chains are 400, those not imitated 501."""
    wallet = await api.create_wallet()
    reply = await api.call("POST", f"/v1/wallets/{wallet['id']}/rpc", body)
    assert (reply.status, reply.body["code"]) == (status, code)


async def test_a_sent_transaction_enters_the_ledger(api: ApiClient) -> None:
    """Sending puts one entry in the ledger, whose id is in the answer and can be looked up."""
    wallet = await api.create_wallet()
    data = await send(api, wallet["id"], reference_id="ref-1")
    assert list(api.sandbox.state.transactions) == [data["transaction_id"]]
    assert uuid.UUID(data["transaction_id"]).version == 4
    transaction = (await api.call("GET", f"/v1/transactions/{data['transaction_id']}")).body
    assert transaction == {
        "id": data["transaction_id"],
        "wallet_id": wallet["id"],
        "caip2": "eip155:1",
        "transaction_hash": data["hash"],
        "user_operation_hash": None,
        "status": "broadcasted",
        "sponsored": False,
        "reference_id": "ref-1",
        "created_at": 1_800_000_000_000,
    }
    await send(api, wallet["id"])
    by_reference = await api.call("GET", "/v1/transactions?reference_id=ref-1")
    assert by_reference.body == {"transactions": [transaction]}
    nothing = await api.call("GET", "/v1/transactions?reference_id=ref-2")
    assert nothing.body == {"transactions": []}


async def test_calls_are_in_the_ledger_without_a_hash(api: ApiClient) -> None:
    """`wallet_sendCalls` gets a transaction id but no hash."""
    wallet = await api.create_wallet()
    body = {
        "method": "wallet_sendCalls",
        "caip2": "eip155:1",
        "params": {"calls": [{"to": TRANSFER["to"]}]},
    }
    reply = await api.call("POST", f"/v1/wallets/{wallet['id']}/rpc", body)
    transaction = api.sandbox.state.transactions[reply.body["data"]["transaction_id"]]
    assert (transaction.caip2, transaction.transaction_hash) == ("eip155:1", None)


async def test_only_sending_enters_the_ledger(api: ApiClient) -> None:
    """Signing, and sending that is refused, leave the ledger empty."""
    wallet = await api.create_wallet()
    path = f"/v1/wallets/{wallet['id']}/rpc"
    params = {"transaction": TRANSFER}
    signed = await api.call("POST", path, {"method": "eth_signTransaction", "params": params})
    assert signed.status == 200
    unsent = await api.call("POST", path, {"method": "eth_sendTransaction", "params": params})
    assert unsent.status == 400
    assert len(api.sandbox.state.transactions) == 0


async def test_nonces_count_by_wallet_and_chain(api: ApiClient) -> None:
    """A transaction without a nonce gets the next one of its wallet on its chain."""
    first, second = await api.create_wallet(), await api.create_wallet()
    for wallet, caip2 in ((first, "eip155:1"),) * 3 + (
        (first, "eip155:8453"),
        (second, "eip155:1"),
    ):
        await send(api, wallet["id"], caip2)
    nonces = [
        (t.wallet_id, t.caip2, int(str(t.content["nonce"]), 0))
        for t in api.sandbox.state.transactions.values()
    ]
    assert nonces == [
        (first["id"], "eip155:1", 0),
        (first["id"], "eip155:1", 1),
        (first["id"], "eip155:1", 2),
        (first["id"], "eip155:8453", 0),
        (second["id"], "eip155:1", 0),
    ]


async def test_the_same_solana_transfer_twice_is_two_transactions(api: ApiClient) -> None:
    """Each sending fills in another block, so two equal transfers have two hashes."""
    wallet = await api.create_wallet(chain_type="solana")
    payer = Pubkey.from_string(wallet["address"])
    instruction = transfer(TransferParams(from_pubkey=payer, to_pubkey=payer, lamports=1))
    message = Message.new_with_blockhash([instruction], payer, Hash.default())
    unsigned = base64.b64encode(bytes(Transaction.new_unsigned(message))).decode()
    body = {
        "method": "signAndSendTransaction",
        "caip2": "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1",
        "params": {"transaction": unsigned, "encoding": "base64"},
    }
    for _ in range(2):
        reply = await api.call("POST", f"/v1/wallets/{wallet['id']}/rpc", body)
        assert reply.status == 200
    ledger = api.sandbox.state.transactions.values()
    assert len({transaction.transaction_hash for transaction in ledger}) == 2


async def test_transactions_that_are_not_there(api: ApiClient) -> None:
    """An unknown transaction is 404; the list needs a reference id."""
    missing = await api.call("GET", "/v1/transactions/none")
    expected = {"error": "Transaction not found", "code": "not_found"}
    assert (missing.status, missing.body) == (404, expected)
    unfiltered = await api.call("GET", "/v1/transactions")
    assert (unfiltered.status, unfiltered.body["error"]) == (
        400,
        "[Input error] `reference_id`: Required",
    )


@pytest.mark.parametrize("form", ["spki", "point"])
async def test_exporting_private_keys(api: ApiClient, form: str) -> None:
    """The key comes sealed for the recipient: hex without 0x, or base58 for Solana."""
    recipient = new_key()
    point = recipient.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    public_key = spki(recipient) if form == "spki" else base64.b64encode(point).decode()
    body = {"encryption_type": "HPKE", "recipient_public_key": public_key}
    ethereum = await api.create_wallet()
    reply = await api.call("POST", f"/v1/wallets/{ethereum['id']}/export", body)
    assert Account.from_key("0x" + opened(reply.body, recipient)).address == ethereum["address"]
    solana = await api.create_wallet(chain_type="solana")
    reply = await api.call("POST", f"/v1/wallets/{solana['id']}/export", body)
    keypair = Keypair.from_base58_string(opened(reply.body, recipient))
    assert str(keypair.pubkey()) == solana["address"]
    exported = await api.call("GET", f"/v1/wallets/{solana['id']}")
    assert exported.body["exported_at"] == 1_800_000_000_000


async def test_exporting_seed_phrases(api: ApiClient) -> None:
    """A seed phrase derives the wallet's address; a wallet without one is refused."""
    recipient = new_key()
    body = {
        "encryption_type": "HPKE",
        "recipient_public_key": spki(recipient),
        "export_seed_phrase": True,
    }
    wallet = await api.create_wallet()
    reply = await api.call("POST", f"/v1/wallets/{wallet['id']}/export", body)
    Account.enable_unaudited_hdwallet_features()
    phrase = opened(reply.body, recipient)
    assert Account.from_mnemonic(phrase).address == wallet["address"]
    without = await api.create_wallet(chain_type="stellar")
    refused = await api.call("POST", f"/v1/wallets/{without['id']}/export", body)
    assert (refused.status, refused.body["code"]) == (400, "invalid_data")
    assert api.sandbox.state.wallets[without["id"]].exported_at is None


@pytest.mark.parametrize("method", ["exportPrivateKey", "exportSeedPhrase"])
async def test_exporting_by_rpc_is_for_the_owner_alone(api: ApiClient, method: str) -> None:
    """As RPC methods the exports exist too, but no additional signer may call them."""
    owner, signer, recipient = new_key(), new_key(), new_key()
    signer_id = await api.create_quorum(public_keys=[spki(signer)])
    wallet = await api.create_wallet(
        owner={"public_key": spki(owner)}, additional_signers=[{"signer_id": signer_id}]
    )
    path = f"/v1/wallets/{wallet['id']}/rpc"
    params = {"encryption_type": "HPKE", "recipient_public_key": spki(recipient)}
    body = {"method": method, "address": wallet["address"], "params": params}
    assert (await api.personal_sign(wallet["id"], signer)).status == 200
    assert (await api.call("POST", path, body, keys=[signer])).status == 401
    reply = await api.call("POST", path, body, keys=[owner])
    assert reply.body["method"] == method
    words = opened(reply.body["data"], recipient).split()
    assert len(words) == (12 if method == "exportSeedPhrase" else 1)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"encryption_type": "AES", "recipient_public_key": spki(new_key())},
        {"encryption_type": "HPKE"},
        {"encryption_type": "HPKE", "recipient_public_key": "AAAA"},
        {"encryption_type": "HPKE", "recipient_public_key": 1},
    ],
)
async def test_a_wrong_export_is_refused(api: ApiClient, body: dict[str, Any]) -> None:
    """A missing or unusable recipient is 400, and the wallet does not count as exported."""
    wallet = await api.create_wallet()
    reply = await api.call("POST", f"/v1/wallets/{wallet['id']}/export", body)
    assert (reply.status, reply.body["code"]) == (400, "invalid_data")
    assert api.sandbox.state.wallets[wallet["id"]].exported_at is None
