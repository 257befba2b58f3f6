"""Where MFA is needed: policies that ask for it, and changes when granular MFA is on."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from api_client import ApiClient, Clock, new_key, spki
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from intent_helpers import HELLO, agree, fetch, propose
from mfa_helpers import Acting

from privy_async.sandbox import Sandbox

pytestmark = pytest.mark.anyio

NEEDED = (401, "mfa_required")
NOT_ENROLLED = (401, "missing_mfa_enrollment")
DENIED = (400, "policy_violation")
DONE = (200, None)
CACHE = 900


@pytest.fixture
async def api(anyio_backend: str, clock: Clock) -> AsyncIterator[ApiClient]:
    """A sandbox with granular MFA, whose user keys outlive the MFA cache."""
    async with (
        Sandbox(clock=clock, granular_mfa=True) as sandbox,
        aiohttp.ClientSession() as session,
    ):
        yield ApiClient(sandbox, session)


@pytest.fixture
async def alice(api: ApiClient) -> Acting:
    """A user without a second factor, who has a wallet and so gets keys."""
    alice = await Acting.made(api)
    await api.create_wallet(owner={"user_id": alice.user_id})
    return alice


def rule(action: str, method: str = "*", **condition: object) -> dict[str, Any]:
    """A rule of a policy."""
    conditions = [condition] if condition else []
    return {"name": action, "method": method, "conditions": conditions, "action": action}


async def policy(api: ApiClient, *rules: dict[str, Any]) -> str:
    """Make a policy for Ethereum, and return its id."""
    body = {"version": "1.0", "name": "p", "chain_type": "ethereum", "rules": rules}
    reply = await api.call("POST", "/v1/policies", body)
    assert reply.status == 200, reply
    return str(reply.body["id"])


async def signed(
    api: ApiClient, wallet: dict[str, Any], *keys: EllipticCurvePrivateKey, message: str = "hello"
) -> tuple[int, str | None]:
    """The status of a signature by the wallet, and the code of its refusal."""
    reply = await api.personal_sign(wallet["id"], *keys, message=message)
    return reply.status, reply.body.get("code")


async def test_a_policy_asks_for_mfa(api: ApiClient, alice: Acting, clock: Clock) -> None:
    """Not enrolled, not verified, verified, and no more once the cache duration is over."""
    wallet = await api.create_wallet(
        owner={"user_id": alice.user_id}, policy_ids=[await policy(api, rule("ALLOW_WITH_MFA"))]
    )
    plain = await alice.key()
    assert await signed(api, wallet, plain) == NOT_ENROLLED
    token = await alice.enroll_sms()
    assert await signed(api, wallet, plain) == NEEDED
    verified = await alice.key(token)
    assert await signed(api, wallet, verified) == DONE
    assert await signed(api, wallet, plain) == NEEDED
    clock.now += CACHE - 0.001
    assert await signed(api, wallet, verified) == DONE
    clock.now += 0.001
    assert await signed(api, wallet, verified) == NEEDED
    assert await signed(api, wallet, await alice.key(await alice.verify_sms())) == DONE


@pytest.mark.parametrize(
    ("actions", "without", "with_mfa"),
    [
        (["ALLOW"], DONE, DONE),
        (["ALLOW_WITH_MFA"], NEEDED, DONE),
        (["ALLOW", "ALLOW_WITH_MFA"], NEEDED, DONE),
        (["ALLOW_WITH_MFA", "ALLOW"], NEEDED, DONE),
        (["ALLOW_WITH_MFA", "DENY"], DENIED, DENIED),
        (["DENY", "ALLOW_WITH_MFA", "ALLOW"], DENIED, DENIED),
        ([], DENIED, DENIED),
    ],
)
async def test_precedence(
    api: ApiClient,
    alice: Acting,
    actions: list[str],
    without: tuple[int, str | None],
    with_mfa: tuple[int, str | None],
) -> None:
    """Of the rules that fire the most restrictive wins: DENY, then ALLOW_WITH_MFA, then ALLOW."""
    rules = [rule(action, "personal_sign") for action in actions]
    wallet = await api.create_wallet(
        owner={"user_id": alice.user_id}, policy_ids=[await policy(api, *rules)]
    )
    token = await alice.enroll_sms()
    assert await signed(api, wallet, await alice.key()) == without
    assert await signed(api, wallet, await alice.key(token)) == with_mfa


async def test_only_what_the_condition_names_needs_mfa(api: ApiClient, alice: Acting) -> None:
    """A rule that does not fire asks for nothing."""
    large = {"field_source": "message", "field": "content", "operator": "eq", "value": "large"}
    rules = (rule("ALLOW"), rule("ALLOW_WITH_MFA", "personal_sign", **large))
    wallet = await api.create_wallet(
        owner={"user_id": alice.user_id}, policy_ids=[await policy(api, *rules)]
    )
    await alice.enroll_sms()
    key = await alice.key()
    assert await signed(api, wallet, key, message="small") == DONE
    assert await signed(api, wallet, key, message="large") == NEEDED


async def test_keys_of_the_app_need_no_mfa(api: ApiClient) -> None:
    """What an authorization key signs is signed: it is nobody's second factor."""
    key = new_key()
    policy_ids = [await policy(api, rule("ALLOW_WITH_MFA"))]
    wallet = await api.create_wallet(owner={"public_key": spki(key)}, policy_ids=policy_ids)
    assert await signed(api, wallet, key) == DONE


async def test_without_an_owner_nobody_can_verify(api: ApiClient) -> None:
    """The app's secret alone is not enough where MFA is asked for."""
    wallet = await api.create_wallet(policy_ids=[await policy(api, rule("ALLOW_WITH_MFA"))])
    assert await signed(api, wallet) == DENIED


async def test_a_quorum_reaches_its_threshold_with_mfa(api: ApiClient, alice: Acting) -> None:
    """As many must have verified as must sign; those who need not sign need not verify."""
    bob, key = await Acting.made(api, "bob"), new_key()
    members = {"user_ids": [alice.user_id, bob.user_id], "public_keys": [spki(key)]}
    quorum = await api.create_quorum(**members, authorization_threshold=2)
    policy_ids = [await policy(api, rule("ALLOW_WITH_MFA"))]
    wallet = await api.create_wallet(owner_id=quorum, policy_ids=policy_ids)
    plain = {each.user_id: await each.key() for each in (alice, bob)}
    assert await signed(api, wallet, *plain.values()) == NOT_ENROLLED
    token = await alice.enroll_sms()
    assert await signed(api, wallet, plain[alice.user_id], key) == NEEDED
    assert await signed(api, wallet, plain[bob.user_id], key) == NOT_ENROLLED
    verified = await alice.key(token)
    assert await signed(api, wallet, verified, plain[bob.user_id]) == NOT_ENROLLED
    assert await signed(api, wallet, verified, key) == DONE
    # Two of three have verified: it is no matter that the third has not.
    assert await signed(api, wallet, verified, key, plain[bob.user_id]) == DONE


CHANGES: list[tuple[str, str, dict[str, Any]]] = [
    ("PATCH", "/v1/wallets/{wallet}", {"display_name": "x"}),
    ("PATCH", "/v1/policies/{policy}", {"name": "q"}),
    ("POST", "/v1/policies/{policy}/rules", rule("ALLOW", "personal_sign")),
    ("DELETE", "/v1/policies/{policy}", {}),
    ("PATCH", "/v1/key_quorums/{quorum}", {"display_name": "x"}),
    ("DELETE", "/v1/key_quorums/{quorum}", {}),
    ("PATCH", "/v1/condition_sets/{set}", {"name": "x"}),
    ("DELETE", "/v1/condition_sets/{set}", {}),
]


async def owned(api: ApiClient, alice: Acting) -> dict[str, str]:
    """One resource of each kind, of the user alone."""
    owner = {"user_id": alice.user_id}
    body = {"version": "1.0", "name": "p", "chain_type": "ethereum", "rules": [], "owner": owner}
    condition_set = {"name": "s", "owner": owner}
    return {
        "wallet": (await api.create_wallet(owner=owner))["id"],
        "policy": (await api.call("POST", "/v1/policies", body)).body["id"],
        "quorum": await api.create_quorum(user_ids=[alice.user_id]),
        "set": (await api.call("POST", "/v1/condition_sets", condition_set)).body["id"],
    }


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
async def test_changes(
    api: ApiClient, alice: Acting, method: str, path: str, body: dict[str, Any]
) -> None:
    """With granular MFA every change of what a user owns needs it, and changes nothing without."""
    path = path.format(**await owned(api, alice))
    token = await alice.enroll_sms()
    plain, verified = await alice.key(), await alice.key(token)
    before = (await api.call("GET", path)).body if method == "PATCH" else None
    refused = await api.call(method, path, body, keys=[plain])
    assert (refused.status, refused.body["code"]) == NEEDED
    if before is not None:
        assert (await api.call("GET", path)).body == before
    assert (await api.call(method, path, body, keys=[verified])).status in (200, 204)


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
async def test_changes_without_granular_mfa(
    clock: Clock, method: str, path: str, body: dict[str, Any]
) -> None:
    """Where it is off, only policies ask for MFA."""
    async with Sandbox(clock=clock) as sandbox, aiohttp.ClientSession() as session:
        api = ApiClient(sandbox, session)
        alice = await Acting.made(api)
        path = path.format(**await owned(api, alice))
        await alice.enroll_sms()
        assert (await api.call(method, path, body, keys=[await alice.key()])).status in (200, 204)


async def test_signing_is_no_change(api: ApiClient, alice: Acting) -> None:
    """With granular MFA a wallet without a policy signs as before."""
    await alice.enroll_sms()
    wallet = await api.create_wallet(owner={"user_id": alice.user_id})
    assert await signed(api, wallet, await alice.key()) == DONE


async def test_approving_an_intent(api: ApiClient, alice: Acting, clock: Clock) -> None:
    """The approval of what needs MFA needs it too: of a change, and of what a policy guards."""
    policy_ids = [await policy(api, rule("ALLOW_WITH_MFA"))]
    wallet = await api.create_wallet(owner={"user_id": alice.user_id}, policy_ids=policy_ids)
    path = f"/wallets/{wallet['id']}"
    plain = await alice.key()
    intents = [
        await propose(api, f"{path}/rpc", HELLO),
        await propose(api, path, {"display_name": "x"}, method="PATCH"),
    ]
    for intent in intents:
        refused = await agree(api, intent, plain)
        assert (refused.status, refused.body["code"]) == NOT_ENROLLED
    verified = await alice.key(await alice.enroll_sms())
    for intent in intents:
        refused = await agree(api, intent, plain)
        assert (refused.status, refused.body["code"]) == NEEDED
        assert (await fetch(api, intent))["status"] == "pending"
        agreed = await agree(api, intent, verified)
        assert (agreed.status, agreed.body["status"]) == (200, "executed"), agreed.body


async def test_an_approval_is_good_for_the_time_it_was_given(
    api: ApiClient, alice: Acting, clock: Clock
) -> None:
    """With a second approval long after, the first one still records the MFA that it had."""
    bob = await Acting.made(api, "bob")
    quorum = await api.create_quorum(
        user_ids=[alice.user_id, bob.user_id], authorization_threshold=2
    )
    policy_ids = [await policy(api, rule("ALLOW_WITH_MFA"))]
    wallet = await api.create_wallet(owner_id=quorum, policy_ids=policy_ids)
    intent = await propose(api, f"/wallets/{wallet['id']}/rpc", HELLO)
    assert (await agree(api, intent, await alice.key(await alice.enroll_sms()))).status == 200
    clock.now += 2 * CACHE
    token = await bob.enroll_sms("+15555550177")
    agreed = await agree(api, intent, await bob.key(token))
    assert (agreed.status, agreed.body["status"]) == (200, "executed")


async def test_a_refusal_for_want_of_mfa_leaves_the_idempotency_key(
    api: ApiClient, alice: Acting
) -> None:
    """The same request may be repeated after MFA, and then its answer is remembered."""
    policy_ids = [await policy(api, rule("ALLOW_WITH_MFA"))]
    wallet = await api.create_wallet(owner={"user_id": alice.user_id}, policy_ids=policy_ids)
    token = await alice.enroll_sms()
    headers = {"privy-idempotency-key": "once"}
    replies = [
        await api.personal_sign(wallet["id"], key, headers=headers)
        for key in (await alice.key(), await alice.key(token), await alice.key(token))
    ]
    assert [reply.status for reply in replies] == [401, 200, 200]
    assert replies[1].body == replies[2].body
