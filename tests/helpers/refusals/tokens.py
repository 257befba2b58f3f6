"""Tokens of users that are refused."""

from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from privy_async import InvalidTokenError, SigningError
from refusals.world import Refused, World

_ES256 = {"algorithm": "ES256"}
_STRANGE = ec.generate_private_key(ec.SECP256R1())
_NOT_SIGNED = "no key for this user's token, so the request was not signed: "
_INVALID = f"{_NOT_SIGNED}400, code invalid_data, request id"


def _issued(**options: Any) -> Any:
    async def provoke(world: World) -> object:
        return await world.exchange(world.sandbox.issue_user_jwt("alice", **options))

    return provoke


def _signed(key: Any, algorithm: str = "ES256", **claims: Any) -> Any:
    """With a token that the sandbox did not sign."""

    async def provoke(world: World) -> object:
        usual = {"sub": "alice", "iss": "https://login.example", "exp": world.sandbox.clock.now()}
        usual["exp"] += 600
        made = jwt.encode({**usual, **claims}, key, algorithm, headers={"kid": "k7"})
        return await world.exchange(made)

    return provoke


def _of_privy(**claims: Any) -> Any:
    """With a token of the sandbox as Privy's own login."""

    async def provoke(world: World) -> object:
        now = int(world.sandbox.clock.now())
        usual = {"iss": "privy.io", "aud": world.sandbox.app_id, "sub": "u", "exp": now + 600}
        return await world.exchange(world.sandbox.state.issuer.issue({**usual, **claims}))

    return provoke


async def _unknown(world: World) -> object:
    return await world.exchange(world.sandbox.issue_user_jwt("nobody"))


async def _frozen(world: World) -> object:
    user_id = await world.user()
    wallet = await world.wallet(user_id)
    await world.privy.users.freeze(user_id)
    return await world.sign(wallet, world.privy.for_user(world.sandbox.issue_user_jwt("alice")))


async def _without_wallet(world: World) -> object:
    wallet = await world.wallet(await world.user("bob"))
    await world.user()
    return await world.sign(wallet, world.privy.for_user(world.sandbox.issue_user_jwt("alice")))


async def _access_token(world: World) -> object:
    token = world.sandbox.issue_access_token(await world.user(), lifetime=-10)
    return await world.privy.tokens.verify_access_token(token)


TOKENS = [
    Refused("an expired token", SigningError, _issued(lifetime=-18_100), _INVALID,
            "expired 5 h ago: take a new one from the login",
            "It expired 5 h ago: issue a new one"),
    Refused("a token from the future", SigningError, _issued(nbf=4e9), _INVALID,
            "check this machine's clock and the login's", "It is not valid for another"),
    Refused("a token for another audience", SigningError, _issued(aud="blog"), _INVALID,
            "aud 'blog', and has not expired: usually the JWKS, the audience",
            "Its aud is 'blog', and audiences= allows",
            {"audiences": ["shop"]}),
    Refused("a token of another app", SigningError, _of_privy(aud="other-app", sid="s"), _INVALID,
            "for the app 'other-app', and this client's is 'sandbox-app': use that app's client",
            "It is for the app 'other-app' (aud)"),
    Refused("an identity token", SigningError, _of_privy(linked_accounts="[]"), _INVALID,
            "identity token (unverified), which signs nothing: send the access token",
            "It is an identity token: use the user's access token"),
    Refused("a token of an unknown key", SigningError, _signed(_STRANGE), _INVALID,
            "iss 'https://login.example', aud missing, and has not expired: usually the JWKS",
            "Of 1 known keys none has its kid 'k7': give your login's JWKS"),
    Refused("a token signed with a shared secret", SigningError,
            _signed("a-secret-of-thirty-two-characters", "HS256"), _INVALID,
            "alg is HS256 (unverified), and Privy takes tokens signed with a private key alone",
            "It is signed with 'HS256', and only RS256, ES256, EdDSA are taken"),
    Refused("a token that another Privy issued", SigningError,
            _signed(_STRANGE, iss="privy.io", aud="sandbox-app", sid="s"), _INVALID,
            "usually another Privy issued it", "but this sandbox has not: it is another's"),
    Refused("a token without the user's id", SigningError, _issued(user=7), _INVALID,
            "or the user id's claim in Privy's Dashboard",
            "no text in its claim 'user', which names the user: put",
            {"user_id_claim": "user"}),
    Refused("a token of an unknown user", SigningError, _unknown,
            f"{_NOT_SIGNED}404, code not_found", "make one with privy.users.create(",
            "no user is known as 'nobody': privy.users.create("),
    Refused("a token of a frozen user", SigningError, _frozen, f"{_NOT_SIGNED}403",
            "the app or the user may not do this: see",
            "The user was frozen: privy.users.unfreeze"),
    Refused("a token of a user without a wallet", SigningError, _without_wallet, _INVALID,
            "make one with privy.wallets.create(",
            "the user owns no wallet and is in no key quorum"),
    Refused("an expired access token", InvalidTokenError, _access_token,
            "the token has expired: the user's client must get a new one"),
]  # fmt: skip
