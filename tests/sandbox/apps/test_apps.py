"""The app's settings, allowlist, test accounts and gas, by HTTP and with the SDK."""

from collections.abc import AsyncIterator

import pytest
from api_client import ApiClient
from jwt import decode

from privy_async import ConflictError, NotFoundError, PrivyClient
from privy_async.sandbox import Sandbox

pytestmark = pytest.mark.anyio

DAY = 24 * 60 * 60 * 1000


@pytest.fixture
async def privy(anyio_backend: str) -> AsyncIterator[PrivyClient]:
    """The SDK's client of a sandbox with a test account."""
    async with (
        Sandbox(test_accounts={"test@example.com": "123456"}) as sandbox,
        sandbox.client() as client,
    ):
        yield client


async def test_settings(privy: PrivyClient) -> None:
    """They are complete for the SDK, and their key verifies what the sandbox issues."""
    app = await privy.apps.get()
    assert (app.id, app.email_auth, app.custom_jwt_auth) == ("sandbox-app", True, True)
    with pytest.raises(NotFoundError):
        await privy.apps.get("another")


async def test_the_verification_key(sandbox: Sandbox, api: ApiClient) -> None:
    """The PEM key is the one behind the JWKS."""
    pem = (await api.call("GET", f"/v1/apps/{sandbox.app_id}")).body["verification_key"]
    token = sandbox.issue_user_jwt("alice", exp=4_000_000_000)
    claims = decode(token, pem, algorithms=["ES256"], options={"verify_iat": False})
    assert claims["sub"] == "alice"


async def test_the_allowlist(privy: PrivyClient) -> None:
    """Who is invited twice stands on it once; e-mail addresses have no case."""
    lists = privy.apps.allowlist
    first = await lists.create(type="email", value="Alice@example.com")
    assert await lists.create(type="email", value="alice@example.com") == first
    second = await lists.create(type="wallet", value="0xAb")
    assert [entry async for entry in lists.list()] == [first, second]
    assert (await privy.apps.get()).allowlist_enabled
    await lists.delete(type="email", value="ALICE@example.com")
    assert [entry async for entry in lists.list()] == [second]
    with pytest.raises(NotFoundError):
        await lists.delete(type="email", value="alice@example.com")


@pytest.mark.parametrize(
    "body",
    [{}, {"type": "email"}, {"type": "pet", "value": "x"}, {"type": "email", "value": "x"}],
)
async def test_refused_invitations(api: ApiClient, body: dict[str, str]) -> None:
    """A known type and a value that can be one."""
    reply = await api.call("POST", f"/v1/apps/{api.sandbox.app_id}/allowlist", body)
    assert (reply.status, reply.body["code"]) == (400, "invalid_data")


async def test_test_credentials(privy: PrivyClient) -> None:
    """The test accounts with their codes, the same each time."""
    [account] = (await privy.apps.get_test_credentials()).data
    assert (account.email, account.otp_code) == ("test@example.com", "123456")
    assert (await privy.apps.get_test_credentials()).data == (account,)


async def test_gas_spend(privy: PrivyClient) -> None:
    """Nothing is charged, for wallets that are there."""
    wallets = [(await privy.wallets.create(chain_type="ethereum")).id for _ in range(2)]
    spend = await privy.apps.get_gas_spend(
        wallet_ids=wallets, start_timestamp=0, end_timestamp=30 * DAY
    )
    assert (spend.value, spend.currency) == ("0", "usd")
    with pytest.raises(NotFoundError):
        await privy.apps.get_gas_spend(
            wallet_ids=[*wallets, "nothing"], start_timestamp=0, end_timestamp=DAY
        )


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("wallet_ids={id},{id}&start_timestamp=0&end_timestamp=1", 200),
        ("wallet_ids[]={id}&wallet_ids[]={id}&start_timestamp=0&end_timestamp=1", 200),
        ("start_timestamp=0&end_timestamp=1", 400),
        ("wallet_ids={id}&end_timestamp=1", 400),
        ("wallet_ids={id}&start_timestamp=-1&end_timestamp=1", 400),
        ("wallet_ids={id}&start_timestamp=1&end_timestamp=1", 400),
        (f"wallet_ids={{id}}&start_timestamp=0&end_timestamp={30 * DAY + 1}", 400),
        ("wallet_ids=" + ",".join(["{id}"] * 101) + "&start_timestamp=0&end_timestamp=1", 400),
    ],
)
async def test_queries_of_gas_spend(api: ApiClient, query: str, status: int) -> None:
    """Lists in every form that SDKs write; up to 100 wallets and 30 days."""
    wallet = await api.create_wallet()
    reply = await api.call("GET", "/v1/apps/gas_spend?" + query.replace("{id}", wallet["id"]))
    assert reply.status == status


async def test_what_is_not_imitated_is_not_asked_for_again(api: ApiClient) -> None:
    """501 names the operation, and tells the official SDKs not to repeat it."""
    wallet = await api.create_wallet()
    path = f"/v1/wallets/{wallet['id']}"
    for method, target, name in (
        ("POST", "/v1/custodial_wallets", "getCustodialWallets"),
        ("POST", f"{path}/swap", "swapTokens"),
        ("GET", "/v1/kraken_embed/assets", "listAssets"),
        ("POST", "/api/oauth/v2/device_verify", "deviceVerify"),
    ):
        reply = await api.call(method, target)
        assert (reply.status, reply.body["code"]) == (501, "not_implemented"), target
        assert name in reply.body["error"]
        assert reply.headers["x-should-retry"] == "false"
    assert "x-should-retry" not in (await api.call("GET", "/v1/wallets/nothing")).headers


async def test_organizations_batches_and_accounts_with_the_sdk(privy: PrivyClient) -> None:
    """The SDK reads what the sandbox answers of them."""
    user = await privy.users.create(
        linked_accounts=[{"type": "custom_auth", "custom_user_id": "alice"}]
    )
    quorum = await privy.key_quorums.create(user_ids=[user.id])
    organization = await privy.organizations.create(
        display_name="Acme", default_key_quorum_id=quorum.id
    )
    assert [each async for each in privy.organizations.list()] == [organization]
    secrets = privy.organizations.secrets
    made = await secrets.create(organization.id)
    assert [each.id async for each in secrets.list(organization.id)] == [made.id]
    assert [each async for each in privy.organizations.kyb.list(organization.id)] == []
    await privy.organizations.delete(organization.id)
    results = await privy.wallets.create_batch([{"chain_type": "ethereum"}, {"chain_type": "sui"}])
    assert all(result.success for result in results)
    account = await privy.accounts.create(wallets_configuration=[{"chain_type": "solana"}])
    assert [each async for each in privy.accounts.list(search=account.id)] == [account]
    wallet = await privy.wallets.create(chain_type="ethereum")
    assigned = await privy.wallets.assign_entity(wallet.id, id=user.id, type="user")
    assert assigned.entity.id == user.id
    with pytest.raises(ConflictError):
        await privy.wallets.assign_entity(wallet.id, id=user.id, type="user")
