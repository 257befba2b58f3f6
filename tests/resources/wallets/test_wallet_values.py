"""Wallet actions and other values about money: how they decode, and waiting for them."""

from decimal import Decimal
from typing import Any

import attrs
import pytest
import wallet_answers as answers
from wallet_answers import ID, serving, texts

from privy_async.errors import InvalidArgumentError, WaitTimeoutError
from privy_async.resources.money import actions as wallet_actions
from privy_async.resources.money.actions import (
    CustodianTransactionStep,
    EarnAction,
    EvmTransactionStep,
    EvmUserOperationStep,
    IncentiveClaimAction,
    PayoutAction,
    SvmTransactionStep,
    SwapAction,
    TransferAction,
    TvmTransactionStep,
    WalletAction,
    WalletActionFailedError,
    WalletActionStep,
)
from privy_async.resources.money.transfer_inputs import amount_text
from privy_async.resources.wallets.values import Wallet
from privy_async.values import Value, decode

pytestmark = pytest.mark.anyio

REASON = {"message": "the vault is closed", "details": {"code": 7}}
GAS = texts("amount", "base_amount", "gas_asset")
FEES = [{"type": "relayer", "amount": "0.2", "recipient": "0x1"}]
STEPS: list[tuple[dict[str, Any], type[WalletActionStep]]] = [
    (
        {**texts("caip2", "transaction_hash", "gas_credits_charged_usd"), "finalized": True}
        | {"type": "evm_transaction"},
        EvmTransactionStep,
    ),
    (
        {
            **texts("caip2", "entrypoint_version", "user_operation_hash"),
            **texts("bundle_transaction_hash", "gas_credits_charged_usd"),
            "finalized": True,
            "type": "evm_user_operation",
        },
        EvmUserOperationStep,
    ),
    (
        {**texts("caip2", "transaction_signature", "gas_credits_charged_usd"), "finalized": True}
        | {"type": "svm_transaction"},
        SvmTransactionStep,
    ),
    ({**texts("caip2", "transaction_id"), "type": "tvm_transaction"}, TvmTransactionStep),
    (
        {**texts("custodian", "transaction_hash"), "type": "custodian_transaction"},
        CustodianTransactionStep,
    ),
    ({"type": "external_transaction"}, WalletActionStep),
]
ACTIONS: list[tuple[dict[str, Any], type[WalletAction]]] = [
    (
        {
            **answers.TRANSFER,
            **texts("source_asset", "source_asset_address", "source_amount", "amount_type"),
            **texts("destination_chain", "destination_asset", "destination_amount"),
            "source_asset_decimals": 6,
            "estimated_fees": FEES,
            "estimated_gas": GAS,
            "fees": FEES,
            "gas": GAS,
        },
        TransferAction,
    ),
    (
        {
            **answers.SWAP,
            **texts("input_amount", "output_amount", "destination_address", "destination_caip2"),
            "estimated_fees": FEES,
            "estimated_gas": GAS,
            "fees": FEES,
            "gas": GAS,
        },
        SwapAction,
    ),
    *[
        (
            {**answers.EARN, **texts("asset", "amount", "share_amount"), "decimals": 6}
            | {"type": kind},
            EarnAction,
        )
        for kind in ("earn_deposit", "earn_withdraw", "earn_fee_collect")
    ],
    (
        {
            **answers.CLAIM,
            "rewards": [{**texts("token_address", "token_symbol", "amount"), "token_decimals": 18}],
        },
        IncentiveClaimAction,
    ),
    (answers.PAYOUT, PayoutAction),
]


def assert_nothing_is_left(value: Any) -> None:
    """Fail if a value, or one in it, keeps something that no field names."""
    if isinstance(value, Value):
        assert value.extra == {}, value
        for field in attrs.fields(type(value)):
            assert_nothing_is_left(getattr(value, field.name))
    elif isinstance(value, tuple):
        for item in value:
            assert_nothing_is_left(item)


@pytest.mark.parametrize(("fields", "kind"), ACTIONS, ids=lambda item: str(item)[:40])
def test_actions(fields: dict[str, Any], kind: type[WalletAction]) -> None:
    """Each type of action has its class, with every documented field, and reads back as sent."""
    steps = [{**step, "status": "pending", "failure_reason": REASON} for step, _ in STEPS]
    data = {**fields, "reference_id": "r", "failure_reason": REASON, "steps": steps}
    action = decode(WalletAction, data)
    assert type(action) is kind
    assert_nothing_is_left(action)
    assert action.to_json() == data
    missing = [field.name for field in attrs.fields(kind) if getattr(action, field.name) is None]
    assert missing == []


@pytest.mark.parametrize(("fields", "kind"), STEPS, ids=lambda item: str(item)[:40])
def test_steps(fields: dict[str, Any], kind: type[WalletActionStep]) -> None:
    """Each type of step has its class, with every documented field."""
    step = decode(WalletActionStep, {**fields, "status": "queued", "failure_reason": REASON})
    assert type(step) is kind
    assert_nothing_is_left(step)
    assert step.failure_reason == wallet_actions.FailureReason(
        message="the vault is closed", details={"code": 7}
    )


def test_an_action_of_tomorrow() -> None:
    """An action and a step of unknown types are read all the same, and nothing of them is lost."""
    data = {**answers.ACTION, "type": "bridge", "speed": 9}
    data["steps"] = [{"type": "teleport", "status": "odd", "via": "x"}]
    action = decode(WalletAction, data)
    assert type(action) is WalletAction
    assert action.extra == {"speed": 9}
    assert action.steps is not None
    assert type(action.steps[0]) is WalletActionStep
    assert action.steps[0].extra == {"via": "x"}
    assert action.to_json() == data


def test_a_wallets_automations() -> None:
    """A wallet tells its automations, and whether each acts."""
    data = {
        **texts("id", "address", "chain_type"),
        "created_at": 1,
        "policy_ids": [],
        "additional_signers": [],
        "chain": "base",
        "automations": [{"id": "a", "enabled": False}],
    }
    wallet = decode(Wallet, data)
    assert wallet.extra == {}
    assert wallet.automations is not None
    assert (wallet.chain, wallet.automations[0].enabled) == ("base", False)


async def test_waiting_for_success() -> None:
    """Waiting looks until the action has succeeded, with its steps if they are asked for."""
    done = {**answers.TRANSFER, "status": "succeeded"}
    async with serving(answers.TRANSFER, done) as (server, privy):
        action = await privy.wallets.actions.wait("a1", wallet_id="w1", include="steps")
    assert action.status == "succeeded"
    assert {request.path for request in server.requests} == {
        "/v1/wallets/w1/actions/a1?include=steps"
    }
    assert len(server.requests) == 2


@pytest.mark.parametrize("status", ["rejected", "failed"])
@pytest.mark.parametrize(("reason", "told"), [(REASON, "the vault is closed"), (None, "no reason")])
async def test_waiting_for_what_fails(status: str, reason: object, told: str) -> None:
    """An action that was rejected or has failed ends the wait with an error that says why."""
    answer = {**answers.EARN, "status": status, "failure_reason": reason}
    async with serving(answer) as (_, privy):
        with pytest.raises(WalletActionFailedError, match=told) as caught:
            await privy.wallets.actions.wait(ID, wallet_id=ID)
    assert (caught.value.value.status, type(caught.value.value)) == (status, EarnAction)


async def test_waiting_in_vain() -> None:
    """An action that stays pending ends the wait when its time is over, and is shown."""
    async with serving(answers.SWAP) as (_, privy):
        with pytest.raises(WaitTimeoutError) as caught:
            await privy.wallets.actions.wait(ID, wallet_id=ID, timeout=0.3)
    assert isinstance(caught.value.value, SwapAction)


async def test_a_history_is_walked_over_page_by_page() -> None:
    """Transactions stand under a name of their own; the filters go with each page."""
    pages = [
        {"transactions": [answers.TRANSACTION], "next_cursor": cursor} for cursor in ("c 1", None)
    ]
    async with serving(*pages) as (server, privy):
        listed = privy.wallets.transactions.list("w1", chain="base", token="0x1")
        found = [transaction async for transaction in listed]
    assert [transaction.details and transaction.details.type for transaction in found] == [
        "transfer_sent",
        "transfer_sent",
    ]
    assert [request.path for request in server.requests] == [
        "/v1/wallets/w1/transactions?chain=base&token=0x1",
        "/v1/wallets/w1/transactions?chain=base&token=0x1&cursor=c%201",
    ]


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1.50", "1.50"),
        (0, "0"),
        (10**30, "1" + 30 * "0"),
        (Decimal("1.50"), "1.50"),
        (Decimal("1E+3"), "1000"),
        (Decimal("1E-18"), "0." + 17 * "0" + "1"),
    ],
)
def test_amounts(amount: Any, text: str) -> None:
    """Amounts are sent as exact decimal text, never with an exponent."""
    assert amount_text(amount, argument="amount") == text


@pytest.mark.parametrize(
    "amount",
    [
        1.5, "", True, -1, Decimal(-1), Decimal("NaN"), Decimal("Infinity"), None, b"1",
        "-1", "+1", "1e18", "0x1", "1,5", "1.", ".5", " 1", "1\n", "\u0661", "one", "NaN", "1_000",
        2**256, str(2**256), Decimal(2**256),
    ],
)  # fmt: skip
async def test_amounts_that_are_none(amount: Any) -> None:
    """A float has been rounded already, so it is refused like all that is no amount."""
    async with serving({}) as (server, privy):
        with pytest.raises(InvalidArgumentError, match="amount"):
            await privy.wallets.transfer(
                ID,
                source={"asset": "usdc", "chain": "base"},
                destination={"address": f"0x{1:040x}"},
                amount=amount,
            )
    assert server.requests == []


@pytest.mark.parametrize("amounts", [{}, {"amount": "1", "raw_amount": "1"}], ids=["none", "both"])
@pytest.mark.parametrize("name", ["deposit", "withdraw"])
async def test_vaults_take_one_amount(name: str, amounts: Any) -> None:
    """An amount is given decimal or in smallest units: once."""
    async with serving({}) as (server, privy):
        with pytest.raises(InvalidArgumentError, match="either amount or raw_amount"):
            await getattr(privy.wallets.earn.ethereum, name)(ID, vault_id="v", **amounts)
    assert server.requests == []
