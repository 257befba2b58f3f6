"""Tempo's transactions, signed as its own libraries sign them."""

import json
from typing import Any

import pytest
import rlp  # type: ignore[import-untyped]  # pyright: ignore[reportMissingTypeStubs]
from api_client import ApiClient
from eth_account import Account
from eth_keys import keys
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st
from places import VECTORS
from policy_engine import Engine, call_data, condition, rule

from privy_async.sandbox.keys.wallet_keys import WalletKey
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.rpc import execute

CASES = json.loads((VECTORS / "tempo.json").read_text())["cases"]
KEY = WalletKey.generate("ethereum", lambda count: bytes(range(count)))
TEMPO = 42431
SOMEBODY = "0x742d35cc6634c0532925a3b8d1a8a9ff1e7a7a4c"
TOKEN = "0x20c0000000000000000000000000000000000001"
QUANTITY = st.integers(0, 2**64 - 1)


def request(method: str = "eth_signTransaction", **fields: Any) -> dict[str, Any]:
    """The body of a request about a transaction."""
    transaction = {"type": 118, "chain_id": TEMPO, "calls": [{"to": SOMEBODY}], **fields}
    params = {"transaction": transaction}
    return {"method": method, "caip2": f"eip155:{TEMPO}", "params": params}


def signed(**fields: Any) -> bytes:
    """The signed transaction."""
    result = execute(KEY, request(**fields))
    assert result.data["encoding"] == "rlp"
    return bytes.fromhex(str(result.data["signed_transaction"]).removeprefix("0x"))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_as_tempos_own_libraries(case: Any) -> None:
    """The bytes are the same, the signature's too."""
    assert "0x" + signed(**case["transaction"]).hex() == case["signed"]


def test_what_is_left_out_is_zero() -> None:
    """As for every transaction that is only signed."""
    decoded: Any = rlp.decode(signed()[1:])
    assert decoded[1:4] == [b"", b"", b""]
    assert decoded[6:10] == [b""] * 4


@given(st.lists(st.tuples(QUANTITY, st.binary(max_size=80)), min_size=1, max_size=5), QUANTITY)
def test_the_signature_is_the_wallets(calls: list[tuple[int, bytes]], nonce_key: int) -> None:
    """Whatever is called, the signature recovers to the wallet over all the rest."""
    described = [
        {"to": SOMEBODY, "value": hex(value), "data": f"0x{data.hex()}"} for value, data in calls
    ]
    wire = signed(calls=described, nonce_key=hex(nonce_key))
    assert wire[0] == 0x76
    *rest, signature = rlp.decode(wire[1:])
    digest = keccak(bytes([0x76]) + rlp.encode(rest))
    vrs = keys.Signature(signature[:64] + bytes([signature[64] - 27]))
    recovered = vrs.recover_public_key_from_msg_hash(digest)
    assert recovered.to_checksum_address() == Account.from_key(KEY.secret).address
    assert [(int.from_bytes(value), data) for _, value, data in rest[4]] == calls


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"calls": None}, "calls"),
        ({"calls": []}, "calls"),
        ({"calls": [{}]}, "calls.0.to"),
        ({"calls": [{"to": "0x00"}]}, "calls.0.to"),
        ({"calls": [{"to": SOMEBODY, "data": "00"}]}, "calls.0.data"),
        ({"calls": [{"to": SOMEBODY, "value": -1}]}, "calls.0.value"),
        ({"chain_id": None}, "chain_id"),
        ({"fee_token": "usdc"}, "fee_token"),
        ({"nonce_key": "many"}, "nonce_key"),
        ({"access_list": [{"address": SOMEBODY, "storage_keys": ["0x"]}]}, "access_list.0"),
        ({"aa_authorization_list": [{"contract": SOMEBODY}]}, "aa_authorization_list.0"),
        ({"fee_payer_signature": {"r": "0x1", "s": "0x1", "y_parity": 2}}, "y_parity"),
        ({"fee_payer_signature": {}}, "fee_payer_signature"),
    ],
)
def test_what_is_refused(fields: dict[str, Any], named: str) -> None:
    """Each wrong field is named."""
    with pytest.raises(Refusal) as refused:
        signed(**fields)
    assert (refused.value.status, refused.value.code) == (400, "invalid_data")
    assert named in refused.value.message


def test_sending_is_not_imitated() -> None:
    """There is no such chain here: 501, and nothing is signed."""
    with pytest.raises(Refusal) as refused:
        execute(KEY, request("eth_sendTransaction"))
    assert (refused.value.status, refused.value.code) == (501, "not_implemented")


@pytest.mark.anyio
async def test_by_the_api(api: ApiClient) -> None:
    """A wallet signs one, and does not send one."""
    wallet = await api.create_wallet()
    path = f"/v1/wallets/{wallet['id']}/rpc"
    answer = await api.call("POST", path, request())
    assert (answer.status, answer.body["data"]["signed_transaction"][:4]) == (200, "0x76")
    assert (await api.call("POST", path, request("eth_sendTransaction"))).status == 501


PAY = call_data("transfer(address,uint256)", SOMEBODY, 5)
ABI = [
    {
        "type": "function",
        "name": "transfer",
        "inputs": [{"name": "to", "type": "address"}, {"name": "amount", "type": "uint256"}],
    }
]


def allowed(*conditions: Any, **fields: Any) -> bool:
    """True if a rule with these conditions allows the signature."""
    asked = request(**fields)
    return Engine().allows(rule("eth_signTransaction", *conditions), asked=asked)


@pytest.mark.parametrize(
    ("conditions", "holds"),
    [
        ([condition("ethereum_transaction", "to", "in", [SOMEBODY, TOKEN])], True),
        ([condition("ethereum_transaction", "to", "eq", TOKEN)], False),
        ([condition("ethereum_transaction", "value", "lt", "8")], True),
        ([condition("ethereum_transaction", "value", "lt", "7")], False),
        ([condition("ethereum_transaction", "chain_id", "eq", str(TEMPO))], True),
        ([condition("ethereum_transaction", "chain_id", "eq", "1")], False),
    ],
)
def test_conditions_on_calls(conditions: list[Any], holds: bool) -> None:
    """Every call of the batch must be allowed."""
    calls = [{"to": TOKEN, "data": PAY}, {"to": SOMEBODY, "value": 7}]
    assert allowed(*conditions, calls=calls) is holds


def test_conditions_on_what_is_called() -> None:
    """Calls of contracts are read by their ABI, one by one."""
    named = condition("ethereum_calldata", "transfer.amount", "lte", "5", abi=ABI)
    other = call_data("transfer(address,uint256)", SOMEBODY, 6)
    assert allowed(named, calls=[{"to": TOKEN, "data": PAY}] * 2)
    assert not allowed(named, calls=[{"to": TOKEN, "data": PAY}, {"to": TOKEN, "data": other}])
    assert not allowed(named, calls=[{"to": TOKEN, "data": PAY}, {"to": TOKEN}])


@pytest.mark.parametrize(
    ("field", "operator", "value", "fields", "holds"),
    [
        ("fee_token", "eq", TOKEN, {"fee_token": TOKEN}, True),
        ("fee_token", "eq", TOKEN, {"fee_token": SOMEBODY}, False),
        ("fee_token", "eq", TOKEN, {}, False),
        ("nonce_key", "lt", "9", {"nonce_key": "0x8"}, True),
        ("nonce_key", "lt", "8", {"nonce_key": "0x8"}, False),
        ("valid_before", "lte", "100", {"valid_before": 100}, True),
        ("valid_after", "gte", "101", {"valid_after": 100}, False),
        # What is neither a text nor a number can be compared with nothing.
        ("access_list", "neq", "x", {"access_list": [{"address": TOKEN}]}, False),
    ],
)
def test_conditions_on_the_whole(
    field: str, operator: str, value: str, fields: dict[str, Any], holds: bool
) -> None:
    """They hold for the transaction, whatever it calls."""
    tested = condition("tempo_transaction", field, operator, value)
    assert allowed(tested, **fields, calls=[{"to": TOKEN}, {"to": SOMEBODY}]) is holds
