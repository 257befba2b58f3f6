"""Keys that record a second factor: apart from those that do not, and never renewed in silence."""

import asyncio
from collections import Counter
from typing import Any

import attrs
import pytest
from aiohttp import web
from issuer import Issuer
from loopback import WALLET, Request, exchanged, loopback, ok
from sdk_helpers import RawRequest
from test_user_key_store import Processes
from users_who_sign import user

from privy_async import (
    AuthorizationContext,
    AuthorizationKey,
    InvalidArgumentError,
    MfaRequiredError,
    MissingMfaEnrollmentError,
    PrivyClient,
    SigningError,
    UserAuth,
)
from privy_async.sending.exchange import MFA_TOKEN_FIELD

pytestmark = pytest.mark.anyio

JWT = "a.b.c"
REQUEST = {"method": "POST", "url": "https://api.privy.io/v1/wallets/authenticate"}


@attrs.define
class Api:
    """Gives each pair of tokens a key, and refuses what is signed with one that has no MFA."""

    keys: dict[str | None, AuthorizationKey] = attrs.field(factory=dict)
    exchanges: Counter[str | None] = attrs.field(factory=Counter)
    refusal: dict[str, str] | None = None
    signed: list[str] = attrs.field(factory=list)

    def answer(self, request: Request) -> web.Response:
        if "/authenticate" in request.path:
            token = request.json.get(MFA_TOKEN_FIELD)
            self.exchanges[token] += 1
            key = self.keys.setdefault(token, AuthorizationKey.generate())
            return exchanged(request, key)
        self.signed.append(request.headers["privy-authorization-signature"])
        if self.refusal is not None:
            return ok(self.refusal, status=401)
        return ok(WALLET)


async def test_a_key_is_for_one_pair_of_tokens() -> None:
    """The same token with another MFA token, or without, is another key, in any order."""
    issuer = Issuer()
    keys = issuer.keys()
    users = [user("a"), user("a", "one"), user("a", "two"), user("b", "one")]
    got = [await keys.get(each) for each in users * 2]
    assert len(set(map(id, got))) == 4
    assert issuer.calls == {"a": 1, "a+one": 1, "a+two": 1, "b+one": 1}
    keys.forget(user("a", "one"), got[1])
    assert keys.kept(user("a", "one")) is None
    assert keys.kept(user("a")) is got[0]
    assert keys.kept(user("a", "two")) is got[2]


async def test_a_store_keeps_them_apart_too() -> None:
    """Processes that share a store find the key for the pair, and no other."""
    processes = Processes()
    first, second = processes.keys(), processes.keys()
    users = [user("jwt"), user("jwt", "mfa")]
    made = [await first.get(each) for each in users]
    found = [await second.get(each) for each in users]
    assert [key.key.public_key for key in made] == [key.key.public_key for key in found]
    assert len(processes.store.keys) == 2
    assert processes.issuer.calls == {"jwt": 1, "jwt+mfa": 1}


async def test_a_thousand_calls_of_one_user_with_two_mfa_tokens() -> None:
    """They cost two exchanges, and each call is signed with the key for its own token."""
    api = Api()
    async with loopback(api.answer) as server, server.client() as privy:
        clients = {token: privy.for_user(JWT, mfa_token=token) for token in ("one", "two")}
        await asyncio.gather(
            *(
                alice.wallets.update("w1", display_name=token)
                for _ in range(500)
                for token, alice in clients.items()
            )
        )
        assert api.exchanges == {"one": 1, "two": 1}
        signed = [request for request in server.requests if request.method == "PATCH"]
        assert len(signed) == 1000
        for request in signed:
            raw = RawRequest(
                request.method, request.path, tuple(request.headers.items()), request.body
            )
            raw.check_signatures(api.keys[request.json["display_name"]].public_key)
        await clients["one"].wallets.update("w1", display_name="x")
        await privy.for_user(JWT).wallets.update("w1", display_name="x")
    assert api.exchanges == {"one": 1, "two": 1, None: 1}


async def test_all_ways_to_say_that_mfa_was_done() -> None:
    """A context, a derived client and the exchange by hand send the MFA token in one field."""
    api = Api()
    verified = UserAuth(user_jwt=JWT, mfa_token="mfa")
    context = AuthorizationContext(user_jwts=[JWT], user_auth=[verified])
    assert context.users == (UserAuth(user_jwt=JWT), verified)
    async with loopback(api.answer) as server, server.client() as privy:
        await privy.wallets.update("w1", display_name="x", authorization=context)
        assert api.exchanges == {None: 1, "mfa": 1}
        assert api.signed[0].count(",") == 1
        await privy.wallets.generate_user_signer(user_jwt=JWT, mfa_token="by hand")
        await privy.wallets.authenticate(
            user_jwt=JWT,
            mfa_token="raw",
            recipient_public_key=AuthorizationKey.generate().public_key,
        )
        await privy.intents.generate_user_signer(user_jwt=JWT, mfa_token="bound", intent_ids=["i"])
        bodies = [request.json for request in server.requests if "authenticate" in request.path]
    assert [body.get("mfa_token") for body in bodies] == [None, "mfa", "by hand", "raw", "bound"]


@pytest.mark.parametrize(
    ("code", "kind", "way_out"),
    [
        ("mfa_required", MfaRequiredError, "Verify the user's second factor"),
        ("missing_mfa_enrollment", MissingMfaEnrollmentError, "Enroll the user"),
    ],
)
async def test_a_refusal_for_want_of_mfa(
    code: str, kind: type[MfaRequiredError], way_out: str
) -> None:
    """It is no reason for a new key: nothing is sent again, and the error says what to do."""
    api = Api(refusal={"error": "MFA", "code": code})
    async with loopback(api.answer) as server, server.client(max_retries=3) as privy:
        alice = privy.for_user(JWT, mfa_token="old")
        with pytest.raises(MfaRequiredError, match=way_out) as caught:
            await alice.wallets.update("w1", display_name="x")
        assert type(caught.value) is kind
        assert not caught.value.may_have_happened
        assert (api.exchanges, len(api.signed)) == ({"old": 1}, 1)
        # The key is still good for all that needs no fresh MFA.
        api.refusal = None
        await alice.wallets.update("w1", display_name="x")
        assert api.exchanges == {"old": 1}


async def test_other_refusals_still_cost_one_new_key() -> None:
    """A signature that is refused for another reason is made anew with a new key, as ever."""
    api = Api(refusal={"error": "No valid authorization signatures were provided."})
    async with loopback(api.answer) as server, server.client() as privy:
        with pytest.raises(Exception, match="No valid authorization"):
            await privy.for_user(JWT, mfa_token="mfa").wallets.update("w1", display_name="x")
    assert (api.exchanges, len(api.signed)) == ({"mfa": 2}, 2)


async def test_an_mfa_token_that_is_too_old_for_an_exchange() -> None:
    """The error comes as it is, and not as one of signing: the same code catches both."""
    failure = MfaRequiredError("expired", status=401, code="mfa_required", **REQUEST)
    keys = Issuer(failure=failure).keys()
    with pytest.raises(MfaRequiredError):
        await keys.get(user("jwt", "old"))
    # A key that is ageing still signs until it ends.
    issuer = Issuer()
    keys = issuer.keys()
    key = await keys.get(user("jwt", "mfa"))
    issuer.failure, issuer.now = failure, key.renew_at
    assert await keys.get(user("jwt", "mfa")) is key
    issuer.now = key.expires_at
    with pytest.raises(MfaRequiredError):
        await keys.get(user("jwt", "mfa"))


async def test_other_refusals_of_an_exchange_stay_errors_of_signing() -> None:
    """Only what a second factor helps against is told as such."""
    failure = MfaRequiredError.__mro__[1]("no", status=401, **REQUEST)
    with pytest.raises(SigningError):
        await Issuer(failure=failure).keys().get(user("jwt"))


@pytest.mark.parametrize(
    ("fields", "argument"),
    [
        ({"user_jwt": "no token"}, "user_jwt"),
        ({"user_jwt": None}, "user_jwt"),
        ({"user_jwt": JWT, "mfa_token": ""}, "mfa_token"),
        ({"user_jwt": JWT, "mfa_token": " secret"}, "mfa_token"),
        ({"user_jwt": JWT, "mfa_token": b"secret"}, "mfa_token"),
    ],
)
def test_users_that_are_refused(fields: dict[str, Any], argument: str) -> None:
    """What cannot be a token is refused before anything is sent, and does not show."""
    client = PrivyClient(app_id="a", app_secret="b")
    for make in (UserAuth, lambda **given: client.for_user(given.pop("user_jwt"), **given)):
        with pytest.raises(InvalidArgumentError) as caught:
            make(**fields)
        assert caught.value.argument == argument
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize("users", [JWT, [JWT], [None], [{"user_jwt": JWT}], None, 7])
def test_what_is_no_list_of_users(users: Any) -> None:
    """A context takes `UserAuth` alone: what else might be meant is not guessed."""
    with pytest.raises(InvalidArgumentError) as caught:
        AuthorizationContext(user_auth=users)
    assert caught.value.argument == "user_auth"


def test_no_token_shows() -> None:
    """Neither of the two is in a repr."""
    verified = UserAuth(user_jwt="secret.secret.secret", mfa_token="secret")
    context = AuthorizationContext(user_auth=[verified])
    assert "secret" not in repr((verified, context))
    assert "user_auth=1" in repr(context)
