"""What a wallet does with its key: RPC methods, raw signatures and export."""

import uuid
from typing import Final

import attrs

from privy_async.sandbox.app import App
from privy_async.sandbox.fields import Fields, input_error
from privy_async.sandbox.messages import Answer, Request
from privy_async.sandbox.operations.operation import Operation
from privy_async.sandbox.operations.wallets import (
    addressed_wallet,
    owner_only,
    owner_or_signer,
)
from privy_async.sandbox.records import Json, Transaction, Wallet
from privy_async.sandbox.refusal import Refusal
from privy_async.sandbox.rpc import RPC_METHODS, Submission, execute, raw_sign
from privy_async.sandbox.sealing import seal
from privy_async.sandbox.state import State

_EXPORT_METHODS: Final = ("exportPrivateKey", "exportSeedPhrase")
_OTHER_METHODS: Final = (
    "xrpl_signTransaction",
    "aptos_signTransaction",
    "near_signTransaction",
    # Spark's.
    "transfer",
    "getBalance",
    "transferTokens",
    "getStaticDepositAddress",
    "getClaimStaticDepositQuote",
    "claimStaticDeposit",
    "createLightningInvoice",
    "payLightningInvoice",
    "signMessageWithIdentityKey",
    "withdraw",
    "getWithdrawalFeeQuote",
)


def wallet_rpc(app: App, request: Request) -> Answer:
    """POST /v1/wallets/{wallet_id}/rpc."""
    wallet = addressed_wallet(app, request)
    method = request.fields.string("method")
    if method in _EXPORT_METHODS:
        params = request.fields.object("params")
        data = _export(app.state, wallet, params, seed_phrase=method == "exportSeedPhrase")
    elif method in RPC_METHODS:
        data = _execute(app.state, wallet, request.fields)
    elif method in _OTHER_METHODS:
        raise Refusal(501, f"The sandbox does not imitate {method} yet", "not_implemented")
    else:
        raise input_error("method", f"Unknown method '{method}'")
    return Answer.json({"method": method, "data": data})


def sign_raw(app: App, request: Request) -> Answer:
    """POST /v1/wallets/{wallet_id}/raw_sign."""
    data = raw_sign(addressed_wallet(app, request).key, request.fields.values)
    return Answer.json({"method": "raw_sign", "data": data})


def export_wallet(app: App, request: Request) -> Answer:
    """POST /v1/wallets/{wallet_id}/export (https://docs.privy.io/api-reference/wallets/export)."""
    wallet = addressed_wallet(app, request)
    seed_phrase = request.fields.boolean("export_seed_phrase")
    return Answer.json(_export(app.state, wallet, request.fields, seed_phrase=seed_phrase))


def _execute(state: State, wallet: Wallet, fields: Fields) -> Json:
    chain = (wallet.id, str(fields.values.get("caip2")))
    sent = state.sent_counts.get(chain, 0)
    result = execute(wallet.key, fields.values, nonce=sent)
    if result.submission is None:
        return dict(result.data)
    if result.submission.transaction_hash is not None:
        state.sent_counts[chain] = sent + 1
    transaction = _submitted(state, wallet, result.submission)
    state.transactions[transaction.id] = transaction
    return {**result.data, "transaction_id": transaction.id}


def _submitted(state: State, wallet: Wallet, submission: Submission) -> Transaction:
    return Transaction(
        id=str(uuid.uuid4()),
        wallet_id=wallet.id,
        caip2=submission.caip2,
        transaction_hash=submission.transaction_hash,
        reference_id=submission.reference_id,
        created_at=state.now,
        content=submission.transaction,
    )


def _export(state: State, wallet: Wallet, fields: Fields, *, seed_phrase: bool) -> dict[str, str]:
    fields.choice("encryption_type", ("HPKE",))
    recipient = fields.string("recipient_public_key")
    key = wallet.key
    secret = key.export_seed_phrase() if seed_phrase else key.export_private_key()
    sealed = seal(secret.encode(), recipient)
    state.wallets[wallet.id] = attrs.evolve(wallet, exported_at=state.now)
    return sealed


def _rpc_signers(app: App, request: Request) -> tuple[str, ...]:
    exports = request.fields.values.get("method") in _EXPORT_METHODS
    return owner_only(app, request) if exports else owner_or_signer(app, request)


OPERATIONS: Final = (
    Operation("POST", "/v1/wallets/{wallet_id}/rpc", wallet_rpc, _rpc_signers, keyed=True),
    Operation("POST", "/v1/wallets/{wallet_id}/raw_sign", sign_raw, owner_or_signer, keyed=True),
    Operation("POST", "/v1/wallets/{wallet_id}/export", export_wallet, owner_only),
)
