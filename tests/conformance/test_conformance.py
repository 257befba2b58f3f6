"""Every documented operation, called by its name in both faces, and what arrives of it."""

import base64
import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import anyio.to_thread
import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from documented import DOCUMENTED, HEADERS, OPERATIONS, Operation
from loopback import APP_ID, APP_SECRET, Request, loopback, ok
from sdk_helpers import RawRequest

import privy_async
import privy_sync
from privy_async.errors import BadRequestError

pytestmark = pytest.mark.anyio

KEY = ec.generate_private_key(ec.SECP256R1())
SPKI = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
PUBLIC_KEY = base64.b64encode(SPKI).decode()
CLIENT: dict[str, Any] = {
    "app_id": APP_ID,
    "app_secret": APP_SECRET,
    "authorization_key": KEY,
    "max_retries": 0,
}
# An import takes two requests; the second needs what the first is answered.
IMPORT_INIT = {"encryption_type": "HPKE", "encryption_public_key": PUBLIC_KEY}


def test_every_operation_has_a_row() -> None:
    """All 217 documented operations are called here, each once, by the name of a method."""
    assert sorted(operation.key for operation in OPERATIONS) == sorted(DOCUMENTED)
    assert len(OPERATIONS) == 217


def check(operation: Operation, request: Request) -> None:
    """Fail unless the request is the documented one, and signed if and only if it has to be."""
    assert request.method == operation.method
    assert request.path.partition("?")[0] == operation.path
    assert set(HEADERS.values()) & set(request.headers) == operation.headers
    assert request.headers["privy-app-id"] == APP_ID
    credentials = base64.b64encode(f"{APP_ID}:{APP_SECRET}".encode()).decode()
    assert request.headers["authorization"] == f"Basic {credentials}"
    if HEADERS["idempotency"] in operation.headers:
        assert UUID(request.headers[HEADERS["idempotency"]]).version == 4
    if HEADERS["expiry"] in operation.headers:
        assert re.fullmatch(r"\d{13}", request.headers[HEADERS["expiry"]])
    content_type = "application/json" if request.body else None
    assert request.headers.get("content-type") == content_type
    if request.body:
        assert request.body == rfc8785.dumps(request.json)
    # Only the second factors of users are dealt with as the user.
    as_user = "a.b.c" if "/mfa/" in operation.template else None
    assert request.headers.get("privy-user-token") == as_user
    if HEADERS["signature"] in operation.headers:
        headers = tuple(request.headers.items())
        raw = RawRequest(request.method, request.path, headers, request.body)
        raw.check_signatures(PUBLIC_KEY)


async def call_async(operation: Operation, url: str) -> None:
    """Do the operation in the async face."""
    async with privy_async.PrivyClient(base_url=url, **CLIENT) as privy:
        await operation.call(privy)


async def call_sync(operation: Operation, url: str) -> None:
    """Do the operation in the sync face, in a thread of its own."""

    def call() -> None:
        with privy_sync.PrivyClient(base_url=url, **CLIENT) as privy:
            # A list sends nothing before it is walked over.
            next(iter(operation.call(privy)))

    await anyio.to_thread.run_sync(call)


@pytest.mark.parametrize("face", [call_async, call_sync], ids=["async", "sync"])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.key)
async def test_operation(
    operation: Operation, face: Callable[[Operation, str], Awaitable[None]]
) -> None:
    """Its method sends the documented request: path, headers, canonical body and signature."""

    def answer(request: Request) -> Any:
        # It is refused, so that it ends here, whatever it would give back.
        if request.path.partition("?")[0] == operation.path:
            return ok({"error": "enough", "code": "enough"}, status=400)
        return ok(IMPORT_INIT)

    async with loopback(answer) as server:
        with pytest.raises(BadRequestError, match="enough"):
            await face(operation, server.url)
    check(operation, server.requests[-1])
