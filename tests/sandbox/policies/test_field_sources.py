"""Which methods a policy of each chain can name, and which fields of a request: no others.

https://docs.privy.io/controls/policies/overview
"""

from typing import Any

import attrs
import pytest
from policy_engine import Engine, condition, rule

from privy_async.sandbox.requests.refusal import Refusal

ETHEREUM = "eth_sendTransaction eth_signTransaction eth_signUserOperation wallet_sendCalls"
SOLANA = "signTransaction signAndSendTransaction"
TRON = "tron_signTransaction tron_sendTransaction signTransactionBytes"
ANYWHERE = "exportPrivateKey exportSeedPhrase transfer earn_deposit earn_withdraw *"
METHODS = {
    "ethereum": f"{ETHEREUM} eth_signTypedData_v4 personal_sign eth_sign7702Authorization",
    "solana": f"{SOLANA} signMessage",
    "tron": f"{TRON} signRawMessageBytes",
    "sui": "signTransactionBytes signRawMessageBytes",
    "xrpl": "xrpl_signTransaction",
}
NAMED = sorted({name for names in (*METHODS.values(), ANYWHERE) for name in names.split()})
ISSUED = (
    *("Payment.Amount", "Payment.SendMax", "Payment.DeliverMin"),
    *("OfferCreate.TakerPays", "OfferCreate.TakerGets", "TrustSet.LimitAmount"),
)


@attrs.frozen
class Source:
    """What a field source is documented to have; names are apart by blanks."""

    chain: str
    methods: str
    texts: str = ""
    numbers: str = ""


SOURCES = {
    "ethereum_transaction": Source("ethereum", ETHEREUM, "to", "value chain_id"),
    "ethereum_typed_data_domain": Source(
        "ethereum",
        "eth_signTypedData_v4",
        "verifyingContract verifying_contract",
        "chainId chain_id",
    ),
    "ethereum_7702_authorization": Source("ethereum", "eth_sign7702Authorization", "contract"),
    "tempo_transaction": Source(
        "ethereum",
        "eth_sendTransaction eth_signTransaction",
        "fee_token",
        "nonce_key valid_before valid_after",
    ),
    "solana_program_instruction": Source("solana", SOLANA, "programId"),
    "solana_system_program_instruction": Source(
        "solana", SOLANA, "instructionName Transfer.from Transfer.to", "Transfer.lamports"
    ),
    "solana_token_program_instruction": Source(
        "solana",
        SOLANA,
        "instructionName Transfer.source Transfer.destination Transfer.authority "
        "TransferChecked.source TransferChecked.destination TransferChecked.authority "
        "TransferChecked.mint Burn.account Burn.mint Burn.authority MintTo.mint MintTo.account "
        "MintTo.authority CloseAccount.account CloseAccount.destination CloseAccount.authority "
        "InitializeAccount3.account InitializeAccount3.mint InitializeAccount3.owner "
        "InitializeAccount3.authority",
        "Transfer.amount TransferChecked.amount Burn.amount MintTo.amount",
    ),
    "tron_transaction": Source(
        "tron",
        TRON,
        "TransferContract.to_address TriggerSmartContract.contract_address",
        "TransferContract.amount TriggerSmartContract.call_value TriggerSmartContract.token_id "
        "TriggerSmartContract.call_token_value",
    ),
    "sui_transfer_objects_command": Source("sui", "signTransactionBytes", "recipient", "amount"),
    "xrpl_transaction": Source(
        "xrpl",
        "xrpl_signTransaction",
        "TransactionType Payment.Destination "
        + " ".join(f"{amount}.{part}" for amount in ISSUED for part in ("currency", "issuer")),
        # A limit of trust is never in the ledger's own coin.
        "Payment.DestinationTag OfferCreate.Expiration TrustSet.QualityIn TrustSet.QualityOut "
        + " ".join([f"{amount}.drops" for amount in ISSUED[:-1]] + [f"{a}.value" for a in ISSUED]),
    ),
    "message": Source("ethereum", "personal_sign", "content", "byte_length"),
    "system": Source("ethereum", METHODS["ethereum"], "", "current_unix_timestamp"),
}
TEXTS = [(source, field) for source in SOURCES for field in SOURCES[source].texts.split()]
NUMBERS = [(source, field) for source in SOURCES for field in SOURCES[source].numbers.split()]


def store(source: str, field: str, operator: str, method: str | None = None) -> None:
    """Store a policy whose condition is about this field."""
    about = condition(source, field, operator, "1")
    kind = SOURCES[source]
    Engine(kind.chain).policy(rule(method or kind.methods.split()[0], about))


def assert_refused(*arguments: Any) -> None:
    with pytest.raises(Refusal) as refused:
        store(*arguments)
    assert refused.value.status == 400


@pytest.mark.parametrize("chain", METHODS)
def test_methods_of_a_chain(chain: str) -> None:
    """A rule names one of its chain's, or one that every chain has."""
    for method in NAMED:
        if method in f"{METHODS[chain]} {ANYWHERE}".split():
            Engine(chain).policy(rule(method))
        else:
            with pytest.raises(Refusal):
                Engine(chain).policy(rule(method))
        with pytest.raises(Refusal):
            Engine(chain).policy(rule(f"{method}s"))


@pytest.mark.parametrize("source", SOURCES)
def test_methods_of_a_source(source: str) -> None:
    """A field can be compared where the request has it."""
    kind = SOURCES[source]
    field = (kind.texts or kind.numbers).split()[0]
    for method in METHODS[kind.chain].split():
        if method in kind.methods.split():
            store(source, field, "eq", method)
        else:
            assert_refused(source, field, "eq", method)


@pytest.mark.parametrize(("source", "field"), TEXTS + NUMBERS)
def test_each_field_has_its_name(source: str, field: str) -> None:
    """A letter more or less names no field, nor does the name of another source's."""
    store(source, field, "eq")
    for other in (f"{field}s", field[:-1], field.upper(), "TrustSet.LimitAmount.drops"):
        assert_refused(source, other, "eq")


@pytest.mark.parametrize(("source", "field"), TEXTS)
def test_texts_have_no_order(source: str, field: str) -> None:
    """Only numbers are less than others."""
    assert_refused(source, field, "lt")


@pytest.mark.parametrize(("source", "field"), NUMBERS)
def test_numbers_have_an_order(source: str, field: str) -> None:
    """They can be bounded, and do not begin with anything."""
    store(source, field, "lt")
    assert_refused(source, field, "starts_with")


@pytest.mark.parametrize("method", ["signMessage", "signRawMessageBytes"])
def test_messages_of_other_chains(method: str) -> None:
    """A message is one on every chain that signs some."""
    chain = "solana" if method == "signMessage" else "tron"
    for field in ("content", "byte_length"):
        Engine(chain).policy(rule(method, condition("message", field, "eq", "1")))


@pytest.mark.parametrize("field", ["fee_payer_signature", "aa_authorization_list", "access_list"])
def test_parts_of_a_tempo_transaction(field: str) -> None:
    """They can be compared in any way; a misspelt one cannot."""
    for operator in ("eq", "lt", "starts_with"):
        store("tempo_transaction", field, operator)
    assert_refused("tempo_transaction", f"{field}s", "eq")


def test_names_of_a_suis_commands() -> None:
    """They can be one of several, and have no order."""
    for operator, right in (("eq", True), ("in", True), ("lt", False), ("starts_with", False)):
        value: Any = ["SplitCoins"] if operator == "in" else "SplitCoins"
        named = condition("sui_transaction_command", "commandName", operator, value)
        if right:
            Engine("sui").policy(rule("signTransactionBytes", named))
        else:
            with pytest.raises(Refusal):
                Engine("sui").policy(rule("signTransactionBytes", named))
