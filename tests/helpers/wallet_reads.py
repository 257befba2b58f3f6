"""The calls that only look at wallets' money, and what must arrive of each."""

import wallet_answers as answers
from wallet_answers import ID, PATH, WALLETS, Row, wallet_automations

from privy_async.resources.money import actions as wallet_actions
from privy_async.resources.money import automations, deposit_accounts, earn, ethereum_yield
from privy_async.resources.money.balances import WalletBalance
from privy_async.resources.money.transactions import WalletTransaction

READS = [
    Row(
        lambda p: p.wallets.actions.get(ID, wallet_id=ID, include="steps"),
        f"GET {WALLETS}/actions/{PATH}?include=steps",
        answers.TRANSFER,
        wallet_actions.TransferAction,
    ),
    Row(
        lambda p: p.wallets.actions.list(ID, type="transfer", limit=5, cursor="c&1").first_page(),
        f"GET {WALLETS}/actions?type=transfer&limit=5&cursor=c%261",
        {"data": [answers.TRANSFER], "next_cursor": None},
        wallet_actions.TransferAction,
    ),
    Row(
        lambda p: p.wallets.actions.get_by_reference_id("order 1", include="steps"),
        "GET /v1/actions?reference_id=order%201&include=steps",
        {"actions": [answers.TRANSFER]},
        wallet_actions.TransferAction,
    ),
    Row(
        lambda p: p.wallets.deposit_accounts.crypto.search_config("usd"),
        "GET /v1/deposit_accounts/crypto/config/search?q=usd",
        {"chains": {}, "currencies": []},
        deposit_accounts.FoundDepositCurrencies,
    ),
    Row(
        lambda p: p.wallets.balance.get(ID, asset=["usdc", "eth"], chain="base"),
        f"GET {WALLETS}/balance?asset=usdc&asset=eth&chain=base",
        answers.BALANCE,
        WalletBalance,
    ),
    Row(
        lambda p: p.wallets.balance.get(ID, token="base:0x1", include_archived=True),
        f"GET {WALLETS}/balance?token=base%3A0x1&include_archived=true",
        answers.BALANCE,
        WalletBalance,
    ),
    Row(
        lambda p: p.wallets.transactions.list(ID, chain="base", asset="usdc", limit=5),
        f"GET {WALLETS}/transactions?chain=base&asset=usdc&limit=5",
        {"transactions": [answers.TRANSACTION], "next_cursor": None},
        WalletTransaction,
    ),
    Row(
        lambda p: p.wallets.earn.ethereum.vault_details(ID),
        f"GET /v1/earn/ethereum/vaults/{PATH}",
        answers.VAULT,
        earn.EarnVault,
    ),
    Row(
        lambda p: p.wallets.earn.ethereum.vault_position(ID, vault_id="v", include_archived=False),
        f"GET {WALLETS}/earn/ethereum/vaults?vault_id=v&include_archived=false",
        answers.POSITION,
        earn.EarnPosition,
    ),
    Row(
        lambda p: p.wallets.earn.ethereum.incentive.rewards(ID, chain="base"),
        f"GET {WALLETS}/earn/ethereum/incentive/claim?chain=base",
        {"rewards": [answers.REWARD]},
        earn.IncentiveReward,
    ),
    Row(
        lambda p: p.wallets.ethereum_yield.get_position(ID, vault_id="v"),
        f"GET {WALLETS}/ethereum_yield_vault?vault_id=v",
        {**answers.POSITION, "asset": {"address": "0x1", "symbol": "usdc"}},
        earn.EarnPosition,
    ),
    Row(
        lambda p: p.wallets.ethereum_yield.get_vault(ID),
        f"GET /v1/ethereum_yield_vault/{PATH}",
        answers.YIELD_VAULT,
        ethereum_yield.YieldVault,
    ),
    Row(
        lambda p: p.wallets.ethereum_yield.get_sweep(ID),
        f"GET /v1/ethereum_yield_sweep/{PATH}",
        answers.SWEEP,
        ethereum_yield.YieldSweep,
    ),
    Row(
        lambda p: p.wallets.ethereum_yield.get_claim(ID),
        f"GET /v1/ethereum_yield_claim/{PATH}",
        answers.YIELD_CLAIM,
        ethereum_yield.YieldClaim,
    ),
    Row(
        lambda p: p.wallets.deposit_accounts.crypto.list(ID, limit=2),
        f"GET {WALLETS}/deposit_accounts/crypto?limit=2",
        {"data": [answers.DEPOSIT_ADDRESS], "next_cursor": None},
        deposit_accounts.CryptoDepositAccount,
    ),
    Row(
        lambda p: p.wallets.deposit_accounts.crypto.get_config(),
        "GET /v1/deposit_accounts/crypto/config",
        answers.DEPOSIT_CONFIG,
        deposit_accounts.CryptoDepositConfig,
    ),
    Row(
        lambda p: p.wallets.deposit_accounts.crypto.get_order(ID, wallet_id=ID),
        f"GET {WALLETS}/deposit_accounts/crypto/orders/{PATH}",
        answers.ORDER,
        deposit_accounts.CryptoDepositOrder,
    ),
    Row(
        lambda p: p.wallets.deposit_accounts.crypto.get_next_order(ID, after="2026-01-01T00:00Z"),
        f"GET {WALLETS}/deposit_accounts/crypto/next_order?after=2026-01-01T00%3A00Z",
        {"order": answers.ORDER},
        deposit_accounts.CryptoDepositOrder,
    ),
    Row(
        lambda p: p.wallets.deposit_accounts.crypto.get_next_order(ID, after="x"),
        f"GET {WALLETS}/deposit_accounts/crypto/next_order?after=x",
        {"order": None},
        type(None),
    ),
    Row(
        lambda p: p.wallets.deposit_accounts.fiat.list(ID, provider="bridge"),
        f"GET {WALLETS}/deposit_accounts/fiat?provider=bridge",
        {"fiat_deposit_accounts": [answers.BANK_ACCOUNT], "next_cursor": None},
        deposit_accounts.FiatDepositAccount,
    ),
    Row(
        lambda p: p.wallets.deposit_accounts.fiat.get(ID, wallet_id=ID),
        f"GET {WALLETS}/deposit_accounts/fiat/{PATH}",
        {"fiat_deposit_account": answers.BANK_ACCOUNT},
        deposit_accounts.FiatDepositAccount,
    ),
    Row(
        lambda p: wallet_automations(p).get(ID),
        f"GET /v1/wallet_automations/{PATH}",
        answers.AUTOMATION,
        automations.WalletAutomation,
    ),
    Row(
        lambda p: wallet_automations(p).list(wallet_id=ID, limit=1),
        f"GET /v1/wallet_automations?wallet_id={PATH}&limit=1",
        {"data": [answers.AUTOMATION], "next_cursor": None},
        automations.WalletAutomation,
    ),
    Row(
        lambda p: wallet_automations(p).list_executions(cursor="c 1"),
        "GET /v1/wallet_automations/executions?cursor=c%201",
        {"data": [answers.EXECUTION], "next_cursor": None},
        automations.AutomationExecution,
    ),
]
