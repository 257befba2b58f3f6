"""Spark, Aptos, NEAR and XRP Ledger wallets, and wallets made in other ways."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from loopback import WALLET
from wallet_answers import ID, IDEMPOTENT, MONEY, WALLETS, Row, check_row, serving, texts

from privy_async.client import PrivyClient
from privy_async.errors import APIResponseError, InvalidArgumentError
from privy_async.resources.wallets import spark
from privy_async.resources.wallets import values as wallet_values
from privy_async.resources.wallets.custodial import CustodialWallet, CustodialWallets
from privy_async.resources.wallets.ethereum_formats import format_transaction
from privy_async.resources.wallets.rpc import SignedTransaction
from privy_async.resources.wallets.spark import Spark
from privy_async.resources.wallets.xrpl import SignedXrplTransaction

pytestmark = pytest.mark.anyio

OUTPUT = {
    "previous_transaction_hash": "h",
    "previous_transaction_vout": 0,
    "output": {"owner_public_key": "k", "token_amount": "5"},
}
AMOUNT = {"original_value": 12, "original_unit": "SATOSHI"}
TRANSFER = {
    **texts("id", "status", "type", "transfer_direction"),
    **texts("sender_identity_public_key", "receiver_identity_public_key"),
    "total_value": 1,
    "leaves": [
        {
            **texts("secret_cipher", "signature", "intermediate_refund_tx"),
            "leaf": {
                **texts("id", "tree_id", "status", "network", "node_tx", "refund_tx"),
                **texts("owner_identity_public_key", "verifying_public_key"),
                "value": 1,
                "vout": 0,
                "signing_keyshare": {
                    **texts("public_key", "updated_time"),
                    "owner_identifiers": ["o"],
                    "public_shares": {"o": "x"},
                    "threshold": 2,
                },
            },
        }
    ],
}
LIGHTNING = texts("id", "status", "network", "typename", "created_at", "updated_at")
PAYMENT = {**LIGHTNING, **texts("encoded_invoice", "idempotency_key"), "fee": AMOUNT}
DEPOSIT = {**texts("transaction_id", "network", "signature"), "output_index": 1}
QUOTE = {**DEPOSIT, "credit_amount_sats": 90}
TIMES = texts("created_at", "updated_at", "expires_at")
FEES = {
    **TIMES,
    **texts("id", "network"),
    "total_amount": AMOUNT,
    **dict.fromkeys(("user_fee_fast", "user_fee_medium", "user_fee_slow"), AMOUNT),
    **dict.fromkeys(
        ("l1_broadcast_fee_fast", "l1_broadcast_fee_medium", "l1_broadcast_fee_slow"), AMOUNT
    ),
}
WITHDRAWAL = {
    **TIMES,
    **texts("id", "status", "network", "coop_exit_txid"),
    "fee": AMOUNT,
    "l1_broadcast_fee": AMOUNT,
    "exit_speed": "FAST",
}
HOLDINGS = {
    "balance": "239170",
    "token_balances": {
        "btknrt1": {
            "balance": "999",
            "token_metadata": {
                **texts("token_name", "token_ticker", "max_supply"),
                **texts("raw_token_identifier", "token_public_key"),
                "decimals": 6,
            },
        }
    },
}


def rpc_row(
    call: Callable[[PrivyClient], Awaitable[object]],
    method: str,
    params: Any,
    data: object,
    returns: type[object],
    **body: Any,
) -> Row:
    """A row for an RPC method: its body, and the answer around its data."""
    sent = {"method": method, **({} if params is None else {"params": params}), **body}
    answer = {"method": method, "data": data}
    return Row(call, f"POST {WALLETS}/rpc", answer, returns, sent, MONEY)


SPARK_PARAMS: dict[str, Any] = {
    "transfer": {"receiver_spark_address": "sp1", "amount_sats": 5},
    "transfer_tokens": {
        "receiver_spark_address": "sp1",
        "token_identifier": "t",
        "token_amount": 5,
        "output_selection_strategy": "SMALL_FIRST",
        "selected_outputs": [OUTPUT],
    },
    "get_claim_static_deposit_quote": {"transaction_id": "t", "output_index": 1},
    "claim_static_deposit": {
        "transaction_id": "t",
        "credit_amount_sats": 90,
        "signature": "s",
        "output_index": 1,
    },
    "create_lightning_invoice": {
        "amount_sats": 5,
        "memo": "m",
        "description_hash": "h",
        "expiry_seconds": 60,
        "include_spark_address": True,
        "receiver_identity_pubkey": "k",
    },
    "pay_lightning_invoice": {
        "invoice": "lnbc1",
        "max_fee_sats": 2,
        "amount_sats_to_send": 5,
        "prefer_spark": True,
    },
    "sign_message_with_identity_key": {"message": "0xabc", "compact": True},
    "get_withdrawal_fee_quote": {"onchain_address": "bc1", "amount_sats": 5},
    "withdraw": {
        "onchain_address": "bc1",
        "exit_speed": "FAST",
        "amount_sats": 5,
        "fee_quote_id": "q",
        "fee_amount_sats": 1,
        "deduct_fee_from_withdrawal_amount": False,
    },
}
SPARK: list[tuple[str, str, object, type[object]]] = [
    ("get_balance", "getBalance", HOLDINGS, spark.SparkBalance),
    ("transfer", "transfer", TRANSFER, spark.SparkTransfer),
    ("transfer_tokens", "transferTokens", {"id": "x"}, spark.SparkTokenTransfer),
    (
        "get_static_deposit_address",
        "getStaticDepositAddress",
        {"address": "bc1"},
        spark.SparkDepositAddress,
    ),
    (
        "get_claim_static_deposit_quote",
        "getClaimStaticDepositQuote",
        QUOTE,
        spark.SparkDepositQuote,
    ),
    (
        "claim_static_deposit",
        "claimStaticDeposit",
        {"transfer_id": "x"},
        spark.SparkDepositClaim,
    ),
    (
        "create_lightning_invoice",
        "createLightningInvoice",
        {**LIGHTNING, "invoice": {"encodedInvoice": "lnbc1"}},
        spark.LightningInvoice,
    ),
    ("pay_lightning_invoice", "payLightningInvoice", PAYMENT, spark.LightningPayment),
    ("pay_lightning_invoice", "payLightningInvoice", TRANSFER, spark.SparkTransfer),
    (
        "sign_message_with_identity_key",
        "signMessageWithIdentityKey",
        {"signature": "s"},
        spark.SparkSignature,
    ),
    (
        "get_withdrawal_fee_quote",
        "getWithdrawalFeeQuote",
        FEES,
        spark.SparkWithdrawalFees,
    ),
    ("withdraw", "withdraw", WITHDRAWAL, spark.SparkWithdrawal),
]


@pytest.mark.parametrize(("name", "method", "data", "returns"), SPARK)
@pytest.mark.parametrize("network", [None, "REGTEST"])
async def test_spark(
    name: str, method: str, data: object, returns: type[object], network: str | None
) -> None:
    """Each Spark method sends its parameters and, if one is given, the network beside them."""
    params = SPARK_PARAMS.get(name)
    chosen = {} if network is None else {"network": network}
    await check_row(
        rpc_row(
            lambda p: getattr(p.wallets.spark, name)(ID, **(params or {}), **chosen),
            method,
            params,
            data,
            returns,
            **chosen,
        )
    )


def test_every_spark_method_has_a_row() -> None:
    """No method of Spark wallets is left out of the table."""
    assert {name for name in vars(Spark) if not name.startswith("_")} == {row[0] for row in SPARK}


SIGNED_TRANSACTION = {"signed_transaction": "x", "encoding": "hex"}
CHAINS = [
    rpc_row(
        lambda p: p.wallets.aptos.sign_transaction(ID, b"\x01\xab"),
        "aptos_signTransaction",
        {"transaction": "0x01ab"},
        SIGNED_TRANSACTION,
        SignedTransaction,
    ),
    rpc_row(
        lambda p: p.wallets.near.sign_transaction(ID, b"\x01\xab"),
        "near_signTransaction",
        {"transaction": "Aas="},
        SIGNED_TRANSACTION,
        SignedTransaction,
    ),
    rpc_row(
        lambda p: p.wallets.near.sign_transaction(ID, "Aas="),
        "near_signTransaction",
        {"transaction": "Aas="},
        SIGNED_TRANSACTION,
        SignedTransaction,
    ),
    rpc_row(
        lambda p: p.wallets.xrpl.sign_transaction(ID, b"\x01\xab"),
        "xrpl_signTransaction",
        {"transaction": "01AB", "encoding": "hex"},
        {**SIGNED_TRANSACTION, "txn_signature": "x"},
        SignedXrplTransaction,
    ),
    rpc_row(
        lambda p: p.wallets.xrpl.sign_transaction(ID, "01ab"),
        "xrpl_signTransaction",
        {"transaction": "01ab", "encoding": "hex"},
        {**SIGNED_TRANSACTION, "txn_signature": "x"},
        SignedXrplTransaction,
    ),
]
CUSTODIAL: Any = {
    "chain": "base",
    "provider": "bridge",
    "provider_user_id": "u",
    "owner": None,
    "policy_ids": ["p"],
    "additional_signers": [{"signer_id": "q"}],
}
BATCH: Any = {"wallets": [{"chain_type": "ethereum", "owner": {"user_id": "u"}}]}
RECOVERY: Any = {
    "primary_signer": {"subject_id": "s"},
    "recovery_user": {"linked_accounts": [{"type": "email", "address": "a@b.c"}]},
    "wallets": [{"chain_type": "solana"}],
}
MADE = [
    Row(
        lambda p: p.wallets.create_batch(**BATCH),
        "POST /v1/wallets/batch",
        {"results": [{"index": 0, "success": True, "wallet": WALLET}]},
        wallet_values.BatchResult,
        BATCH,
    ),
    Row(
        lambda p: p.wallets.assign_entity(ID, id="e", type="organization"),
        f"POST {WALLETS}/entity",
        {
            **texts("id", "wallet_id"),
            "entity": {"id": "e", "type": "organization"},
            "created_at": 1,
            "updated_at": 2,
        },
        wallet_values.EntityAssignment,
        {"id": "e", "type": "organization"},
    ),
    Row(
        lambda p: p.wallets.create_wallets_with_recovery(**RECOVERY),
        "POST /v1/wallets_with_recovery",
        {"recovery_user_id": "u", "wallets": [WALLET]},
        wallet_values.WalletsWithRecovery,
        RECOVERY,
    ),
    Row(
        lambda p: CustodialWallets(p._requester).create(**CUSTODIAL),
        "POST /v1/custodial_wallets",
        {**texts("id", "address"), "custody": texts("provider", "provider_user_id")},
        CustodialWallet,
        CUSTODIAL,
        IDEMPOTENT,
    ),
]


@pytest.mark.parametrize("row", CHAINS + MADE, ids=lambda row: row.request)
async def test_each_call(row: Row) -> None:
    """Each call sends one request as documented, with the headers it takes, and decodes."""
    await check_row(row)


@pytest.mark.parametrize(
    ("chain", "wrong"),
    [
        ("aptos", ["0xzz", "01ab", "0x1", ""]),
        ("near", ["A", "Aas", "A as=", "", b""]),
        ("xrpl", ["0x01ab", "zz", "1", "01 ab", "é", "", b""]),
    ],
)
async def test_a_transaction_that_is_none(chain: str, wrong: list[object]) -> None:
    """What is neither bytes nor text of them is refused, and nothing is sent."""
    async with serving({}) as (server, privy):
        for transaction in [*wrong, None, 1]:
            with pytest.raises(InvalidArgumentError, match="transaction"):
                await getattr(privy.wallets, chain).sign_transaction(ID, transaction)
    assert server.requests == []


async def test_a_batch_tells_of_each_wallet() -> None:
    """A wallet that could not be made stands beside those that were, with the reason."""
    failure = {"index": 1, "success": False, "error": "Policy not found", "code": "not_found"}
    made = {"index": 0, "success": True, "wallet": WALLET}
    async with serving({"results": [made, failure]}) as (_, privy):
        first, second = await privy.wallets.create_batch([{"chain_type": "ethereum"}] * 2)
    assert (first.success, first.wallet and first.wallet.id, first.code) == (True, "w1", None)
    assert (second.success, second.wallet, second.code) == (False, None, "not_found")


@pytest.mark.parametrize("answer", [{"method": "transfer"}, {"error": {"message": "no"}}, []])
async def test_spark_answers_without_data(answer: object) -> None:
    """An answer without data is an error, which may have happened all the same."""
    async with serving(answer) as (_, privy):
        with pytest.raises(APIResponseError) as caught:
            await privy.wallets.spark.pay_lightning_invoice(ID, invoice="l", max_fee_sats=1)
    assert caught.value.may_have_happened
    assert caught.value.idempotency_key is not None


ONE, TWO, EIGHT = (f"0x{number:040x}" for number in (1, 2, 8))


def test_a_tempo_transaction_in_viems_names() -> None:
    """A Tempo transaction (type 118) may have viem's names, and bytes, at every depth."""
    given = {
        "type": 118,
        "chainId": 4217,
        "calls": [{"to": ONE, "value": 1, "data": b"\x01"}],
        "feeToken": TWO,
        "feePayerSignature": {"r": b"\x03", "s": "0x04", "yParity": 1},
        "nonceKey": 5,
        "validAfter": 6,
        "validBefore": 7,
        "accessList": [{"address": EIGHT, "storageKeys": [bytes(32)]}],
        "aaAuthorizationList": [{"chainId": 1, "contract": ONE, "nonce": 0, "signature": b"\x02"}],
    }
    assert format_transaction(given) == {
        "type": 118,
        "chain_id": 4217,
        "calls": [{"to": ONE, "value": "0x1", "data": "0x01"}],
        "fee_token": TWO,
        "fee_payer_signature": {"r": f"0x{3:064x}", "s": f"0x{4:064x}", "y_parity": 1},
        "nonce_key": "0x5",
        "valid_after": 6,
        "valid_before": 7,
        "access_list": [{"address": EIGHT, "storage_keys": [f"0x{'00' * 32}"]}],
        "aa_authorization_list": [
            {"chain_id": 1, "contract": ONE, "nonce": "0x0", "signature": "0x02"}
        ],
    }
