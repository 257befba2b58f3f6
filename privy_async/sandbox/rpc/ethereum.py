"""The RPC methods of Ethereum wallets.

https://docs.privy.io/api-reference/wallets/ethereum/personal-sign and its neighbours.
"""

from collections.abc import Callable, Mapping
from typing import Final

from eth_account import Account
from eth_account.messages import encode_defunct

from privy_async.sandbox.keys.curves import secp256k1_sign
from privy_async.sandbox.keys.wallet_keys import WalletKey
from privy_async.sandbox.requests.encoded_fields import (
    absent,
    caip2,
    hex_bytes,
    is_sponsored,
    loose_hex_bytes,
    optional_quantity,
    quantity,
    reference_id,
)
from privy_async.sandbox.requests.fields import Fields, input_error
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.rpc.ethereum_transaction import (
    ZEROS,
    checked_transaction,
    fill_transaction,
    sign_transaction,
)
from privy_async.sandbox.rpc.tempo_transaction import is_tempo, sign_tempo_transaction
from privy_async.sandbox.rpc.typed_data import signable_digest, typed_data_digest
from privy_async.sandbox.rpc.user_operation import user_operation_hash
from privy_async.sandbox.rpc.values import Defaults, RpcResult, Submission

_MAX_CALLS: Final = 35
_DIGEST_LENGTH: Final = 32


def _personal_sign(key: WalletKey, request: Fields, defaults: Defaults) -> RpcResult:
    _refuse_contract_signature(request)
    params = request.object("params")
    if params.choice("encoding", ("utf-8", "hex")) == "hex":
        message = loose_hex_bytes(params, "message")
    else:
        message = params.string("message").encode()
    return _signature(key, signable_digest(encode_defunct(message)))


def _sign_typed_data(key: WalletKey, request: Fields, defaults: Defaults) -> RpcResult:
    _refuse_contract_signature(request)
    return _signature(key, typed_data_digest(request.object("params").object("typed_data")))


def _sign_hash(key: WalletKey, request: Fields, defaults: Defaults) -> RpcResult:
    params = request.object("params")
    digest = hex_bytes(params, "hash")
    if not 1 <= len(digest) <= _DIGEST_LENGTH:
        raise input_error(params.at("hash"), f"Expected 1 to {_DIGEST_LENGTH} bytes")
    return _signature(key, digest)


def _sign_user_operation(key: WalletKey, request: Fields, defaults: Defaults) -> RpcResult:
    """Sign the operation's hash as a personal message, which both supported contracts verify.

    An assumption: Privy does not document how it signs.
    """
    operation_hash = user_operation_hash(request.object("params"))
    return _signature(key, signable_digest(encode_defunct(operation_hash)))


def _sign_authorization(key: WalletKey, request: Fields, defaults: Defaults) -> RpcResult:
    params = request.object("params")
    if not absent(params, "executor"):
        params.choice("executor", ("self",))
    hex_bytes(params, "contract", length=20)
    unsigned = {
        "address": params.string("contract"),
        "chainId": quantity(params, "chain_id"),
        "nonce": optional_quantity(params, "nonce", 0),
    }
    signed = Account.sign_authorization(unsigned, key.secret)
    authorization = {
        "contract": unsigned["address"],
        "chain_id": signed.chain_id,
        "nonce": signed.nonce,
        "r": f"0x{signed.r:064x}",
        "s": f"0x{signed.s:064x}",
        "y_parity": signed.y_parity,
    }
    return RpcResult({"authorization": authorization})


def _sign_transaction(key: WalletKey, request: Fields, defaults: Defaults) -> RpcResult:
    """Sign the fields that are given: what is left out is zero, and not filled in."""
    fields = request.object("params").object("transaction")
    if is_tempo(fields):
        raw = sign_tempo_transaction(key, fields)
    else:
        chain_id = quantity(fields, "chain_id")
        transaction = checked_transaction(key, fields, chain_id=chain_id, missing=ZEROS)
        raw = sign_transaction(key, transaction).raw
    return RpcResult({"signed_transaction": raw, "encoding": "rlp"})


def filled_transaction(key: WalletKey, request: Fields, nonce: int) -> dict[str, object]:
    """The transaction of `eth_sendTransaction`, checked and with what it leaves out."""
    _, chain_id = _chain(request)
    suffix = b""
    if not absent(request, "experimental_data_suffix"):
        suffix = hex_bytes(request, "experimental_data_suffix")
    fields = request.object("params").object("transaction")
    if is_tempo(fields):
        problem = "The sandbox has no chain of Tempo's, and sends no such transaction"
        raise Refusal(501, problem, "not_implemented")
    return fill_transaction(key, fields, chain_id=chain_id, nonce=nonce, suffix=suffix)


def _send_transaction(key: WalletKey, request: Fields, defaults: Defaults) -> RpcResult:
    chain, _ = _chain(request)
    transaction = filled_transaction(key, request, defaults.nonce)
    signed = sign_transaction(key, transaction)
    reference = reference_id(request)
    data: dict[str, object] = {
        "hash": signed.hash,
        "caip2": chain,
        "transaction_request": transaction,
    }
    if reference is not None:
        data["reference_id"] = reference
    sent = {**transaction, "signed_transaction": signed.raw}
    return RpcResult(
        data, Submission(chain, signed.hash, sent, reference, sponsored=is_sponsored(request))
    )


def _send_calls(key: WalletKey, request: Fields, defaults: Defaults) -> RpcResult:
    chain, _ = _chain(request)
    params = request.object("params")
    calls = params.objects("calls")
    if not 1 <= len(calls) <= _MAX_CALLS:
        raise input_error(params.at("calls"), f"Expected 1 to {_MAX_CALLS} calls")
    sent = {"from": key.address, "calls": [_call(call) for call in calls]}
    submission = Submission(
        chain, None, sent, reference_id(request), sponsored=is_sponsored(request)
    )
    return RpcResult({"caip2": chain}, submission)


METHODS: Final[Mapping[str, Callable[[WalletKey, Fields, Defaults], RpcResult]]] = {
    "personal_sign": _personal_sign,
    "eth_signTypedData_v4": _sign_typed_data,
    "eth_signTransaction": _sign_transaction,
    "eth_sendTransaction": _send_transaction,
    "wallet_sendCalls": _send_calls,
    "secp256k1_sign": _sign_hash,
    "eth_sign7702Authorization": _sign_authorization,
    "eth_signUserOperation": _sign_user_operation,
}


def _signature(key: WalletKey, digest: bytes) -> RpcResult:
    """r‖s‖v of 65 bytes with v 27 or 28, as wallets answer."""
    compact, parity = secp256k1_sign(key.secret, digest)
    signature = compact + bytes([27 + parity])
    return RpcResult({"signature": "0x" + signature.hex(), "encoding": "hex"})


def _refuse_contract_signature(request: Fields) -> None:
    """Refuse ERC-1271 signatures of smart contract accounts, which the sandbox does not make."""
    if absent(request, "signature_options"):
        return
    options = request.object("signature_options")
    if options.choice("type", ("ecdsa", "erc1271")) == "erc1271":
        raise input_error(options.at("type"), "The sandbox makes no erc1271 signatures")


def _chain(request: Fields) -> tuple[str, int]:
    chain = caip2(request, "eip155")
    number = chain.removeprefix("eip155:")
    if not number.isdecimal():
        raise input_error("caip2", "Expected eip155: and a decimal chain id")
    return chain, int(number)


def _call(call: Fields) -> dict[str, object]:
    """One call of `wallet_sendCalls`, with 0x hex for its value (wei) and data."""
    data = b"" if absent(call, "data") else hex_bytes(call, "data")
    return {
        "to": "0x" + hex_bytes(call, "to", length=20).hex(),
        "value": hex(optional_quantity(call, "value", 0)),
        "data": "0x" + data.hex(),
    }
