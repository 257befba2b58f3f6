"""Who signs: keys, users, signatures made elsewhere and signers, alone and in quorums."""

import asyncio
import threading
import time
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from typing import Any

import pytest
from sdk_helpers import RawServer, logged

from privy_async import (
    APIConnectionError,
    AuthenticationError,
    AuthorizationContext,
    AuthorizationKey,
    InvalidArgumentError,
    PrivyClient,
    PrivyError,
    SigningError,
    format_request_for_authorization_signature,
    generate_authorization_signature,
    generate_p256_key_pair,
)
from privy_async.sandbox import Sandbox

pytest_plugins = ("fixtures_sdk",)
pytestmark = pytest.mark.anyio

KEY = AuthorizationKey.generate()
"""Owns the wallets of these tests."""


async def new_wallet(privy: PrivyClient, owner: str = KEY.public_key) -> str:
    """Make a wallet that an authorization key owns."""
    wallet = await privy.wallets.create(chain_type="ethereum", owner={"public_key": owner})
    return wallet.id


# Keys


@pytest.mark.parametrize(
    "form",
    [
        lambda pair: pair.private_key,
        lambda pair: f"wallet-auth:{pair.private_key}",
        lambda pair: f"wallet-api:{pair.private_key}",
        lambda pair: pair.private_key.encode(),
        lambda pair: AuthorizationKey.parse(pair.private_key),
        lambda pair: AuthorizationKey.parse(pair.private_key).private_key,
    ],
)
async def test_a_key_signs_in_every_form(privy: PrivyClient, form: Callable[..., str]) -> None:
    """The forms of the dashboard, of generate_p256_key_pair and of the libraries all sign."""
    pair = generate_p256_key_pair()
    wallet_id = await new_wallet(privy, pair.public_key)
    context = AuthorizationContext(authorization_private_keys=[form(pair)])
    await privy.wallets.ethereum.sign_message(wallet_id, "hello", authorization=context)


async def test_the_wrong_key_is_told_what_it_signed(privy: PrivyClient) -> None:
    """The error has the request, the number of signatures and the body's digest, if asked."""
    wallet_id = await new_wallet(privy)
    stranger = AuthorizationContext(authorization_private_keys=[AuthorizationKey.generate()])
    with pytest.raises(AuthenticationError) as caught:
        await privy.wallets.rpc(wallet_id, {"method": "personal_sign"}, authorization=stranger)
    signed = caught.value.signed
    assert signed.startswith(f"1 signed POST {caught.value.url}, headers ")
    assert "body of 26 bytes with SHA-256 " in signed
    assert signed not in str(caught.value)
    assert caught.value.may_have_happened is False


async def test_the_hint_of_a_call_without_a_body(privy: PrivyClient) -> None:
    """Nothing was sent as the body, which is what the length and the digest are of."""
    owner = generate_p256_key_pair().public_key
    quorum = await privy.key_quorums.create(public_keys=[owner], authorization_threshold=1)
    stranger = AuthorizationContext(authorization_private_keys=[AuthorizationKey.generate()])
    with pytest.raises(AuthenticationError) as caught:
        await privy.key_quorums.delete(quorum.id, authorization=stranger)
    assert f"body of 0 bytes with SHA-256 {sha256().hexdigest()}" in caught.value.signed


@pytest.mark.parametrize("authorization", [None, AuthorizationContext()])
async def test_without_a_signature_the_hint_names_the_ways_to_sign(
    privy: PrivyClient, authorization: AuthorizationContext | None
) -> None:
    """The server's 401 does not say that nobody signed; the SDK knows."""
    wallet_id = await new_wallet(privy)
    with pytest.raises(AuthenticationError) as caught:
        await privy.wallets.rpc(wallet_id, {"method": "x"}, authorization=authorization)
    assert "Nobody signed this call" in caught.value.hint
    assert "privy.for_user(user_jwt)" in str(caught.value)


async def test_an_unowned_wallet_needs_no_signature(privy: PrivyClient) -> None:
    """The app's secret is enough, and a signature too many does no harm."""
    wallet = await privy.wallets.create(chain_type="ethereum")
    await privy.wallets.ethereum.sign_message(wallet.id, "hello")
    context = AuthorizationContext(authorization_private_keys=[KEY])
    await privy.wallets.ethereum.sign_message(wallet.id, "hello", authorization=context)


# Signers


class Kms:
    """A signer that keeps its key to itself, as a KMS does."""

    def sign(self, payload: bytes) -> str:
        """Sign where it is called."""
        return KEY.sign(payload)

    async def sign_async(self, payload: bytes) -> str:
        """Sign after a while."""
        await asyncio.sleep(0)
        return KEY.sign(payload)

    async def __call__(self, payload: bytes) -> str:
        return KEY.sign(payload)


@pytest.mark.parametrize(
    "signer",
    [
        pytest.param(KEY.sign, id="sync"),
        pytest.param(lambda payload: KEY.sign(payload), id="lambda"),
        pytest.param(lambda payload: KEY.sign(payload) + "\n", id="with a line break"),
        pytest.param(Kms().sign_async, id="async"),
        pytest.param(Kms(), id="object with an async call"),
        pytest.param(lambda payload: Kms().sign_async(payload), id="lambda of async"),
        pytest.param(partial(Kms().sign_async), id="partial of async"),
        pytest.param(partial(Kms().sign), id="partial of sync"),
    ],
)
async def test_a_signer_signs(privy: PrivyClient, signer: Callable[[bytes], str]) -> None:
    """Functions, methods, partials and objects, sync or async, all may sign."""
    wallet_id = await new_wallet(privy)
    context = AuthorizationContext(signers=[signer])
    await privy.wallets.ethereum.sign_message(wallet_id, "hello", authorization=context)


async def test_a_sync_signer_does_not_block_the_loop(privy: PrivyClient) -> None:
    """It runs in a thread: the loop goes on while it waits for a KMS."""
    wallet_id = await new_wallet(privy)
    released = threading.Event()

    def sign(payload: bytes) -> str:
        assert released.wait(timeout=5), "the loop was blocked"
        return KEY.sign(payload)

    async def release() -> None:
        released.set()

    context = AuthorizationContext(signers=[sign])
    call = privy.wallets.ethereum.sign_message(wallet_id, "hello", authorization=context)
    await asyncio.gather(call, release())


async def test_a_signer_that_raises_is_the_cause(sandbox: Sandbox, privy: PrivyClient) -> None:
    """The SigningError tells which signer failed and how, and nothing is sent."""
    wallet_id = await new_wallet(privy)
    failure = OSError("the KMS is down")

    def refuse(payload: bytes) -> str:
        raise failure

    context = AuthorizationContext(signers=[KEY.sign, refuse])
    with pytest.raises(SigningError, match=r"signers\[1\] raised OSError") as caught:
        await privy.wallets.ethereum.sign_message(wallet_id, "hello", authorization=context)
    assert caught.value.__cause__ is failure
    assert logged(sandbox, "POST", "/v1/wallets/*/rpc") == []


async def test_an_error_of_ours_in_a_signer_stays_what_it_is(privy: PrivyClient) -> None:
    """A signer may use this SDK: its errors come through."""
    wallet_id = await new_wallet(privy)
    failure = PrivyError("from another client")

    async def refuse(payload: bytes) -> str:
        raise failure

    with pytest.raises(PrivyError) as caught:
        await privy.wallets.ethereum.sign_message(
            wallet_id, "hello", authorization=AuthorizationContext(signers=[refuse])
        )
    assert caught.value is failure


@pytest.mark.parametrize("made", [None, b"c2ln", "", "a,b", "a b", "a\r\nprivy-app-id: x", "ü"])
async def test_what_a_signer_returns_must_fit_the_header(
    sandbox: Sandbox, privy: PrivyClient, made: Any
) -> None:
    """Anything but one base64 text is refused before it is sent; no header can be smuggled in."""
    wallet_id = await new_wallet(privy)
    context = AuthorizationContext(signers=[lambda payload: made])
    with pytest.raises(SigningError, match=r"signers\[0\] returned"):
        await privy.wallets.ethereum.sign_message(wallet_id, "hello", authorization=context)
    assert logged(sandbox, "POST", "/v1/wallets/*/rpc") == []


# Signatures made elsewhere


def signed_elsewhere(privy_url: str, wallet_id: str, **headers: Any) -> str:
    """Sign a personal_sign of "hello" by hand, over these Privy headers."""
    payload = format_request_for_authorization_signature(
        method="POST",
        url=f"{privy_url}/v1/wallets/{wallet_id}/rpc",
        app_id="sandbox-app",
        body={
            "chain_type": "ethereum",
            "method": "personal_sign",
            "params": {"encoding": "utf-8", "message": "hello"},
        },
        **headers,
    )
    return generate_authorization_signature(payload, KEY)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="neither key nor expiry"),
        pytest.param({"idempotency_key": "order-1"}, id="key"),
        pytest.param({"request_expiry": int(time.time() * 1000) + 3_600_000}, id="expiry"),
        pytest.param(
            {"idempotency_key": "order-1", "request_expiry": int(time.time() * 1000) + 3_600_000},
            id="key and expiry",
        ),
    ],
)
async def test_a_signature_made_elsewhere_covers_what_is_given(
    sandbox: Sandbox, privy: PrivyClient, headers: dict[str, Any]
) -> None:
    """The SDK adds no idempotency key and no expiry of its own to a signed request."""
    wallet_id = await new_wallet(privy)
    signature = signed_elsewhere(sandbox.base_url, wallet_id, **headers)
    await privy.wallets.ethereum.sign_message(
        wallet_id,
        "hello",
        authorization=AuthorizationContext(signatures=[signature]),
        **headers,
    )
    (record,) = logged(sandbox, "POST", "/v1/wallets/*/rpc")
    assert record.idempotency_key == headers.get("idempotency_key")


async def test_without_a_key_a_signature_made_elsewhere_is_not_sent_twice(
    sandbox: Sandbox, privy: PrivyClient
) -> None:
    """Nothing makes the safe safe, so a lost answer is an error."""
    wallet_id = await new_wallet(privy)
    signature = signed_elsewhere(sandbox.base_url, wallet_id)
    sandbox.faults.add(path="/v1/wallets/*/rpc", drop="after")
    with pytest.raises(APIConnectionError) as caught:
        await privy.wallets.ethereum.sign_message(
            wallet_id, "hello", authorization=AuthorizationContext(signatures=[signature])
        )
    assert (caught.value.may_have_happened, caught.value.idempotency_key) == (True, None)
    assert len(logged(sandbox, "POST", "/v1/wallets/*/rpc")) == 1


async def test_signatures_stand_in_the_order_of_their_kinds() -> None:
    """First those made elsewhere, then the keys', then the signers', joined by bare commas."""
    elsewhere, first, second, signer = (AuthorizationKey.generate() for _ in range(4))
    async with RawServer() as server, server.client() as privy:
        url = f"{server.url}/v1/wallets/w"
        payload = format_request_for_authorization_signature(
            method="PATCH", url=url, app_id="app", body={"a": 1}
        )
        context = AuthorizationContext(
            signers=[signer.sign],
            authorization_private_keys=[first, second],
            signatures=[elsewhere.sign(payload)],
        )
        await privy.with_authorization(context).request("PATCH", "/v1/wallets/w", body={"a": 1})
    keys = (elsewhere, first, second, signer)
    server.requests[0].check_signatures(*(key.public_key for key in keys))


@pytest.mark.parametrize(
    ("arguments", "argument"),
    [
        ({"user_jwts": "a.b.c"}, "user_jwts"),
        ({"user_jwts": ["not a token"]}, "user_jwts"),
        ({"user_jwts": [None]}, "user_jwts"),
        ({"authorization_private_keys": KEY.to_base64()}, "authorization_private_keys"),
        ({"authorization_private_keys": ["c2VjcmV0"]}, "authorization_private_keys"),
        ({"authorization_private_keys": [KEY.public_key]}, "authorization_private_keys"),
        ({"signatures": "c2ln"}, "signatures"),
        ({"signatures": ["a,b"]}, "signatures"),
        ({"signatures": ["a\r\nb"]}, "signatures"),
        ({"signatures": [b"c2ln"]}, "signatures"),
        ({"signers": KEY.sign}, "signers"),
        ({"signers": ["c2ln"]}, "signers"),
    ],
)
def test_a_context_refuses_what_cannot_sign(arguments: dict[str, Any], argument: str) -> None:
    """The error names the argument and shows nothing of the value."""
    with pytest.raises(InvalidArgumentError) as caught:
        AuthorizationContext(**arguments)
    assert caught.value.argument == argument
    for secret in ("not a token", KEY.to_base64(), "c2VjcmV0", "c2ln"):
        assert secret not in str(caught.value)


@pytest.mark.parametrize("authorization", ["c2ln", KEY, {"user_jwts": ["a.b.c"]}])
async def test_who_signs_must_be_a_context(privy: PrivyClient, authorization: Any) -> None:
    """A key or a mapping in place of a context is named, by the call and by the client."""
    with pytest.raises(InvalidArgumentError, match="authorization"):
        await privy.wallets.rpc("w", {"method": "x"}, authorization=authorization)
    with pytest.raises(InvalidArgumentError, match="authorization"):
        await privy.with_authorization(authorization).wallets.rpc("w", {"method": "x"})
