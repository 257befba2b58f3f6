"""The RPC methods of Ethereum wallets: which there are, digests and user operations."""

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_keys import keys
from ethereum_wallet import CONTRACT, HASH, KEY, Params, call, refusal, signature_of

from privy_async.sandbox.requests.fields import Fields
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.rpc import RPC_METHODS, execute
from privy_async.sandbox.rpc.ethereum import METHODS
from privy_async.sandbox.rpc.user_operation import hash_operation

ALCHEMY = "0x69007702764179f14F51cdce752f4f775d74E139"


def test_methods_are_routed_to_this_chain() -> None:
    """Every method that is listed for Ethereum exists, and no other."""
    assert METHODS.keys() == {name for name, chain in RPC_METHODS.items() if chain == "ethereum"}


def test_secp256k1_sign() -> None:
    """A hash is signed as it is, and the signature recovers to the wallet."""
    signature = signature_of(call("secp256k1_sign", {"hash": HASH}))
    vrs = signature[:64] + bytes([signature[64] - 27])
    recovered = keys.Signature(vrs).recover_public_key_from_msg_hash(bytes.fromhex(HASH[2:]))
    assert recovered.to_checksum_address() == KEY.address


@pytest.mark.parametrize("digest", ["0x12345678", "0x00", HASH[:-2]])
def test_a_short_hash_is_signed(digest: str) -> None:
    """It stands for the number that it is, like any."""
    signature = signature_of(call("secp256k1_sign", {"hash": digest}))
    vrs = signature[:64] + bytes([signature[64] - 27])
    padded = bytes.fromhex(digest[2:]).rjust(32, b"\0")
    recovered = keys.Signature(vrs).recover_public_key_from_msg_hash(padded)
    assert recovered.to_checksum_address() == KEY.address


@pytest.mark.parametrize("digest", [HASH + "00", HASH[2:], "0x", "0x123", None, 7])
def test_secp256k1_sign_refuses(digest: object) -> None:
    """Only up to 32 bytes of hex with 0x in front are a hash."""
    assert "`params.hash`" in refusal("secp256k1_sign", {"hash": digest}).message


OPERATION: Params = {
    "sender": "0xdf1Bff521006396b2dd11725681ebA6998DB37e3",
    "nonce": "0x1000000000000000a",
    "call_data": "0x34fcd5be",
    "call_gas_limit": "0x877f",
    "verification_gas_limit": "0x8550",
    "pre_verification_gas": "0xbcc4",
    "max_fee_per_gas": "0x18700",
    "max_priority_fee_per_gas": "0x186a0",
}


PAYMASTER: Params = {"paymaster": CONTRACT}
PAYMASTER_GAS: Params = {
    "paymaster_verification_gas_limit": hex(6942069),
    "paymaster_post_op_gas_limit": hex(6942069),
}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "1903d62bb5dc75af6fed866aa46d8e80063d9e288aa7f2caad0ff1fcae22e40d"),
        (PAYMASTER, "1f2cf8638ead0fc621c6fb1562b8222c06539efcec09be156191f72418ebb109"),
        (
            {**PAYMASTER, "paymaster_verification_gas_limit": hex(6942069)},
            "950763d3ef84eb05b6cd1d95f3b736bb02988d643c6e11a76bf8beddc611cc95",
        ),
        (
            {**PAYMASTER, **PAYMASTER_GAS},
            "d6efc63c28df53b49dd6fa10cec0a92ac61f8c70e9a45265e39c955f9bf821ed",
        ),
        (
            {**PAYMASTER, **PAYMASTER_GAS, "paymaster_data": "0xdeadbeef"},
            "265fc1350b3fc016d493f9533354cf1a758c0fb9ddbbfd8b19c987d4e8935eed",
        ),
    ],
)
def test_user_operation_hashes_match_viem(fields: Params, expected: str) -> None:
    """The hash for entry point 0.7 is the one of viem's tests."""
    operation: Params = {
        "sender": CONTRACT,
        "nonce": "0x0",
        "call_data": "0x",
        "call_gas_limit": hex(6942069),
        "verification_gas_limit": hex(6942069),
        "pre_verification_gas": hex(6942069),
        "max_fee_per_gas": hex(69420),
        "max_priority_fee_per_gas": hex(69),
        **fields,
    }
    digest = hash_operation(Fields(operation, ""), entry_point=CONTRACT, chain_id=1)
    assert digest.hex() == expected


@pytest.mark.parametrize("chain_id", ["0x66eee", 421614, "421614"])
def test_sign_user_operation(chain_id: object) -> None:
    """The operation's hash is signed as a personal message and recovers to the wallet."""
    params: Params = {"contract": ALCHEMY, "chain_id": chain_id, "user_operation": OPERATION}
    signature = signature_of(call("eth_signUserOperation", params))
    digest = hash_operation(
        Fields(OPERATION, ""),
        entry_point="0x0000000071727De22E5E9d8BAf0edAc6f37da032",
        chain_id=421614,
    )
    assert Account.recover_message(encode_defunct(digest), signature=signature) == KEY.address


@pytest.mark.parametrize(
    ("change", "operation", "message"),
    [
        ({"contract": CONTRACT}, {}, "`params.contract`: Not a smart contract Privy signs for"),
        ({"contract": None}, {}, "`params.contract`: Required"),
        ({"chain_id": None}, {}, "`params.chain_id`: Required"),
        ({"chain_id": "-1"}, {}, "`params.chain_id`"),
        ({"user_operation": None}, {}, "`params.user_operation`: Required"),
        ({}, {"sender": "0x12"}, "`params.user_operation.sender`"),
        ({}, {"nonce": None}, "`params.user_operation.nonce`: Required"),
        ({}, {"call_data": None}, "`params.user_operation.call_data`: Required"),
        ({}, {"call_gas_limit": hex(2**128)}, "`params.user_operation.call_gas_limit`"),
        ({}, {"paymaster": "0x12"}, "`params.user_operation.paymaster`"),
        (
            {},
            {**PAYMASTER, "paymaster_data": "12"},
            "`params.user_operation.paymaster_data`",
        ),
    ],
)
def test_sign_user_operation_refuses(change: Params, operation: Params, message: str) -> None:
    """A foreign contract or a broken field is answered with 400 naming it."""
    params: Params = {
        "contract": ALCHEMY,
        "chain_id": 1,
        "user_operation": {**OPERATION, **operation},
        **change,
    }
    assert message in refusal("eth_signUserOperation", params).message


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("signMessage", "`method`: signMessage needs a wallet of solana"),
        ("tron_signTransaction", "`method`: tron_signTransaction needs a wallet of tron"),
        ("eth_getBalance", "`method`"),
        (None, "`method`: Required"),
        (7, "`method`"),
    ],
)
def test_methods_of_other_chains_are_refused(method: object, message: str) -> None:
    """A wallet executes its own chain's methods only."""
    with pytest.raises(Refusal) as refused:
        execute(KEY, {"method": method, "params": {}})
    assert refused.value.status == 400
    assert message in refused.value.message
