"""Signatures that are refused, and second factors that are missing."""

import base64
import json
from typing import Any

import rfc8785
from mfa_helpers import NUMBER

from privy_async import AuthenticationError, AuthorizationKey, MfaRequiredError
from privy_async.errors import MissingMfaEnrollmentError
from refusals.world import Refused, World

KEY, OTHER, STRANGE = (AuthorizationKey.generate() for _ in range(3))
_NONE_VALID = "401, request id"


async def _nobody(world: World) -> object:
    return await world.sign(await world.wallet(await world.user()))


async def _other_user(world: World) -> object:
    await world.wallet(await world.user())
    wallet = await world.wallet(await world.user("bob"))
    return await world.sign(wallet, world.privy.for_user(world.sandbox.issue_user_jwt("alice")))


async def _other_user_with_a_key(world: World) -> object:
    wallet = await world.wallet(await world.user("bob"))
    bob = world.privy.for_user(world.sandbox.issue_user_jwt("bob"))
    await world.sign(wallet, bob)
    await world.wallet(await world.user())
    return await world.sign(wallet, world.privy.for_user(world.sandbox.issue_user_jwt("alice")))


async def _expired(world: World) -> object:
    wallet = await world.wallet(await world.user())
    signer = await world.privy.wallets.generate_user_signer(
        user_jwt=world.sandbox.issue_user_jwt("alice")
    )
    world.sandbox.clock.advance(7200)
    privy = world.privy.with_options(request_expiry=None)
    privy.update_authorization_key(signer.authorization_key)
    return await world.sign(wallet, privy)


async def _strange_key(world: World) -> object:
    wallet = await world.owned_by(KEY)
    return await world.sign_with(wallet, authorization_private_keys=[STRANGE])


async def _too_few(world: World) -> object:
    wallet = await world.owned_by(KEY, OTHER, threshold=2)
    return await world.sign_with(wallet, authorization_private_keys=[KEY])


async def _twice(world: World) -> object:
    wallet = await world.owned_by(KEY, OTHER, threshold=2)
    return await world.sign_with(wallet, authorization_private_keys=[KEY, KEY])


async def _with_a_stranger(world: World) -> object:
    wallet = await world.owned_by(KEY)
    return await world.sign_with(wallet, authorization_private_keys=[KEY, STRANGE])


async def _garbage(world: World) -> object:
    wallet = await world.owned_by(KEY)
    return await world.sign_with(wallet, signatures=["bm9uZQ=="])


def _signed_elsewhere(change: Any) -> Any:
    """With a signer that signs something else than the payload."""

    async def provoke(world: World) -> object:
        wallet = await world.owned_by(KEY)

        def sign(payload: bytes) -> str:
            document = json.loads(payload)
            change(document)
            return KEY.sign(rfc8785.dumps(document))

        return await world.sign_with(wallet, signers=[sign])

    return provoke


async def _hexadecimal(world: World) -> object:
    wallet = await world.owned_by(KEY)

    def sign(payload: bytes) -> str:
        return base64.b64decode(KEY.sign(payload)).hex()

    return await world.sign_with(wallet, signers=[sign])


async def _without_mfa(world: World, *, enroll: bool) -> object:
    user_id = await world.user()
    user_jwt = world.sandbox.issue_user_jwt("alice")
    wallet, alice = await world.wallet(user_id), world.privy.for_user(user_jwt)
    if enroll:
        await alice.users.mfa.sms.enrollment.init(user_id, phone_number=NUMBER)
        code = world.sandbox.mfa.sms_code(NUMBER)
        await alice.users.mfa.sms.enrollment.verify(user_id, code=code)
    return await alice.wallets.update(wallet.id, display_name="mine")


_MFA = {"granular_mfa": True}
_ELSEWHERE = "Usually it is over other bytes than the canonical payload"
SIGNATURES = [
    Refused("nobody signed", AuthenticationError, _nobody, _NONE_VALID,
            "Nobody signed this call: use privy.for_user", "has no header privy-authorization-"),
    Refused("another user's wallet", AuthenticationError, _other_user,
            "No valid user session keys available", "the owner is a user without a valid one",
            "made with a key of user did:privy:"),
    Refused("a wallet of another user who has a key", AuthenticationError, _other_user_with_a_key,
            ", after 2 attempts, the last with a new key of the user's 0.5 s later",
            "Usually the owner is another user: see the owner_id",
            "made with a key of user did:privy:"),
    Refused("an expired key of a user", AuthenticationError, _expired,
            "401, code user_session_keys_expired",
            "has expired: exchange", "has expired. Exchange a token for a new one"),
    Refused("a key that is not the owner's", AuthenticationError, _strange_key, _NONE_VALID,
            "Usually it is not the owner's or a signer's (see owner_id)",
            "No key that the sandbox knows has made this signature"),
    Refused("too few signatures", AuthenticationError, _too_few,
            "code insufficient_correct_authorization_signatures", "the owner's threshold",
            "1 of 2 approvals is not enough"),
    Refused("one key twice", AuthenticationError, _twice,
            "code insufficient_correct_authorization_signatures", "the owner's threshold",
            "one key has signed twice and counts once"),
    Refused("a stranger's signature beside a good one", AuthenticationError, _with_a_stranger,
            "At least one of the authorization signatures is not valid",
            "Usually the key of one is not the owner's", "Signature 2 of 2: No key"),
    Refused("a signature that is none", AuthenticationError, _garbage, _NONE_VALID, _ELSEWHERE,
            "The signature is no DER signature"),
    Refused("a signature in hexadecimal", AuthenticationError, _hexadecimal, _NONE_VALID,
            _ELSEWHERE, "The signature is hexadecimal: it must be base64"),
    Refused("a signature over another URL", AuthenticationError,
            _signed_elsewhere(lambda document: document.update(url=document["url"] + "/")),
            _NONE_VALID, _ELSEWHERE, "the signature is over"),
    Refused("a signature over another body", AuthenticationError,
            _signed_elsewhere(lambda document: document["body"].pop("chain_type")),
            _NONE_VALID, _ELSEWHERE, "the signature is over"),
    Refused("no second factor yet", MissingMfaEnrollmentError,
            lambda world: _without_mfa(world, enroll=False), "code missing_mfa_enrollment",
            "Enroll the user in a second factor (privy.users.mfa)", "", _MFA),
    Refused("a second factor is missing", MfaRequiredError,
            lambda world: _without_mfa(world, enroll=True), "code mfa_required",
            "Verify the user's second factor (privy.users.mfa)", "", _MFA),
]  # fmt: skip
