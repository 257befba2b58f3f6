"""A signed attempt as an auditor names it: the RPC method, what was signed, and by which keys.

Nothing of the payload is in it, and of keys only fingerprints of their public halves.
"""

from base64 import b64decode
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any, Literal

import attrs

from privy_async.sending.call import Call
from privy_async.signing.authorization import AuthorizationContext
from privy_async.user_keys.cache import UserKey


@attrs.frozen
class SignedBy:
    """One of those who signed an attempt.

    Attributes:
        kind: "key" for a private key of the app's, "user" for a user's time-bound key, "signer" for
            a function that signs elsewhere, "signature" for a signature made elsewhere.
        fingerprint: SHA-256 of the public key's DER SubjectPublicKeyInfo, in hex; None where the
            SDK does not know the key.
    """

    kind: Literal["key", "user", "signer", "signature"]
    fingerprint: str | None = None


@attrs.frozen
class SigningRequest:
    """A request that is about to be signed: what `before_signing` decides about.

    Attributes:
        operation: The method and the path's template, such as `POST /v1/wallets/{wallet_id}/rpc`.
        method: The HTTP method.
        url: The full URL.
        rpc_method: The RPC's, such as `eth_sendTransaction`; None for other operations.
        body: The JSON body as it is signed and sent; None if there is none.
        idempotency_key: The key that it carries.
        retry: 0 for a call's first attempt.
    """

    operation: str
    method: str
    url: str
    rpc_method: str | None
    body: Any = attrs.field(repr=False)
    idempotency_key: str | None
    retry: int


@attrs.frozen
class Audit:
    """The payload signed for an attempt, and its signers; neither if it was not signed."""

    signed_by: tuple[SignedBy, ...] = ()
    payload_sha256: str | None = None


def make_audit(
    context: AuthorizationContext | None, user_keys: Iterable[UserKey], payload: bytes | None
) -> Audit:
    """Return the audit of an attempt with this payload, None if it was not signed."""
    if context is None or payload is None:
        return Audit()
    keys = [_fingerprint(key.public_key) for key in context.authorization_private_keys]
    users = [_fingerprint(user_key.key.public_key) for user_key in user_keys]
    by = (
        *_all("signature", [None] * len(context.signatures)),
        *_all("key", keys),
        *_all("user", users),
        *_all("signer", [None] * len(context.signers)),
    )
    return Audit(by, sha256(payload).hexdigest()) if by else Audit()


def make_signing_request(call: Call, retry: int) -> SigningRequest:
    """Return what a veto is asked about."""
    return SigningRequest(
        operation=call.operation.name,
        method=call.method,
        url=call.url,
        rpc_method=call.rpc_method,
        body=call.read_body(),
        idempotency_key=call.idempotency_key,
        retry=retry,
    )


def _all(
    kind: Literal["key", "user", "signer", "signature"], fingerprints: Sequence[str | None]
) -> list[SignedBy]:
    return [SignedBy(kind, fingerprint) for fingerprint in fingerprints]


@lru_cache(maxsize=1024)
def _fingerprint(public_key: str) -> str:
    return sha256(b64decode(public_key)).hexdigest()
