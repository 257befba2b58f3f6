"""What an auditor sees of each attempt, and the veto of an app over what is signed."""

import asyncio
import logging
import re
from base64 import b64decode
from contextlib import suppress
from hashlib import sha256
from typing import Any

import pytest
from sdk_helpers import Owner, RawServer, http_answer, nothing_sent

import privy_sync
from privy_async import (
    APIError,
    AuthorizationContext,
    AuthorizationKey,
    InvalidArgumentError,
    PrivyClient,
    Request,
    Response,
    SigningRequest,
    record_responses,
)
from privy_async.sandbox import Sandbox
from privy_async.sending.audit import Audit, make_audit

pytestmark = pytest.mark.anyio
pytest_plugins = ("fixtures_sdk",)

KEY = AuthorizationKey.generate()
FINGERPRINT = sha256(b64decode(KEY.public_key)).hexdigest()
BODY = {"method": "personal_sign", "params": {"message": "hi", "encoding": "utf-8"}}


async def sign_elsewhere(payload: bytes) -> str:
    return KEY.sign(payload)


async def test_what_is_on_record_of_a_signed_attempt() -> None:
    """The RPC method, the payload's hash, and a fingerprint for each key that the SDK knows."""
    requests: list[Request] = []
    responses: list[Response] = []
    context = AuthorizationContext(
        authorization_private_keys=[KEY], signers=[sign_elsewhere], signatures=["made"]
    )
    async with (
        RawServer(http_answer({"method": "personal_sign", "data": {}})) as server,
        server.client(on_request=requests.append, on_response=responses.append) as privy,
    ):
        await privy.wallets.rpc("w", BODY, authorization=context, idempotency_key="k")
    digest = sha256(server.requests[0].payload).hexdigest()
    for record in (*requests, *responses):
        assert (record.rpc_method, record.payload_sha256) == ("personal_sign", digest)
        assert [(by.kind, by.fingerprint) for by in record.signed_by] == [
            ("signature", None),
            ("key", FINGERPRINT),
            ("signer", None),
        ]
        assert record.idempotency_key == "k"


async def test_a_users_key_is_on_record(alice: Owner) -> None:
    """It has the fingerprint of the key that Privy issued for the user."""
    signer = await alice.privy.wallets.generate_user_signer(user_jwt=alice.jwt)
    with record_responses() as responses:
        await alice.privy.wallets.ethereum.sign_message(alice.wallet.id, "hi")
    [by] = responses[-1].signed_by
    assert by.kind == "user"
    assert by.fingerprint is not None
    assert len(by.fingerprint) == 64
    assert signer.authorization_key


async def test_what_is_on_record_of_an_unsigned_attempt(privy: PrivyClient) -> None:
    """Nobody, and no payload."""
    with record_responses() as responses:
        await privy.wallets.create(chain_type="ethereum")
    assert responses[-1].signed_by == ()
    assert responses[-1].payload_sha256 is None
    assert responses[-1].rpc_method is None


async def test_the_log_has_it(alice: Owner, caplog: pytest.LogCaptureFixture) -> None:
    """A DEBUG line for each attempt, without the message that was signed."""
    caplog.set_level(logging.DEBUG, logger="privy_async")
    await alice.privy.wallets.ethereum.sign_message(alice.wallet.id, "a private matter")
    line = caplog.messages[-1]
    assert "personal_sign" in line
    assert "signed by user " in line
    assert "a private matter" not in caplog.text


async def test_the_log_of_what_nobody_signs(
    sandbox: Sandbox, privy: PrivyClient, alice: Owner, caplog: pytest.LogCaptureFixture
) -> None:
    """What there is not is a dash; times are ms."""
    caplog.set_level(logging.DEBUG, logger="privy_async")
    sandbox.faults.add(path="/v1/wallets/*", delay=0.02)
    await privy.wallets.get(alice.wallet.id)
    start, _, rest = caplog.messages[-1].partition(" ms (waited 0.0 ms, retry 0, request id ")
    told, _, milliseconds = start.rpartition(" ")
    assert re.fullmatch(rf"GET \S+/v1/wallets/{alice.wallet.id} -: 200 in", told)
    assert 20 <= float(milliseconds) < 20_000
    assert re.fullmatch(r"\S{5,}, key -, payload -, signed by nobody\)", rest)


def test_what_was_not_signed_has_no_signers() -> None:
    """Where a context was there but no payload, as where its signer failed, nobody has signed."""
    context = AuthorizationContext(authorization_private_keys=[KEY])
    assert make_audit(context, [], None) == make_audit(None, [], None) == Audit()
    assert make_audit(context, [], b"payload").payload_sha256 == sha256(b"payload").hexdigest()


async def test_only_an_rpc_has_a_method(sandbox: Sandbox, alice: Owner) -> None:
    """A field of that name in another request is no RPC's method; one that is no text is none."""
    path = f"/v1/wallets/{alice.wallet.id}"
    requests: list[tuple[Any, str, Any]] = [
        ("PATCH", path, {"method": "personal_sign"}),
        ("POST", f"{path}/rpc", {"method": 7}),
        ("POST", f"{path}/rpc", ["personal_sign"]),
    ]
    for method, target, body in requests:
        with record_responses() as responses, suppress(APIError):
            await alice.privy.request(method, target, body=body)
        assert {response.rpc_method for response in responses[-1:]} == {None}


# --- the veto


class OverTheLimitError(Exception):
    """What an app may raise of its own."""


def limit(request: SigningRequest) -> None:
    """Refuse to send more than 1,000 wei."""
    if request.rpc_method == "eth_sendTransaction":
        value = request.body["params"]["transaction"].get("value", "0x0")
        if int(value, 16) > 1000:
            raise OverTheLimitError(value)


async def limit_async(request: SigningRequest) -> None:
    limit(request)


def transaction(value: int) -> dict[str, Any]:
    return {"to": "0x" + "11" * 20, "value": value}


@pytest.mark.parametrize("hook", [limit, limit_async])
@pytest.mark.parametrize("who", ["user", "key", "signer"])
async def test_a_veto(sandbox: Sandbox, alice: Owner, hook: Any, who: str) -> None:
    """Its error reaches the caller as it is, and nothing is sent, not even the exchange."""
    contexts = {
        "user": AuthorizationContext(user_jwts=[alice.jwt]),
        "key": AuthorizationContext(authorization_private_keys=[KEY]),
        "signer": AuthorizationContext(signers=[sign_elsewhere]),
    }
    async with sandbox.client(before_signing=hook) as privy:
        mine = privy.with_authorization(contexts[who])
        send = mine.wallets.ethereum.send_transaction
        with nothing_sent(sandbox), pytest.raises(OverTheLimitError, match="0x3e9"):
            await send(alice.wallet.id, transaction(1001), caip2="eip155:8453")
        if who == "user":
            await send(alice.wallet.id, transaction(1000), caip2="eip155:8453")


async def test_a_veto_over_a_retry(sandbox: Sandbox, alice: Owner) -> None:
    """It is asked before each attempt; a note names the key of the one that may have happened."""
    asked: list[int] = []

    def once(request: SigningRequest) -> None:
        asked.append(request.retry)
        if request.retry:
            raise OverTheLimitError

    sandbox.faults.add(path="/v1/wallets/*/rpc", drop="after")
    async with sandbox.client(before_signing=once) as privy:
        send = privy.for_user(alice.jwt).wallets.ethereum.send_transaction
        with pytest.raises(OverTheLimitError) as caught:
            await send(
                alice.wallet.id, transaction(1), caip2="eip155:8453", idempotency_key="the-key"
            )
    assert asked == [0, 1]
    assert "'the-key'" in caught.value.__notes__[0]


async def test_what_nobody_signs_is_not_asked_about(sandbox: Sandbox) -> None:
    """There is nothing to veto."""

    def refuse(request: SigningRequest) -> None:
        raise OverTheLimitError

    async with sandbox.client(before_signing=refuse) as privy:
        await privy.wallets.create(chain_type="ethereum")


def test_the_sync_face_has_the_veto() -> None:
    """The same hook, the same error."""
    with Sandbox(real_chains=False) as sandbox, sandbox.sync_client(before_signing=limit) as privy:
        assert isinstance(privy, privy_sync.PrivyClient)
        wallet = privy.wallets.create(chain_type="ethereum", owner={"public_key": KEY.public_key})
        privy.update_authorization_key(KEY)
        with pytest.raises(OverTheLimitError):
            privy.wallets.ethereum.send_transaction(
                wallet.id, transaction(1001), caip2="eip155:8453"
            )
        privy.wallets.ethereum.send_transaction(wallet.id, transaction(1), caip2="eip155:8453")


def contexts(jwt: str) -> dict[str, AuthorizationContext]:
    """Each kind that signs by itself, for a wallet that is the user's or the key's."""
    return {
        "user": AuthorizationContext(user_jwts=[jwt]),
        "key": AuthorizationContext(authorization_private_keys=[KEY]),
        "signer": AuthorizationContext(signers=[sign_elsewhere]),
        "all": AuthorizationContext(
            user_jwts=[jwt], authorization_private_keys=[KEY], signers=[sign_elsewhere]
        ),
    }


# What Privy answers to the attempt that was let through: 503 to be sent again, 401 as to a key
# that it does not know any more. Only users' keys are renewed.
MOMENTS = [
    *((who, status) for who in contexts("a.b.c") for status in (None, 503)),
    *((who, 401) for who in ("user", "all")),
]


async def send_in(face: str, sandbox: Sandbox, wallet_id: str, hook: Any, who: Any) -> None:
    """Send with a client of this face that asks the hook."""
    options = {"caip2": "eip155:8453", "authorization": who}
    if face == "async":
        async with sandbox.client(before_signing=hook) as privy:
            await privy.wallets.ethereum.send_transaction(wallet_id, transaction(1), **options)
        return

    def send() -> None:
        with sandbox.sync_client(before_signing=hook) as privy:
            privy.wallets.ethereum.send_transaction(wallet_id, transaction(1), **options)

    await asyncio.to_thread(send)


@pytest.mark.parametrize("face", ["async", "sync"])
@pytest.mark.parametrize("is_async", [True, False])
@pytest.mark.parametrize(("who", "status"), MOMENTS)
async def test_nothing_leaves_after_a_veto(
    sandbox: Sandbox, alice: Owner, face: str, is_async: bool, who: str, status: int | None
) -> None:
    """In both faces, for all who sign, at first or later: its error, and no request any more."""
    sent: list[int] = []

    def refuse(request: SigningRequest) -> None:
        sent.append(len(sandbox.log))
        if status is None or len(sent) == 2:
            raise OverTheLimitError("too much")

    async def refuse_async(request: SigningRequest) -> None:
        refuse(request)

    if status is not None:
        sandbox.faults.add(path="/v1/wallets/*/rpc", status=status)
    before, hook = len(sandbox.log), refuse_async if is_async else refuse
    with pytest.raises(OverTheLimitError, match="too much"):
        await send_in(face, sandbox, alice.wallet.id, hook, contexts(alice.jwt)[who])
    assert len(sent) == (1 if status is None else 2)
    assert sent[0] == before, "nothing is sent before it is asked"
    assert len(sandbox.log) == sent[-1], "nor after it has refused"


def test_what_is_no_veto() -> None:
    """It is refused by name."""
    with pytest.raises(InvalidArgumentError) as caught:
        PrivyClient(app_id="a", app_secret="b", before_signing=5)  # type: ignore[arg-type]
    assert caught.value.argument == "before_signing"
