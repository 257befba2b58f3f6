"""Every error that the SDK raises, provoked from every door, in both faces; with secrets at hand.

The secrets are globals, so that no frame of a test holds one.
"""

import asyncio
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import attrs
from aiohttp import web
from eth_account import Account
from loopback import APP_ID, APP_SECRET, WALLET, Loopback, Request, exchanged, loopback, ok

import privy_sync
from privy_async.client import PrivyClient
from privy_async.signing.authorization import AuthorizationContext, UserAuth
from privy_async.signing.p256 import AuthorizationKey
from privy_async.user_keys.hpke import seal

KEY, USER_KEY, SIGNER_KEY = (AuthorizationKey.generate() for _ in range(3))
KEY_TEXT = KEY.to_base64()
CUT_KEY = KEY_TEXT[:-4]
JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZS00NzExIn0.c2VjcmV0LXNpZ25hdHVyZS1vZi1hbGljZQ"
BAD_JWT = JWT.replace(".", "_")
MFA_TOKEN = "mfa-token-4f1c77e0b2"
WALLET_KEY = "5f" * 8 + "c0ffee" * 8
BAD_WALLET_KEY = WALLET_KEY[:-2]
ADDRESS = Account.from_key(WALLET_KEY).address
SEED_PHRASE = "legal winner thank year wave sausage worth useful legal winner thank wrong"
PROXY_PASSWORD = "proxy-password-93ab"
REDIS_PASSWORD = "redis-password-50d7"
WEBHOOK_SECRET = "whsec_" + b64encode(b"a secret of the webhook's").decode()
ENCRYPTION_KEY = b64encode(b"the store's encryption key of 30").decode()
API_KEY = "fiat-provider-key-11c2"
OTP = "one-time-code-907431"
SIGNATURE = "MEUCIQDsignature" + "ab" * 30


def pieces(secret: str, *, length: int = 12) -> set[str]:
    """All runs of that length: a part of a secret is one too."""
    return {secret[at : at + length] for at in range(len(secret) - length + 1)}


def private_part(key: AuthorizationKey) -> str:
    """The text of the scalar; the rest of the base64 is the public key and the same for all."""
    return key.to_base64()[50:90]


SECRETS = frozenset().union(
    *map(
        pieces,
        (
            APP_SECRET,
            b64encode(f"{APP_ID}:{APP_SECRET}".encode()).decode()[-24:],
            JWT.split(".", 1)[1],
            BAD_JWT,
            private_part(KEY),
            private_part(USER_KEY),
            private_part(SIGNER_KEY),
            MFA_TOKEN,
            WALLET_KEY,
            SEED_PHRASE,
            PROXY_PASSWORD,
            REDIS_PASSWORD,
            WEBHOOK_SECRET,
            ENCRYPTION_KEY,
            API_KEY,
            OTP,
            SIGNATURE,
        ),
    )
)

# --- a server in a thread of its own, for both faces

Answer = Callable[[Request], Any]


@attrs.define
class Server:
    """Answers exchanges and everything else as it is told to."""

    exchange: Answer
    other: Answer
    url: str = ""
    loopback: Loopback | None = None

    def answer(self, request: Request) -> Any:
        return (self.exchange if "/authenticate" in request.path else self.other)(request)


@contextmanager
def serving(exchange: Answer, other: Answer) -> Iterator[Server]:
    """Run the server."""
    server, ready, end = Server(exchange, other), threading.Event(), threading.Event()

    async def serve() -> None:
        async with loopback(server.answer) as running:
            server.loopback, server.url = running, running.url
            ready.set()
            await asyncio.to_thread(end.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    ready.wait(10)
    try:
        yield server
    finally:
        end.set()
        thread.join()


def answer_well(request: Request) -> web.Response:
    """The success of each operation."""
    if "/mfa/" in request.path:
        return ok({"token": MFA_TOKEN})
    if "/authenticate" in request.path:
        return exchanged(request, USER_KEY)
    if request.path.endswith("/export"):
        sealed = seal(WALLET_KEY.encode(), request.json["recipient_public_key"])
        return ok({"encryption_type": "HPKE", **attrs.asdict(sealed)})
    if request.path.endswith("/import/init"):
        return ok({"encryption_type": "HPKE", "encryption_public_key": KEY.public_key})
    if request.path.endswith("/rpc"):
        return ok({"method": "x", "data": {"signature": "0x01", "encoding": "hex"}})
    return ok({**WALLET, "data": [WALLET], "next_cursor": None})


class Cut(web.StreamResponse):
    """An answer that breaks off in the middle."""

    async def prepare(self, request: web.BaseRequest) -> Any:
        self.content_length = 1000
        writer = await super().prepare(request)
        await self.write(b'{"a":')
        assert request.transport is not None
        request.transport.abort()
        return writer


class NoHttp(web.StreamResponse):
    """Bytes that are no HTTP answer at all."""

    async def prepare(self, request: web.BaseRequest) -> Any:
        assert isinstance(request.transport, asyncio.Transport)
        request.transport.write(b"HTTP/1.1 nonsense\r\n\r\n")
        return await super().prepare(request)


async def answer_late(request: Request) -> web.Response:
    await asyncio.sleep(30)
    raise AssertionError("the test should have ended")


def sealed_for_nobody(request: Request) -> web.Response:
    stranger = seal(USER_KEY.to_base64().encode(), AuthorizationKey.generate().public_key)
    fields = {"encryption_type": "HPKE", **attrs.asdict(stranger)}
    return exchanged(request, USER_KEY, encrypted_authorization_key=fields)


def unsealed(request: Request) -> web.Response:
    key = USER_KEY.to_base64()
    return ok({"authorization_key": key, "expires_at": 4e12, "wallets": [WALLET]})


def half_a_key(request: Request) -> web.Response:
    text = USER_KEY.to_base64()[:-8].encode()
    sealed = seal(text, request.json["recipient_public_key"])
    fields = {"encryption_type": "HPKE", **attrs.asdict(sealed)}
    return exchanged(request, USER_KEY, encrypted_authorization_key=fields)


def no_text(request: Request) -> web.Response:
    """An export whose plaintext is the key, but no UTF-8."""
    if not request.path.endswith("/export"):
        return answer_well(request)
    sealed = seal(WALLET_KEY.encode() + b"\xff", request.json["recipient_public_key"])
    return ok({"encryption_type": "HPKE", **attrs.asdict(sealed)})


def no_key(request: Request) -> web.Response:
    """An import that is to be sealed for no key."""
    if not request.path.endswith("/import/init"):
        return answer_well(request)
    return ok({"encryption_type": "HPKE", "encryption_public_key": "none"})


def refusing(status: int, **fields: str) -> Answer:
    return lambda request: ok({"error": "refused", **fields}, status=status)


def telling(**fields: object) -> Answer:
    return lambda request: ok(fields)


# How exchanges and all other requests are answered.
FAILURES: dict[str, tuple[Answer, Answer]] = {
    **{
        f"status {status}": (answer_well, refusing(status))
        for status in (400, 401, 403, 404, 409, 418, 422, 429, 500, 503)
    },
    "app refused": (answer_well, refusing(401, error="Invalid app ID or app secret.")),
    "a policy": (answer_well, refusing(400, code="policy_violation")),
    "a second factor": (answer_well, refusing(401, code="mfa_required")),
    "no second factor": (answer_well, refusing(401, code="missing_mfa_enrollment")),
    "a redirect": (
        answer_well,
        lambda request: web.Response(status=307, headers={"Location": "https://other.example/"}),
    ),
    "HTML": (answer_well, lambda request: web.Response(text="<html>502</html>")),
    "garbage": (answer_well, lambda request: web.Response(body=b"\xff\x00{")),
    "another shape": (answer_well, lambda request: ok([1, 2])),
    "an empty object": (answer_well, lambda request: ok({})),
    "nothing": (answer_well, lambda request: web.Response()),
    "nested too deeply": (answer_well, lambda request: web.Response(text="[" * 100_000)),
    "cut off": (answer_well, lambda request: Cut()),
    "no HTTP": (answer_well, lambda request: NoHttp()),
    "too late": (answer_well, answer_late),
    "an export that is no text": (answer_well, no_text),
    "an import for no key": (answer_well, no_key),
    "exchange refused": (refusing(400, code="invalid_data"), answer_well),
    "exchange broken": (refusing(500), answer_well),
    "exchange cut off": (lambda request: Cut(), answer_well),
    "exchange too late": (answer_late, answer_well),
    "exchange garbage": (lambda request: web.Response(text="<html>"), answer_well),
    "exchange for another": (sealed_for_nobody, answer_well),
    "exchange unsealed": (unsealed, answer_well),
    "exchange of half a key": (half_a_key, answer_well),
}

# --- all that is done with secrets: each takes a client of either face


async def sign_elsewhere(payload: bytes) -> str:
    return SIGNER_KEY.sign(payload)


def raise_all(payload: bytes) -> str:
    raise ValueError("the HSM is locked")


def return_bytes(payload: bytes) -> Any:
    return SIGNER_KEY.sign(payload).encode()


Door = Callable[[Any], Any]
CALLS: dict[str, Door] = {
    "as a user": lambda privy: privy.for_user(JWT).wallets.ethereum.sign_message("w1", "hello"),
    "as two users": lambda privy: privy.with_authorization(
        AuthorizationContext(user_jwts=[JWT], user_auth=[UserAuth(user_jwt=JWT, mfa_token="m")])
    ).wallets.ethereum.sign_message("w1", "hello"),
    "with a key": lambda privy: privy.wallets.update("w1", display_name="x"),
    "with a signer": lambda privy: privy.wallets.update(
        "w1", display_name="x", authorization=AuthorizationContext(signers=[sign_elsewhere])
    ),
    "with a signature": lambda privy: privy.wallets.update(
        "w1", owner=None, authorization=AuthorizationContext(signatures=[SIGNATURE])
    ),
    "for the key": lambda privy: privy.wallets.generate_user_signer(user_jwt=JWT),
    "for a key of intents": lambda privy: privy.intents.generate_user_signer(
        user_jwt=JWT, mfa_token=MFA_TOKEN, intent_ids=["i1"]
    ),
    "an agreement": lambda privy: privy.intents.authorize("i1", signature=SIGNATURE, timestamp=1),
    "raw": lambda privy: privy.wallets.authenticate(
        user_jwt=JWT, recipient_public_key=KEY.public_key
    ),
    "export": lambda privy: privy.for_user(JWT).wallets.export_private_key("w1"),
    "export of a phrase": lambda privy: privy.for_user(JWT).wallets.export_seed_phrase("w1"),
    "import": lambda privy: privy.wallets.import_private_key(
        chain_type="ethereum", private_key=WALLET_KEY, address=ADDRESS
    ),
    "read": lambda privy: privy.wallets.get("w1"),
    "with a second factor": lambda privy: privy.for_user(
        JWT, mfa_token=MFA_TOKEN
    ).wallets.ethereum.sign_message("w1", "hello"),
    "verifying a second factor": lambda privy: privy.users.mfa.totp.verification.verify(
        "u1", code=OTP, user_jwt=JWT
    ),
    "beginning a second factor": lambda privy: privy.users.mfa.totp.enrollment.init(
        "u1", user_jwt=JWT
    ),
    "beginning by SMS": lambda privy: privy.users.mfa.sms.verification.init("u1", user_jwt=JWT),
    "beginning a passkey": lambda privy: privy.users.mfa.passkey.verification.init(
        "u1", relying_party="https://a.example", user_jwt=JWT
    ),
    "a new passkey": lambda privy: privy.users.mfa.passkey.enrollment.verify(
        "u1", credential={}, user_jwt=JWT
    ),
    "a provider's key": lambda privy: privy.apps.configure_fiat(provider="bridge", api_key=API_KEY),
    "by hand": lambda privy: privy.request(
        "POST",
        "/v1/wallets/authenticate",
        body={"user_jwt": JWT, "recipient_public_key": KEY.public_key},
    ),
}
SIGNERS: dict[str, Door] = {
    "a signer raises": lambda privy: privy.wallets.update(
        "w1", owner=None, authorization=AuthorizationContext(signers=[raise_all])
    ),
    "a signer returns bytes": lambda privy: privy.wallets.update(
        "w1", owner=None, authorization=AuthorizationContext(signers=[return_bytes])
    ),
}
FACES: dict[str, Any] = {"async": PrivyClient, "sync": privy_sync.PrivyClient}


def make_client(face: str, url: str, **options: Any) -> Any:
    """A client that signs with a key, and tries once."""
    defaults: dict[str, Any] = {
        "app_id": APP_ID,
        "app_secret": APP_SECRET,
        "authorization_key": KEY,
        "webhook_signing_secret": WEBHOOK_SECRET,
        "max_retries": 0,
        "timeout": 0.3,
        "base_url": url,
    }
    return FACES[face](**{**defaults, **options})
