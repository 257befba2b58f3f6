"""The JSON-RPC methods of Solana (https://solana.com/docs/rpc/http)."""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from solders.account import Account
from solders.hash import Hash, ParseHashError
from solders.message import MessageV0, from_bytes_versioned
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.transaction import SanitizeError, VersionedTransaction
from solders.transaction_metadata import FailedTransactionMetadata

from privy_async.sandbox.blockchains.assets import to_decimal
from privy_async.sandbox.blockchains.json_rpc import (
    METHOD_NOT_FOUND,
    Params,
    RpcError,
    invalid_params,
)
from privy_async.sandbox.blockchains.svm.node import ExecutedTransaction, SvmNode, error_json
from privy_async.sandbox.keys.address_encodings import BITCOIN_ALPHABET, base58

_FEE_PER_SIGNATURE: Final = 5000
_MAX_AIRDROP: Final = 10 * 10**9
_MAX_ACCOUNTS: Final = 100
_MAX_BASE58: Final = 1700

Json = dict[str, Any]
_Method = Callable[[SvmNode, Params], object]


def execute(node: SvmNode, method: str, params: Params) -> object:
    """Execute a method.

    Raises:
        RpcError: It failed, or there is no such method.
    """
    run = METHODS.get(method)
    if run is None:
        raise RpcError("Method not found", METHOD_NOT_FOUND)
    return run(node, params)


def _in_context(node: SvmNode, value: object) -> Json:
    return {"context": {"slot": node.slot, "apiVersion": "2.0.0"}, "value": value}


def _pubkey(params: Params, index: int = 0) -> Pubkey:
    return _read_pubkey(params.text(index))


def _read_pubkey(text: str) -> Pubkey:
    try:
        return Pubkey.from_string(text)
    except ValueError:
        raise invalid_params("not a public key") from None


def _read_signature(text: str) -> Signature:
    try:
        return Signature.from_string(text)
    except ValueError:
        raise invalid_params("not a signature") from None


def _wire(params: Params) -> bytes:
    """The bytes of the first parameter, base58 unless the options say base64."""
    text = params.text(0)
    try:
        if params.object(1).get("encoding", "base58") == "base64":
            return b64decode(text, validate=True)
        if len(text) > _MAX_BASE58:
            raise invalid_params("too large for a transaction")
        return _from_base58(text)
    except (Base64Error, ValueError):
        raise invalid_params("failed to decode") from None


def _from_base58(text: str) -> bytes:
    number = 0
    for character in text:
        number = 58 * number + BITCOIN_ALPHABET.index(character)
    zeros = len(text) - len(text.lstrip(BITCOIN_ALPHABET[0]))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8)


def _transaction(params: Params) -> VersionedTransaction:
    try:
        transaction = VersionedTransaction.from_bytes(_wire(params))
        transaction.sanitize()
    except (ValueError, SanitizeError):
        raise invalid_params("failed to deserialize a transaction") from None
    return transaction


def _latest_blockhash(node: SvmNode, params: Params) -> Json:
    blockhash = node.blockhash
    last = node.expiry_of(blockhash)
    return _in_context(node, {"blockhash": str(blockhash), "lastValidBlockHeight": last})


def _is_blockhash_valid(node: SvmNode, params: Params) -> Json:
    try:
        blockhash = Hash.from_string(params.text(0))
    except ParseHashError:
        raise invalid_params("not a hash") from None
    return _in_context(node, node.expiry_of(blockhash) is not None)


def _balance(node: SvmNode, params: Params) -> Json:
    return _in_context(node, node.vm.get_balance(_pubkey(params)) or 0)


def _account_info(node: SvmNode, params: Params) -> Json:
    return _in_context(node, _account(node, _pubkey(params), params.object(1)))


def _multiple_accounts(node: SvmNode, params: Params) -> Json:
    keys = params.texts(0)
    if len(keys) > _MAX_ACCOUNTS:
        raise invalid_params(f"at most {_MAX_ACCOUNTS} accounts")
    options = params.object(1)
    return _in_context(node, [_account(node, _read_pubkey(key), options) for key in keys])


def _account(node: SvmNode, address: Pubkey, options: Mapping[str, object]) -> Json | None:
    account = node.vm.get_account(address)
    if account is None or not account.lamports:
        return None
    parsed = options.get("encoding") == "jsonParsed" and _parsed_token_account(node, address)
    return _account_json(account, parsed or _encoded(account.data, options))


def _account_json(account: Account, data: object) -> Json:
    return {
        "lamports": account.lamports,
        "owner": str(account.owner),
        "data": data,
        "executable": account.executable,
        "rentEpoch": account.rent_epoch,
        "space": len(account.data),
    }


def _encoded(data: bytes, options: Mapping[str, object]) -> object:
    if options.get("encoding") in (None, "binary", "base58"):
        return [base58(data), "base58"]
    return [b64encode(data).decode(), "base64"]


def _parsed_token_account(node: SvmNode, address: Pubkey) -> Json | None:
    account = node.token_account(address)
    mint = node.mint(account.mint) if account else None
    if account is None or mint is None:
        return None
    info = {
        "isNative": account.is_native is not None,
        "mint": str(account.mint),
        "owner": str(account.owner),
        "state": "initialized",
        "tokenAmount": _token_amount(account.amount, mint.decimals),
    }
    return {"program": "spl-token", "parsed": {"type": "account", "info": info}, "space": 165}


def _token_amount(units: int, decimals: int) -> Json:
    text = to_decimal(units, decimals)
    return {
        "amount": str(units),
        "decimals": decimals,
        "uiAmount": float(text),
        "uiAmountString": text,
    }


def _token_account_balance(node: SvmNode, params: Params) -> Json:
    account = node.token_account(_pubkey(params))
    mint = node.mint(account.mint) if account else None
    if account is None or mint is None:
        raise invalid_params("could not find account")
    return _in_context(node, _token_amount(account.amount, mint.decimals))


def _token_supply(node: SvmNode, params: Params) -> Json:
    mint = node.mint(_pubkey(params))
    if mint is None:
        raise invalid_params("not a Token mint")
    return _in_context(node, _token_amount(mint.supply, mint.decimals))


def _token_accounts_by_owner(node: SvmNode, params: Params) -> Json:
    wanted, options = params.object(1).get("mint"), params.object(2)
    found: list[Json] = [
        {"pubkey": str(address), "account": _account(node, address, options)}
        for address, account in node.token_accounts(_pubkey(params))
        if wanted is None or str(account.mint) == wanted
    ]
    return _in_context(node, found)


def _send(node: SvmNode, params: Params) -> str:
    preflight = params.object(1).get("skipPreflight") is not True
    return str(node.send(_transaction(params), preflight=preflight))


def _simulate(node: SvmNode, params: Params) -> Json:
    transaction = _transaction(params)
    if params.object(1).get("replaceRecentBlockhash") is not True:
        try:
            node.check(transaction, preflight=False)
        except RpcError as error:
            if error.data is None:
                raise
            return _in_context(node, error.data)
    outcome = node.vm.simulate_transaction(transaction)
    failed = isinstance(outcome, FailedTransactionMetadata)
    meta = outcome.meta()
    value = {
        "err": error_json(outcome) if failed else None,
        "logs": meta.logs(),
        "accounts": None,
        "unitsConsumed": meta.compute_units_consumed(),
        "returnData": None,
    }
    return _in_context(node, value)


def _fee_for_message(node: SvmNode, params: Params) -> Json:
    try:
        message = from_bytes_versioned(b64decode(params.text(0), validate=True))
    except (Base64Error, ValueError):
        raise invalid_params("failed to deserialize a message") from None
    if node.expiry_of(message.recent_blockhash) is None:
        return _in_context(node, None)
    return _in_context(node, _FEE_PER_SIGNATURE * message.header.num_required_signatures)


def _signature_statuses(node: SvmNode, params: Params) -> Json:
    found = (node.executed.get(_read_signature(text)) for text in params.texts(0))
    return _in_context(node, [_status(executed) if executed else None for executed in found])


def _status(executed: ExecutedTransaction) -> Json:
    return {
        "slot": executed.slot,
        "confirmations": None,
        "err": executed.error,
        "status": {"Ok": None} if executed.error is None else {"Err": executed.error},
        "confirmationStatus": "finalized",
    }


def _signatures_for_address(node: SvmNode, params: Params) -> Sequence[Json]:
    address = _pubkey(params)
    return [
        {
            "signature": str(signature),
            "slot": executed.slot,
            "err": executed.error,
            "memo": None,
            "blockTime": executed.block_time,
            "confirmationStatus": "finalized",
        }
        for signature, executed in reversed(node.executed.items())
        if address in executed.transaction.message.account_keys
    ]


def _get_transaction(node: SvmNode, params: Params) -> Json | None:
    executed = node.executed.get(_read_signature(params.text(0)))
    if executed is None:
        return None
    transaction = executed.transaction
    encoded: object = [b64encode(bytes(transaction)).decode(), "base64"]
    if params.object(1).get("encoding", "json") != "base64":
        encoded = _transaction_json(transaction)
    return {
        "slot": executed.slot,
        "blockTime": executed.block_time,
        "transaction": encoded,
        "version": 0 if isinstance(transaction.message, MessageV0) else "legacy",
        "meta": {
            "err": executed.error,
            "status": _status(executed)["status"],
            "fee": executed.fee,
            "preBalances": executed.before,
            "postBalances": executed.after,
            "innerInstructions": [],
            "logMessages": executed.logs,
            "preTokenBalances": [],
            "postTokenBalances": [],
            "rewards": [],
            "loadedAddresses": {"writable": [], "readonly": []},
            "computeUnitsConsumed": executed.compute_units,
        },
    }


def _transaction_json(transaction: VersionedTransaction) -> Json:
    message = transaction.message
    header = message.header
    return {
        "signatures": [str(signature) for signature in transaction.signatures],
        "message": {
            "header": {
                "numRequiredSignatures": header.num_required_signatures,
                "numReadonlySignedAccounts": header.num_readonly_signed_accounts,
                "numReadonlyUnsignedAccounts": header.num_readonly_unsigned_accounts,
            },
            "accountKeys": [str(key) for key in message.account_keys],
            "recentBlockhash": str(message.recent_blockhash),
            "instructions": [
                {
                    "programIdIndex": instruction.program_id_index,
                    "accounts": list(instruction.accounts),
                    "data": base58(instruction.data),
                    "stackHeight": None,
                }
                for instruction in message.instructions
            ],
        },
    }


def _rent_exemption(node: SvmNode, params: Params) -> int:
    size = params.quantity(0)
    if size > 10 * 1024 * 1024:
        raise invalid_params("larger than an account can be")
    return node.vm.minimum_balance_for_rent_exemption(size)


def _airdrop(node: SvmNode, params: Params) -> str:
    lamports = params.quantity(1)
    if lamports > _MAX_AIRDROP:
        raise invalid_params(f"at most {_MAX_AIRDROP} lamports")
    return str(node.airdrop(_pubkey(params), lamports))


def _epoch_info(node: SvmNode, params: Params) -> Json:
    return {
        "absoluteSlot": node.slot,
        "blockHeight": node.slot,
        "epoch": 0,
        "slotIndex": node.slot,
        "slotsInEpoch": 432_000,
        "transactionCount": len(node.executed),
    }


METHODS: Final[Mapping[str, _Method]] = {
    "getHealth": lambda node, params: "ok",
    "getVersion": lambda node, params: {"solana-core": "2.0.0", "feature-set": 0},
    "getGenesisHash": lambda node, params: str(node.genesis_hash),
    "getSlot": lambda node, params: node.slot,
    "getBlockHeight": lambda node, params: node.slot,
    "getEpochInfo": _epoch_info,
    "getLatestBlockhash": _latest_blockhash,
    "isBlockhashValid": _is_blockhash_valid,
    "getFeeForMessage": _fee_for_message,
    "getRecentPrioritizationFees": lambda node, params: [],
    "getMinimumBalanceForRentExemption": _rent_exemption,
    "getBalance": _balance,
    "getAccountInfo": _account_info,
    "getMultipleAccounts": _multiple_accounts,
    "getTokenAccountBalance": _token_account_balance,
    "getTokenAccountsByOwner": _token_accounts_by_owner,
    "getTokenSupply": _token_supply,
    "getSignatureStatuses": _signature_statuses,
    "getSignaturesForAddress": _signatures_for_address,
    "getTransaction": _get_transaction,
    "sendTransaction": _send,
    "simulateTransaction": _simulate,
    "requestAirdrop": _airdrop,
}
