"""User tokens: which are accepted, what they are exchanged for, and the sandbox as their issuer."""

import base64
import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import pytest
from aiohttp import web
from api_client import ApiClient, Clock, new_key, pem
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from privy_async.sandbox import Sandbox

pytestmark = pytest.mark.anyio

INVALID = {"error": "Invalid JWT token provided", "code": "invalid_data"}
RSA, EC, ED = (
    rsa.generate_private_key(65537, 2048),
    new_key(),
    ed25519.Ed25519PrivateKey.generate(),
)
ALGORITHMS = {"RS256": RSA, "ES256": EC, "EdDSA": ED}


def jwk(key: Any, **more: str) -> dict[str, Any]:
    """The public half as a JSON Web Key."""
    kinds = {RSA: RSAAlgorithm, ED: OKPAlgorithm}
    return {**kinds.get(key, ECAlgorithm).to_jwk(key.public_key(), as_dict=True), **more}


def token(
    algorithm: str = "ES256",
    key: Any = None,
    key_id: str | None = None,
    claims: dict[str, Any] | None = None,
) -> str:
    """A token for alice, good for a minute of the tests' clock."""
    headers = None if key_id is None else {"kid": key_id}
    payload = {"sub": "alice", "exp": 1_800_000_060, **(claims or {})}
    payload = {name: value for name, value in payload.items() if value is not None}
    return jwt.encode(payload, key or ALGORITHMS[algorithm], algorithm, headers)


async def replies(
    tokens: Sequence[str], *, clock: Clock | None = None, **settings: Any
) -> list[Any]:
    """What a sandbox with these settings, where alice has a wallet, answers to each token."""
    async with (
        Sandbox(clock=clock or Clock(), **settings) as sandbox,
        aiohttp.ClientSession() as session,
    ):
        api = ApiClient(sandbox, session)
        await api.create_wallet(owner={"user_id": await api.create_user("alice")})
        bodies = [{"user_jwt": text} for text in tokens]
        return [await api.call("POST", "/v1/wallets/authenticate", body) for body in bodies]


async def statuses(tokens: Sequence[str], **settings: Any) -> list[int]:
    """The statuses of `replies`, each of which is 200 or the one refusal of tokens."""
    answers = await replies(tokens, **settings)
    assert all(answer.status == 200 or answer.body == INVALID for answer in answers), answers
    return [answer.status for answer in answers]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_a_pem_key_verifies_its_algorithm_alone(algorithm: str) -> None:
    """A registered PEM key accepts tokens of its algorithm, with any key id, and no others."""
    tokens = [token(each, key_id=key_id) for each in ALGORITHMS for key_id in (None, "any")]
    expected = [200 if each == algorithm else 400 for each in ALGORITHMS for _ in range(2)]
    assert await statuses(tokens, auth_keys=[pem(ALGORITHMS[algorithm])]) == expected


async def test_a_pem_with_written_line_breaks_is_read() -> None:
    """PEM from an environment variable, with \\n for its line breaks, is a good key."""
    assert await statuses([token()], auth_keys=[pem(EC).replace("\n", "\\n")]) == [200]


async def test_files_of_keys(tmp_path: Path) -> None:
    """A key may be the path of a PEM file or of a JWKS file."""
    (tmp_path / "key.pem").write_text(pem(RSA))
    jwks = {"keys": [jwk(EC, kid="one"), jwk(ED, kid="two", use="sig")]}
    (tmp_path / "jwks.json").write_text(json.dumps(jwks))
    paths = [str(tmp_path / "key.pem"), str(tmp_path / "jwks.json")]
    tokens = [token("RS256"), token("ES256", key_id="one"), token("EdDSA", key_id="two")]
    assert await statuses(tokens, auth_keys=paths) == [200, 200, 200]
    assert await statuses(tokens, auth_keys=paths[:1]) == [200, 400, 400]


async def test_the_key_id_must_be_the_keys(tmp_path: Path) -> None:
    """In a JWKS a token's key id picks the key; without one every key is tried."""
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [jwk(EC, kid="one")]}))
    tokens = [token(key_id="one"), token(key_id="two"), token()]
    assert await statuses(tokens, auth_keys=[str(tmp_path / "jwks.json")]) == [200, 400, 200]


def hmac_with_the_public_key() -> str:
    """A token whose HMAC key is the public key's text, which everybody knows."""

    def encode(part: dict[str, Any]) -> bytes:
        return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")

    signed = encode({"alg": "HS256"}) + b"." + encode({"sub": "alice", "exp": 1_800_000_060})
    algorithm = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    signature = algorithm.sign(signed, pem(EC).encode())
    return (signed + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no token",
        "a.b.c",
        token()[:-4],
        token(key=new_key()),
        token("HS256", key="k" * 32),
        hmac_with_the_public_key(),
        jwt.encode({"sub": "alice", "exp": 1_800_000_060}, None, "none"),
        jwt.encode({"sub": "alice", "exp": 1_800_000_060}, RSA, "RS512"),
        jwt.encode({"sub": "alice", "exp": 1_800_000_060}, RSA, "PS256"),
        token(claims={"exp": None}),
        token(claims={"exp": 1_800_000_000}),
        token(claims={"exp": 1_799_999_999}),
        token(claims={"exp": "later"}),
        token(claims={"nbf": 1_800_000_001}),
        token(claims={"nbf": "now"}),
        token(claims={"sub": None}),
        token(claims={"sub": ""}),
    ],
)
async def test_bad_tokens(text: str) -> None:
    """Every bad token gets the one refusal: 400 `Invalid JWT token provided`."""
    assert await statuses([text], auth_keys=[pem(EC), pem(RSA)]) == [400]


async def test_times_that_are_just_right() -> None:
    """A token is good until its `exp`, from its `nbf` on, and whatever its `iat`."""
    tokens = [
        token(claims={"exp": 1_800_000_001}),
        token(claims={"exp": 1_800_000_000.5}),
        token(claims={"nbf": 1_800_000_000}),
        token(claims={"iat": 1_800_000_050}),
    ]
    assert await statuses(tokens, auth_keys=[pem(EC)]) == [200] * 4


async def test_audiences() -> None:
    """With audiences set, one of a token's must be among them; without, any will do."""
    audiences = [None, "app-a", "app-b", "other", ["other", "app-b"], ["other"], []]
    tokens = [token(claims={"aud": audience}) for audience in audiences]
    settings = {"auth_keys": [pem(EC)], "audiences": ["app-a", "app-b"]}
    assert await statuses(tokens, **settings) == [400, 200, 200, 400, 200, 400, 400]
    assert await statuses(tokens, auth_keys=[pem(EC)]) == [200] * 7


async def test_the_user_id_claim() -> None:
    """Another claim than `sub` can name the user; it must be there."""
    tokens = [token(claims={"sub": "x", "uid": "alice"}), token(), token(claims={"uid": 5})]
    settings = {"auth_keys": [pem(EC)], "user_id_claim": "uid"}
    assert await statuses(tokens, **settings) == [200, 400, 400]


@pytest.mark.parametrize(
    "auth_key",
    [
        "/no/such/file",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        pem(ec.generate_private_key(ec.SECP384R1())),
        pem(ed448.Ed448PrivateKey.generate()),
    ],
)
def test_an_unusable_key_is_an_error_at_once(auth_key: str) -> None:
    """A sandbox is not made with a key that can verify nothing."""
    with pytest.raises(ValueError, match="key"):
        Sandbox(auth_keys=[auth_key])


@pytest.mark.parametrize(
    "text", ["no json", "{}", '{"keys": []}', "[]", '{"keys": 1}', '{"keys": [{}, 1]}']
)
def test_a_jwks_file_without_a_key_is_an_error_at_once(tmp_path: Path, text: str) -> None:
    """A JWKS file must hold a key that can be used."""
    (tmp_path / "jwks.json").write_text(text)
    with pytest.raises(ValueError, match="JWKS"):
        Sandbox(auth_keys=[str(tmp_path / "jwks.json")])


class JwksServer:
    """Another server's JWKS, which counts how often it is asked."""

    def __init__(self) -> None:
        self.document: Any = {"keys": [jwk(EC, kid="one")]}
        self.status = 200
        self.fetches = 0

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Answer any request with the document."""
        self.fetches += 1
        return web.json_response(self.document, status=self.status)

    async def __aenter__(self) -> str:
        self._runner = web.ServerRunner(web.Server(self.answer, access_log=None))
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0]
        return f"http://{host}:{port}/jwks.json"

    async def __aexit__(self, *error: object) -> None:
        await self._runner.cleanup()


async def test_a_jwks_behind_a_url_is_fetched_once() -> None:
    """The keys behind a URL are fetched when first needed, and kept for a while."""
    server = JwksServer()
    async with server as url:
        tokens = [token(key_id="one"), token(key_id="one"), token()]
        assert await statuses(tokens, auth_keys=[url]) == [200] * 3
    assert server.fetches == 1


async def test_a_rotated_key_is_fetched(clock: Clock) -> None:
    """A token with an unknown key id has the JWKS fetched anew, though not at every token."""
    server = JwksServer()
    async with (
        server as url,
        Sandbox(clock=clock, auth_keys=[url]) as sandbox,
        aiohttp.ClientSession() as session,
    ):
        api = ApiClient(sandbox, session)
        await api.create_wallet(owner={"user_id": await api.create_user("alice")})
        path = "/v1/wallets/authenticate"
        assert (await api.call("POST", path, {"user_jwt": token(key_id="one")})).status == 200
        server.document = {"keys": [jwk(EC, kid="two")]}
        body = {"user_jwt": token(key_id="two")}
        assert (await api.call("POST", path, body)).status == 400
        assert server.fetches == 1
        clock.now += 1
        assert (await api.call("POST", path, body)).status == 200
        assert server.fetches == 2
        clock.now += 58
        assert (await api.call("POST", path, body)).status == 200
        assert server.fetches == 2


@pytest.mark.parametrize(
    ("document", "status"), [("text", 200), ([], 200), ({"keys": [{}]}, 200), ({}, 500)]
)
async def test_a_jwks_that_cannot_be_used(document: Any, status: int) -> None:
    """A broken JWKS leaves no key: the token is refused, and the sandbox's own still work."""
    server = JwksServer()
    server.document, server.status = document, status
    async with server as url:
        assert await statuses([token(key_id="one")], auth_keys=[url]) == [400]
    assert server.fetches == 1


async def test_a_jwks_that_cannot_be_reached_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A URL where nothing answers refuses the token and leaves a warning."""
    async with JwksServer() as url:
        pass
    with caplog.at_level(logging.WARNING, logger="privy_async.sandbox"):
        assert await statuses([token()], auth_keys=[url]) == [400]
    assert url in caplog.text


async def test_the_sandbox_issues_tokens() -> None:
    """A token of the sandbox's own is ES256, names its key, and needs no registration."""
    sandbox = Sandbox()
    text = sandbox.issue_user_jwt("alice", role="admin")
    (key,) = jwt.PyJWKSet.from_dict(sandbox.jwks).keys
    header = jwt.get_unverified_header(text)
    assert header == {"alg": "ES256", "typ": "JWT", "kid": key.key_id}
    claims = jwt.decode(text, key.key, ["ES256"])
    assert (claims["sub"], claims["role"]) == ("alice", "admin")
    assert claims["exp"] - claims["iat"] == 3600


async def test_the_sandboxs_tokens_fit_its_settings(clock: Clock) -> None:
    """Its own tokens carry the user id claim and an audience, and expire by its clock."""
    sandbox = Sandbox(clock=clock, user_id_claim="uid", audiences=["a", "b"])
    async with sandbox, aiohttp.ClientSession() as session:
        api = ApiClient(sandbox, session)
        await api.create_wallet(owner={"user_id": await api.create_user("alice")})
        tokens = [
            sandbox.issue_user_jwt("alice"),
            sandbox.issue_user_jwt("alice", aud="c"),
            sandbox.issue_user_jwt("alice", lifetime=-1),
            Sandbox(clock=clock).issue_user_jwt("alice", aud="a", uid="alice"),
        ]
        path = "/v1/wallets/authenticate"
        answers = [await api.call("POST", path, {"user_jwt": text}) for text in tokens]
    assert [answer.status for answer in answers] == [200, 400, 400, 400]


async def test_access_tokens_of_privys_own_login() -> None:
    """A token of the sandbox's own may name the user by id, as Privy's access tokens do."""
    async with (
        Sandbox(clock=Clock(), auth_keys=[pem(EC)]) as sandbox,
        aiohttp.ClientSession() as session,
    ):
        api = ApiClient(sandbox, session)
        user_id = await api.create_user("alice")
        await api.create_wallet(owner={"user_id": user_id})
        own = sandbox.issue_user_jwt(user_id, iss="privy.io", aud=sandbox.app_id, sid="session")
        for text, status in ((own, 200), (token(claims={"sub": user_id}), 404)):
            reply = await api.call("POST", "/v1/wallets/authenticate", {"user_jwt": text})
            assert reply.status == status
