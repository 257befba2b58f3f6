"""Requests that policies, balances and the app's credentials refuse."""

from datetime import timedelta
from typing import Any

from clocks import ReadClock
from solders.hash import Hash
from solders.message import MessageV0
from solders.null_signer import NullSigner
from solders.pubkey import Pubkey
from solders.system_program import TransferParams, transfer
from solders.transaction import VersionedTransaction

from privy_async import (
    AuthenticationError,
    AuthorizationContext,
    AuthorizationKey,
    BadRequestError,
    PolicyViolationError,
    PrivyClient,
)
from refusals.world import Refused, World

ONE, TWO = "0x" + "11" * 20, "0x" + "22" * 20
DEVNET = "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1"
KEY = AuthorizationKey.generate()


def _rule(name: str, method: str, action: str, *conditions: tuple[str, str, Any]) -> Any:
    made = [
        {"field_source": "ethereum_transaction", "field": field, "operator": op, "value": value}
        for field, op, value in conditions
    ]
    return {"name": name, "method": method, "action": action, "conditions": made}


async def _policy(world: World, *rules: Any) -> str:
    made = await world.privy.policies.create(
        version="1.0", name="Payments", chain_type="ethereum", rules=list(rules)
    )
    return made.id


def _denied(*rules: Any, to: str = ONE, value: int = 5000) -> Any:
    """With a transaction of a wallet with a policy of these rules."""

    async def provoke(world: World) -> object:
        wallet = await world.wallet(policy_ids=[await _policy(world, *rules)])
        return await world.privy.wallets.ethereum.send_transaction(
            wallet.id, {"to": to, "value": value}, caip2="eip155:1"
        )

    return provoke


async def _denied_to_a_signer(world: World) -> object:
    quorum = await world.privy.key_quorums.create(public_keys=[KEY.public_key])
    policy_id = await _policy(world, _rule("sign", "personal_sign", "ALLOW"))
    wallet = await world.wallet(
        await world.user(),
        additional_signers=[{"signer_id": quorum.id, "override_policy_ids": [policy_id]}],
    )
    signing = AuthorizationContext(authorization_private_keys=[KEY])
    return await world.privy.with_authorization(signing).wallets.ethereum.send_transaction(
        wallet.id, {"to": ONE, "value": 1}, caip2="eip155:1"
    )


def _poor(ether: int, **more: Any) -> Any:
    """With a transaction of so much ether, by a wallet that has 100."""

    async def provoke(world: World) -> object:
        wallet = await world.wallet()
        transaction: Any = {"to": ONE, "value": ether * 10**18, **more}
        return await world.privy.wallets.ethereum.send_transaction(
            wallet.id, transaction, caip2="eip155:1"
        )

    return provoke


async def _poor_on_solana(world: World) -> object:
    wallet = await world.privy.wallets.create(chain_type="solana")
    payer = Pubkey.from_string(wallet.address)
    sent = transfer(
        TransferParams(from_pubkey=payer, to_pubkey=Pubkey.default(), lamports=200 * 10**9)
    )
    message = MessageV0.try_compile(payer, [sent], [], Hash.default())
    unsigned = bytes(VersionedTransaction(message, [NullSigner(payer)]))
    return await world.privy.wallets.solana.sign_and_send_transaction(
        wallet.id, unsigned, caip2=DEVNET
    )


def _app(**changed: str) -> Any:
    """With a client that names its app wrongly."""

    async def provoke(world: World) -> object:
        right = {"app_id": world.sandbox.app_id, "app_secret": world.sandbox.app_secret}
        async with PrivyClient(base_url=world.sandbox.base_url, **{**right, **changed}) as privy:
            return await privy.wallets.create(chain_type="ethereum")

    return provoke


def _late(behind: float, ahead: float) -> Any:
    """With a client whose clock is behind, or a sandbox whose clock is ahead, by so many s."""

    async def provoke(world: World) -> object:
        wallet, clock = await world.wallet(await world.user()), world.sandbox.clock
        signing = world.sandbox.issue_user_jwt("alice", lifetime=10**6)
        before = clock.now()
        client = world.sandbox.client(
            clock=ReadClock(lambda: before - behind), request_expiry=timedelta(minutes=15)
        )
        async with client as privy:
            alice = privy.for_user(signing)
            clock.advance(ahead)
            return await world.sign(wallet, alice)

    return provoke


_POLICY = "400, code policy_violation"
_RULES = "No rule of the policy allows it, or one denies it. See privy.policies.get"
_FUNDS, _HOLDS = "400, code insufficient_funds", "hold too little: see what it has with"
_APP = "Check app_id and app_secret (PRIVY_APP_ID, PRIVY_APP_SECRET)"
_SEND = "eth_sendTransaction"
MONEY = [
    Refused("a method without a rule", PolicyViolationError,
            _denied(_rule("sign", "personal_sign", "ALLOW")), _POLICY, _RULES,
            "has no rule that allows eth_sendTransaction, and what no rule allows is denied"),
    Refused("more than a rule allows", PolicyViolationError,
            _denied(_rule("small", _SEND, "ALLOW", ("value", "lte", "1000"))), _POLICY, _RULES,
            "“small” would, but value must be lte 1000, and is 5000"),
    Refused("a recipient who is not on the list", PolicyViolationError,
            _denied(_rule("friends", _SEND, "ALLOW", ("to", "in", [TWO]))), _POLICY, _RULES,
            f"“friends” would, but to must be in {TWO}, and is {ONE}"),
    Refused("a rule that denies", PolicyViolationError,
            _denied(_rule("all", _SEND, "ALLOW"),
                    _rule("not him", _SEND, "DENY", ("to", "eq", ONE))),
            _POLICY, _RULES, f"denies it by its rule “not him”: to is {ONE}"),
    Refused("what a signer's policy denies", PolicyViolationError, _denied_to_a_signer, _POLICY,
            _RULES, "The signer's policy “Payments”"),
    Refused("more ether than there is", BadRequestError, _poor(200), _FUNDS, _HOLDS,
            "the wallet has 100 ETH, and needs 200.0"),
    Refused("gas that cannot be paid", BadRequestError,
            _poor(1, gas_limit=1_000_000, max_fee_per_gas=10**15, max_priority_fee_per_gas=1),
            _FUNDS, _HOLDS, "the wallet has 100 ETH, and needs 1001 ETH, gas included"),
    Refused("more SOL than there is", BadRequestError, _poor_on_solana, _FUNDS, _HOLDS,
            "and needs 200 SOL"),
    Refused("another app's secret", AuthenticationError, _app(app_secret="wrong"),
            "Invalid app ID or app secret.", _APP, "The app secret of the Basic credentials"),
    Refused("another app's id", AuthenticationError, _app(app_id="wrong"),
            "Invalid app ID or app secret.", _APP, "The app id of the Basic credentials"),
    Refused("a clock that is behind", BadRequestError, _late(1530, 0), "400, code request_expired",
            "This machine's clock is 25 min behind Privy's (by its Date header): set it",
            "It expired 6"),
    Refused("a request that came late", BadRequestError, _late(0, 1200),
            "400, code request_expired", "give it a longer one", "It expired 3"),
]  # fmt: skip
