"""The RPC methods of Solana wallets, checked by solders."""

from base64 import b64decode, b64encode
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from solders.address_lookup_table_account import AddressLookupTableAccount
from solders.hash import Hash
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.litesvm import LiteSVM
from solders.message import Message, MessageV0
from solders.null_signer import NullSigner
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.system_program import TransferParams, transfer
from solders.transaction import VersionedTransaction
from solders.transaction_metadata import TransactionMetadata

from privy_async.sandbox.keys.wallet_keys import WalletKey
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.rpc import RPC_METHODS, RpcResult, Submission, execute
from privy_async.sandbox.rpc.solana import METHODS

KEY = WalletKey.generate("solana", lambda count: bytes(range(count)))
WALLET = Pubkey.from_string(KEY.address)
FRIEND = Keypair.from_seed(bytes(range(32)))
RECIPIENT = Pubkey.from_string("9NvE68JVWHHHGLp5NNELtM5fiBw6SXHrzqQJjUqaykC1")
BLOCKHASH = Hash(bytes(range(1, 33)))
DEVNET = "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1"
TRANSFER = transfer(TransferParams(from_pubkey=WALLET, to_pubkey=RECIPIENT, lamports=1_000_000))
Build = Callable[..., Message | MessageV0]
# Other people's transaction, from the documentation of the official Rust SDK.
FOREIGN = (
    "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABAAED"
    "Rpb0mdmKftapwzzqUtlcDnuWbw8vwlyiyuWyyieQFKESezu52HWNss0SAcb60ftz7DSpgTwUmfUSl1CYHJ91GAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAScgJ7J0AXFr1azCEvB1Y5zpiF4eXR+yTW0UB7am+E/MBAgIAAQwCAAAA"
    "QEIPAAAAAAA="
)


def legacy(*instructions: Instruction, blockhash: Hash = BLOCKHASH) -> Message:
    """A legacy message the wallet pays for."""
    return Message.new_with_blockhash(instructions or [TRANSFER], WALLET, blockhash)


def version_0(*instructions: Instruction, blockhash: Hash = BLOCKHASH) -> MessageV0:
    """A version 0 message the wallet pays for, with the recipient in a lookup table."""
    table = AddressLookupTableAccount(key=Pubkey.new_unique(), addresses=[RECIPIENT])
    return MessageV0.try_compile(WALLET, instructions or [TRANSFER], [table], blockhash)


def unsigned(message: Message | MessageV0) -> bytes:
    """The wire form with empty signatures."""
    empty = [Signature.default()] * message.header.num_required_signatures
    return bytes(VersionedTransaction.populate(message, empty))


def with_friend(instruction: Instruction = TRANSFER) -> Instruction:
    """The instruction, with a friend who has to sign it too."""
    accounts = [*instruction.accounts, AccountMeta(FRIEND.pubkey(), True, False)]
    return Instruction(instruction.program_id, instruction.data, accounts)


def call(method: str, wire: bytes | str, *, nonce: int = 0, **fields: object) -> RpcResult:
    """Execute a request about a transaction with the test's wallet."""
    text = wire if isinstance(wire, str) else b64encode(wire).decode()
    params = {"transaction": text, "encoding": "base64"}
    return execute(KEY, {"method": method, "params": params, **fields}, nonce=nonce)


def send(wire: bytes, *, nonce: int = 0, **fields: object) -> tuple[RpcResult, Submission]:
    """Send a transaction to devnet."""
    result = call("signAndSendTransaction", wire, nonce=nonce, caip2=DEVNET, **fields)
    assert result.submission is not None
    return result, result.submission


def refusal(body: dict[str, object]) -> Refusal:
    """Execute a request that must be refused."""
    with pytest.raises(Refusal) as refused:
        execute(KEY, body)
    assert (refused.value.status, refused.value.code) == (400, "invalid_data")
    return refused.value


def decode(text: object) -> VersionedTransaction:
    """Read base64 of a wire transaction."""
    return VersionedTransaction.from_bytes(b64decode(str(text), validate=True))


def test_methods_are_routed_to_this_chain() -> None:
    """Every method that is listed for Solana exists, and no other."""
    assert METHODS.keys() == {name for name, chain in RPC_METHODS.items() if chain == "solana"}


@given(st.binary(max_size=200))
@settings(max_examples=40)
def test_sign_message(message: bytes) -> None:
    """The signature over the decoded bytes verifies for the wallet's address."""
    params = {"message": b64encode(message).decode(), "encoding": "base64"}
    result = execute(KEY, {"method": "signMessage", "params": params, "chain_type": "solana"})
    assert result.submission is None
    assert result.data.keys() == {"signature", "encoding"}
    assert result.data["encoding"] == "base64"
    signature = Signature(b64decode(str(result.data["signature"]), validate=True))
    assert signature.verify(WALLET, message)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"message": "Hello, world!", "encoding": "base64"}, "`params.message`: Expected base64"),
        ({"message": "SGVsbG8", "encoding": "base64"}, "`params.message`: Expected base64"),
        ({"message": "SGVsbG8=", "encoding": "utf-8"}, "`params.encoding`"),
        ({"message": "SGVsbG8="}, "`params.encoding`: Required"),
        ({"encoding": "base64"}, "`params.message`: Required"),
        ({"message": 7, "encoding": "base64"}, "`params.message`"),
        (None, "`params`: Required"),
    ],
)
def test_sign_message_refuses(params: object, message: str) -> None:
    """What is no base64 message is answered with 400 naming the field."""
    assert message in refusal({"method": "signMessage", "params": params}).message


@pytest.mark.parametrize("message", [legacy(), version_0()], ids=["legacy", "version 0"])
def test_sign_transaction(message: Message | MessageV0) -> None:
    """The wallet's signature is in its slot and verifies; the message is unchanged."""
    result = call("signTransaction", unsigned(message))
    assert result.submission is None
    assert result.data.keys() == {"signed_transaction", "encoding"}
    assert result.data["encoding"] == "base64"
    signed = decode(result.data["signed_transaction"])
    assert signed.message == message
    assert signed.verify_with_results() == [True]
    assert signed.version() == VersionedTransaction.populate(message, []).version()


@pytest.mark.parametrize("build", [legacy, version_0])
def test_signing_keeps_the_others_signatures(build: Build) -> None:
    """A second signer's signature stays where it is, and an empty one stays empty."""
    message = build(with_friend())
    signer = VersionedTransaction(message, [NullSigner(WALLET), FRIEND])
    signed = decode(call("signTransaction", bytes(signer)).data["signed_transaction"])
    assert signed.verify_with_results() == [True, True]
    assert signed.signatures[1] == signer.signatures[1]
    alone = decode(call("signTransaction", unsigned(message)).data["signed_transaction"])
    assert alone.verify_with_results() == [True, False]


def test_the_wallet_signs_in_its_own_slot() -> None:
    """A wallet that is not the fee payer signs at its place among the signers."""
    message = Message.new_with_blockhash([TRANSFER], FRIEND.pubkey(), BLOCKHASH)
    sponsored = VersionedTransaction(message, [FRIEND, NullSigner(WALLET)])
    signed = decode(call("signTransaction", bytes(sponsored)).data["signed_transaction"])
    assert signed.verify_with_results() == [True, True]
    assert signed.signatures[0] == sponsored.signatures[0]


def test_signing_does_not_fill_in_the_blockhash() -> None:
    """Only sending replaces a blockhash of zeros."""
    message = legacy(blockhash=Hash.default())
    signed = decode(call("signTransaction", unsigned(message)).data["signed_transaction"])
    assert signed.message.recent_blockhash == Hash.default()


@pytest.mark.parametrize("build", [legacy, version_0])
def test_send_transaction(build: Build) -> None:
    """Sending answers the first signature as the hash and the transaction as it was sent."""
    message = build()
    result, submission = send(unsigned(message), reference_id="order-1")
    signed = decode(submission.transaction["signed_transaction"])
    assert signed.message == message
    assert signed.verify_with_results() == [True]
    assert result.data == {
        "hash": str(signed.signatures[0]),
        "caip2": DEVNET,
        "signed_transaction": submission.transaction["signed_transaction"],
        "reference_id": "order-1",
    }
    assert submission == Submission(
        caip2=DEVNET,
        transaction_hash=str(signed.signatures[0]),
        transaction={"signed_transaction": b64encode(bytes(signed)).decode()},
        reference_id="order-1",
    )


@pytest.mark.parametrize("build", [legacy, version_0])
def test_sending_fills_in_an_empty_blockhash(build: Build) -> None:
    """A blockhash of zeros is replaced, by one for each nonce; all else stays."""
    message = build(blockhash=Hash.default())
    wire = unsigned(message)
    first, second, again = (send(wire, nonce=nonce)[1] for nonce in (0, 1, 0))
    assert first == again
    assert first.transaction_hash != second.transaction_hash
    sent = decode(first.transaction["signed_transaction"])
    assert sent.message.recent_blockhash != Hash.default()
    assert sent.verify_with_results() == [True]
    assert sent.message.header == message.header
    assert sent.message.account_keys == message.account_keys
    assert sent.message.instructions == message.instructions
    if isinstance(message, MessageV0):
        assert isinstance(sent.message, MessageV0)
        assert sent.message.address_table_lookups == message.address_table_lookups


def test_a_sent_transaction_runs_on_a_real_chain() -> None:
    """A local Solana runtime accepts the signature and moves the lamports."""
    chain = LiteSVM()
    chain.airdrop(WALLET, 10**9)
    _, submission = send(unsigned(legacy(blockhash=chain.latest_blockhash())))
    outcome = chain.send_transaction(decode(submission.transaction["signed_transaction"]))
    assert isinstance(outcome, TransactionMetadata)
    assert str(outcome.signature()) == submission.transaction_hash
    assert chain.get_balance(RECIPIENT) == 1_000_000


def big_message() -> Message:
    """A message that does not fit in a packet."""
    return legacy(Instruction(RECIPIENT, bytes(1200), [AccountMeta(WALLET, True, True)]))


def friend_signed_over_no_blockhash() -> bytes:
    """A transaction whose second signature sending would break."""
    message = legacy(with_friend(), blockhash=Hash.default())
    return bytes(VersionedTransaction(message, [NullSigner(WALLET), FRIEND]))


@pytest.mark.parametrize(
    ("wire", "fields", "message"),
    [
        (unsigned(legacy()), {}, "`caip2`: Required"),
        (unsigned(legacy()), {"caip2": "eip155:1"}, "`caip2`"),
        (unsigned(legacy()), {"caip2": "solana:"}, "`caip2`"),
        (unsigned(legacy()), {"caip2": DEVNET, "reference_id": ""}, "`reference_id`"),
        (unsigned(legacy(with_friend())), {"caip2": DEVNET}, "another required signer"),
        (friend_signed_over_no_blockhash(), {"caip2": DEVNET}, "empty blockhash"),
        (unsigned(big_message()), {"caip2": DEVNET}, "Too large to send"),
        (FOREIGN, {"caip2": DEVNET}, "not among the required signers"),
        ("AAAA", {"caip2": DEVNET}, "`params.transaction`: Not a Solana transaction"),
    ],
)
def test_send_transaction_refuses(
    wire: bytes | str, fields: dict[str, object], message: str
) -> None:
    """What the network would not take is answered with 400 and the reason."""
    with pytest.raises(Refusal) as refused:
        call("signAndSendTransaction", wire, **fields)
    assert (refused.value.status, refused.value.code) == (400, "invalid_data")
    assert message in refused.value.message


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"transaction": FOREIGN, "encoding": "base58"}, "`params.encoding`"),
        ({"transaction": FOREIGN}, "`params.encoding`: Required"),
        ({"encoding": "base64"}, "`params.transaction`: Required"),
        ({"transaction": "!", "encoding": "base64"}, "`params.transaction`: Expected base64"),
        ({"transaction": "", "encoding": "base64"}, "Not a Solana transaction"),
        ({"transaction": "AAAA", "encoding": "base64"}, "Not a Solana transaction"),
        (
            {
                "transaction": b64encode(unsigned(legacy()) + b"\0").decode(),
                "encoding": "base64",
            },
            "Not a Solana transaction",
        ),
        (
            {
                "transaction": b64encode(
                    bytes(VersionedTransaction.populate(legacy(), []))
                ).decode(),
                "encoding": "base64",
            },
            "Not a Solana transaction",
        ),
        (None, "`params`: Required"),
    ],
)
def test_sign_transaction_refuses(params: object, message: str) -> None:
    """What is no transaction of this wallet is answered with 400 naming the field."""
    assert message in refusal({"method": "signTransaction", "params": params}).message


@given(st.binary(max_size=300))
@settings(max_examples=200)
def test_random_bytes_are_refused(wire: bytes) -> None:
    """Bytes that are no transaction of the wallet's are a refusal, never a crash."""
    with pytest.raises(Refusal):
        call("signTransaction", wire)


@given(st.integers(0, 300), st.integers(1, 255))
@settings(max_examples=200)
def test_a_damaged_transaction_is_signed_or_refused(position: int, change: int) -> None:
    """With any byte of a transaction changed, the answer verifies or is a refusal."""
    wire = bytearray(unsigned(version_0()))
    wire[position % len(wire)] ^= change
    try:
        result = call("signTransaction", bytes(wire))
    except Refusal:
        return
    signed = decode(result.data["signed_transaction"])
    keys = signed.message.account_keys[: signed.message.header.num_required_signatures]
    assert True in signed.verify_with_results() or Pubkey.from_string(KEY.address) not in keys


def test_another_wallets_transaction_stays_as_it_is() -> None:
    """Where there is no place for the wallet's signature, the answer is what came."""
    result = call("signTransaction", FOREIGN)
    assert result.data["signed_transaction"] == FOREIGN
