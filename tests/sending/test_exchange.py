"""The exchange of a token, on the wire: what is asked, and answers of every kind."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from loopback import WALLET, Loopback, Request, exchanged, loopback, ok
from places import VECTORS

from privy_async.errors import APIError, DecryptionError, InvalidArgumentError, PrivyError
from privy_async.signing.p256 import AuthorizationKey
from privy_async.user_keys.hpke import seal
from privy_async.values import Unknown

pytestmark = pytest.mark.anyio

KEY = AuthorizationKey.generate()
JWT = "header.payload.signature"
EXCHANGE: dict[str, Any] = json.loads((VECTORS / "jwt_exchange.json").read_text())


# --- what is asked, and what comes of it


async def test_what_is_asked() -> None:
    """The token goes with a new recipient key each time, unsigned, without any option's header."""
    async with (
        loopback(lambda request: exchanged(request, KEY)) as server,
        server.client(authorization_key=KEY) as privy,
    ):
        signers = [await privy.wallets.generate_user_signer(user_jwt=JWT) for _ in range(2)]
    first, second = server.requests
    assert (first.method, first.path) == ("POST", "/v1/wallets/authenticate")
    assert set(first.json) == {"user_jwt", "encryption_type", "recipient_public_key"}
    assert (first.json["user_jwt"], first.json["encryption_type"]) == (JWT, "HPKE")
    assert first.json["recipient_public_key"] != second.json["recipient_public_key"]
    sent = {name for name in first.headers if name.startswith("privy-")}
    assert sent == {"privy-app-id", "privy-client"}
    assert signers[0].authorization_key.to_base64() == KEY.to_base64()
    assert [wallet.id for wallet in signers[0].wallets] == ["w1"]


def sealing(plaintext: bytes) -> Callable[[Request], web.Response]:
    """A server that seals this in place of a key."""

    def answer(request: Request) -> web.Response:
        sealed = seal(plaintext, request.json["recipient_public_key"])
        return exchanged(
            request,
            KEY,
            encrypted_authorization_key={
                "encryption_type": "HPKE",
                "encapsulated_key": sealed.encapsulated_key,
                "ciphertext": sealed.ciphertext,
            },
        )

    return answer


def p384() -> bytes:
    key = ec.generate_private_key(ec.SECP384R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


STRANGER = seal(b"for another", AuthorizationKey.generate().public_key)
SEALED = {
    "encryption_type": "HPKE",
    "encapsulated_key": STRANGER.encapsulated_key,
    "ciphertext": STRANGER.ciphertext,
}


def with_sealed(**fields: Any) -> Callable[[Request], web.Response]:
    return lambda request: exchanged(request, KEY, encrypted_authorization_key={**SEALED, **fields})


def with_fields(**fields: Any) -> Callable[[Request], web.Response]:
    return lambda request: exchanged(request, KEY, **fields)


UNUSABLE: dict[str, Callable[[Request], web.Response]] = {
    "no JSON": lambda request: web.Response(text="<html></html>"),
    "nothing": lambda request: web.Response(),
    "null": lambda request: ok(None),
    "a list": lambda request: ok([]),
    "an empty object": lambda request: ok({}),
    "nested too deeply": lambda request: web.Response(text="[" * 100_000),
    "sealed key is null": with_fields(encrypted_authorization_key=None),
    "sealed key is text": with_fields(encrypted_authorization_key="x"),
    "encapsulated key is null": with_sealed(encapsulated_key=None),
    "encapsulated key is a number": with_sealed(encapsulated_key=7),
    "encapsulated key is a list": with_sealed(encapsulated_key=["x"]),
    "encapsulated key is no base64": with_sealed(encapsulated_key="!"),
    "ciphertext is null": with_sealed(ciphertext=None),
    "ciphertext is an object": with_sealed(ciphertext={}),
    "ciphertext is no base64": with_sealed(ciphertext="é"),
    "sealed for another": with_sealed(),
    "no key is sealed": sealing(b"not a key"),
    "a key of another curve is sealed": sealing(p384()),
    "bytes are sealed": sealing(bytes(range(256))),
    "no end": with_fields(expires_at=None),
    "an end in words": with_fields(expires_at="soon"),
    "an end that is no number": with_fields(expires_at=float("nan")),
    "an end that never comes": with_fields(expires_at=float("inf")),
    "an end as a list": with_fields(expires_at=[1]),
    "wallets are null": with_fields(wallets=None),
    "wallets are a number": with_fields(wallets=7),
}


@pytest.mark.parametrize("answer", UNUSABLE.values(), ids=UNUSABLE)
async def test_answers_that_are_no_use(answer: Callable[[Request], web.Response]) -> None:
    """Each ends in an error of ours, both ways, and nothing is signed or sent after it."""
    async with loopback(answer) as server, server.client() as privy:
        with pytest.raises((APIError, DecryptionError)):
            await privy.wallets.generate_user_signer(user_jwt=JWT)
        with pytest.raises(PrivyError):
            await privy.for_user(JWT).request("PATCH", "/v1/wallets/w1", body={})
    assert len(exchanges(server)) == len(server.requests) == 2


@pytest.mark.parametrize("wallet", [{}, None, {"address": "0x1"}, "w1"], ids=repr)
async def test_wallets_that_are_none(wallet: Any) -> None:
    """A wallet in the answer that cannot be read loses neither the key nor the other wallets."""
    async with loopback(with_fields(wallets=[WALLET, wallet])) as server, server.client() as privy:
        signer = await privy.wallets.generate_user_signer(user_jwt=JWT)
    assert signer.wallets[0].id == WALLET["id"]
    assert signer.wallets[1] == Unknown(extra=wallet if isinstance(wallet, dict) else {"": wallet})


# --- the official SDKs' cases


def answering(**changes: Any) -> Callable[[Request], Any]:
    """A server that answers exchanges so changed, and anything else with a success."""

    def answer(request: Request) -> Any:
        if not request.path.endswith("/authenticate"):
            return ok({})
        if changes.get("encryption_type") == "AES":
            whole = json.loads(exchanged(request, KEY).text or "")
            sealed = whole["encrypted_authorization_key"]
            changed = {**sealed, "encryption_type": "AES"}
            return ok({**whole, "encrypted_authorization_key": changed})
        if "authorization_key" in changes:
            return ok({"expires_at": 4e12, "wallets": [], **changes})
        return exchanged(request, KEY, **changes)

    return answer


def exchanges(server: Loopback) -> list[Request]:
    return [request for request in server.requests if request.path.endswith("/authenticate")]


async def exchanges_of_two_calls(expect_error: bool = False, **options: Any) -> int:
    """How many exchanges two signed calls for one user's token need."""
    changes = options.pop("changes", {})
    async with loopback(answering(**changes)) as server, server.client(**options) as privy:
        alice = privy.for_user(JWT)
        for _ in range(2):
            try:
                await alice.request("PATCH", "/v1/wallets/w1", body={})
            except PrivyError:
                assert expect_error
            else:
                assert not expect_error
    return len(exchanges(server))


async def kept_for_long() -> None:
    assert await exchanges_of_two_calls(changes={"expires_at": 4_000_000_000_000}) == 1


async def never_kept_when_expired() -> None:
    # Where the official SDK signs with a key that has expired, we say so instead.
    assert await exchanges_of_two_calls(expect_error=True, changes={"expires_at": 0}) == 2


async def no_cache() -> None:
    assert await exchanges_of_two_calls(user_key_cache_size=0) == 2


async def unencrypted() -> None:
    changes = {"authorization_key": KEY.to_base64()}
    assert await exchanges_of_two_calls(expect_error=True, changes=changes) == 2


async def capacity_of_zero() -> None:
    # The official SDK refuses 0 and takes None for "no cache"; here 0 says that, and less is wrong.
    async with loopback() as server:
        server.client(user_key_cache_size=0)
        for capacity in (-1, None):
            with pytest.raises(InvalidArgumentError, match="user_key_cache_size"):
                server.client(user_key_cache_size=capacity)


async def another_encryption_and_distinct_tokens() -> None:
    changes = {"encryption_type": "AES"}
    assert await exchanges_of_two_calls(expect_error=True, changes=changes) == 2
    async with loopback(answering()) as server, server.client(user_key_cache_size=3) as privy:
        for number in range(4):
            client = privy.for_user(f"{JWT}{number}")
            await client.request("PATCH", "/v1/wallets/w1", body={})
    assert len(exchanges(server)) == 4


CASES: dict[str, Callable[[], Awaitable[None]]] = {
    '{"expires_at": 4000000000000, "calls_after_two_exchanges": 1}': kept_for_long,
    '{"expires_at": 0, "calls_after_two_exchanges": 2}': never_kept_when_expired,
    '{"cache": null, "calls_after_two_exchanges": 2}': no_cache,
    '{"response": "unencrypted", "expect": "PrivyAPIError \\"unsupported encryption type\\""}': (
        unencrypted
    ),
    '{"capacity": 0, "expect": "ValueError \\"must be greater than zero\\""}': capacity_of_zero,
    '{"ruby": "capacity 3, 4 distinct jwts -> 4 calls; encryption_type \\"AES\\" -> error"}': (
        another_encryption_and_distinct_tokens
    ),
}


@pytest.mark.parametrize("case", EXCHANGE["cases"], ids=json.dumps)
async def test_cases_of_the_official_sdks(case: dict[str, Any]) -> None:
    """Each case that the official SDKs' tests name holds here, or is decided otherwise above."""
    await CASES[json.dumps(case)]()


@pytest.mark.parametrize(
    "bindings",
    [
        None,
        "i1",
        [],
        [{"type": "intent", "intentId": "i1"}, {"type": "intent", "intentId": 7}, {}, "i2", None],
    ],
)
async def test_intents_that_a_key_is_bound_to(bindings: Any) -> None:
    """They are asked for by their ids; what of the answer is no id is left out."""

    def answer(request: Request) -> web.Response:
        return exchanged(request, KEY, bindings=bindings)

    async with loopback(answer) as server, server.client() as privy:
        signer = await privy.intents.generate_user_signer(user_jwt=JWT, intent_ids=["i1", "i2"])
    assert server.requests[0].path == "/v1/wallets/authenticate/intents"
    assert server.requests[0].json["bindings"] == [
        {"type": "intent", "intentId": "i1"},
        {"type": "intent", "intentId": "i2"},
    ]
    assert signer.intent_ids == (("i1",) if isinstance(bindings, list) and bindings else ())
