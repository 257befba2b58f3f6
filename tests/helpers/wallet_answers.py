"""What Privy answers about wallets, as small as it may be, and how a call is checked."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import attrs
from loopback import Loopback, loopback, ok

from privy_async.client import PrivyClient
from privy_async.page import Page
from privy_async.resources.money.automations import WalletAutomations
from privy_async.signing.p256 import AuthorizationKey

KEY = AuthorizationKey.generate()

ID, PATH = "a b/ü", "a%20b%2F%C3%BC"
WALLETS = f"/v1/wallets/{PATH}"
NOTHING: frozenset[str] = frozenset()
IDEMPOTENT = frozenset({"privy-idempotency-key"})
SIGNED = frozenset({"privy-authorization-signature", "privy-request-expiry"})
MONEY = SIGNED | IDEMPOTENT


@attrs.frozen
class Row:
    """A call, and what must arrive of it. `returns` is the class of what it gives back."""

    call: Callable[[PrivyClient], Awaitable[object]]
    request: str
    answer: object
    returns: type[object]
    body: object = None
    headers: frozenset[str] = NOTHING


def wallet_automations(privy: PrivyClient) -> WalletAutomations:
    """The automations that a client manages."""
    return WalletAutomations(privy._requester)


@asynccontextmanager
async def serving(*answers: object) -> AsyncIterator[tuple[Loopback, PrivyClient]]:
    """A server that gives these answers in turn, the last again and again, and its client."""

    async with loopback() as server, server.client(authorization_key=KEY) as privy:
        server.answer = lambda request: ok(answers[min(len(server.requests), len(answers)) - 1])
        yield server, privy


async def check_row(row: Row) -> None:
    """Make the call, and fail unless it sends what the row says and its answer is read."""
    async with serving(row.answer) as (server, privy):
        result: Any = await row.call(privy)
    (request,) = server.requests
    assert f"{request.method} {request.path}" == row.request
    assert (request.json if request.body else None) == row.body
    assert MONEY & set(request.headers) == row.headers
    if isinstance(result, (Page, tuple)):
        (result,) = result
    assert type(result) is row.returns


def texts(*names: str) -> dict[str, Any]:
    """An object whose fields are some text."""
    return dict.fromkeys(names, "x")


ACTION = {
    "id": "a1",
    "status": "pending",
    "wallet_id": "w1",
    "created_at": "2026-01-02T03:04:05.678Z",
}
TRANSFER = {**ACTION, "type": "transfer", **texts("source_chain", "destination_address")}
SWAP = {**ACTION, "type": "swap", **texts("caip2", "input_token", "output_token")}
EARN = {
    **ACTION,
    **texts("caip2", "vault_id", "vault_address", "asset_address", "raw_amount"),
    "type": "earn_deposit",
}
CLAIM = {**ACTION, "type": "earn_incentive_claim", "chain": "base", "rewards": None}
PAYOUT = {
    **ACTION,
    "type": "payout",
    "provider": "bridge",
    "environment": "sandbox",
    "source": texts("asset", "chain", "amount"),
    "destination": texts("fiat_account_id"),
}
TRANSFER_QUOTE = {
    "source": {"asset": "usdc", "amount": "10.50", "chain": "base"},
    "destination": {"address": "0x1", "asset": "usdc", "chain": "arbitrum"},
    "estimated_output_amount": "10.45",
    "estimated_fees": [{"type": "relayer", "amount": "0.20"}],
    "expires_at": 1715200000,
}
SWAP_QUOTE = texts(
    "caip2",
    "input_token",
    "output_token",
    "input_amount",
    "est_output_amount",
    "minimum_output_amount",
    "gas_estimate",
)
BALANCE = {
    "balances": [
        {
            **texts("chain", "asset", "raw_value"),
            "raw_value_decimals": 18,
            "display_values": {"eth": "0.001", "usd": "2.56"},
        }
    ]
}
DETAILS = {
    "type": "transfer_sent",
    **texts("sender", "recipient", "chain", "asset", "raw_value"),
    "sender_privy_user_id": None,
    "recipient_privy_user_id": "did:privy:u",
    "raw_value_decimals": 18,
    "display_values": {"eth": "0.000000000000000001"},
}
TRANSACTION = {
    **texts("wallet_id", "caip2", "status", "transaction_hash"),
    "created_at": 1746920539240,
    "privy_transaction_id": None,
    "details": DETAILS,
}
ASSET = {"address": "0x1", "symbol": "usdc", "decimals": 6}
VAULT = {
    **texts("id", "name", "caip2", "vault_address", "admin_wallet_address", "admin_wallet_id"),
    "provider": "morpho",
    "asset": ASSET,
    "user_apy": 500,
    "app_apy": None,
    "tvl_usd": 1.5,
    "available_liquidity_usd": 2.5,
    "total_rewards_apr": 12.5,
}
POSITION = {
    "asset": ASSET,
    **texts("assets_in_vault", "shares_in_vault", "total_deposited", "total_withdrawn"),
    "apy_bps": 450,
    "apy_allocation": [{"type": "boost", "apy_bps": 500, "assets_in_vault": "1"}],
}
REWARD = texts("token_address", "token_symbol", "amount_claimed", "amount_unclaimed")
SWEEP = {
    **texts("id", "status", "wallet_id", "vault_id"),
    "type": "deposit",
    "created_at": 1746920539240,
    "updated_at": 1746920539241,
    "asset_amount": None,
    "share_amount": None,
}
YIELD_CLAIM = {
    **texts("id", "caip2", "status"),
    "created_at": 1746920539240,
    "updated_at": 1746920539241,
    "rewards": [texts("token_address", "token_symbol", "amount")],
}
YIELD_VAULT = texts("id", "name", "provider", "caip2", "vault_address", "asset_address")
DEPOSIT_ADDRESS = {
    **texts("deposit_address", "wallet_id"),
    "source": {"mode": "exclude", "values": [{"asset": "eth"}]},
    "destination": {"asset": "usdc", "chain": "base"},
}
DEPOSIT_CONFIG = {
    "chains": {"base": {**texts("caip2", "display_name", "icon_url", "vm_type"), "chain_id": 8453}},
    "currencies": [
        {
            **texts("name", "symbol", "logo_uri"),
            "chains": [{"caip2": "eip155:8453", "address": "0x1", "decimals": 6}],
        }
    ],
}
ORDER = {"id": "a1", "status": "pending"}
BANK_ACCOUNT = {
    **texts("id", "wallet_id", "created_at"),
    "status": "activated",
    "provider": "bridge",
    "environment": "sandbox",
    "source": {"currency": "eur", "payment_rails": ["sepa"]},
    "destination": {"asset": "usdc", "chain": "base"},
    "deposit_instructions": {"iban": "DE00", "bic": "X", "payment_rails": ["sepa"]},
}
AUTOMATION = {
    **texts("id", "app_id", "created_at", "updated_at"),
    "status": "enabled",
    "name": None,
    "owner_id": None,
    "config": {
        "trigger": {"type": "deposit", "assets": {"mode": "all"}},
        "action": {"type": "earn_deposit", "vault_id": "v"},
    },
}
ATTACHMENT = {
    **texts("id", "automation_id", "wallet_id", "status", "created_at", "updated_at"),
    "params": {"destination_address": "0x1"},
}
EXECUTION = {
    **texts("id", "wallet_id", "status", "created_at", "updated_at"),
    **texts("trigger_asset_address", "trigger_block_number", "trigger_caip2", "trigger_tx_hash"),
    "wallet_action_id": None,
}
REINDEX = {
    "wallet_id": "w1",
    "results": [{**texts("asset_address", "caip2"), "status": "failed", "raw_balance": None}],
}
