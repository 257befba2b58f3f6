"""What the doctor says of a user's token and wallet."""

from typing import Any

import jwt
import pytest
from doctor_helpers import alice, failures_of, findings_of

from privy_async.sandbox import Sandbox

pytestmark = pytest.mark.anyio


# --- the token


async def token_failures(sandbox: Sandbox, token: str) -> list[str | None]:
    return [cause for _, cause in await failures_of(sandbox.base_url, user_jwt=token)]


async def test_an_expired_token(sandbox: Sandbox) -> None:
    """The token tells it of itself, and the exchange refuses it."""
    await alice(sandbox)
    token = sandbox.issue_user_jwt("alice", lifetime=-10)
    assert await token_failures(sandbox, token) == ["bad-token", "token-refused"]
    findings = await findings_of(sandbox.base_url, user_jwt=token)
    assert "Dashboard" not in findings[-1].way_out


async def test_a_foreign_token(sandbox: Sandbox) -> None:
    """Of a login that Privy does not know: nothing is wrong with the token, and it is refused."""
    await alice(sandbox)
    async with Sandbox() as other:
        token = other.issue_user_jwt("alice")
    assert await token_failures(sandbox, token) == ["token-refused"]


@pytest.mark.parametrize(
    ("claims", "says"),
    [
        ({"iss": "privy.io", "aud": "other-app"}, "for the app 'other-app'"),
        ({"nbf": 4_000_000_000}, "is not valid for another"),
        ({"iss": "privy.io", "aud": "sandbox-app", "linked_accounts": "[]"}, "identity token"),
    ],
)
async def test_a_token_that_is_plainly_wrong(
    sandbox: Sandbox, claims: dict[str, Any], says: str
) -> None:
    """It says so, with what to do."""
    await alice(sandbox)
    token = sandbox.issue_user_jwt("alice", **claims)
    findings = await findings_of(sandbox.base_url, user_jwt=token)
    found = next(each for each in findings if each.check == "token")
    assert (found.ok, found.cause) == (False, "bad-token")
    assert says in found.says
    assert found.way_out[0].isupper()


async def test_a_token_of_a_shared_secret(sandbox: Sandbox) -> None:
    """HS256 is nothing for Privy."""
    token = jwt.encode({"sub": "alice", "exp": 4_000_000_000}, "x" * 32, "HS256")
    findings = await findings_of(sandbox.base_url, user_jwt=token)
    found = next(each for each in findings if each.check == "token")
    assert "HS256" in found.says
    assert "RS256 or ES256" in found.way_out


@pytest.mark.parametrize("token", ["", "no-token", "wallet-auth:MIGHAgEAMBMGByqGSM49"])
async def test_what_is_no_token(sandbox: Sandbox, token: str) -> None:
    """It is not sent."""
    findings = await findings_of(sandbox.base_url, user_jwt=token)
    assert [(each.check, each.ok) for each in findings[4:]] == [
        ("token", False),
        ("exchange", None),
    ]
    assert not [each for each in sandbox.log if each.method == "POST"]


async def test_an_unknown_user(sandbox: Sandbox) -> None:
    """Nobody with this account."""
    token = sandbox.issue_user_jwt("nobody")
    assert await token_failures(sandbox, token) == ["unknown-user"]


async def test_a_frozen_user(sandbox: Sandbox) -> None:
    """Who may not sign."""
    token, _ = await alice(sandbox)
    async with sandbox.client() as privy:
        user = await privy.users.get_by_custom_auth_id("alice")
        await privy.users.freeze(user.id)
    assert await token_failures(sandbox, token) == ["frozen-user"]


@pytest.mark.parametrize(
    ("status", "code", "cause"),
    [(401, "mfa_required", "mfa-required"), (500, None, "refused"), (429, None, "refused")],
)
async def test_other_refusals(sandbox: Sandbox, status: int, code: str | None, cause: str) -> None:
    """A missing second factor, and a server that is in trouble."""
    token, _ = await alice(sandbox)
    body = {"error": "No", **({"code": code} if code else {})}
    sandbox.faults.add(path="/v1/wallets/authenticate", status=status, body=body)
    assert await token_failures(sandbox, token) == [cause]


# --- the wallet


async def wallet_failures(sandbox: Sandbox, token: str, wallet_id: str) -> list[str | None]:
    options = {"user_jwt": token, "wallet_id": wallet_id}
    return [cause for _, cause in await failures_of(sandbox.base_url, **options)]


async def test_another_users_wallet(sandbox: Sandbox) -> None:
    """The owner is named."""
    token, _ = await alice(sandbox)
    async with sandbox.client() as privy:
        account = {"type": "custom_auth", "custom_user_id": "bob"}
        bob = await privy.users.create(linked_accounts=[account])
        wallet = await privy.wallets.create(chain_type="ethereum", owner={"user_id": bob.id})
    findings = await findings_of(sandbox.base_url, user_jwt=token, wallet_id=wallet.id)
    assert findings[-1].cause == "wallet-of-another"
    assert bob.id in findings[-1].says


@pytest.mark.parametrize("wallet_id", ["gone", "0x742d35Cc6634C0532925a3b844Bc9e7595f2bD18"])
async def test_an_unknown_wallet(sandbox: Sandbox, wallet_id: str) -> None:
    """No id of a wallet of this app."""
    token, _ = await alice(sandbox)
    assert await wallet_failures(sandbox, token, wallet_id) == ["unknown-wallet"]


async def test_what_can_be_no_wallets_id(sandbox: Sandbox) -> None:
    """It is not sent."""
    token, _ = await alice(sandbox)
    assert await wallet_failures(sandbox, token, "") == ["refused"]


async def test_a_wallet_of_several(sandbox: Sandbox) -> None:
    """One key is not enough, and how many are asked for."""
    token, _ = await alice(sandbox)
    async with sandbox.client() as privy:
        user = await privy.users.get_by_custom_auth_id("alice")
        from privy_async import generate_p256_key_pair

        keys = [generate_p256_key_pair().public_key]
        quorum = await privy.key_quorums.create(
            user_ids=[user.id], public_keys=keys, authorization_threshold=2
        )
        wallet = await privy.wallets.create(chain_type="ethereum", owner_id=quorum.id)
    assert await wallet_failures(sandbox, token, wallet.id) == ["more-signatures"]


async def test_a_wallet_without_an_owner(sandbox: Sandbox) -> None:
    """Nobody needs to sign."""
    token, _ = await alice(sandbox)
    async with sandbox.client() as privy:
        wallet = await privy.wallets.create(chain_type="ethereum")
    assert await wallet_failures(sandbox, token, wallet.id) == []
