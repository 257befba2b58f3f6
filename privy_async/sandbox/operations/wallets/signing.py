"""Uses of a wallet's key: RPC methods, raw signatures and export."""

from functools import partial
from typing import Final

import attrs

from privy_async.sandbox.app import App
from privy_async.sandbox.keys.sealing import seal
from privy_async.sandbox.operations.events import tell_of_export
from privy_async.sandbox.operations.route import Route
from privy_async.sandbox.operations.wallets.wallets import (
    addressed_wallet,
    owner_only,
    owner_or_signer,
)
from privy_async.sandbox.policies.asked import (
    asked_by_export,
    asked_by_raw_sign,
    asked_by_rpc,
)
from privy_async.sandbox.policies.evaluate import require_allowed
from privy_async.sandbox.records.json_types import Json
from privy_async.sandbox.records.transactions import Transaction
from privy_async.sandbox.records.wallets import Wallet
from privy_async.sandbox.requests.fields import Fields, input_error
from privy_async.sandbox.requests.http_messages import HttpRequest, HttpResponse
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.rpc import RPC_METHODS, Submission, execute, raw_sign
from privy_async.sandbox.state import same_address

EXPORT_METHODS: Final = ("exportPrivateKey", "exportSeedPhrase")
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


async def wallet_rpc(app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/wallets/{wallet_id}/rpc."""
    wallet = addressed_wallet(app, request)
    method = rpc_method(request.fields)
    _refuse_another_wallet(wallet, request.fields, method)
    if method in EXPORT_METHODS:
        params = request.fields.object("params")
        data = _export(app, request, params, seed_phrase=method == "exportSeedPhrase")
    else:
        data = await _execute(app, wallet, request)
    return HttpResponse.json({"method": method, "data": data})


def rpc_method(fields: Fields) -> str:
    """The RPC method that is asked for, or a refusal if there is no such."""
    method = fields.string("method")
    if method in _OTHER_METHODS:
        raise Refusal(501, f"The sandbox does not imitate {method} yet", "not_implemented")
    if method not in (*EXPORT_METHODS, *RPC_METHODS):
        raise input_error("method", f"Unknown method '{method}'")
    return method


def _refuse_another_wallet(wallet: Wallet, fields: Fields, method: str) -> None:
    """Refuse a body whose older fields name another wallet than the path does.

    `address` goes with `chain_type` and is ignored, but where a private key is at stake.
    """
    address = fields.optional_string("address") if method in EXPORT_METHODS else None
    if address is not None and not same_address(wallet.key.address, address):
        raise input_error("address", "Not the address of the wallet in the path")
    if fields.optional_string("wallet_id") not in (None, wallet.id):
        raise input_error("wallet_id", "Not the id of the wallet in the path")


def sign_raw(app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/wallets/{wallet_id}/raw_sign."""
    wallet = addressed_wallet(app, request)
    data = raw_sign(wallet.key, request.fields.values)
    ask = partial(asked_by_raw_sign, wallet.key, request.fields)
    require_allowed(app.state, wallet, request, ask)
    return HttpResponse.json({"method": "raw_sign", "data": data})


def export_wallet(app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/wallets/{wallet_id}/export (https://docs.privy.io/api-reference/wallets/export)."""
    seed_phrase = request.fields.boolean("export_seed_phrase")
    return HttpResponse.json(_export(app, request, request.fields, seed_phrase=seed_phrase))


async def _execute(app: App, wallet: Wallet, request: HttpRequest) -> Json:
    state, fields = app.state, request.fields
    ask = partial(asked_by_rpc, fields)
    approve = partial(require_allowed, state, wallet, request, ask)
    chain = (wallet.id, str(fields.values.get("caip2")))
    sent = state.sent_counts.get(chain, 0)
    if app.blockchains.executes(wallet.key, fields.values):
        result = await app.blockchains.execute(wallet.key, fields.values, approve)
    else:
        result = execute(wallet.key, fields.values, nonce=sent, now=state.now)
        approve()
    if result.submission is None:
        return dict(result.data)
    if result.submission.transaction_hash is not None:
        state.sent_counts[chain] = sent + 1
    transaction = submitted(app, wallet, result.submission)
    return {**result.data, "transaction_id": transaction.id}


def submitted(app: App, wallet: Wallet, submission: Submission) -> Transaction:
    """Enter a transaction into the ledger, and have it watched."""
    state = app.state
    transaction = Transaction(
        id=state.clock.uuid(),
        wallet_id=wallet.id,
        caip2=submission.caip2,
        transaction_hash=submission.transaction_hash,
        reference_id=submission.reference_id,
        created_at=state.now,
        content=submission.transaction,
        sponsored=submission.sponsored,
    )
    state.transactions[transaction.id] = transaction
    app.watch.begin(transaction)
    return transaction


def _export(app: App, request: HttpRequest, fields: Fields, *, seed_phrase: bool) -> dict[str, str]:
    state, wallet = app.state, addressed_wallet(app, request)
    fields.choice("encryption_type", ("HPKE",))
    recipient = fields.string("recipient_public_key")
    key = wallet.key
    secret = key.export_seed_phrase() if seed_phrase else key.export_private_key()
    sealed = seal(secret.encode(), recipient, state.clock.random_bytes)
    method = "exportSeedPhrase" if seed_phrase else "exportPrivateKey"
    require_allowed(state, wallet, request, partial(asked_by_export, method))
    state.wallets[wallet.id] = attrs.evolve(wallet, exported_at=state.now)
    tell_of_export(app, wallet, seed_phrase=seed_phrase)
    return sealed


def _rpc_signers(app: App, request: HttpRequest) -> tuple[str, ...]:
    exports = request.fields.values.get("method") in EXPORT_METHODS
    return owner_only(app, request) if exports else owner_or_signer(app, request)


ROUTES: Final = (
    Route("POST", "/v1/wallets/{wallet_id}/rpc", wallet_rpc, _rpc_signers, keyed=True),
    Route("POST", "/v1/wallets/{wallet_id}/raw_sign", sign_raw, owner_or_signer, keyed=True),
    Route("POST", "/v1/wallets/{wallet_id}/export", export_wallet, owner_only),
)
