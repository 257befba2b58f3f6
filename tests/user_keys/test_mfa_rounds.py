"""The whole round of a second factor, in both faces: refused, enrolled, verified, done."""

import asyncio
from typing import Any

import attrs
import pytest
from both_faces import Play, Steps, play_async, play_sync
from eth_account import Account
from eth_account.messages import encode_defunct
from sdk_helpers import new_user

from privy_async import (
    AuthorizationContext,
    MfaRequiredError,
    MissingMfaEnrollmentError,
    UserAuth,
)
from privy_async.resources.wallets.rpc import Signature
from privy_async.sandbox import Sandbox

CACHE = 900.0
NUMBER = "+15555550100"
ALLOWED_WITH_MFA: Any = {
    "name": "with MFA",
    "method": "*",
    "conditions": [],
    "action": "ALLOW_WITH_MFA",
}
HELLO = {"method": "personal_sign", "params": {"message": "hello", "encoding": "utf-8"}}


@attrs.frozen
class Alice:
    """A user with the token of her log-in."""

    id: str
    jwt: str


def made(sandbox: Sandbox, privy: Any, subject: str = "alice") -> Any:
    """Make a user; to be used with `yield from`."""
    account = {"type": "custom_auth", "custom_user_id": subject}
    user = yield privy.users.create(linked_accounts=[account])
    return Alice(user.id, sandbox.issue_user_jwt(subject, lifetime=10**6))


def guarded(privy: Any, **owner: Any) -> Any:
    """Make a wallet that signs with MFA alone."""
    policy = yield privy.policies.create(name="p", chain_type="ethereum", rules=[ALLOWED_WITH_MFA])
    wallet = yield privy.wallets.create(chain_type="ethereum", policy_ids=[policy.id], **owner)
    return wallet


def by_sms(sandbox: Sandbox, privy: Any, alice: Alice, step: str, number: str = NUMBER) -> Any:
    """Enroll in SMS, or verify by it, and return the MFA token."""
    steps = getattr(privy.for_user(alice.jwt).users.mfa.sms, step)
    yield steps.init(alice.id, **({"phone_number": number} if step == "enrollment" else {}))
    done = yield steps.verify(alice.id, code=sandbox.mfa.sms_code(number))
    return done.token


def is_signed(wallet: Any, signed: Any) -> bool:
    """True if the wallet has signed "hello"."""
    message = encode_defunct(text="hello")
    return bool(Account.recover_message(message, signature=signed.signature) == wallet.address)


def alone(sandbox: Sandbox, privy: Any) -> Steps:
    """A user who owns a wallet."""
    alice = yield from made(sandbox, privy)
    wallet = yield from guarded(privy, owner={"user_id": alice.id})
    signing = privy.for_user(alice.jwt).wallets.ethereum.sign_message
    with pytest.raises(MissingMfaEnrollmentError) as missing:
        yield signing(wallet.id, "hello")
    assert (missing.value.status, missing.value.code) == (401, "missing_mfa_enrollment")
    token = yield from by_sms(sandbox, privy, alice, "enrollment")
    with pytest.raises(MfaRequiredError) as required:
        yield signing(wallet.id, "hello")
    assert (required.value.status, required.value.code) == (401, "mfa_required")
    verified = privy.for_user(alice.jwt, mfa_token=token).wallets.ethereum.sign_message
    assert is_signed(wallet, (yield verified(wallet.id, "hello")))
    exchanges = sandbox.state.exchanges
    sandbox.clock.advance(CACHE)
    # The key is kept as long as it lives, and no new one is asked for in silence.
    for _ in range(2):
        with pytest.raises(MfaRequiredError):
            yield verified(wallet.id, "hello")
    assert sandbox.state.exchanges == exchanges == 2
    again = yield from by_sms(sandbox, privy, alice, "verification")
    fresh = privy.for_user(alice.jwt, mfa_token=again).wallets.ethereum.sign_message
    assert is_signed(wallet, (yield fresh(wallet.id, "hello")))
    # What signs without MFA is as far as it was.
    with pytest.raises(MfaRequiredError):
        yield signing(wallet.id, "hello")


def an_old_token(sandbox: Sandbox, privy: Any) -> Steps:
    """Who has an MFA token from long ago gets no key for it."""
    alice = yield from made(sandbox, privy)
    wallet = yield from guarded(privy, owner={"user_id": alice.id})
    token = yield from by_sms(sandbox, privy, alice, "enrollment")
    sandbox.clock.advance(CACHE)
    verified = privy.for_user(alice.jwt, mfa_token=token).wallets.ethereum.sign_message
    with pytest.raises(MfaRequiredError):
        yield verified(wallet.id, "hello")
    assert sandbox.state.exchanges == 0


def with_a_quorum(sandbox: Sandbox, privy: Any) -> Steps:
    """Two users own a wallet together, and both must have verified."""
    alice = yield from made(sandbox, privy)
    bob = yield from made(sandbox, privy, "bob")
    quorum = yield privy.key_quorums.create(user_ids=[alice.id, bob.id], authorization_threshold=2)
    wallet = yield from guarded(privy, owner_id=quorum.id)
    tokens = {alice.jwt: None, bob.jwt: None}

    def signing() -> Any:
        users = [UserAuth(user_jwt=jwt, mfa_token=token) for jwt, token in tokens.items()]
        context = AuthorizationContext(user_auth=users)
        client = privy.with_authorization(context)
        return client.wallets.ethereum.sign_message(wallet.id, "hello")

    with pytest.raises(MissingMfaEnrollmentError):
        yield signing()
    tokens[alice.jwt] = yield from by_sms(sandbox, privy, alice, "enrollment")
    with pytest.raises(MissingMfaEnrollmentError):
        yield signing()
    tokens[bob.jwt] = yield from by_sms(sandbox, privy, bob, "enrollment", "+15555550177")
    assert is_signed(wallet, (yield signing()))
    sandbox.clock.advance(CACHE)
    with pytest.raises(MfaRequiredError):
        yield signing()
    for each, number in ((alice, NUMBER), (bob, "+15555550177")):
        tokens[each.jwt] = yield from by_sms(sandbox, privy, each, "verification", number)
    assert is_signed(wallet, (yield signing()))


def with_an_intent(sandbox: Sandbox, privy: Any) -> Steps:
    """What a user approves needs MFA where it would need it to be done at once."""
    alice = yield from made(sandbox, privy)
    wallet = yield from guarded(privy, owner={"user_id": alice.id})
    intent = yield privy.intents.rpc(wallet.id, HELLO)

    def approve(token: str | None) -> Any:
        signer = yield privy.intents.generate_user_signer(
            user_jwt=alice.jwt, intent_ids=[intent.intent_id], mfa_token=token
        )
        now = int(sandbox.clock.now() * 1000)
        agreed = privy.intents.sign(intent, signer.authorization_key, timestamp=now)
        return privy.intents.authorize(intent.intent_id, **agreed)

    with pytest.raises(MissingMfaEnrollmentError):
        yield (yield from approve(None))
    token = yield from by_sms(sandbox, privy, alice, "enrollment")
    with pytest.raises(MfaRequiredError):
        yield (yield from approve(None))
    sandbox.clock.advance(CACHE)
    with pytest.raises(MfaRequiredError):
        yield from approve(token)
    token = yield from by_sms(sandbox, privy, alice, "verification")
    executed = yield (yield from approve(token))
    assert executed.status == "executed"


def changes(sandbox: Sandbox, privy: Any) -> Steps:
    """With granular MFA a user's own things are changed after MFA alone."""
    alice = yield from made(sandbox, privy)
    owner = {"user_id": alice.id}
    wallet = yield privy.wallets.create(chain_type="ethereum", owner=owner)
    policy = yield privy.policies.create(name="p", chain_type="ethereum", rules=[], owner=owner)
    token = yield from by_sms(sandbox, privy, alice, "enrollment")
    plain, verified = privy.for_user(alice.jwt), privy.for_user(alice.jwt, mfa_token=token)
    with pytest.raises(MfaRequiredError):
        yield plain.wallets.update(wallet.id, display_name="x")
    with pytest.raises(MfaRequiredError):
        yield plain.policies.update(policy.id, name="q")
    assert (yield verified.wallets.update(wallet.id, display_name="x")).display_name == "x"
    assert (yield verified.policies.update(policy.id, name="q")).name == "q"
    yield verified.policies.delete(policy.id)


ROUNDS = [alone, an_old_token, with_a_quorum, with_an_intent, changes]
rounds = pytest.mark.parametrize("play", ROUNDS, ids=[each.__name__ for each in ROUNDS])


@pytest.mark.anyio
@rounds
async def test_the_async_face(play: Play) -> None:
    """The round, awaited."""
    await play_async(play, granular_mfa=True)


@rounds
def test_the_sync_face(play: Play) -> None:
    """The same without asyncio."""
    play_sync(play, granular_mfa=True)


@pytest.mark.slow
@pytest.mark.anyio
async def test_two_mfa_tokens_at_once() -> None:
    """1,000 calls of a user with two of them make two exchanges, and none gets the other's key."""
    async with Sandbox() as sandbox, sandbox.client(request_expiry=None) as privy:
        user_id = await new_user(privy, "alice")
        jwt = sandbox.issue_user_jwt("alice", lifetime=10**6)
        policy = await privy.policies.create(
            name="p", chain_type="ethereum", rules=[ALLOWED_WITH_MFA]
        )
        wallet = await privy.wallets.create(
            chain_type="ethereum", owner={"user_id": user_id}, policy_ids=[policy.id]
        )
        sms = privy.for_user(jwt).users.mfa.sms
        await sms.enrollment.init(user_id, phone_number=NUMBER)
        first = await sms.enrollment.verify(user_id, code=sandbox.mfa.sms_code(NUMBER))
        sandbox.clock.advance(CACHE - 300)
        await sms.verification.init(user_id)
        second = await sms.verification.verify(user_id, code=sandbox.mfa.sms_code(NUMBER))
        clients = [privy.for_user(jwt, mfa_token=each.token) for each in (first, second)]

        async def outcomes(number: int) -> list[type]:
            calls = [
                clients[each % 2].wallets.ethereum.sign_message(wallet.id, "hello")
                for each in range(number)
            ]
            results = await asyncio.gather(*calls, return_exceptions=True)
            return [type(each) for each in results]

        assert set(await outcomes(1000)) == {Signature}
        assert sandbox.state.exchanges == 2
        # Now only the second one counts, which tells whose key has signed.
        sandbox.clock.advance(400)
        assert await outcomes(100) == [MfaRequiredError, Signature] * 50
        assert sandbox.state.exchanges == 2
