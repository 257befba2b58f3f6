"""The events that the sandbox causes, read as the SDK reads them."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from api_client import ApiClient, new_key, spki
from mfa_helpers import Acting
from webhook_receiver import Receiver, receiving

from privy_async.resources.webhook_events import (
    FundsEvent,
    MfaEvent,
    TransactionEvent,
    TransferEvent,
    UserAccountEvent,
    UserEvent,
    UserWalletEvent,
    WalletArchiveEvent,
    WalletKeyEvent,
)
from privy_async.sandbox import Sandbox
from privy_async.values import Value
from privy_async.verification.webhooks import verify

pytestmark = pytest.mark.anyio

BASE = "eip155:8453"
SOMEBODY = "0x742d35Cc6634C0532925a3b844Bc9e7595f2bD18"


@pytest.fixture
async def sandbox(anyio_backend: str) -> AsyncIterator[Sandbox]:
    """A sandbox whose time goes on, so that transactions are confirmed."""
    async with Sandbox(block_time=0.02, test_accounts={"ann@example.com": "123456"}) as sandbox:
        yield sandbox


async def told(receiver: Receiver, type: str) -> Any:
    """The first event of a type as the SDK decodes it, which leaves no field without a name."""
    await receiver.event(type)
    request = next(each for each in receiver.server.requests if each.json["type"] == type)
    event = verify(request.body, request.headers, secret=receiver.secret)
    assert isinstance(event, Value)
    assert event.type == type
    assert event.extra == {}
    return event


async def test_users(receiver: Receiver, api: ApiClient) -> None:
    """A user is created, gets a wallet, links and unlinks an account, and is deleted."""
    user_id = await api.create_user("alice")
    path = f"/v1/users/{user_id}"
    await api.call("POST", f"{path}/wallets", {"wallets": [{"chain_type": "solana"}]})
    account = {"type": "email", "address": "ann@example.com"}
    await api.call("POST", f"{path}/accounts", account)
    await api.call("POST", f"{path}/accounts", account)
    unlinked = {"type": "email", "handle": "ann@example.com"}
    await api.call("POST", f"{path}/accounts/unlink", unlinked)
    await api.call("DELETE", path)
    await receiver.settled()
    kinds = {
        "user.created": UserEvent,
        "user.wallet_created": UserWalletEvent,
        "user.linked_account": UserAccountEvent,
        "user.updated_account": UserAccountEvent,
        "user.unlinked_account": UserAccountEvent,
        "user.deleted": UserEvent,
    }
    assert receiver.types == sorted(kinds)
    for name, kind in kinds.items():
        event = await told(receiver, name)
        assert isinstance(event, kind)
        assert event.user.id == user_id
    assert (await told(receiver, "user.unlinked_account")).account.address == "ann@example.com"
    wallet = (await told(receiver, "user.wallet_created")).wallet
    assert wallet.to_json() == {
        "type": "wallet",
        "address": (await told(receiver, "user.deleted")).user.linked_accounts[1].address,
        "chain_type": "solana",
    }


async def test_logging_in(receiver: Receiver, api: ApiClient) -> None:
    """The first log-in creates the user; each tells the account that was used."""
    log_in = {"email": "ann@example.com", "code": "123456"}
    for _ in range(2):
        reply = await api.call("POST", "/v1/passwordless/authenticate", log_in)
        assert reply.status == 200, reply
    await receiver.settled()
    assert receiver.types == ["user.authenticated", "user.authenticated", "user.created"]
    event = await told(receiver, "user.authenticated")
    assert event.user.id == reply.body["user"]["id"]
    assert event.account.address == "ann@example.com"


async def test_wallets(receiver: Receiver, api: ApiClient) -> None:
    """A user's wallet is created, its key is exported, it is archived."""
    user_id = await api.create_user("alice")
    wallet = await api.create_wallet(owner={"user_id": user_id})
    key = await api.exchange("alice")
    body = {"encryption_type": "HPKE", "recipient_public_key": spki(new_key())}
    path = f"/v1/wallets/{wallet['id']}"
    assert (await api.call("POST", f"{path}/export", body, keys=[key])).status == 200
    await api.call("POST", f"{path}/archive")
    exported = await told(receiver, "wallet.private_key_export")
    assert isinstance(exported, WalletKeyEvent)
    assert (exported.user_id, exported.wallet_id) == (user_id, wallet["id"])
    archived = await told(receiver, "wallet.archived")
    assert isinstance(archived, WalletArchiveEvent)
    assert (archived.wallet_id, archived.chain_type) == (wallet["id"], "ethereum")
    assert (await told(receiver, "user.wallet_created")).wallet.address == wallet["address"]


async def test_a_wallet_of_no_user_alone_is_no_users_wallet(
    receiver: Receiver, api: ApiClient
) -> None:
    """Wallets of keys, of quorums and of nobody are made without `user.wallet_created`."""
    user_id = await api.create_user("alice")
    quorum_id = await api.create_quorum(public_keys=[spki(new_key())], user_ids=[user_id])
    await api.create_wallet()
    await api.create_wallet(owner={"public_key": spki(new_key())})
    await api.create_wallet(owner_id=quorum_id)
    await receiver.settled()
    assert receiver.types == ["user.created"]


def sending(value: int, to: str = SOMEBODY, **more: Any) -> dict[str, Any]:
    """The body of a request that sends ether."""
    transaction = {"to": to, "value": value, **more}
    return {
        "method": "eth_sendTransaction",
        "caip2": BASE,
        "reference_id": "order-7",
        "params": {"transaction": transaction},
    }


async def test_a_transaction(receiver: Receiver, api: ApiClient) -> None:
    """It is broadcasted, then confirmed without anybody asking; both wallets hear of the money."""
    alice, bob = await api.create_wallet(), await api.create_wallet()
    path = f"/v1/wallets/{alice['id']}/rpc"
    reply = await api.call("POST", path, sending(5, bob["address"]))
    assert reply.status == 200, reply
    for status in ("broadcasted", "confirmed"):
        event = await told(receiver, f"transaction.{status}")
        assert isinstance(event, TransactionEvent)
        assert event.transaction_id == reply.body["data"]["transaction_id"]
        assert event.transaction_hash == reply.body["data"]["hash"]
        assert (event.wallet_id, event.caip2) == (alice["id"], BASE)
        assert event.reference_id == "order-7"
    for type, wallet in (("withdrawn", alice), ("deposited", bob)):
        funds = await told(receiver, f"wallet.funds_{type}")
        assert isinstance(funds, FundsEvent)
        assert (funds.wallet_id, funds.amount) == (wallet["id"], "5")
        assert funds.asset.type == "native-token"
        assert funds.sender == alice["address"].lower()
        assert funds.recipient == bob["address"].lower()
        assert funds.block.number > 0


async def test_a_reverted_transaction(receiver: Receiver, api: ApiClient) -> None:
    """What fails on the chain is told as such, and moves nothing."""
    wallet = await api.create_wallet()
    # Init code that reverts: PUSH1 0 PUSH1 0 REVERT.
    body = sending(0, gas_limit=100_000, data="0x60006000fd")
    del body["params"]["transaction"]["to"]
    reply = await api.call("POST", f"/v1/wallets/{wallet['id']}/rpc", body)
    assert reply.status == 200, reply
    event = await told(receiver, "transaction.execution_reverted")
    assert event.transaction_id == reply.body["data"]["transaction_id"]
    await receiver.settled()
    assert receiver.types == ["transaction.broadcasted", "transaction.execution_reverted"]


@pytest.mark.parametrize(
    ("chain_type", "chain", "asset"),
    [("ethereum", "base", "erc20"), ("solana", "solana_devnet", "spl")],
)
async def test_a_transfer(
    receiver: Receiver, api: ApiClient, chain_type: str, chain: str, asset: str
) -> None:
    """The action is created and succeeds, with its steps; the token's movement is told."""
    alice = await api.create_wallet(chain_type=chain_type)
    bob = await api.create_wallet(chain_type=chain_type)
    body = {
        "source": {"asset": "usdc", "chain": chain},
        "amount": "1.5",
        "destination": {"address": bob["address"]},
    }
    reply = await api.call("POST", f"/v1/wallets/{alice['id']}/transfer", body)
    assert reply.status == 200, reply
    created = await told(receiver, "wallet_action.transfer.created")
    assert isinstance(created, TransferEvent)
    assert (created.wallet_action_id, created.status) == (reply.body["id"], "pending")
    assert (created.source_amount, created.steps) == ("1.5", None)
    succeeded = await told(receiver, "wallet_action.transfer.succeeded")
    assert (succeeded.wallet_action_id, succeeded.status) == (reply.body["id"], "succeeded")
    (step,) = succeeded.steps
    assert step.status == "confirmed"
    funds = await told(receiver, "wallet.funds_deposited")
    assert (funds.wallet_id, funds.asset.type, funds.amount) == (bob["id"], asset, "1500000")


async def test_second_factors(receiver: Receiver, api: ApiClient) -> None:
    """A user enrolls, which verifying does not, and the factor is taken away again."""
    alice = await Acting.made(api)
    await alice.enroll_sms()
    enabled = await told(receiver, "mfa.enabled")
    assert isinstance(enabled, MfaEvent)
    assert (enabled.user_id, enabled.method) == (alice.user_id, "sms")
    await alice.verify_sms()
    api.sandbox.mfa.disable(alice.user_id, "sms")
    disabled = await told(receiver, "mfa.disabled")
    assert (disabled.user_id, disabled.method) == (alice.user_id, "sms")
    await receiver.settled()
    assert receiver.types == ["mfa.disabled", "mfa.enabled", "user.created"]


async def test_a_rejected_transfer(receiver: Receiver, api: ApiClient) -> None:
    """What the chain does not take is rejected at once, with the reason."""
    wallet = await api.create_wallet()
    body = {
        "source": {"asset": "usdc", "chain": "base"},
        "amount": "1000",
        "destination": {"address": SOMEBODY},
    }
    await api.call("POST", f"/v1/wallets/{wallet['id']}/transfer", body)
    event = await told(receiver, "wallet_action.transfer.rejected")
    assert event.failure_reason.message
    await receiver.settled()
    assert receiver.types == ["wallet_action.transfer.rejected"]


async def test_who_asks_first_does_not_matter(receiver: Receiver, api: ApiClient) -> None:
    """A client that asks for the transaction all the time hears of the same one confirmation."""
    wallet = await api.create_wallet()
    reply = await api.call("POST", f"/v1/wallets/{wallet['id']}/rpc", sending(1))
    path = f"/v1/transactions/{reply.body['data']['transaction_id']}"
    while (await api.call("GET", path)).body["status"] != "finalized":
        pass
    await told(receiver, "transaction.confirmed")
    await receiver.settled()
    assert receiver.types.count("transaction.confirmed") == 1


async def test_a_ledger_alone_broadcasts(api: ApiClient) -> None:
    """Without chains a transaction is broadcasted, and stays so."""
    async with Sandbox(real_chains=False) as sandbox, receiving(sandbox) as receiver:
        other = ApiClient(sandbox, api.session)
        wallet = await other.create_wallet()
        await other.call("POST", f"/v1/wallets/{wallet['id']}/rpc", sending(1))
        assert (await told(receiver, "transaction.broadcasted")).wallet_id == wallet["id"]
