"""Privy's own log-in: access and identity tokens, and test accounts."""

import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import jwt
import pytest
from api_client import ApiClient, Reply

from privy_async import InvalidTokenError, SigningError
from privy_async.sandbox import Sandbox
from privy_async.sandbox.__main__ import main

pytestmark = pytest.mark.anyio

EMAIL, CODE = "test-1234@example.org", "123456"
LOG_INS = ["/v1/passwordless/authenticate", "/api/v1/passwordless/authenticate"]
ACCOUNTS: list[Any] = [
    {"type": "custom_auth", "custom_user_id": "alice"},
    {"type": "email", "address": "alice@example.org"},
    {"type": "phone", "number": "+15551234"},
    {"type": "wallet", "address": "0xAB", "chain_type": "ethereum"},
    {"type": "farcaster", "fid": 7, "owner_address": "0xAb", "username": "alice"},
    {
        "type": "twitter_oauth",
        "subject": "8",
        "name": "Alice",
        "username": "alice_x",
        "profile_picture_url": "https://pbs.twimg.com/profile_images/1/a.jpg",
    },
]


@pytest.fixture
async def sandbox(anyio_backend: str) -> AsyncIterator[Sandbox]:
    """A sandbox with a test account, on this machine's time as the SDK is."""
    async with Sandbox(test_accounts={EMAIL: CODE}) as sandbox:
        yield sandbox


async def log_in(api: ApiClient, path: str = LOG_INS[0], **fields: Any) -> Reply:
    """Log in as a browser does, which has no app secret."""
    headers = {"privy-app-id": api.sandbox.app_id, "Content-Type": "application/json"}
    body = {"email": EMAIL, "code": CODE, **fields}
    async with api.session.post(api.url + path, json=body, headers=headers) as response:
        return Reply(response.status, await response.json(), response.headers)


async def test_the_sdk_verifies_access_tokens(sandbox: Sandbox) -> None:
    """An access token names app, user and session, and is good for an hour."""
    async with sandbox.client() as privy:
        user = await privy.users.create(linked_accounts=ACCOUNTS[:1])
        claims = await privy.tokens.verify_access_token(sandbox.issue_access_token(user.id))
    assert (claims.app_id, claims.user_id, claims.issuer) == (sandbox.app_id, user.id, "privy.io")
    assert claims.expiration - claims.issued_at == 3600
    assert claims.session_id


async def test_the_sdk_verifies_identity_tokens(sandbox: Sandbox) -> None:
    """An identity token tells of the user what the API tells, but for what tokens leave out."""
    async with sandbox.client() as privy:
        user = await privy.users.create(
            linked_accounts=ACCOUNTS,
            wallets=[{"chain_type": "ethereum"}],
            custom_metadata={"plan": "pro"},
        )
        read = await privy.tokens.verify_identity_token(sandbox.issue_identity_token(user.id))
    assert (read.id, read.created_at) == (user.id, user.created_at)
    assert read.custom_metadata == {"plan": "pro"}
    told = ("type", "address", "subject", "custom_user_id", "username", "latest_verified_at")
    for ours, theirs in zip(read.linked_accounts, user.linked_accounts, strict=True):
        assert {name: getattr(ours, name) for name in told} == {
            name: getattr(theirs, name) for name in told
        }
        assert type(ours) is type(theirs)
    pictures = [account.profile_picture_url for account in read.linked_accounts]
    assert ACCOUNTS[5]["profile_picture_url"] in pictures
    embedded = read.linked_accounts[-1]
    assert getattr(embedded, "connector_type", None) == "embedded"
    assert embedded.extra == {}


async def test_the_sync_sdk_verifies_tokens() -> None:
    """The sync client verifies both kinds, under `with Sandbox` too."""
    with Sandbox() as sandbox, sandbox.sync_client() as privy:
        user = privy.users.create(linked_accounts=ACCOUNTS[:1])
        access = privy.tokens.verify_access_token(sandbox.issue_access_token(user.id))
        identity = privy.tokens.verify_identity_token(sandbox.issue_identity_token(user.id))
        assert access.user_id == identity.id == user.id


async def test_what_the_sdk_refuses(sandbox: Sandbox) -> None:
    """One kind of token is not the other, and an expired one is none."""
    async with sandbox.client() as privy:
        user = await privy.users.create(linked_accounts=ACCOUNTS[:1])
        refusals = []
        for verify, token in (
            (privy.tokens.verify_access_token, sandbox.issue_identity_token(user.id)),
            (privy.tokens.verify_identity_token, sandbox.issue_access_token(user.id)),
            (privy.tokens.verify_access_token, sandbox.issue_access_token(user.id, lifetime=-1)),
            (privy.tokens.verify_access_token, Sandbox().issue_user_jwt(user.id, iss="privy.io")),
        ):
            with pytest.raises(InvalidTokenError) as caught:
                await verify(token)
            refusals.append(caught.value.reason)
    assert refusals == ["wrong_claim", "wrong_claim", "expired", "unknown_key"]


def test_a_token_for_nobody() -> None:
    """Tokens are issued to users that there are."""
    for issue in (Sandbox().issue_access_token, Sandbox().issue_identity_token):
        with pytest.raises(ValueError, match="no user 'did:privy:nobody'"):
            issue("did:privy:nobody")


async def test_the_tokens_are_es256_with_a_type(sandbox: Sandbox) -> None:
    """The header names type, algorithm and key, and `aud` is one text, as Node's SDK wants."""
    async with sandbox.client() as privy:
        user = await privy.users.create(linked_accounts=ACCOUNTS[:1])
    (key,) = jwt.PyJWKSet.from_dict(sandbox.jwks).keys
    for token in (sandbox.issue_access_token(user.id), sandbox.issue_identity_token(user.id)):
        header = {"typ": "JWT", "alg": "ES256", "kid": key.key_id}
        assert jwt.get_unverified_header(token) == header
        claims = jwt.decode(token, key.key, ["ES256"], audience=sandbox.app_id)
        assert claims["aud"] == sandbox.app_id


async def test_an_identity_token_is_small(sandbox: Sandbox) -> None:
    """Without metadata the token has no claim of it; the accounts are JSON in the JSON."""
    async with sandbox.client() as privy:
        user = await privy.users.create(linked_accounts=ACCOUNTS[1:2])
    claims = jwt.decode(sandbox.issue_identity_token(user.id), options={"verify_signature": False})
    assert set(claims) == {"iss", "aud", "sub", "iat", "exp", "cr", "linked_accounts"}
    address, at = ACCOUNTS[1]["address"], user.created_at
    expected = f'[{{"type":"email","address":"{address}","lv":{at}}}]'
    assert claims["linked_accounts"] == expected


@pytest.mark.parametrize("settings", [{}, {"user_id_claim": "uid", "audiences": ["mine"]}])
async def test_the_access_token_is_exchanged_for_a_key(settings: dict[str, Any]) -> None:
    """It gets the user's key, whatever the app's own log-in is set to; the identity token none."""
    async with Sandbox(**settings) as sandbox, sandbox.client() as privy:
        user = await privy.users.create(linked_accounts=ACCOUNTS[:1])
        wallet = await privy.wallets.create(chain_type="ethereum", owner={"user_id": user.id})
        alice = privy.for_user(sandbox.issue_access_token(user.id))
        signed = await alice.wallets.ethereum.sign_message(wallet.id, "hello")
        assert signed.signature.startswith("0x")
        other = privy.for_user(sandbox.issue_identity_token(user.id))
        with pytest.raises(SigningError, match="Invalid JWT token provided"):
            await other.wallets.ethereum.sign_message(wallet.id, "hello")


async def test_what_is_exchanged_for_nothing(sandbox: Sandbox) -> None:
    """Tokens that are expired, for another app or of a deleted user get no key."""
    async with aiohttp.ClientSession() as session:
        api = ApiClient(sandbox, session)
        user_id = await api.create_user("alice")
        await api.create_wallet(owner={"user_id": user_id})
        valid = sandbox.issue_access_token(user_id)
        tokens = [
            sandbox.issue_access_token(user_id, lifetime=-1),
            sandbox.issue_user_jwt(user_id, iss="privy.io", aud="another-app"),
            sandbox.issue_user_jwt(user_id, iss="privy.io", aud=[sandbox.app_id]),
            sandbox.issue_user_jwt("", iss="privy.io", aud=sandbox.app_id),
        ]
        path = "/v1/wallets/authenticate"
        statuses = [(await api.call("POST", path, {"user_jwt": t})).status for t in tokens]
        assert statuses == [400] * 4
        await api.call("DELETE", f"/v1/users/{user_id}")
        assert (await api.call("POST", path, {"user_jwt": valid})).status == 404


@pytest.mark.parametrize("path", LOG_INS)
async def test_a_test_account_logs_in(sandbox: Sandbox, path: str) -> None:
    """The first log-in makes the user; the tokens are good, and say the same user again."""
    async with aiohttp.ClientSession() as session, sandbox.client() as privy:
        api = ApiClient(sandbox, session)
        first = await log_in(api, path)
        assert (first.status, first.body["is_new_user"]) == (200, True)
        assert first.body["session_update_action"] == "set"
        user = first.body["user"]
        assert [(a["type"], a["address"]) for a in user["linked_accounts"]] == [("email", EMAIL)]
        claims = await privy.tokens.verify_access_token(first.body["token"])
        identity = await privy.tokens.verify_identity_token(first.body["identity_token"])
        assert claims.user_id == identity.id == user["id"]
        again = await log_in(api, path, email=EMAIL.upper())
        assert (again.body["is_new_user"], again.body["user"]) == (False, user)
        assert again.body["token"] != first.body["token"]


async def test_a_test_account_signs(sandbox: Sandbox) -> None:
    """The whole way: log in, make a wallet of the user's own, sign with the token."""
    async with aiohttp.ClientSession() as session, sandbox.client() as privy:
        body = (await log_in(ApiClient(sandbox, session))).body
        owner: Any = {"user_id": body["user"]["id"]}
        wallet = await privy.wallets.create(chain_type="solana", owner=owner)
        signed = await privy.for_user(body["token"]).wallets.solana.sign_message(wallet.id, "hi")
        assert signed.signature


async def test_log_ins_by_strangers(sandbox: Sandbox) -> None:
    """A wrong code, an address that is no test account, and wrong fields are refused."""
    async with aiohttp.ClientSession() as session:
        api = ApiClient(sandbox, session)
        replies = [
            await log_in(api, **fields)
            for fields in (
                {"code": "000000"},
                {"email": "other@example.org"},
                {"code": 123456},
                {"email": None},
                {"mode": "sign-up"},
                {"mode": "no-signup"},
            )
        ]
        assert [reply.status for reply in replies] == [400, 400, 400, 400, 400, 404]
        assert replies[0].body == {
            "error": "Invalid email and code combination",
            "code": "invalid_credentials",
        }
        body = b'{"email":"%s","code":"%s"}' % (EMAIL.encode(), CODE.encode())
        headers = {"Content-Type": "application/json"}
        assert (await api.send("POST", LOG_INS[0], body, headers)).status == 401
        assert not sandbox.state.users


async def test_mode_no_signup_logs_a_known_user_in(sandbox: Sandbox) -> None:
    """`no-signup` logs in those who are known, by whatever way they became so."""
    async with aiohttp.ClientSession() as session, sandbox.client() as privy:
        user = await privy.users.create(linked_accounts=[{"type": "email", "address": EMAIL}])
        reply = await log_in(ApiClient(sandbox, session), mode="no-signup")
        assert (reply.body["user"]["id"], reply.body["is_new_user"]) == (user.id, False)


async def test_tokens_go_by_the_sandboxs_clock(sandbox: Sandbox) -> None:
    """After the clock was moved on, new tokens are good and old ones get no key."""
    async with sandbox.client() as privy:
        user = await privy.users.create(linked_accounts=ACCOUNTS[:1])
        await privy.wallets.create(chain_type="ethereum", owner={"user_id": user.id})
        old = sandbox.issue_access_token(user.id)
        sandbox.clock.advance(7200)
        new = sandbox.issue_access_token(user.id)
        assert (await privy.tokens.verify_access_token(new)).issued_at >= time.time() + 7000
        async with aiohttp.ClientSession() as session:
            api = ApiClient(sandbox, session)
            path = "/v1/wallets/authenticate"
            statuses = [
                (await api.call("POST", path, {"user_jwt": token})).status for token in (old, new)
            ]
        assert statuses == [400, 200]


@pytest.mark.parametrize("accounts", [{"nobody": CODE}, {EMAIL: "12345"}, {EMAIL: ""}])
def test_accounts_that_are_none(accounts: dict[str, str]) -> None:
    """A test account without an address or with a code nobody could send is a ValueError."""
    with pytest.raises(ValueError, match="a test account is an e-mail address and a code"):
        Sandbox(test_accounts=accounts)


@pytest.mark.parametrize("text", ["nonsense", f"{EMAIL}:1", ":123456"])
def test_accounts_that_are_none_on_the_command_line(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The process ends at once and says what is wrong."""
    try:
        code = main(["--test-account", text])
    except SystemExit as ended:
        code = ended.code
    assert code in (1, 2)
    said = capsys.readouterr().err
    assert "a test account is an e-mail address" in said or "expected EMAIL:CODE" in said
