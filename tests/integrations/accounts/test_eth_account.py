"""eth-account's account backed by a Privy wallet: it signs what an account with the key signs."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from account_helpers import CHAIN_ID, RECEIVER, Person, deny_all, local_account, person, stranger
from eth_account import Account
from eth_account.messages import (
    SignableMessage,
    encode_defunct,
    encode_intended_validator,
    encode_typed_data,
)
from eth_account.signers.base import BaseAccount
from eth_account.signers.local import LocalAccount
from hypothesis import given, settings
from hypothesis import strategies as st
from sdk_helpers import nothing_sent
from web3 import HTTPProvider, Web3

from privy_async import (
    APIResponseError,
    AuthenticationError,
    InvalidArgumentError,
    PolicyViolationError,
)
from privy_async.integrations._ethereum_transactions import read_transaction
from privy_sync.integrations.eth_account import PrivyAccount

BASE = {"nonce": 7, "gas": 90_000, "chainId": CHAIN_ID, "to": RECEIVER, "value": 10**18}
PRICE = {"gasPrice": 10**9}
FEES = {"maxFeePerGas": 3 * 10**9, "maxPriorityFeePerGas": 10**9}
CONTRACT = {"chainId": CHAIN_ID, "address": RECEIVER, "nonce": 8}
LIST = [Account.from_key(b"\x01" * 32).sign_authorization(CONTRACT)]
DOMAIN = {"name": "Shop", "chainId": CHAIN_ID, "verifyingContract": RECEIVER}
TYPES = {
    "Order": [
        {"name": "items", "type": "Item[]"},
        {"name": "total", "type": "uint256"},
        {"name": "ref", "type": "bytes32"},
    ],
    "Item": [{"name": "name", "type": "string"}, {"name": "debit", "type": "int256"}],
}
ORDER = {"items": [{"name": "tea", "debit": -(2**200)}], "total": 2**255, "ref": b"\x07" * 32}
WHOLE = {"domain": DOMAIN, "types": TYPES, "message": ORDER}


@pytest.fixture(scope="module")
def owner() -> Iterator[Person]:
    with person("ethereum") as owner:
        yield owner


@pytest.fixture(scope="module")
def account(owner: Person) -> PrivyAccount:
    return PrivyAccount(owner.privy, owner.wallet)


@pytest.fixture(scope="module")
def local(owner: Person) -> LocalAccount:
    return local_account(owner)


@pytest.mark.parametrize(
    "message",
    [
        encode_defunct(text="hello"),
        encode_defunct(text=""),
        encode_defunct(text="0x1234 — ♥"),
        encode_defunct(b"\x00\xff" * 100),
        encode_defunct(hexstr="0x1234"),
        encode_intended_validator(RECEIVER, text="hello"),
        encode_typed_data(DOMAIN, TYPES, ORDER),
    ],
)
def test_messages(account: PrivyAccount, local: LocalAccount, message: SignableMessage) -> None:
    """Each kind of EIP-191 message is signed as with the key, and the signer is recovered."""
    signed = account.sign_message(message)
    assert signed == local.sign_message(message)
    assert Account.recover_message(message, signature=signed.signature) == account.address
    assert Account.recover_message(message, vrs=(signed.v, signed.r, signed.s)) == account.address


@pytest.mark.parametrize(
    "arguments",
    [
        {"domain_data": DOMAIN, "message_types": TYPES, "message_data": ORDER},
        {"full_message": WHOLE},
        {"full_message": {**WHOLE, "primaryType": "Order"}},
        {
            "full_message": {
                **WHOLE,
                "primaryType": "Order",
                "types": {
                    **TYPES,
                    "EIP712Domain": [
                        {"name": "name", "type": "string"},
                        {"name": "chainId", "type": "uint256"},
                        {"name": "verifyingContract", "type": "address"},
                    ],
                },
            }
        },
    ],
)
def test_typed_data(account: PrivyAccount, local: LocalAccount, arguments: Any) -> None:
    """Typed data in each of eth-account's forms, with numbers and bytes of every size."""
    signed = account.sign_typed_data(**arguments)
    assert signed == local.sign_typed_data(**arguments)
    assert signed == account.sign_message(encode_typed_data(**arguments))


TRANSACTIONS: dict[str, dict[str, Any]] = {
    "legacy": {**BASE, **PRICE},
    "legacy by name": {**BASE, **PRICE, "type": "0x0"},
    "access list": {**BASE, **PRICE, "type": 1},
    "dynamic fee": {**BASE, **FEES},
    "dynamic fee by name": {**BASE, **FEES, "type": 2},
    "in hex": {
        name: hex(value) if isinstance(value, int) else value for name, value in BASE.items()
    }
    | {"maxFeePerGas": "0xb2d05e00", "maxPriorityFeePerGas": "0x3b9aca00", "type": "0x2"},
    "data": {**BASE, **FEES, "data": b"\x01\x02", "value": 0},
    "data in hex": {**BASE, **FEES, "data": "0x0102", "nonce": 0},
    "input": {**BASE, **FEES, "input": "0x0102"},
    "contract creation": {**BASE, **FEES, "to": b"", "data": "0x6001600155"},
    "set code": {**BASE, **FEES, "authorizationList": LIST},
    "set code by name": {**BASE, **FEES, "authorizationList": LIST, "type": 4},
    "empty access list": {**BASE, **FEES, "accessList": [], "type": 2},
}


@pytest.mark.parametrize("transaction", TRANSACTIONS.values(), ids=TRANSACTIONS)
def test_transactions(account: PrivyAccount, local: LocalAccount, transaction: Any) -> None:
    """Each type is signed to the same bytes, hash, r, s and v as with the key."""
    for_eth_account = dict(transaction)
    if for_eth_account.get("type") == "0x0":
        del for_eth_account["type"]  # eth-account knows no name for it
    if "input" in for_eth_account:
        for_eth_account["data"] = for_eth_account.pop("input")
    signed = account.sign_transaction(transaction)
    assert signed == local.sign_transaction(for_eth_account)
    assert type(signed.raw_transaction) is type(local.sign_transaction(for_eth_account).hash)
    assert Account.recover_transaction(signed.raw_transaction) == account.address


NUMBERS = st.integers(0, 2**64 - 2) | st.integers(0, 300)
ANY = st.fixed_dictionaries(
    {
        "nonce": NUMBERS,
        "gas": NUMBERS,
        "chainId": st.integers(1, 2**53 - 1),
        "to": st.binary(min_size=20, max_size=20) | st.just(b""),
        "value": st.integers(0, 2**256 - 1),
        "data": st.binary(max_size=100),
    }
).flatmap(
    lambda fields: st.sampled_from([PRICE, {**PRICE, "type": 1}, FEES]).map(
        lambda fees: {**fields, **fees}
    )
)


@settings(max_examples=50, deadline=None)
@given(asked=ANY, other=ANY)
def test_only_what_was_asked_for(asked: dict[str, Any], other: dict[str, Any]) -> None:
    """What eth-account signed of a transaction is read as eth-account's, of another refused."""
    key = Account.from_key(b"\x01" * 32)
    transaction = read_transaction(asked, key.address)
    expected, foreign = key.sign_transaction(asked), key.sign_transaction(other)
    assert transaction.with_signature(expected.raw_transaction.to_0x_hex()) == expected
    if asked != other:
        with pytest.raises(APIResponseError):
            transaction.with_signature(foreign.raw_transaction.to_0x_hex())


def test_authorizations(account: PrivyAccount, local: LocalAccount, owner: Person) -> None:
    """An EIP-7702 authorization is signed as with the key, and each of its forms can be used."""
    signed = account.sign_authorization(CONTRACT)
    assert signed == local.sign_authorization(CONTRACT)
    assert signed.authority.hex() == account.address[2:].lower()
    by_client = owner.privy.wallets.ethereum.sign_7702_authorization(
        owner.wallet.id, RECEIVER, chain_id=CHAIN_ID, nonce=8
    )
    raw = {
        account.sign_transaction({**BASE, **FEES, "authorizationList": [form]}).raw_transaction
        for form in (signed, signed.model_dump(), by_client)
    }
    assert len(raw) == 1


def test_hashes(account: PrivyAccount, local: LocalAccount) -> None:
    """A hash is signed as it is."""
    digest = b"\x05" * 32
    assert account.unsafe_sign_hash(digest) == local.unsafe_sign_hash(digest)


def test_it_is_an_account(account: PrivyAccount, local: LocalAccount, owner: Person) -> None:
    """It is one of eth-account's, equal to another of the same wallet, and shows no secret."""
    assert isinstance(account, BaseAccount)
    assert account.address == local.address
    assert account == PrivyAccount(owner.privy, owner.wallet)
    assert hash(account) == hash(PrivyAccount(owner.privy, owner.wallet))
    assert repr(account) == f"PrivyAccount(address='{local.address}')"
    assert not hasattr(account, "key")


DYNAMIC = {**BASE, **FEES}


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in DYNAMIC.items() if key != name}


@pytest.mark.parametrize(
    ("transaction", "argument"),
    [
        (without("nonce"), "transaction.nonce"),
        (without("gas"), "transaction.gas"),
        (without("chainId"), "transaction.chainId"),
        (without("maxPriorityFeePerGas"), "transaction.maxPriorityFeePerGas"),
        (without("maxFeePerGas"), "transaction.maxFeePerGas"),
        (BASE, "transaction.gasPrice"),
        ({**BASE, **PRICE, **FEES}, "transaction.gasPrice"),
        ({**DYNAMIC, "nonce": None}, "transaction.nonce"),
        ({**DYNAMIC, "nonce": -1}, "transaction.nonce"),
        ({**DYNAMIC, "value": 1.5}, "transaction.value"),
        ({**DYNAMIC, "to": "alice.eth"}, "transaction.to"),
        ({**DYNAMIC, "to": "0x12"}, "transaction.to"),
        ({**DYNAMIC, "data": "hello"}, "transaction.data"),
        ({**DYNAMIC, "data": "0x12", "input": "0x13"}, "transaction.input"),
        ({**DYNAMIC, "from": RECEIVER}, "transaction.from"),
        ({**DYNAMIC, "type": 3, "maxFeePerBlobGas": 1}, "transaction.type"),
        ({**DYNAMIC, "maxFeePerBlobGas": 1}, "transaction.maxFeePerBlobGas"),
        ({**DYNAMIC, "accessList": [{"address": RECEIVER, "storageKeys": []}]},
         "transaction.accessList"),
        ({**DYNAMIC, "authorizationList": []}, "transaction.authorizationList"),
        ({**DYNAMIC, "authorizationList": [1]}, "transaction.authorizationList[0]"),
        ({**DYNAMIC, "authorizationList": [{**CONTRACT, "r": 1, "s": 1}]},
         "transaction.authorizationList[0].yParity"),
        ([], "transaction"),
    ],
)  # fmt: skip
def test_wrong_transactions(
    owner: Person, account: PrivyAccount, transaction: Any, argument: str
) -> None:
    """What is missing or wrong is named, and nothing is sent."""
    with nothing_sent(owner.sandbox), pytest.raises(InvalidArgumentError) as caught:
        account.sign_transaction(transaction)
    assert caught.value.argument == argument


def test_several_primary_types(owner: Person, account: PrivyAccount) -> None:
    """Which type is signed is not guessed; eth-account refuses it too."""
    types = {**TYPES, "Note": [{"name": "text", "type": "string"}]}
    with nothing_sent(owner.sandbox), pytest.raises(ValueError, match="primary"):
        account.sign_typed_data(DOMAIN, types, ORDER)


CALLS: list[Callable[[PrivyAccount], object]] = [
    lambda account: account.sign_message(encode_defunct(text="hello")),
    lambda account: account.sign_typed_data(DOMAIN, TYPES, ORDER),
    lambda account: account.sign_transaction(DYNAMIC),
    lambda account: account.sign_authorization(CONTRACT),
    lambda account: account.unsafe_sign_hash(b"\x05" * 32),
]


def test_a_strangers_account_signs_nothing(owner: Person) -> None:
    """Privy's refusal comes through as the SDK's error."""
    account = PrivyAccount(stranger(owner), owner.wallet)
    for call in CALLS[::2]:
        with pytest.raises(AuthenticationError):
            call(account)


def test_a_policy_denies() -> None:
    """So does that of a policy."""
    with person("ethereum") as owner:
        deny_all(owner)
        account = PrivyAccount(owner.privy, owner.wallet)
        for call in CALLS:
            with pytest.raises(PolicyViolationError):
                call(account)


def foreign_answers() -> Iterator[Any]:
    """Answers that are well formed, and sign something else or by somebody else."""
    other = Account.from_key(b"\x02" * 32)
    signature = {"signature": other.sign_message(encode_defunct(text="hello")).signature}
    for text in (signature["signature"].to_0x_hex(), "0x", "zz", f"0x{'00' * 64}1b", "0x12"):
        yield {"data": {"signature": text, "encoding": "hex"}}, 0
    for change in (
        {"nonce": 8},
        {"value": 10**18 + 1},
        {"to": other.address},
        {"chainId": 1},
        {"gas": 90_001},
        {"data": b"\x01"},
    ):
        raw = other.sign_transaction({**DYNAMIC, **change}).raw_transaction.to_0x_hex()
        yield {"data": {"signed_transaction": raw, "encoding": "rlp"}}, 2
    legacy = other.sign_transaction({**BASE, **PRICE}).raw_transaction.to_0x_hex()
    for raw in (legacy, "0x02", "0x02c0", "0x0205", "0x", "zz", f"0x02d0{'c0' * 16}"):
        yield {"data": {"signed_transaction": raw, "encoding": "rlp"}}, 2


@pytest.mark.parametrize(("answer", "call"), list(foreign_answers()))
def test_what_was_not_asked_for(
    owner: Person, account: PrivyAccount, answer: dict[str, Any], call: int
) -> None:
    """A signature of something else is an error, and is not handed on."""
    CALLS[0](account)  # so that the fault strikes no exchange
    body = {"method": "any", **answer}
    owner.sandbox.faults.add(path="/v1/wallets/*/rpc", status=200, body=body)
    with pytest.raises(APIResponseError, match=r"signed another|no signature by"):
        CALLS[call](account)


def test_a_legacy_transaction_of_another_chain(owner: Person, account: PrivyAccount) -> None:
    """A legacy transaction has its chain in v, which is compared as well."""
    other = Account.from_key(b"\x02" * 32).sign_transaction({**BASE, **PRICE, "chainId": 1})
    data = {"signed_transaction": other.raw_transaction.to_0x_hex(), "encoding": "rlp"}
    body = {"method": "any", "data": data}
    owner.sandbox.faults.add(path="/v1/wallets/*/rpc", status=200, body=body)
    with pytest.raises(APIResponseError, match="its chainId is another"):
        account.sign_transaction({**BASE, **PRICE})


def test_wrong_arguments(owner: Person) -> None:
    """Another client or another wallet is refused at once."""
    solana = owner.app.wallets.create(chain_type="solana")
    with nothing_sent(owner.sandbox):
        with pytest.raises(InvalidArgumentError, match=r"^wallet: expected an Ethereum wallet"):
            PrivyAccount(owner.privy, solana)
        with pytest.raises(InvalidArgumentError, match=r"^privy: expected a client of privy_sync"):
            PrivyAccount(owner.sandbox.client(), owner.wallet)  # type: ignore[arg-type]


@pytest.mark.parametrize("fees", [PRICE, {**PRICE, "type": 1}, FEES])
def test_a_transaction_is_executed(fees: dict[str, int]) -> None:
    """What is signed, web3.py sends as ever: the money moves, once."""
    with person("ethereum") as owner:
        account = PrivyAccount(owner.privy, owner.wallet)
        owner.sandbox.fund(account.address, 2, caip2=f"eip155:{CHAIN_ID}")
        w3 = Web3(HTTPProvider(owner.sandbox.evm_rpc_url(CHAIN_ID)))
        before = w3.eth.get_balance(account.address)
        signed = account.sign_transaction({**BASE, **fees, "nonce": 0})
        receipt = w3.eth.wait_for_transaction_receipt(
            w3.eth.send_raw_transaction(signed.raw_transaction)
        )
        assert (receipt["status"], receipt["from"]) == (1, account.address)
        assert receipt["transactionHash"] == signed.hash
        assert w3.eth.get_balance(RECEIVER) == 10**18
        fee = receipt["gasUsed"] * receipt["effectiveGasPrice"]
        assert w3.eth.get_balance(account.address) == before - 10**18 - fee
