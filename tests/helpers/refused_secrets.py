"""Secrets that are refused before anything is sent, or given together with what is refused."""

from functools import partial
from typing import Any

import attrs
import failing_calls as given
from failing_calls import APP_ID, APP_SECRET, Door
from token_helpers import PEM, identity, token

from privy_async.integrations._requests import bearer_token
from privy_async.integrations.redis import RedisUserKeyStore
from privy_async.resources.controls.intent_values import Intent
from privy_async.signing.authorization import (
    AuthorizationContext,
    UserAuth,
    generate_authorization_signature,
)
from privy_async.signing.p256 import AuthorizationKey
from privy_async.user_keys.store import UserKeyCipher
from privy_async.values import decode
from privy_async.verification.webhooks import Webhooks, verify

INTENT = decode(
    Intent,
    {
        "intent_id": "i1",
        "request_details": {"method": "PATCH", "url": "https://api.privy.io/v1/x", "body": {}},
    },
)
# Tokens with claims that nobody is to see.
OTHER_APPS = token({"aud": "another-app", "sub": given.OTP})
EXPIRED = token({"exp": 1, "sub": given.OTP})
UNREADABLE = identity({"linked_accounts": f"[{given.OTP}"})
DELIVERY: dict[str, Any] = {
    "svix-id": "msg_1",
    "svix-timestamp": "1750000000",
    "svix-signature": "v1,c2lnbmVkIGJ5IGFub3RoZXI=",
}


def client(privy: Any) -> Any:
    """What makes another client of the same face. It takes the options; no frame here has them."""
    return partial(type(privy), app_id=APP_ID, app_secret=APP_SECRET)


REFUSED: dict[str, Door] = {
    "key": lambda privy: AuthorizationKey.parse(given.CUT_KEY),
    "key in a context": lambda privy: AuthorizationContext(
        authorization_private_keys=[given.CUT_KEY]
    ),
    "key to sign with": lambda privy: generate_authorization_signature(b"x", given.CUT_KEY),
    "key of a client": lambda privy: client(privy)(authorization_key=given.CUT_KEY),
    "new key of a client": lambda privy: privy.update_authorization_key(given.CUT_KEY),
    "key for an intent": lambda privy: privy.intents.sign(INTENT, given.CUT_KEY),
    "token in a context": lambda privy: AuthorizationContext(user_jwts=[given.BAD_JWT]),
    "token of a user": lambda privy: UserAuth(user_jwt=given.BAD_JWT),
    "token of a second factor": lambda privy: UserAuth(
        user_jwt=given.JWT, mfa_token=f"{given.MFA_TOKEN}\n"
    ),
    "token to sign with": lambda privy: privy.for_user(given.BAD_JWT),
    "token to forget": lambda privy: privy.forget_user(given.BAD_JWT),
    "token to exchange": lambda privy: privy.wallets.generate_user_signer(user_jwt=given.BAD_JWT),
    "token for another's key": lambda privy: privy.wallets.authenticate(
        user_jwt=given.BAD_JWT, recipient_public_key="x"
    ),
    "token for intents": lambda privy: privy.intents.generate_user_signer(
        user_jwt=given.JWT, intent_ids=[]
    ),
    "token in a header": lambda privy: privy.users.mfa.sms.enrollment.init(
        "u1", phone_number="+1", user_jwt=given.BAD_JWT
    ),
    "token with a code": lambda privy: privy.users.mfa.sms.verification.verify(
        "", code=given.OTP, user_jwt=given.JWT
    ),
    "token with a passkey": lambda privy: privy.users.mfa.passkey.verification.verify(
        "u1", credential={"id": float("nan")}, user_jwt=given.JWT
    ),
    "code of a device": lambda privy: privy.device_verification.verify(
        user_code=given.OTP, action=float("nan")
    ),
    "signature": lambda privy: AuthorizationContext(signatures=[f"{given.SIGNATURE},"]),
    "signature of an intent": lambda privy: privy.intents.authorize(
        "", signature=given.SIGNATURE, timestamp=1
    ),
    "signer": lambda privy: AuthorizationContext(signers=[given.JWT]),
    "app id": lambda privy: client(privy)(app_id=f"{APP_SECRET}\n"),
    "app secret": lambda privy: client(privy)(app_secret=f"{APP_SECRET}\n"),
    "app secret as bytes": lambda privy: client(privy)(app_secret=APP_SECRET.encode()),
    "app secrets": lambda privy: client(privy)(app_secret=[APP_SECRET, 5]),
    "app secret with a bad option": lambda privy: client(privy)(timeout=-1),
    "address": lambda privy: client(privy)(
        base_url=f"https://u:{given.PROXY_PASSWORD}@example.com"
    ),
    "option of a client": lambda privy: privy.with_options(timeout=-1),
    "proxy": lambda privy: client(privy)(proxy=f"socks://u:{given.PROXY_PASSWORD}@example.com"),
    "provider's key": lambda privy: privy.apps.configure_fiat(
        ".", provider="bridge", api_key=given.API_KEY
    ),
    "wallet's key": lambda privy: privy.wallets.import_private_key(
        chain_type="ethereum", private_key=given.BAD_WALLET_KEY, address="0x" + "1" * 40
    ),
    "wallet's key on Solana": lambda privy: privy.wallets.import_private_key(
        chain_type="solana", private_key=given.WALLET_KEY, address="1" * 32
    ),
    "wallet's key with a wrong address": lambda privy: privy.wallets.import_private_key(
        chain_type="ethereum", private_key=given.WALLET_KEY, address="0x" + "1" * 40
    ),
    "wallet's key and another option": lambda privy: privy.wallets.import_private_key(
        chain_type="sui", private_key=given.WALLET_KEY, address="0x1", nonsense=1
    ),
    "seed phrase": lambda privy: privy.wallets.import_seed_phrase(
        chain_type="ethereum", seed_phrase=given.SEED_PHRASE, index=0, address="0x" + "1" * 40
    ),
    "seed phrase on a chain": lambda privy: privy.wallets.import_seed_phrase(
        chain_type=given.SEED_PHRASE, seed_phrase=given.SEED_PHRASE, index=0, address="x"
    ),
    "body": lambda privy: privy.request(
        "POST", "/v1/x", body={"user_jwt": given.JWT, "n": float("nan")}
    ),
    "encryption key": lambda privy: UserKeyCipher(given.ENCRYPTION_KEY[:-4]),
    "encryption key of Redis": lambda privy: RedisUserKeyStore(
        f"redis://:{given.REDIS_PASSWORD}@localhost", encryption_key=given.ENCRYPTION_KEY[:-4]
    ),
    "address of Redis": lambda privy: RedisUserKeyStore(
        f"http://:{given.REDIS_PASSWORD}@localhost", encryption_key=given.ENCRYPTION_KEY
    ),
    "webhook secret": lambda privy: verify(b"{}", DELIVERY, secret=f"{given.WEBHOOK_SECRET}!"),
    "webhook": lambda privy: verify(b"{}", DELIVERY, secret=given.WEBHOOK_SECRET),
    "old webhook": lambda privy: Webhooks([given.WEBHOOK_SECRET]).verify(b"{}", DELIVERY),
    "webhook of a client": lambda privy: client(privy)(
        webhook_signing_secret=given.WEBHOOK_SECRET
    ).webhooks.verify(b"{}", {}),
    "access token": lambda privy: privy.tokens.verify_access_token(given.BAD_JWT),
    "access token of another app": lambda privy: privy.tokens.verify_access_token(
        OTHER_APPS, verification_key=PEM
    ),
    "expired access token": lambda privy: privy.tokens.verify_access_token(
        EXPIRED, verification_key=PEM
    ),
    "identity token": lambda privy: privy.tokens.verify_identity_token(
        UNREADABLE, verification_key=PEM, leeway=given.JWT
    ),
    "bearer token": lambda privy: bearer_token(f"Bearer {given.BAD_JWT}"),
    "unknown option": lambda privy: privy.wallets.get("w1", nonsense=1),
    "unknown option with a token": lambda privy: privy.wallets.generate_user_signer(
        user_jwt=given.JWT, nonsense=1
    ),
}


@attrs.frozen
class Ending:
    """What is waited for, and how the server says that it ended."""

    wait: Door
    answer: dict[str, Any]


ENDINGS: dict[str, Ending] = {
    "a transaction fails": Ending(
        lambda privy: privy.transactions.wait("t1"), {"id": "t1", "status": "failed"}
    ),
    "an intent fails": Ending(
        lambda privy: privy.intents.wait("i1", timeout=5), {"intent_id": "i1", "status": "failed"}
    ),
    "an action fails": Ending(
        lambda privy: privy.wallets.actions.wait("a1", wallet_id="w1"),
        {"id": "a1", "type": "transfer", "status": "failed"},
    ),
    "nothing happens": Ending(
        lambda privy: privy.transactions.wait("t1", timeout=0.1), {"id": "t1", "status": "pending"}
    ),
}
