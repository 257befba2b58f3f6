"""web3.py's middleware, sync: Web3 works unchanged with the address of a Privy wallet."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from account_helpers import (
    CHAIN_ID,
    ERC20,
    RECEIVER,
    TYPED_DATA,
    USDC,
    Person,
    address_of,
    connect,
    deny_all,
    person,
    stranger,
)
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data
from sdk_helpers import logged, nothing_sent
from web3 import AsyncHTTPProvider, AsyncWeb3, HTTPProvider, Web3
from web3.exceptions import ExtraDataLengthError, Web3RPCError
from web3.middleware import Web3Middleware
from web3_program import like_polygon, node_front

from privy_async import (
    AuthenticationError,
    InvalidArgumentError,
    PolicyViolationError,
    Response,
)
from privy_sync import PrivyClient
from privy_sync.integrations.eth_account import PrivyAccount
from privy_sync.integrations.web3 import sign_with


@pytest.fixture
def owner() -> Iterator[Person]:
    with person("ethereum") as owner:
        yield owner


@pytest.fixture
def w3(owner: Person) -> Web3:
    return connect(owner, owner.privy)


def signed(owner: Person) -> int:
    """How many signatures Privy was asked for."""
    return len(logged(owner.sandbox, "POST", "/v1/wallets/*/rpc"))


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({}, 2),
        ({"gasPrice": 10**10}, 0),
        ({"type": "0x1"}, 1),
        ({"nonce": 0, "gas": 50_000, "chainId": CHAIN_ID, "data": b""}, 2),
    ],
)
def test_send_transaction(owner: Person, w3: Web3, fields: Mapping[str, Any], kind: int) -> None:
    """What is left out is filled in by the node; the money moves once, and by one signature."""
    before = w3.eth.get_balance(address_of(w3))
    sent = w3.eth.send_transaction({"to": RECEIVER, "value": 10**18, **fields})  # type: ignore[typeddict-item]
    receipt = w3.eth.wait_for_transaction_receipt(sent)
    assert (receipt["status"], receipt["type"], receipt["from"]) == (1, kind, address_of(w3))
    fee = receipt["gasUsed"] * receipt["effectiveGasPrice"]
    assert w3.eth.get_balance(RECEIVER) == 10**18
    assert w3.eth.get_balance(address_of(w3)) == before - 10**18 - fee
    assert signed(owner) == 1


def test_contracts(owner: Person, w3: Web3) -> None:
    """Contracts are called as with any account."""
    owner.sandbox.fund(address_of(w3), 5, caip2=f"eip155:{CHAIN_ID}", asset="usdc")
    token = w3.eth.contract(address=USDC, abi=ERC20)
    w3.eth.wait_for_transaction_receipt(token.functions.transfer(RECEIVER, 7).transact())
    assert token.functions.balanceOf(RECEIVER).call() == 7


def test_a_chain_without_base_fee(w3: Web3) -> None:
    """On a chain from before EIP-1559 a transaction has a gas price."""

    class OldChain(Web3Middleware):
        def response_processor(self, method: Any, response: Any) -> Any:
            if method == "eth_getBlockByNumber":
                del response["result"]["baseFeePerGas"]
            return response

    w3.middleware_onion.inject(OldChain, layer=0)
    assert w3.eth.get_transaction(w3.eth.send_transaction({"to": RECEIVER}))["type"] == 0


def test_a_chain_with_proof_of_authority(owner: Person) -> None:
    """Blocks with a long `extraData` are read, and what is left out is filled in by them."""
    with node_front(owner.sandbox.evm_rpc_url(CHAIN_ID), like_polygon) as front:
        with pytest.raises(ExtraDataLengthError):
            Web3(HTTPProvider(front.url)).eth.get_block("latest")
        w3 = connect(owner, owner.privy, HTTPProvider(front.url))
        sent = w3.eth.send_transaction({"to": RECEIVER, "value": 1})
        receipt = w3.eth.wait_for_transaction_receipt(sent)
        assert (receipt["status"], receipt["type"]) == (1, 2)
        block: Any = w3.eth.get_block("latest")
        assert len(block["proofOfAuthorityData"]) == 517
        with w3.batch_requests() as batch:
            batch.add(w3.eth.get_block("latest"))
            assert batch.execute() == [block]


def test_several_threads(w3: Web3) -> None:
    """Each transaction gets the next nonce, and none is lost."""

    def send(_: int) -> int:
        return w3.eth.get_transaction(w3.eth.send_transaction({"to": RECEIVER, "value": 1}))[
            "nonce"
        ]

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(send, range(8))) == list(range(8))
    assert w3.eth.get_balance(RECEIVER) == 8


def losing_answers(owner: Person, times: int | None) -> tuple[PrivyClient, Web3]:
    """A web3 whose node's answers get lost once Privy has signed, and its client."""

    def lose(response: Response) -> None:
        if response.operation.endswith("/rpc"):
            owner.sandbox.faults.add(path="/rpc/evm/*", drop="after", times=times)

    app = owner.sandbox.sync_client(on_response=lose)
    return app, connect(owner, app.for_user(owner.jwt))


def test_the_nodes_lost_answer(owner: Person) -> None:
    """The node has the transaction, so its hash comes back."""
    app, w3 = losing_answers(owner, 1)
    with app:
        sent = w3.eth.send_transaction({"to": RECEIVER, "value": 1})
    assert w3.eth.get_transaction(sent)["nonce"] == 0
    assert w3.eth.get_balance(RECEIVER) == 1
    assert signed(owner) == 1


@pytest.mark.slow
def test_a_node_that_is_gone(owner: Person) -> None:
    """The error names the transaction, which may have been sent, and was."""
    app, w3 = losing_answers(owner, None)
    with app, pytest.raises(requests.ConnectionError) as caught:
        w3.eth.send_transaction({"to": RECEIVER, "value": 1})
    owner.sandbox.faults.clear()
    (note,) = caught.value.__notes__
    (sent,) = [word for word in note.split() if word.startswith("0x")]
    assert w3.eth.get_transaction(sent)["nonce"] == 0
    assert w3.eth.get_balance(RECEIVER) == 1


def test_signing(w3: Web3) -> None:
    """Each method that signs, signs with the wallet."""
    address = address_of(w3)
    assert w3.eth.accounts == [address]
    personal = w3.eth.sign(address, text="hello")
    assert Account.recover_message(encode_defunct(text="hello"), signature=personal) == address
    typed = w3.eth.sign_typed_data(address, TYPED_DATA)
    message = encode_typed_data(full_message=TYPED_DATA)
    assert Account.recover_message(message, signature=typed) == address
    transaction = w3.eth.sign_transaction({"from": address, "to": RECEIVER, "value": 3})
    assert Account.recover_transaction(transaction["raw"]) == address
    assert w3.eth.send_raw_transaction(transaction["raw"]) == transaction["tx"]["hash"]


@pytest.mark.parametrize(
    ("kind", "value", "path"),
    [
        ("uint8", 256, "a"),
        ("int8[]", [1, -129], "a[1]"),
        ("address", "0x742d35CC6634C0532925a3B844Bc9E7595F2bD18", "a"),
        ("bytes4", "0x1234567890", "a"),
        ("uint8[2]", [1], "a"),
        ("uint256", "five", "a"),
    ],
)
def test_one_strictness(owner: Person, w3: Web3, kind: str, value: Any, path: str) -> None:
    """Typed data that does not fit its types is refused by the same path in every face."""
    whole: Any = {
        "types": {"P": [{"name": "a", "type": kind}]},
        "domain": {"name": "x"},
        "primaryType": "P",
        "message": {"a": value},
    }
    ways: list[Callable[[], object]] = [
        lambda: owner.privy.wallets.ethereum.sign_typed_data(owner.wallet.id, whole),
        lambda: w3.eth.sign_typed_data(address_of(w3), whole),
        lambda: PrivyAccount(owner.privy, owner.wallet).sign_typed_data(full_message=whole),
    ]
    for sign in ways:
        with nothing_sent(owner.sandbox), pytest.raises(InvalidArgumentError) as caught:
            sign()
        assert caught.value.argument == f"typed_data.message.{path}"


@pytest.mark.parametrize(
    "ask",
    [
        lambda w3: w3.eth.send_transaction({"from": RECEIVER, "to": RECEIVER}),
        lambda w3: w3.eth.sign_transaction({"from": RECEIVER, "to": RECEIVER}),
        lambda w3: w3.eth.sign(RECEIVER, text="hello"),
        lambda w3: w3.eth.sign_typed_data(RECEIVER, TYPED_DATA),
    ],
)
def test_other_addresses(owner: Person, w3: Web3, ask: Callable[[Web3], object]) -> None:
    """What is asked of another address is left to the node."""
    with pytest.raises(Web3RPCError):
        ask(w3)
    assert signed(owner) == 0


def test_refusals(owner: Person, w3: Web3) -> None:
    """Privy's refusals are the SDK's errors, the node's are web3.py's."""
    with pytest.raises(Web3RPCError, match="insufficient funds"):
        w3.eth.send_transaction(
            {"to": RECEIVER, "value": Web3.to_wei(10**9, "ether"), "gas": 21000}
        )
    with pytest.raises(AuthenticationError):
        connect(owner, stranger(owner)).eth.send_transaction({"to": RECEIVER})
    deny_all(owner)
    with pytest.raises(PolicyViolationError):
        w3.eth.send_transaction({"to": RECEIVER})
    assert w3.eth.get_transaction_count(address_of(w3)) == 0


def test_wrong_arguments(owner: Person) -> None:
    """Another client, another wallet or an async web3 is refused."""
    solana = owner.app.wallets.create(chain_type="solana")
    with nothing_sent(owner.sandbox):
        with pytest.raises(InvalidArgumentError, match=r"^wallet: expected an Ethereum wallet"):
            sign_with(owner.privy, solana)
        with pytest.raises(InvalidArgumentError, match=r"^privy: expected a client of privy_sync"):
            sign_with(owner.sandbox.client(), owner.wallet)  # type: ignore[arg-type]
        with pytest.raises(InvalidArgumentError, match=r"^w3: for AsyncWeb3 use privy_async"):
            sign_with(owner.privy, owner.wallet)(AsyncWeb3(AsyncHTTPProvider("http://127.0.0.1:9")))
