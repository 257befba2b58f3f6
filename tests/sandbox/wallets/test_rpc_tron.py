"""The RPC methods of Tron wallets, checked against transactions of the main network."""

from hashlib import sha256

import base58
import pytest
from eth_keys import keys
from hypothesis import given
from hypothesis import strategies as st

from privy_async.sandbox.keys.wallet_keys import WalletKey
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.rpc import RPC_METHODS, RpcResult, Submission, execute
from privy_async.sandbox.rpc.tron import METHODS

KEY = WalletKey.generate("tron", lambda count: bytes(range(1, 1 + count)))
OWNER = base58.b58decode_check(KEY.address).hex()
RECIPIENT = "41055756f33f419278d9ea059bd2b21120e6add748"
USDT = "41a614f803b6fd780986a42c78ec9c7f77e6ded13c"
BLOCK: dict[str, object] = {"ref_block_bytes": "b32e", "ref_block_hash": "ce1cb373c238875e"}
NOW = 1_800_000_000_123
TIMES: dict[str, object] = {"expiration": 1698158268000, "timestamp": 1698158218439}

Json = dict[str, object]


def transfer(**fields: object) -> Json:
    """A TransferContract."""
    contract = {"type": "TransferContract", "owner_address": OWNER, "to_address": RECIPIENT}
    return {**contract, "amount": 2_700_000, **fields}


def trigger(**fields: object) -> Json:
    """A TriggerSmartContract."""
    contract = {"type": "TriggerSmartContract", "owner_address": OWNER, "contract_address": USDT}
    return {**contract, "data": "a9059cbb", **fields}


def raw_data(contract: Json | None = None, **fields: object) -> Json:
    """A complete raw_data."""
    return {"contract": [contract or transfer()], **BLOCK, **TIMES, **fields}


def call(method: str, raw: object, *, nonce: int = 0, now: int = 0, **fields: object) -> RpcResult:
    """Execute one request with the test's wallet."""
    params = fields.pop("params", {"raw_data": raw})
    return execute(KEY, {"method": method, "params": params, **fields}, nonce=nonce, now=now)


def split(signed: object) -> tuple[bytes, bytes]:
    """Raw data and signature of a signed transaction; the signature must be the wallet's."""
    data = bytes.fromhex(str(signed))
    raw, signature = data[:-65], data[-65:]
    assert signature[64] in (27, 28)
    vrs = keys.Signature(signature[:64] + bytes([signature[64] - 27]))
    recovered = vrs.recover_public_key_from_msg_hash(sha256(raw).digest())
    assert "41" + recovered.to_canonical_address().hex() == OWNER
    return raw, signature


def fields_of(message: bytes) -> dict[int, object]:
    """A minimal protocol buffer decoder: the last value of each field."""
    fields: dict[int, object] = {}
    while message:
        tag, message = varint(message)
        if tag & 7 == 2:
            length, message = varint(message)
            fields[tag >> 3], message = message[:length], message[length:]
        else:
            fields[tag >> 3], message = varint(message)
    return fields


def varint(message: bytes) -> tuple[int, bytes]:
    """Read one varint off the front."""
    value = shift = 0
    while True:
        byte, message = message[0], message[1:]
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, message


def test_methods_are_routed_to_this_chain() -> None:
    """Every method that is listed for Tron exists, and no other."""
    assert METHODS.keys() == {name for name, chain in RPC_METHODS.items() if chain == "tron"}


@pytest.mark.parametrize(
    ("raw", "owner", "expected", "transaction_id"),
    [
        (
            {
                "contract": [
                    {
                        "type": "TriggerSmartContract",
                        "owner_address": OWNER,
                        "contract_address": "4137349aeb75a32f8c4c090daff376cf975f5d2eba",
                        "data": "a9059cbb"
                        "0000000000000000000000005ce5f085777890e0ea35892990d3826ad71b04e5"
                        "00000000000000000000000000000000000000000000000029a2241af62c0000",
                    }
                ],
                "ref_block_bytes": "6278",
                "ref_block_hash": "c10b2750f0a93708",
                "expiration": 1698158268000,
                "fee_limit": 1_000_000_000,
                "timestamp": 1698158218439,
            },
            "41ea06cab892cc41244d394fe110ffec5dad3f2980",
            "0a0262782208c10b2750f0a9370840e09cfb90b6315aae01081f12a9010a31747970652e676f6f676c6561"
            "7069732e636f6d2f70726f746f636f6c2e54726967676572536d617274436f6e747261637412740a1541ea"
            "06cab892cc41244d394fe110ffec5dad3f298012154137349aeb75a32f8c4c090daff376cf975f5d2eba22"
            "44a9059cbb0000000000000000000000005ce5f085777890e0ea35892990d3826ad71b04e5000000000000"
            "00000000000000000000000000000000000029a2241af62c000070c799f890b63190018094ebdc03",
            "49333f48060f169f1b4c6be0a6a0e7eeb8f3ce8cee3e5d12e023d95d29e50b0c",
        ),
        (
            {
                "contract": [
                    {
                        "type": "TransferContract",
                        "owner_address": OWNER,
                        "to_address": RECIPIENT,
                        "amount": 2_700_000,
                    }
                ],
                "ref_block_bytes": "b32e",
                "ref_block_hash": "ce1cb373c238875e",
                "expiration": 1746778095000,
                "timestamp": 1746778035000,
            },
            "41417ca6f74356a5d4454498e3f4856c945a04ab01",
            "0a02b32e2208ce1cb373c238875e4098fbd9a0eb325a68080112640a2d747970652e676f6f676c65617069"
            "732e636f6d2f70726f746f636f6c2e5472616e73666572436f6e747261637412330a1541417ca6f74356a5"
            "d4454498e3f4856c945a04ab01121541055756f33f419278d9ea059bd2b21120e6add74818e0e5a40170b8"
            "a6d6a0eb32",
            "795f8195893e8da2ef2f70fc3a1f2720f9077244c4b7b1c50c99c72fda675a32",
        ),
    ],
    ids=["TriggerSmartContract", "TransferContract"],
)
def test_raw_data_encodes_like_on_the_main_network(
    raw: Json, owner: str, expected: str, transaction_id: str
) -> None:
    """With the sender's address in place of ours, bytes and id are those of a published one."""
    signed = call("tron_signTransaction", raw).data["signed_transaction"]
    encoded, _ = split(signed)
    published = encoded.hex().replace(OWNER, owner)
    assert published == expected
    assert sha256(bytes.fromhex(published)).hexdigest() == transaction_id


def test_sign_transaction() -> None:
    """The answer is hex without 0x: the raw data and 65 bytes of signature over its SHA-256."""
    result = call("tron_signTransaction", raw_data())
    assert result.submission is None
    assert result.data.keys() == {"signed_transaction", "encoding"}
    assert result.data["encoding"] == "hex"
    raw, _ = split(result.data["signed_transaction"])
    assert fields_of(raw)[8] == 1698158268000


def test_another_owners_transaction_is_signed_and_not_sent() -> None:
    """The signature is the wallet's, over the bytes as they are; sending names the field."""
    foreign = raw_data(transfer(owner_address=RECIPIENT))
    raw, _ = split(call("tron_signTransaction", foreign).data["signed_transaction"])
    assert raw.count(bytes.fromhex(RECIPIENT)) == 2
    assert bytes.fromhex(OWNER) not in raw
    with pytest.raises(Refusal, match="owner_address"):
        call("tron_sendTransaction", foreign)


def test_every_field_reaches_the_transaction() -> None:
    """All optional fields of both messages stand under their numbers."""
    contract = trigger(call_value=7, call_token_value=8, token_id=1_000_001)
    signed = call("tron_signTransaction", raw_data(contract, data="6d656d6f", fee_limit=9))
    raw, _ = split(signed.data["signed_transaction"])
    outer = fields_of(raw)
    kind = fields_of(bytes(outer.pop(11)))  # type: ignore[call-overload]
    assert outer == {
        1: bytes.fromhex("b32e"),
        4: bytes.fromhex("ce1cb373c238875e"),
        8: 1698158268000,
        10: b"memo",
        14: 1698158218439,
        18: 9,
    }
    assert kind[1] == 31
    parameter = fields_of(bytes(kind[2]))  # type: ignore[call-overload]
    assert parameter[1] == b"type.googleapis.com/protocol.TriggerSmartContract"
    assert fields_of(bytes(parameter[2])) == {  # type: ignore[call-overload]
        1: bytes.fromhex(OWNER),
        2: bytes.fromhex(USDT),
        3: 7,
        4: bytes.fromhex("a9059cbb"),
        5: 8,
        6: 1_000_001,
    }


@given(st.integers(1, 2**53 - 1))
def test_amounts_of_any_size_survive(amount: int) -> None:
    """Every safe integer is encoded as the varint it is."""
    signed = call("tron_signTransaction", raw_data(transfer(amount=amount)))
    raw = bytes.fromhex(str(signed.data["signed_transaction"]))[:-65]
    contract = fields_of(bytes(fields_of(raw)[11]))  # type: ignore[call-overload]
    parameter = fields_of(bytes(contract[2]))  # type: ignore[call-overload]
    assert fields_of(bytes(parameter[2]))[3] == amount  # type: ignore[call-overload]


def test_send_transaction() -> None:
    """Sending answers the transaction's id and hands the transaction to the ledger."""
    params = {"raw_data": raw_data(), "reference_id": "order-1"}
    result = call("tron_sendTransaction", None, params=params, caip2="tron:0xcd8690dc")
    submission = result.submission
    assert submission is not None
    raw, _ = split(submission.transaction["signed_transaction"])
    transaction_id = sha256(raw).hexdigest()
    assert result.data == {
        "hash": transaction_id,
        "caip2": "tron:0xcd8690dc",
        "reference_id": "order-1",
    }
    assert submission == Submission(
        caip2="tron:0xcd8690dc",
        transaction_hash=transaction_id,
        transaction={
            "raw_data": raw_data(),
            "signed_transaction": submission.transaction["signed_transaction"],
        },
        reference_id="order-1",
    )


def test_sending_goes_to_the_main_network_by_default() -> None:
    """Without `caip2` the chain is Tron's main network."""
    assert call("tron_sendTransaction", raw_data()).data["caip2"] == "tron:0x2b6653dc"


@pytest.mark.parametrize("missing", [{}, dict.fromkeys((*BLOCK, *TIMES))])
def test_sending_fills_in_the_block_and_the_times(missing: Json) -> None:
    """A block, other for each nonce, the time, and a minute later are filled in where missing."""
    sent: list[dict[int, object]] = []
    for nonce in (0, 1):
        raw_data = {"contract": [transfer()], **missing}
        result = call("tron_sendTransaction", raw_data, nonce=nonce, now=NOW)
        assert result.submission is not None
        raw, _ = split(result.submission.transaction["signed_transaction"])
        sent.append(fields_of(raw))
    assert sent[0][4] != sent[1][4]
    for fields in sent:
        assert (fields[14], fields[8]) == (NOW, NOW + 60_000)


def test_given_times_are_kept_when_sending() -> None:
    """Sending fills in only what is missing."""
    raw: Json = {"contract": [transfer()], "expiration": 1700000000000}
    result = call("tron_sendTransaction", raw)
    assert result.submission is not None
    encoded, _ = split(result.submission.transaction["signed_transaction"])
    assert fields_of(encoded)[8] == 1700000000000


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (None, "raw_data"),
        ({**BLOCK, **TIMES}, "raw_data.contract"),
        ({**raw_data(), "contract": []}, "raw_data.contract"),
        ({**raw_data(), "contract": [transfer(), transfer()]}, "raw_data.contract"),
        (raw_data(ref_block_bytes=None), "raw_data.ref_block_bytes"),
        (raw_data(ref_block_bytes="b3"), "raw_data.ref_block_bytes"),
        (raw_data(ref_block_hash=None), "raw_data.ref_block_hash"),
        (raw_data(ref_block_hash="zz"), "raw_data.ref_block_hash"),
        (raw_data(expiration=None), "raw_data.expiration"),
        (raw_data(expiration="soon"), "raw_data.expiration"),
        (raw_data(expiration=2**53), "raw_data.expiration"),
        (raw_data(timestamp=-1), "raw_data.timestamp"),
        (raw_data(fee_limit=1.5), "raw_data.fee_limit"),
        (raw_data(data="memo"), "raw_data.data"),
        (raw_data(transfer(type="VoteWitnessContract")), "raw_data.contract.0.type"),
        (raw_data(transfer(type=None)), "raw_data.contract.0.type"),
        (raw_data(transfer(owner_address=KEY.address)), "raw_data.contract.0.owner_address"),
        (raw_data(transfer(to_address=None)), "raw_data.contract.0.to_address"),
        (raw_data(transfer(to_address="a0" + "00" * 20)), "raw_data.contract.0.to_address"),
        (raw_data(transfer(to_address="41" + "00" * 19)), "raw_data.contract.0.to_address"),
        (raw_data(transfer(amount=None)), "raw_data.contract.0.amount"),
        (raw_data(transfer(amount=0)), "raw_data.contract.0.amount"),
        (raw_data(transfer(amount=True)), "raw_data.contract.0.amount"),
        (raw_data(transfer(amount="1")), "raw_data.contract.0.amount"),
        (raw_data(trigger(contract_address=None)), "raw_data.contract.0.contract_address"),
        (raw_data(trigger(data="0xa")), "raw_data.contract.0.data"),
        (raw_data(trigger(call_value=-1)), "raw_data.contract.0.call_value"),
        (raw_data(trigger(token_id="x")), "raw_data.contract.0.token_id"),
    ],
)
def test_sign_transaction_refuses(raw: object, field: str) -> None:
    """Each missing or wrong field is answered with 400 naming it."""
    with pytest.raises(Refusal) as refused:
        call("tron_signTransaction", raw)
    assert (refused.value.status, refused.value.code) == (400, "invalid_data")
    assert f"`params.{field}`" in refused.value.message


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"caip2": "eip155:1", "params": {"raw_data": raw_data()}}, "caip2"),
        ({"params": {"raw_data": raw_data(), "reference_id": ""}}, "params.reference_id"),
        (
            {"params": {"raw_data": raw_data(transfer(amount=-1))}},
            "params.raw_data.contract.0.amount",
        ),
        ({"params": None}, "params"),
    ],
)
def test_send_transaction_refuses(body: Json, field: str) -> None:
    """A foreign chain, a bad reference and a bad transaction are answered with 400."""
    with pytest.raises(Refusal) as refused:
        execute(KEY, {"method": "tron_sendTransaction", **body})
    assert (refused.value.status, refused.value.code) == (400, "invalid_data")
    assert f"`{field}`" in refused.value.message
