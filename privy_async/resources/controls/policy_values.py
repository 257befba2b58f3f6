"""Policies as values: rules and their conditions, as they come back and as they go in."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

from privy_async.values import Value, variant

Abi: TypeAlias = Sequence[Mapping[str, Any]]
"""A contract's JSON ABI, as the Solidity compiler writes it."""
Idl: TypeAlias = Mapping[str, Any]
"""A Solana program's interface as Anchor writes it since 0.30; at most 32 KB of JSON."""
RuleAction: TypeAlias = Literal["ALLOW", "ALLOW_WITH_MFA", "DENY"]
"""`ALLOW_WITH_MFA` allows it to users who have verified a second factor (`users.mfa`)."""
_Sending: TypeAlias = Literal[
    "eth_sendTransaction", "signAndSendTransaction", "tron_sendTransaction", "wallet_sendCalls"
]
_SigningTransactions: TypeAlias = Literal[
    "eth_signTransaction", "signTransaction", "tron_signTransaction", "xrpl_signTransaction"
]
_SigningOnEthereum: TypeAlias = Literal[
    "eth_sign7702Authorization", "eth_signTypedData_v4", "eth_signUserOperation", "personal_sign"
]
_SigningBytes: TypeAlias = Literal["signMessage", "signRawMessageBytes", "signTransactionBytes"]
_Exporting: TypeAlias = Literal["exportPrivateKey", "exportSeedPhrase"]
_Acting: TypeAlias = Literal["earn_deposit", "earn_withdraw", "transfer"]
_Signing: TypeAlias = _SigningTransactions | _SigningOnEthereum | _SigningBytes
PolicyMethod: TypeAlias = Literal["*"] | _Sending | _Signing | _Exporting | _Acting
# "neq" stands in the documentation alone, not in the official SDKs.
_ComparesNumbers: TypeAlias = Literal["eq", "neq", "gt", "gte", "lt", "lte"]
_LooksInList: TypeAlias = Literal["in", "in_condition_set"]
_LooksAtText: TypeAlias = Literal["contains", "starts_with", "ends_with"]
ConditionOperator: TypeAlias = _ComparesNumbers | _LooksInList | _LooksAtText


class Condition(Value):
    """A condition of a rule, which must hold: `field` of `field_source` compared with `value`.

    Most sources need no more than these fields; the others have a class of their own.
    """

    field_source: str
    field: str
    operator: str
    value: str | Sequence[str]


@variant(Condition, "field_source", "ethereum_calldata", "tron_trigger_smart_contract_data")
class CalldataCondition(Condition):
    """On `function_name`, or on an argument as `function.argument`, read by `abi`."""

    abi: tuple[Mapping[str, Any], ...]


class TypedDataTypes(Value):
    """The EIP-712 types by which a message is read."""

    primary_type: str
    types: Mapping[str, Any]


@variant(Condition, "field_source", "ethereum_typed_data_message")
class TypedDataCondition(Condition):
    """On a field of an EIP-712 message, as a path with dots."""

    typed_data: TypedDataTypes


@variant(Condition, "field_source", "solana_instruction_data")
class SolanaInstructionDataCondition(Condition):
    """On an instruction of any Anchor program, read by its `idl`."""

    idl: Idl


class PolicyRule(Value):
    """Allows or denies (`action`) what `method` does if all conditions hold; none always do."""

    id: str
    name: str | None = None
    method: str
    conditions: tuple[Condition, ...]
    action: str


class PolicySummary(Value):
    """A policy as lists have it, without its rules. `created_at` is Unix ms."""

    id: str
    version: str | None = None
    name: str | None = None
    chain_type: str | None = None
    created_at: int | None = None
    owner_id: str | None = None


class Policy(PolicySummary):
    """The rules that a wallet's requests must pass. `created_at` is Unix ms."""

    rules: tuple[PolicyRule, ...]


class Comparison(TypedDict):
    """A comparison; numbers are decimal or 0x text, in wei or lamports."""

    operator: ConditionOperator
    value: str | Sequence[str]


class EthereumTransactionConditionInput(Comparison):
    """On the transaction of a request."""

    field_source: Literal["ethereum_transaction"]
    field: Literal["to", "value", "chain_id"]


class CalldataConditionInput(Comparison):
    """On a call of a contract, also one of TRON's: `function_name`, or `function.argument`."""

    field_source: Literal["ethereum_calldata", "tron_trigger_smart_contract_data"]
    field: str
    abi: Abi


class EthereumTypedDataDomainConditionInput(Comparison):
    """On the domain of EIP-712 data."""

    field_source: Literal["ethereum_typed_data_domain"]
    field: Literal["chainId", "verifyingContract", "chain_id", "verifying_contract"]


class TypedDataField(TypedDict):
    """A member of an EIP-712 struct."""

    name: str
    type: str


class TypedDataTypesInput(TypedDict):
    """The EIP-712 types by which a message is read."""

    primary_type: str
    types: Mapping[str, Sequence[TypedDataField]]


class EthereumTypedDataMessageConditionInput(Comparison):
    """On a field of an EIP-712 message, as a path with dots."""

    field_source: Literal["ethereum_typed_data_message"]
    field: str
    typed_data: TypedDataTypesInput


class Ethereum7702AuthorizationConditionInput(Comparison):
    """On the contract that an EIP-7702 authorization names."""

    field_source: Literal["ethereum_7702_authorization"]
    field: Literal["contract"]


class TempoTransactionConditionInput(Comparison):
    """On a Tempo transaction (type 118), once for all its calls."""

    field_source: Literal["tempo_transaction"]
    field: Literal["fee_token", "fee_payer_signature", "nonce_key", "valid_before", "valid_after"]


class SolanaProgramInstructionConditionInput(Comparison):
    """On the program of each instruction."""

    field_source: Literal["solana_program_instruction"]
    field: Literal["programId"]


class SolanaSystemProgramInstructionConditionInput(Comparison):
    """On instructions of the System Program."""

    field_source: Literal["solana_system_program_instruction"]
    field: Literal["instructionName", "Transfer.from", "Transfer.to", "Transfer.lamports"]


class SolanaInstructionDataConditionInput(Comparison):
    """On each instruction whose data begins with a discriminator of the IDL.

    `field` is `instruction_name`, or an argument or a named account of an instruction, such as
    `deposit.lamports`. Whatever program is called matches: put a condition on its `programId` in
    the same rule. All IDLs of a policy have at most 128 KB.

    Source: https://docs.privy.io/controls/policies/example-policies/solana-idls
    """

    field_source: Literal["solana_instruction_data"]
    field: str
    idl: Idl


class NamedFieldConditionInput(Comparison):
    """On one of many fields, each of which has a name.

    - `solana_token_program_instruction`: instructions of the Token Program, `instructionName` or
      such as `Transfer.amount`. Transfer, TransferChecked, Burn, MintTo, CloseAccount and
      InitializeAccount3 can be read.
    - `xrpl_transaction`: an XRP Ledger transaction, `TransactionType` or such as
      `Payment.Amount.drops`. Payment, OfferCreate and TrustSet can be read.
    - `action_request_body`: the body of a wallet action's request, such as a transfer's, as it
      was sent.
    - `reference`: what an aggregation adds up, `aggregation.` and its id.
    """

    field_source: Literal[
        "solana_token_program_instruction", "xrpl_transaction", "action_request_body", "reference"
    ]
    field: str


class TronTransactionConditionInput(Comparison):
    """On a TRON transaction."""

    field_source: Literal["tron_transaction"]
    field: Literal[
        "TransferContract.to_address",
        "TransferContract.amount",
        "TriggerSmartContract.contract_address",
        "TriggerSmartContract.call_value",
        "TriggerSmartContract.token_id",
        "TriggerSmartContract.call_token_value",
    ]


SuiCommand: TypeAlias = Literal["TransferObjects", "SplitCoins", "MergeCoins"]


class SuiTransactionCommandConditionInput(TypedDict):
    """On the kind of each command."""

    field_source: Literal["sui_transaction_command"]
    field: Literal["commandName"]
    operator: Literal["eq", "in"]
    value: SuiCommand | Sequence[SuiCommand]


class SuiTransferObjectsCommandConditionInput(Comparison):
    """On TransferObjects commands."""

    field_source: Literal["sui_transfer_objects_command"]
    field: Literal["recipient", "amount"]


class MessageConditionInput(Comparison):
    """On a message to be signed: its text, or how many bytes it has."""

    field_source: Literal["message"]
    field: Literal["content", "byte_length"]


class SystemConditionInput(Comparison):
    """On the time of the request, in Unix seconds."""

    field_source: Literal["system"]
    field: Literal["current_unix_timestamp"]


ConditionInput: TypeAlias = (
    EthereumTransactionConditionInput
    | CalldataConditionInput
    | EthereumTypedDataDomainConditionInput
    | EthereumTypedDataMessageConditionInput
    | Ethereum7702AuthorizationConditionInput
    | TempoTransactionConditionInput
    | SolanaProgramInstructionConditionInput
    | SolanaSystemProgramInstructionConditionInput
    | SolanaInstructionDataConditionInput
    | NamedFieldConditionInput
    | TronTransactionConditionInput
    | SuiTransactionCommandConditionInput
    | SuiTransferObjectsCommandConditionInput
    | MessageConditionInput
    | SystemConditionInput
)


class PolicyRuleInput(TypedDict):
    """A rule: its name has at most 50 characters; without conditions it always applies."""

    id: NotRequired[str]
    name: str
    method: PolicyMethod
    conditions: Sequence[ConditionInput]
    action: RuleAction
