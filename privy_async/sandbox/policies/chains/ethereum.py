"""Conditions on what Ethereum wallets are asked for."""

from collections.abc import Callable, Mapping
from typing import Final

from privy_async.sandbox.policies.chains.calldata import calldata_source
from privy_async.sandbox.policies.chains.messages import personal_sign
from privy_async.sandbox.policies.chains.typed_data import domain_source, message_source
from privy_async.sandbox.policies.chains.user_operation import AccountCall, account_calls
from privy_async.sandbox.policies.operators import Reading, number
from privy_async.sandbox.policies.subjects import (
    Asked,
    Subject,
    UndecidableError,
    fields_source,
    undecidable_subject,
)
from privy_async.sandbox.records.policies import FieldReference
from privy_async.sandbox.requests.encoded_fields import (
    absent,
    hex_bytes,
    optional_quantity,
    quantity,
)
from privy_async.sandbox.requests.fields import Fields
from privy_async.sandbox.rpc.tempo_transaction import is_tempo

_TRANSACTION_SOURCES: Final = ("ethereum_transaction", "ethereum_calldata")


def asked(request: Fields) -> Asked:
    """Return what the body of a `POST /v1/wallets/{id}/rpc` asks an Ethereum wallet for."""
    return _METHODS[request.string("method")](request)


def call_subject(call: AccountCall, chain_id: Reading) -> Subject:
    """One call of a contract, or transfer of ether, on a chain."""
    fields: dict[str, Reading] = {"to": call.to, "value": call.value, "chain_id": chain_id}
    return Subject(
        {
            "ethereum_transaction": fields_source(fields),
            "ethereum_calldata": calldata_source(call.data),
        }
    )


def _transaction(request: Fields) -> Asked:
    transaction = request.object("params").object("transaction")
    method = request.string("method")
    sends = method == "eth_sendTransaction"
    chain_id = _sent_to(request) if sends else quantity(transaction, "chain_id")
    if is_tempo(transaction):
        return Asked(method, _tempo_subjects(transaction, chain_id))
    return Asked(method, (call_subject(_call(transaction), chain_id),))


def _tempo_subjects(transaction: Fields, chain_id: int) -> tuple[Subject, ...]:
    """Each call of a Tempo transaction, with what holds for all of them."""
    numbers = {
        name: quantity(transaction, name)
        for name in ("nonce_key", "valid_before", "valid_after")
        if not absent(transaction, name)
    }
    fields: dict[str, Reading] = {"fee_token": transaction.optional_string("fee_token"), **numbers}

    def read(reference: FieldReference) -> Reading:
        if reference.field not in fields and not absent(transaction, reference.field):
            raise UndecidableError(f"{reference.field} is no text and no number")
        return fields.get(reference.field)

    calls = [call_subject(_call(each), chain_id) for each in transaction.objects("calls")]
    return tuple(Subject({**each.sources, "tempo_transaction": read}) for each in calls)


def _send_calls(request: Fields) -> Asked:
    calls = request.object("params").objects("calls")
    chain_id = _sent_to(request)
    subjects = tuple(call_subject(_call(call), chain_id) for call in calls)
    return Asked("wallet_sendCalls", subjects)


def _user_operation(request: Fields) -> Asked:
    """Each call that the account is to make, which its call data wraps."""
    params = request.object("params")
    calls = account_calls(hex_bytes(params.object("user_operation"), "call_data"))
    if calls is None:
        unknown = undecidable_subject("unknown call data", *_TRANSACTION_SOURCES)
        return Asked("eth_signUserOperation", (unknown,))
    chain_id = number(str(params.values["chain_id"]))
    subjects = tuple(call_subject(call, chain_id) for call in calls)
    return Asked("eth_signUserOperation", subjects or (Subject(),))


def _typed_data(request: Fields) -> Asked:
    typed_data = request.object("params").object("typed_data")
    subject = Subject(
        {
            "ethereum_typed_data_domain": domain_source(typed_data),
            "ethereum_typed_data_message": message_source(typed_data),
        }
    )
    return Asked("eth_signTypedData_v4", (subject,))


def _authorization(request: Fields) -> Asked:
    contract = request.object("params").string("contract")
    source = fields_source({"contract": contract})
    subject = Subject({"ethereum_7702_authorization": source})
    return Asked("eth_sign7702Authorization", (subject,))


def _hash(request: Fields) -> Asked:
    # A hash tells nothing, and no rule can name this method: only rules for `*` allow it.
    return Asked("secp256k1_sign", (Subject(),))


_METHODS: Final[Mapping[str, Callable[[Fields], Asked]]] = {
    "personal_sign": personal_sign,
    "eth_signTypedData_v4": _typed_data,
    "eth_signTransaction": _transaction,
    "eth_sendTransaction": _transaction,
    "wallet_sendCalls": _send_calls,
    "secp256k1_sign": _hash,
    "eth_sign7702Authorization": _authorization,
    "eth_signUserOperation": _user_operation,
}


def _call(fields: Fields) -> AccountCall:
    """A transaction's or a call's receiver as it was sent, its value and its data."""
    data = b"" if absent(fields, "data") else hex_bytes(fields, "data")
    return AccountCall(fields.optional_string("to"), optional_quantity(fields, "value", 0), data)


def _sent_to(request: Fields) -> int:
    return int(request.string("caip2").removeprefix("eip155:"))
