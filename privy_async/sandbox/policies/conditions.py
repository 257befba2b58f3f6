"""The fields conditions may be about, and how each can be compared.

Source: https://docs.privy.io/controls/policies/overview#conditions and, for the fields of newer
chains, the official Python SDK 0.7.0.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import attrs

from privy_async.sandbox.policies.operators import (
    NUMBER_OPERATORS,
    OPERATORS,
    TEXT_OPERATORS,
)

MAX_VALUES: Final = 100

_ETHEREUM: Final = (
    "eth_sendTransaction",
    "eth_signTransaction",
    "eth_signUserOperation",
    "wallet_sendCalls",
)
_SOLANA: Final = ("signTransaction", "signAndSendTransaction")
_TRON: Final = ("tron_signTransaction", "tron_sendTransaction", "signTransactionBytes")
_RAW: Final = ("signTransactionBytes", "signRawMessageBytes")
EXPORTS: Final = ("exportPrivateKey", "exportSeedPhrase")
_ACTIONS: Final = ("transfer", "earn_deposit", "earn_withdraw")

METHODS_BY_CHAIN: Final[Mapping[str, Sequence[str]]] = {
    "ethereum": (
        *_ETHEREUM,
        "eth_signTypedData_v4",
        "personal_sign",
        "eth_sign7702Authorization",
    ),
    "solana": (*_SOLANA, "signMessage"),
    "tron": (*_TRON, "signRawMessageBytes"),
    "sui": _RAW,
    "xrpl": ("xrpl_signTransaction",),
}
ANY_CHAIN_METHODS: Final = (*EXPORTS, *_ACTIONS, "*")
AGGREGATION_METHODS: Final = ("eth_signTransaction", "eth_signUserOperation")


@attrs.frozen
class Kind:
    """A kind of field: its operators, and whether it is compared with numbers."""

    operators: Sequence[str]
    numeric: bool = False


_NUMBER: Final = Kind(NUMBER_OPERATORS, numeric=True)
_TEXT: Final = Kind(TEXT_OPERATORS)
# A field whose type the request or an ABI decides.
_ANY: Final = Kind(OPERATORS)
_COMMAND: Final = Kind(("eq", "in"))


@attrs.frozen
class FieldSource:
    """A field source.

    Attributes:
        methods: The methods whose rules may use it, besides `*`; None for all but exports.
        fields: Its fields; where there are none, every name is a field.
        extra: What else the condition needs: "abi", "typed_data" or "idl".
        unsupported: Operators that its fields do not have, whatever their kind.
    """

    methods: Sequence[str] | None
    fields: Mapping[str, Kind] = attrs.field(factory=dict[str, Kind])
    extra: str | None = attrs.field(default=None, kw_only=True)
    unsupported: Sequence[str] = attrs.field(default=(), kw_only=True)

    def kind_of(self, field: str) -> Kind | None:
        """The kind of a field, or None if it has no such field."""
        return self.fields.get(field) if self.fields else _ANY


def _kinds(names: str, kind: Kind) -> dict[str, Kind]:
    return dict.fromkeys(names.split(), kind)


def _solana(fields: Mapping[str, Kind], extra: str | None = None) -> FieldSource:
    # Privy's API was seen to refuse `neq` for Solana, though the documentation lists it.
    return FieldSource(_SOLANA, fields, extra=extra, unsupported=("neq",))


_XRPL_AMOUNTS: Final = (
    "Payment.Amount",
    "Payment.SendMax",
    "Payment.DeliverMin",
    "OfferCreate.TakerPays",
    "OfferCreate.TakerGets",
)

FIELD_SOURCES: Final[Mapping[str, FieldSource]] = {
    "ethereum_transaction": FieldSource(
        _ETHEREUM, {"to": _TEXT, "value": _NUMBER, "chain_id": _NUMBER}
    ),
    "ethereum_calldata": FieldSource(_ETHEREUM, extra="abi"),
    "ethereum_typed_data_domain": FieldSource(
        ("eth_signTypedData_v4",),
        {
            **_kinds("chainId chain_id", _NUMBER),
            **_kinds("verifyingContract verifying_contract", _TEXT),
        },
    ),
    "ethereum_typed_data_message": FieldSource(("eth_signTypedData_v4",), extra="typed_data"),
    "ethereum_7702_authorization": FieldSource(("eth_sign7702Authorization",), {"contract": _TEXT}),
    "tempo_transaction": FieldSource(
        ("eth_sendTransaction", "eth_signTransaction"),
        {
            "fee_token": _TEXT,
            **_kinds("nonce_key valid_before valid_after", _NUMBER),
            **_kinds("fee_payer_signature aa_authorization_list access_list", _ANY),
        },
    ),
    "solana_program_instruction": _solana({"programId": _TEXT}),
    "solana_instruction_data": _solana({}, "idl"),
    "solana_system_program_instruction": _solana(
        {
            **_kinds("instructionName Transfer.from Transfer.to", _TEXT),
            "Transfer.lamports": _NUMBER,
        }
    ),
    "solana_token_program_instruction": _solana(
        {
            **_kinds("instructionName", _TEXT),
            **_kinds("Transfer.source Transfer.destination Transfer.authority", _TEXT),
            **_kinds("TransferChecked.source TransferChecked.destination", _TEXT),
            **_kinds("TransferChecked.authority TransferChecked.mint", _TEXT),
            **_kinds("Burn.account Burn.mint Burn.authority", _TEXT),
            **_kinds("MintTo.mint MintTo.account MintTo.authority", _TEXT),
            **_kinds("CloseAccount.account CloseAccount.destination", _TEXT),
            **_kinds("CloseAccount.authority InitializeAccount3.account", _TEXT),
            **_kinds("InitializeAccount3.mint InitializeAccount3.owner", _TEXT),
            **_kinds("InitializeAccount3.authority", _TEXT),
            **_kinds("Transfer.amount TransferChecked.amount Burn.amount MintTo.amount", _NUMBER),
        }
    ),
    "tron_transaction": FieldSource(
        _TRON,
        {
            **_kinds("TransferContract.to_address TriggerSmartContract.contract_address", _TEXT),
            **_kinds("TransferContract.amount TriggerSmartContract.call_value", _NUMBER),
            **_kinds("TriggerSmartContract.token_id", _NUMBER),
            **_kinds("TriggerSmartContract.call_token_value", _NUMBER),
        },
    ),
    "tron_trigger_smart_contract_data": FieldSource(_TRON, extra="abi"),
    "sui_transaction_command": FieldSource(("signTransactionBytes",), {"commandName": _COMMAND}),
    "sui_transfer_objects_command": FieldSource(
        ("signTransactionBytes",), {"recipient": _TEXT, "amount": _NUMBER}
    ),
    "xrpl_transaction": FieldSource(
        ("xrpl_signTransaction",),
        {
            **_kinds("TransactionType Payment.Destination", _TEXT),
            **_kinds("Payment.DestinationTag OfferCreate.Expiration", _NUMBER),
            **_kinds("TrustSet.QualityIn TrustSet.QualityOut", _NUMBER),
            **{f"{name}.drops": _NUMBER for name in _XRPL_AMOUNTS},
            **{f"{name}.value": _NUMBER for name in (*_XRPL_AMOUNTS, "TrustSet.LimitAmount")},
            **{f"{name}.currency": _TEXT for name in (*_XRPL_AMOUNTS, "TrustSet.LimitAmount")},
            **{f"{name}.issuer": _TEXT for name in (*_XRPL_AMOUNTS, "TrustSet.LimitAmount")},
        },
    ),
    "message": FieldSource(
        ("personal_sign", "signMessage", "signRawMessageBytes"),
        {"content": _TEXT, "byte_length": _NUMBER},
    ),
    "action_request_body": FieldSource(_ACTIONS),
    "system": FieldSource(None, {"current_unix_timestamp": _NUMBER}),
    "reference": FieldSource(AGGREGATION_METHODS),
}
