"""What Ethereum wallets sign and send, read back with eth-account."""

from typing import Any

import attrs
import pytest
import rlp
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data
from eth_account.typed_transactions import TypedTransaction
from eth_keys.datatypes import Signature
from eth_utils import keccak
from hexbytes import HexBytes
from sdk_helpers import Owner

from privy_async import BadRequestError, PrivyClient
from privy_async.sandbox import Sandbox

pytest_plugins = ("fixtures_sdk",)
pytestmark = pytest.mark.anyio

TO = "0x742D35CC6634C0532925a3B844Bc9E7595F2bD18"


# Messages


@pytest.mark.parametrize(
    "message",
    ["hello", "", "0xabc", "0x1234", "grüße 🖖\n", b"", b"\x00\xff", b"0x1234", bytearray(b"x")],
)
async def test_text_is_text_and_bytes_are_bytes(alice: Owner, message: str | bytes) -> None:
    """A str signs its own characters, even if they look like hex; bytes sign themselves."""
    signed = await alice.privy.wallets.ethereum.sign_message(alice.wallet.id, message)
    content = message.encode() if isinstance(message, str) else bytes(message)
    signer = Account.recover_message(encode_defunct(content), signature=signed.signature)
    assert (signer, signed.encoding) == (alice.wallet.address, "hex")
    assert len(HexBytes(signed.signature)) == 65


async def test_a_hash_is_signed_as_it_is(alice: Owner) -> None:
    """No prefix is added, whether it comes as bytes or as hex."""
    digest = keccak(b"anything")
    for hash in (digest, f"0x{digest.hex()}"):
        signed = await alice.privy.wallets.ethereum.sign_secp256k1(alice.wallet.id, hash)
        assert recover(digest, signed.signature) == alice.wallet.address


def recover(digest: bytes, signature: str) -> str:
    """The address whose key signed the digest."""
    rsv = HexBytes(signature)
    recoverable = Signature(rsv[:64] + bytes([rsv[64] % 27]))
    return recoverable.recover_public_key_from_msg_hash(digest).to_checksum_address()


# Typed data


MAIL: dict[str, Any] = {
    "domain": {
        "name": "Ether Mail",
        "version": "1",
        "chainId": 1,
        "verifyingContract": TO,
        "salt": b"\x07" * 32,
    },
    "primaryType": "Mail",
    "types": {
        "Person": [{"name": "name", "type": "string"}, {"name": "wallets", "type": "address[]"}],
        "Mail": [
            {"name": "from", "type": "Person"},
            {"name": "to", "type": "Person[]"},
            {"name": "value", "type": "uint256"},
            {"name": "delta", "type": "int256"},
            {"name": "data", "type": "bytes"},
            {"name": "tag", "type": "bytes4"},
            {"name": "grid", "type": "uint256[2][]"},
        ],
    },
    "message": {
        "from": {"name": "Cow", "wallets": [TO]},
        "to": [{"name": "Bob", "wallets": []}, {"name": "Bøb", "wallets": [TO, TO]}],
        "value": 5,
        "delta": -5,
        "data": b"\x01\x02",
        "tag": b"mail",
        "grid": [[1, 2], [3, 4]],
    },
}
DOMAIN_TYPE = [
    {"name": "name", "type": "string"},
    {"name": "version", "type": "string"},
    {"name": "chainId", "type": "uint256"},
    {"name": "verifyingContract", "type": "address"},
    {"name": "salt", "type": "bytes32"},
]


def mail(**message: Any) -> dict[str, Any]:
    """The example with another message."""
    return {**MAIL, "message": {**MAIL["message"], **message}}


@pytest.mark.parametrize(
    "typed_data",
    [
        pytest.param(MAIL, id="every type"),
        pytest.param(
            {**MAIL, "types": {**MAIL["types"], "EIP712Domain": DOMAIN_TYPE}},
            id="EIP712Domain given",
        ),
        pytest.param(mail(value=2**53), id="int beyond 2^53"),
        pytest.param(mail(value=2**256 - 1), id="largest int"),
        pytest.param(mail(delta=-(2**53)), id="negative int beyond 2^53"),
        pytest.param(mail(delta=-(2**255)), id="most negative int"),
        pytest.param(mail(value="0xff", delta="-7"), id="ints as text"),
        pytest.param(mail(data="0x0102", tag="0x6d61696c"), id="bytes as hex"),
        pytest.param(mail(data=b"", to=[], grid=[]), id="nothing in them"),
        pytest.param(mail(grid=[[2**255, 0], [2**64, 1]]), id="large ints in nested arrays"),
        pytest.param({**MAIL, "domain": {"name": "only a name"}}, id="small domain"),
        pytest.param({**MAIL, "domain": {"chainId": 2**60}}, id="large chain id"),
    ],
)
async def test_typed_data_is_signed_as_it_was_meant(
    alice: Owner, typed_data: dict[str, Any]
) -> None:
    """The signature is recoverable with eth-account from the caller's own typed data."""
    signed = await alice.privy.wallets.ethereum.sign_typed_data(alice.wallet.id, typed_data)
    original = encode_typed_data(full_message=typed_data)
    assert Account.recover_message(original, signature=signed.signature) == alice.wallet.address


async def test_both_spellings_of_the_primary_type_sign_the_same(alice: Owner) -> None:
    """`primary_type` and `primaryType` lead to one signature."""
    snake = {**MAIL, "primary_type": "Mail"}
    del snake["primaryType"]
    ethereum, wallet_id = alice.privy.wallets.ethereum, alice.wallet.id
    first = await ethereum.sign_typed_data(wallet_id, snake)
    assert first == await ethereum.sign_typed_data(wallet_id, MAIL)


# Transactions


FEES = {"gas_limit": 21_000, "max_fee_per_gas": 2 * 10**9, "max_priority_fee_per_gas": 10**9}
WEB3_FEES = {"gas": 21_000, "maxFeePerGas": 2 * 10**9, "maxPriorityFeePerGas": 10**9}


@pytest.mark.parametrize(
    ("transaction", "web3"),
    [
        pytest.param(
            {"to": TO, "value": 10**18, "chain_id": 1, "nonce": 0, "type": 2, **FEES},
            {"to": TO, "value": 10**18, "chainId": 1, "nonce": 0, "type": "0x2", **WEB3_FEES},
            id="EIP-1559",
        ),
        pytest.param(
            {"to": TO, "data": "0xabcd", "chain_id": 8453, "nonce": 2**63, "type": 2, **FEES},
            {"to": TO, "data": HexBytes("0xabcd"), "chainId": 8453, "nonce": 2**63, **WEB3_FEES},
            id="data and a large nonce",
        ),
        pytest.param(
            {"to": TO, "chain_id": 1, "nonce": 1, "gas_limit": 21_000, "gas_price": 10**9},
            {"to": TO, "chainId": 1, "nonce": 1, "gas": 21_000, "gasPrice": 10**9},
            id="legacy",
        ),
        pytest.param(
            {"to": TO, "value": 2**255, "chain_id": 1, "nonce": 0, "type": 2, **FEES},
            {"to": TO, "value": hex(2**255), "chainId": 1, "nonce": 0, **WEB3_FEES},
            id="amount of 256 bits",
        ),
    ],
)
async def test_transactions_of_privy_and_web3_are_signed_alike(
    alice: Owner, transaction: dict[str, Any], web3: dict[str, Any]
) -> None:
    """Both spellings give equal bytes, which hold every value and recover to the wallet."""
    ethereum, wallet_id = alice.privy.wallets.ethereum, alice.wallet.id
    signed = await ethereum.sign_transaction(wallet_id, transaction)
    assert signed == await ethereum.sign_transaction(wallet_id, web3)
    assert signed.encoding == "rlp"
    assert Account.recover_transaction(signed.signed_transaction) == alice.wallet.address
    raw = HexBytes(signed.signed_transaction)
    if raw[0] == 2:
        fields = TypedTransaction.from_bytes(raw).as_dict()
        assert fields["nonce"] == transaction["nonce"]
        assert fields["value"] == transaction.get("value", 0)
        assert fields["data"] == HexBytes(transaction.get("data", "0x"))
    else:
        nonce, gas_price, *_ = rlp.decode(bytes(raw))
        assert (nonce, gas_price) == (b"\x01", (10**9).to_bytes(4))


async def test_a_transaction_is_sent(sandbox: Sandbox, alice: Owner) -> None:
    """What comes back names the ledger's entry, which holds what the wallet signed."""
    sent = await alice.privy.wallets.ethereum.send_transaction(
        alice.wallet.id,
        {"to": TO, "value": 2**200, "data": b"\x01"},
        caip2="eip155:8453",
        reference_id="order-1",
    )
    (transaction,) = sandbox.state.transactions.values()
    assert (transaction.id, transaction.transaction_hash) == (sent.transaction_id, sent.hash)
    assert (sent.caip2, sent.reference_id) == ("eip155:8453", "order-1")
    raw = HexBytes(str(transaction.content["signed_transaction"]))
    assert Account.recover_transaction(raw) == alice.wallet.address
    assert keccak(raw) == HexBytes(sent.hash)
    fields = TypedTransaction.from_bytes(raw).as_dict()
    assert (fields["chainId"], fields["value"], fields["data"]) == (8453, 2**200, b"\x01")
    assert sent.transaction_request is not None
    assert sent.transaction_request["value"] == hex(2**200)


async def test_each_transaction_sent_has_the_next_nonce(sandbox: Sandbox, alice: Owner) -> None:
    """Privy fills it in; the same transaction twice is two transactions."""
    for _ in range(2):
        await alice.privy.wallets.ethereum.send_transaction(
            alice.wallet.id, {"to": TO, "value": 1}, caip2="eip155:1"
        )
    first, second = sandbox.state.transactions.values()
    assert (first.content["nonce"], second.content["nonce"]) == (0, 1)
    assert first.transaction_hash != second.transaction_hash


async def test_calls_are_sent_as_one(sandbox: Sandbox, alice: Owner) -> None:
    """A batch has an id and no hash yet; each call's value and data arrive."""
    sent = await alice.privy.wallets.ethereum.send_calls(
        alice.wallet.id,
        [{"to": TO, "value": 2**100}, {"to": TO, "data": b"\xab"}],
        caip2="eip155:8453",
    )
    (transaction,) = sandbox.state.transactions.values()
    assert (transaction.id, transaction.transaction_hash) == (sent.transaction_id, None)
    calls: Any = transaction.content["calls"]
    assert [call["value"] for call in calls] == [hex(2**100), "0x0"]
    assert [call["data"] for call in calls] == ["0x", "0xab"]


async def test_what_the_chain_refuses_executes_nothing(sandbox: Sandbox, alice: Owner) -> None:
    """Privy names the field."""
    with pytest.raises(BadRequestError, match="max_priority_fee_per_gas") as caught:
        await alice.privy.wallets.ethereum.send_transaction(
            alice.wallet.id,
            {"to": TO, "max_fee_per_gas": 1, "max_priority_fee_per_gas": 2},
            caip2="eip155:1",
        )
    assert (caught.value.code, caught.value.may_have_happened) == ("invalid_data", False)
    assert sandbox.state.transactions == {}


# EIP-7702 and ERC-4337


async def test_a_7702_authorization_is_the_wallets(alice: Owner) -> None:
    """r, s and y_parity recover to the wallet over keccak(0x05, rlp(chain, contract, nonce))."""
    made = await alice.privy.wallets.ethereum.sign_7702_authorization(
        alice.wallet.id, TO, chain_id=8453, nonce=7
    )
    assert (made.contract, made.chain_id, made.nonce) == (TO, 8453, 7)
    digest = keccak(b"\x05" + rlp.encode([8453, bytes.fromhex(TO[2:]), 7]))
    rsv = HexBytes(made.r) + HexBytes(made.s) + bytes([made.y_parity])
    assert recover(digest, rsv.hex()) == alice.wallet.address


async def test_an_authorization_without_a_nonce_has_nonce_zero(alice: Owner) -> None:
    """A field that is not given is not sent, and Privy's default holds."""
    made = await alice.privy.wallets.ethereum.sign_7702_authorization(
        alice.wallet.id, TO, chain_id=0
    )
    assert (made.chain_id, made.nonce) == (0, 0)


@pytest.mark.parametrize("as_mapping", [False, True])
async def test_an_authorization_goes_into_a_transaction(alice: Owner, as_mapping: bool) -> None:
    """What `sign_7702_authorization` returns can be used as it is, or as a mapping."""
    ethereum, wallet_id = alice.privy.wallets.ethereum, alice.wallet.id
    made: Any = await ethereum.sign_7702_authorization(wallet_id, TO, chain_id=1, nonce=2)
    if as_mapping:
        made = attrs.asdict(made, filter=lambda field, value: field.name != "extra")
    signed = await ethereum.sign_transaction(
        wallet_id,
        {"to": TO, "chain_id": 1, "nonce": 1, "type": 4, "authorization_list": [made], **FEES},
    )
    assert Account.recover_transaction(signed.signed_transaction) == alice.wallet.address
    fields = TypedTransaction.from_bytes(HexBytes(signed.signed_transaction)).as_dict()
    (authorization,) = fields["authorizationList"]
    assert (authorization["chainId"], authorization["nonce"]) == (1, 2)
    assert HexBytes(authorization["address"]) == HexBytes(TO)


async def test_a_user_operation_is_signed(alice: Owner) -> None:
    """In Privy's names and in ERC-4337's own, it is one operation."""
    ethereum, wallet_id = alice.privy.wallets.ethereum, alice.wallet.id
    snake = {
        "sender": TO,
        "nonce": 2**68,
        "call_data": b"\x01",
        "call_gas_limit": 1,
        "verification_gas_limit": 2,
        "pre_verification_gas": 3,
        "max_fee_per_gas": 4,
        "max_priority_fee_per_gas": 5,
    }
    camel = {
        "sender": TO,
        "nonce": hex(2**68),
        "callData": "0x01",
        "callGasLimit": "0x1",
        "verificationGasLimit": "0x2",
        "preVerificationGas": "0x3",
        "maxFeePerGas": "0x4",
        "maxPriorityFeePerGas": "0x5",
    }
    contract = "0x69007702764179f14F51cdce752f4f775d74E139"
    signed = await ethereum.sign_user_operation(wallet_id, snake, contract=contract, chain_id=8453)
    assert signed == await ethereum.sign_user_operation(
        wallet_id, camel, contract=contract, chain_id="0x2105"
    )
    assert signed != await ethereum.sign_user_operation(
        wallet_id, {**snake, "nonce": 1}, contract=contract, chain_id=8453
    )


# Another wallet


async def test_a_wallet_of_another_chain_refuses(privy: PrivyClient) -> None:
    """A Solana wallet signs no Ethereum message."""
    wallet = await privy.wallets.create(chain_type="solana")
    with pytest.raises(BadRequestError):
        await privy.wallets.ethereum.sign_message(wallet.id, "hello")
