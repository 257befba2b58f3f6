"""A mistyped address goes nowhere, and bytes of any class go everywhere as what they are."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sdk_helpers import RawServer, http_answer

from privy_async import APIStatusError, InvalidArgumentError, PrivyClient

pytestmark = pytest.mark.anyio

GOOD = "0x742D35CC6634C0532925a3B844Bc9E7595F2bD18"
MISTYPED = "0x742d35CC6634C0532925a3B844Bc9E7595F2bD18"
TRON = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
MISTYPED_TRON = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6u"
SOLANA = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"
# It has no checksum, so a mistyped one is found by its length alone.
MISTYPED_SOLANA = SOLANA[:-2]
CHAIN = "eip155:1"
AUTHORIZATION = {"chain_id": 1, "nonce": 0, "r": "0x1", "s": "0x2", "y_parity": 0}
BASE = {"chain": "base", "asset": "usdc"}
ETHER = {"asset_address": "native", "caip2": CHAIN}
Call = Callable[[PrivyClient, Any], Awaitable[object]]


def tempo(**fields: Any) -> dict[str, Any]:
    """A transaction of Tempo."""
    return {"type": 118, "calls": [{"to": GOOD}], **fields}


def tron(**fields: Any) -> Any:
    """A transfer on TRON."""
    contract = {"type": "TransferContract", "owner_address": TRON, "to_address": TRON, "amount": 1}
    return {"contract": [{**contract, **fields}]}


ON_ETHEREUM: dict[str, tuple[Call, str]] = {
    "send to": (
        lambda p, a: p.wallets.ethereum.send_transaction("w", {"to": a, "value": 1}, caip2=CHAIN),
        "transaction.to",
    ),
    "sign to": (lambda p, a: p.wallets.ethereum.sign_transaction("w", {"to": a}), "transaction.to"),
    "from": (
        lambda p, a: p.wallets.ethereum.sign_transaction("w", {"from": a, "to": GOOD}),
        "transaction.from",
    ),
    "authorization in a transaction": (
        lambda p, a: p.wallets.ethereum.sign_transaction(
            "w", {"to": GOOD, "authorization_list": [{**AUTHORIZATION, "contract": a}]}
        ),
        "transaction.authorization_list[0].contract",
    ),
    "Tempo's call": (
        lambda p, a: p.wallets.ethereum.sign_transaction("w", tempo(calls=[{"to": a}])),
        "transaction.calls[0].to",
    ),
    "Tempo's fee token": (
        lambda p, a: p.wallets.ethereum.sign_transaction("w", tempo(fee_token=a)),
        "transaction.fee_token",
    ),
    "Tempo's access list": (
        lambda p, a: p.wallets.ethereum.sign_transaction(
            "w", tempo(access_list=[{"address": a, "storage_keys": []}])
        ),
        "transaction.access_list[0].address",
    ),
    "calls": (
        lambda p, a: p.wallets.ethereum.send_calls("w", [{"to": GOOD}, {"to": a}], caip2=CHAIN),
        "calls[1].to",
    ),
    "authorization": (
        lambda p, a: p.wallets.ethereum.sign_7702_authorization("w", a, chain_id=1),
        "contract",
    ),
    "smart account": (
        lambda p, a: p.wallets.ethereum.sign_user_operation("w", {}, contract=a, chain_id=1),
        "contract",
    ),
    **{
        f"user operation's {name}": (
            lambda p, a, name=name: p.wallets.ethereum.sign_user_operation(
                "w", {name: a}, contract=GOOD, chain_id=1
            ),
            f"user_operation.{name}",
        )
        for name in ("sender", "paymaster", "factory")
    },
    "transfer": (
        lambda p, a: p.wallets.transfer("w", source=BASE, destination={"address": a}),
        "destination.address",
    ),
    "transfer to another chain": (
        lambda p, a: p.wallets.transfer(
            "w",
            source={"chain": "solana", "asset": "usdc"},
            destination={"address": a, "chain": "base"},
        ),
        "destination.address",
    ),
    "transfer of a token": (
        lambda p, a: p.wallets.transfer(
            "w", source={"chain": "base", "asset_address": a}, destination={"address": GOOD}
        ),
        "source.asset_address",
    ),
    "quote of a transfer": (
        lambda p, a: p.wallets.quote_transfer("w", source=BASE, destination={"address": a}),
        "destination.address",
    ),
    "proposed transfer": (
        lambda p, a: p.intents.transfer("w", source=BASE, destination={"address": a}),
        "destination.address",
    ),
    "swap from": (
        lambda p, a: p.wallets.swap.execute(
            "w", source={"asset_address": a, "caip2": CHAIN}, destination=ETHER, base_amount=1
        ),
        "source.asset_address",
    ),
    "swap into": (
        lambda p, a: p.wallets.swap.execute(
            "w", source=ETHER, destination={"asset_address": a}, base_amount=1
        ),
        "destination.asset_address",
    ),
    "swap for": (
        lambda p, a: p.wallets.swap.quote(
            "w", source=ETHER, destination={**ETHER, "destination_address": a}, base_amount=1
        ),
        "destination.destination_address",
    ),
}
LOOSE: dict[str, tuple[Call, str]] = {
    "automation": (
        lambda p, a: p.wallets.attach_automations(
            "w", automation_ids=["x"], params={"destination_address": a}
        ),
        "params.destination_address",
    ),
    "deposit": (
        lambda p, a: p.wallets.deposit_accounts.fiat.create(
            "w",
            provider="bridge",
            source={"currency": "usd"},
            destination={"asset": a, "chain": CHAIN},
        ),
        "destination.asset",
    ),
    "a user's wallet": (
        lambda p, a: p.users.create(
            linked_accounts=[{"type": "wallet", "address": a, "chain_type": "ethereum"}]
        ),
        "linked_accounts[0].address",
    ),
}
OTHERS: dict[str, tuple[Call, str, str]] = {
    "TRON to": (
        lambda p, a: p.wallets.tron.send_transaction("w", tron(to_address=a)),
        "raw_data.contract[0].to_address",
        MISTYPED_TRON,
    ),
    "TRON owner": (
        lambda p, a: p.wallets.tron.send_transaction("w", tron(owner_address=a)),
        "raw_data.contract[0].owner_address",
        MISTYPED_TRON,
    ),
    "transfer on TRON": (
        lambda p, a: p.wallets.transfer("w", source={"chain": "tron"}, destination={"address": a}),
        "destination.address",
        MISTYPED_TRON,
    ),
    "transfer on Solana": (
        lambda p, a: p.wallets.transfer(
            "w", source={"chain": "solana"}, destination={"address": a}
        ),
        "destination.address",
        MISTYPED_SOLANA,
    ),
    "swap to Solana": (
        lambda p, a: p.wallets.swap.execute(
            "w",
            source=ETHER,
            destination={
                "asset_address": SOLANA,
                "caip2": "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp",
                "destination_address": a,
            },
            base_amount=1,
        ),
        "destination.destination_address",
        MISTYPED_SOLANA,
    ),
}


async def refused(call: Call, address: Any, argument: str) -> None:
    """The call ends in an error that names the argument, and nothing is sent."""
    async with RawServer() as server, server.client() as privy:
        with pytest.raises(InvalidArgumentError) as caught:
            await call(privy, address)
    assert caught.value.argument == argument
    assert server.connections == 0


async def taken(call: Call, address: Any) -> None:
    """The call is sent."""
    async with RawServer(http_answer(status=400)) as server, server.client() as privy:
        with pytest.raises(APIStatusError):
            await call(privy, address)
    assert len(server.requests) == 1


@pytest.mark.parametrize("address", [MISTYPED, GOOD[:-1], "vitalik.eth", TRON, None, 5])
@pytest.mark.parametrize(("call", "argument"), ON_ETHEREUM.values(), ids=ON_ETHEREUM)
async def test_what_is_no_address_goes_nowhere(call: Call, argument: str, address: Any) -> None:
    """A wrong case, a wrong length, a name and another chain's address are refused by name."""
    if address is None and argument.startswith(("source.", "destination.")):
        pytest.skip("null counts as a field that is not given, which Privy answers")
    await refused(call, address, argument)


@pytest.mark.parametrize(("call", "argument"), LOOSE.values(), ids=LOOSE)
async def test_a_mistyped_address_goes_nowhere(call: Call, argument: str) -> None:
    """Where the chain is not told, what looks like an address of Ethereum is checked as one."""
    await refused(call, MISTYPED, argument)


@pytest.mark.parametrize(("call", "argument", "mistyped"), OTHERS.values(), ids=OTHERS)
async def test_addresses_of_other_chains(call: Call, argument: str, mistyped: str) -> None:
    """TRON's checksum and Solana's length are checked, and Ethereum's addresses refused there."""
    for address in (mistyped, GOOD):
        await refused(call, address, argument)


@pytest.mark.parametrize("address", [GOOD, GOOD.lower(), f"0x{GOOD[2:].upper()}"])
@pytest.mark.parametrize("call", [call for call, _ in (ON_ETHEREUM | LOOSE).values()])
async def test_an_address_in_every_spelling_is_sent(call: Call, address: str) -> None:
    """EIP-55's case, lower case and upper case are all taken."""
    await taken(call, address)


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("TRON to", TRON),
        ("TRON owner", f"41{GOOD[2:]}"),
        ("transfer on TRON", TRON),
        ("transfer on Solana", SOLANA),
        ("swap to Solana", SOLANA),
    ],
)
async def test_good_addresses_of_other_chains_are_sent(name: str, address: str) -> None:
    """Each chain takes its own."""
    await taken(OTHERS[name][0], address)
