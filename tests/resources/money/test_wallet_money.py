"""Wallets' money: what each call sends, which headers it has, and what it gives back."""

import json
import re
from typing import Any

import pytest
import wallet_answers as answers
from places import VECTORS
from wallet_answers import ID, MONEY, PATH, SIGNED, WALLETS, Row, check_row, wallet_automations
from wallet_reads import READS

from privy_async.resources.money import actions as wallet_actions
from privy_async.resources.money import automations, deposit_accounts, ethereum_yield
from privy_async.resources.money.swaps import SwapQuote
from privy_async.resources.money.transfers import TransferQuote

pytestmark = pytest.mark.anyio

TERMS: Any = {"reference_id": "r", "nonce": "n" * 24}
ATTESTED = {"sca": {"outcome": "low_value"}}
QUOTED: Any = {
    "source": {"asset": "usdc", "chain": "base"},
    "destination": {"address": f"0x{2:040x}", "chain": "arbitrum"},
    "amount": "1.5",
    "amount_type": "exact_input",
    "slippage_bps": 5,
    "fee_configuration": {"type": "total_fee_bps", "value": 3},
}
SENT: Any = {
    **QUOTED,
    **TERMS,
    "custody_options": {
        "initiation": {"channel": "other", "subchannel": "remote", "attestations": ATTESTED}
    },
}
SWAPPED: Any = {
    "source": {"asset_address": "native", "caip2": "eip155:1"},
    "destination": {"asset_address": f"0x{3:040x}", "destination_address": f"0x{4:040x}"},
    "base_amount": "7",
    "amount_type": "exact_output",
    "slippage_bps": 5,
    "fee_configuration": {"type": "total_fee_bps", "value": 3},
}
PAID_OUT: Any = {
    "source": {"asset": "usdc", "chain": "base", "amount": "9.99"},
    "destination": {"fiat_account_id": "f"},
}
ROUTE: Any = {
    "type": "inline_route",
    "source": {"mode": "include", "values": [{"asset": "eth"}]},
    "destination": {"asset": "usdc", "chain": "base"},
    "deposit_address_strategy": "prefer_destination",
}
CONFIGURED: Any = {"type": "deposit_config", "deposit_config_id": "c1"}
RATE: Any = {
    "source": {"asset": "eth", "chain": "ethereum"},
    "destination": {"asset": "usdc", "chain": "base"},
    "input_amount": "0.1",
    "slippage_bps": 5,
}
BANK: Any = {
    "provider": "bridge",
    "source": {"currency": "eur"},
    "destination": {"asset": "usdc", "chain": "base"},
    "environment": "sandbox",
}
ATTACHED: Any = {"automation_ids": ["x"], "params": {"destination_address": "0x1"}}
AUTOMATION: Any = {
    "config": {
        "trigger": {
            "type": "deposit",
            "assets": {"mode": "include", "values": [{"asset": "usdc"}]},
        },
        "action": {"type": "swap", "destination_chain_asset": {"asset": "usdc", "chain": "base"}},
    },
    "owner_id": None,
    "name": "n",
}
MISSED: Any = {"asset_address": "native", "wallet_id": "w1", "chain": "base"}


MOVES = [
    Row(
        lambda p: p.wallets.transfer(ID, **SENT),
        f"POST {WALLETS}/transfer",
        answers.TRANSFER,
        wallet_actions.TransferAction,
        SENT,
        MONEY,
    ),
    Row(
        lambda p: p.wallets.quote_transfer(ID, **QUOTED),
        f"POST {WALLETS}/transfer/quote",
        answers.TRANSFER_QUOTE,
        TransferQuote,
        QUOTED,
        SIGNED,
    ),
    Row(
        lambda p: p.wallets.swap.quote(ID, **{**SWAPPED, "base_amount": 7}),
        f"POST {WALLETS}/swap/quote",
        answers.SWAP_QUOTE,
        SwapQuote,
        SWAPPED,
        SIGNED,
    ),
    Row(
        lambda p: p.wallets.swap.execute(ID, **SWAPPED, **TERMS),
        f"POST {WALLETS}/swap",
        answers.SWAP,
        wallet_actions.SwapAction,
        {**SWAPPED, **TERMS},
        MONEY,
    ),
    Row(
        lambda p: p.wallets.earn.ethereum.deposit(ID, vault_id="v", amount="1.5", **TERMS),
        f"POST {WALLETS}/earn/ethereum/deposit",
        answers.EARN,
        wallet_actions.EarnAction,
        {"vault_id": "v", "amount": "1.5", **TERMS},
        MONEY,
    ),
    Row(
        lambda p: p.wallets.earn.ethereum.withdraw(ID, vault_id="v", raw_amount=15, **TERMS),
        f"POST {WALLETS}/earn/ethereum/withdraw",
        {**answers.EARN, "type": "earn_withdraw"},
        wallet_actions.EarnAction,
        {"vault_id": "v", "raw_amount": "15", **TERMS},
        MONEY,
    ),
    Row(
        lambda p: p.wallets.earn.ethereum.incentive.claim(ID, chain="base", **TERMS),
        f"POST {WALLETS}/earn/ethereum/incentive/claim",
        answers.CLAIM,
        wallet_actions.IncentiveClaimAction,
        {"chain": "base", **TERMS},
        MONEY,
    ),
    Row(
        lambda p: p.wallets.ethereum_yield.deposit(ID, vault_id="v", asset_amount=2),
        f"POST {WALLETS}/ethereum_yield_deposit",
        answers.SWEEP,
        ethereum_yield.YieldSweep,
        {"vault_id": "v", "asset_amount": "2"},
        MONEY,
    ),
    Row(
        lambda p: p.wallets.ethereum_yield.withdraw(ID, vault_id="v", asset_amount="2"),
        f"POST {WALLETS}/ethereum_yield_withdraw",
        answers.SWEEP,
        ethereum_yield.YieldSweep,
        {"vault_id": "v", "asset_amount": "2"},
        MONEY,
    ),
    Row(
        lambda p: p.wallets.ethereum_yield.claim(ID, caip2="eip155:1"),
        f"POST {WALLETS}/ethereum_yield_claim",
        answers.YIELD_CLAIM,
        ethereum_yield.YieldClaim,
        {"caip2": "eip155:1"},
        MONEY,
    ),
    Row(
        lambda p: p.wallets.payout.fiat.create(ID, **PAID_OUT),
        f"POST {WALLETS}/payout/fiat",
        answers.PAYOUT,
        wallet_actions.PayoutAction,
        PAID_OUT,
        MONEY,
    ),
    Row(
        lambda p: p.wallets.deposit_accounts.crypto.create(ID, **ROUTE),
        f"POST {WALLETS}/deposit_accounts/crypto",
        {"deposit_accounts": [answers.DEPOSIT_ADDRESS]},
        deposit_accounts.CryptoDepositAccount,
        ROUTE,
        MONEY,
    ),
    Row(
        lambda p: p.wallets.deposit_accounts.crypto.create(ID, **CONFIGURED),
        f"POST {WALLETS}/deposit_accounts/crypto",
        {"deposit_accounts": [answers.DEPOSIT_ADDRESS]},
        deposit_accounts.CryptoDepositAccount,
        CONFIGURED,
        MONEY,
    ),
    Row(
        lambda p: p.wallets.deposit_accounts.crypto.quote(**RATE),
        "POST /v1/deposit_accounts/crypto/quote",
        answers.texts("created_at", "input_amount", "estimated_output_amount"),
        deposit_accounts.CryptoDepositQuote,
        RATE,
    ),
    Row(
        lambda p: p.wallets.deposit_accounts.fiat.create(ID, **BANK),
        f"POST {WALLETS}/deposit_accounts/fiat",
        {"fiat_deposit_account": answers.BANK_ACCOUNT},
        deposit_accounts.FiatDepositAccount,
        BANK,
    ),
    Row(
        lambda p: p.wallets.attach_automations(ID, **ATTACHED),
        f"POST {WALLETS}/automations/attach",
        {"data": [answers.ATTACHMENT]},
        automations.AutomationAttachment,
        ATTACHED,
        SIGNED,
    ),
    Row(
        lambda p: p.wallets.detach_automations(ID, automation_ids=["x"]),
        f"POST {WALLETS}/automations/detach",
        {"success": True},
        type(None),
        {"automation_ids": ["x"]},
        SIGNED,
    ),
    Row(
        lambda p: wallet_automations(p).create(**AUTOMATION),
        "POST /v1/wallet_automations",
        answers.AUTOMATION,
        automations.WalletAutomation,
        AUTOMATION,
    ),
    Row(
        lambda p: wallet_automations(p).update(ID, name=None, enabled=False),
        f"PATCH /v1/wallet_automations/{PATH}",
        answers.AUTOMATION,
        automations.WalletAutomation,
        {"name": None, "enabled": False},
    ),
    Row(
        lambda p: wallet_automations(p).delete(ID),
        f"DELETE /v1/wallet_automations/{PATH}",
        {"success": True},
        type(None),
    ),
    Row(
        lambda p: wallet_automations(p).reindex(**MISSED),
        "POST /v1/wallet_automations/reindex",
        answers.REINDEX,
        automations.Reindex,
        MISSED,
    ),
]


@pytest.mark.parametrize("row", MOVES + READS, ids=lambda row: row.request)
async def test_each_call(row: Row) -> None:
    """Each call sends one request as documented, with the headers it takes, and decodes."""
    await check_row(row)


def test_every_operation_has_a_row() -> None:
    """No documented operation on wallets' money is left out of the table."""
    vectors = VECTORS / "operations.json"
    documented: list[list[Any]] = json.loads(vectors.read_text())
    mine = re.compile(
        r"/v1/(actions|deposit_accounts|earn|ethereum_yield\w+|wallet_automations)"
        r"|/v1/wallets/\{\w*\}/(actions|automations|balance|deposit_accounts|earn"
        r"|ethereum_yield\w+|payout|swap|transactions|transfer)"
    )
    sent = {row.request.partition("?")[0].replace(PATH, "{}") for row in MOVES + READS}
    templates = {
        f"{method} {re.sub(r'{[^}]*}', '{}', path)}"
        for method, path, _ in documented
        if mine.match(path)
    }
    assert templates == sent
