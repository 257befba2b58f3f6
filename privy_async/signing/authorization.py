"""Signers of a request, and the bytes that they sign.

A request becomes the payload `{version, method, url, body, headers}`, in canonical JSON, and
each signer signs those bytes with ECDSA P-256 and SHA-256
(https://docs.privy.io/controls/authorization-keys/using-owners/sign/direct-implementation).
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias, TypeVar

import attrs

from privy_async.checks import SMALLEST_MS, check_header_text, check_user_jwt
from privy_async.errors import InvalidArgumentError, SigningError
from privy_async.signing.canonical_json import canonical_json, quote
from privy_async.signing.p256 import AnyKey, AuthorizationKey
from privy_async.signing.secret import NotPickled, hides_arguments

T = TypeVar("T")

Signer: TypeAlias = Callable[[bytes], str | Awaitable[str]]
"""Gets the canonical payload, returns its base64 DER ECDSA P-256 SHA-256 signature."""

APP_ID: Final = "privy-app-id"
IDEMPOTENCY_KEY: Final = "privy-idempotency-key"
REQUEST_EXPIRY: Final = "privy-request-expiry"
SIGNATURE: Final = "privy-authorization-signature"
# RFC 3986 section 2, without the number sign: a fragment is never sent.
URL_CHARACTER: Final = r"[A-Za-z0-9%\-._~:/?\[\]@!$&'()*+,;=]"


def _count(values: tuple[object, ...]) -> str:
    return str(len(values))


@attrs.frozen(kw_only=True, init=False)
class UserAuth(NotPickled):
    """A user who signs. Neither token shows in its repr, and it does not pickle.

    Attributes:
        user_jwt: The user's token; it is exchanged for that user's time-bound key.
        mfa_token: What the user's latest verification with a second factor gave, such as
            `privy.users.mfa.totp.verification.verify(...)`. The key then records it, and Privy
            accepts what needs MFA. Without one, it answers MfaRequiredError to that.

    Source: https://docs.privy.io/authentication/user-authentication/mfa/granular/authorizing-actions
    """

    user_jwt: str = attrs.field(repr=False)
    mfa_token: str | None = attrs.field(default=None, repr=False)

    @hides_arguments
    def __init__(self, *, user_jwt: str, mfa_token: str | None = None) -> None:
        """Name a user by a token.

        Raises:
            InvalidArgumentError: One of the tokens is none; it names the argument.
        """
        if mfa_token is not None:
            check_header_text("mfa_token", mfa_token)
        self.__attrs_init__(  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]
            user_jwt=check_user_jwt(user_jwt), mfa_token=mfa_token
        )


@attrs.frozen(init=False)
class AuthorizationContext(NotPickled):
    """Everyone who signs a request. Its repr shows how many of each there are, nothing more.

    It does not pickle: hand a user's token to another process, and make the context there.

    In the header the signatures made elsewhere come first, then those of the private keys, of
    the users' keys, and of the signers.

    `users` are all users who sign: those of `user_jwts`, then those of `user_auth`.

    Source: https://docs.privy.io/controls/authorization-context
    """

    user_jwts: tuple[str, ...] = attrs.field(repr=_count)
    user_auth: tuple[UserAuth, ...] = attrs.field(repr=_count)
    authorization_private_keys: tuple[AuthorizationKey, ...] = attrs.field(repr=_count)
    signatures: tuple[str, ...] = attrs.field(repr=_count)
    signers: tuple[Signer, ...] = attrs.field(repr=_count)
    users: tuple[UserAuth, ...] = attrs.field(repr=False, eq=False)

    @hides_arguments
    def __init__(
        self,
        *,
        user_jwts: Iterable[str] = (),
        user_auth: Iterable[UserAuth] = (),
        authorization_private_keys: Iterable[AnyKey] = (),
        signatures: Iterable[str] = (),
        signers: Iterable[Signer] = (),
    ) -> None:
        """Name everyone who signs.

        Args:
            user_jwts: Tokens of users; each is exchanged for that user's time-bound key.
            user_auth: The same for users who have verified themselves with a second factor.
            authorization_private_keys: Keys in any form that `AuthorizationKey.parse` reads.
            signatures: Base64 DER signatures made elsewhere. They cover one exact payload, so
                with them the SDK adds no idempotency key and no request expiry of its own: give
                those that were signed as `idempotency_key=` and `request_expiry=`.
            signers: Functions that sign elsewhere (KMS, HSM): sync ones run in a thread, async
                ones are awaited.

        Raises:
            InvalidArgumentError: One of them is none; it names the argument, shows no secret.
        """
        tokens = tuple(
            check_user_jwt(user_jwt, argument="user_jwts")
            for user_jwt in _items("user_jwts", user_jwts)
        )
        verified = tuple(map(_check_user_auth, _items("user_auth", user_auth)))
        self.__attrs_init__(  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]
            tokens,
            verified,
            tuple(
                AuthorizationKey.parse(key, argument="authorization_private_keys")
                for key in _items("authorization_private_keys", authorization_private_keys)
            ),
            tuple(map(_check_signature, _items("signatures", signatures))),
            tuple(map(_check_signer, _items("signers", signers))),
            (*(UserAuth(user_jwt=user_jwt) for user_jwt in tokens), *verified),
        )


def _items(argument: str, values: Iterable[T]) -> tuple[T, ...]:
    # A str is iterable too: taken for a list, its letters would each become a signer.
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise InvalidArgumentError(argument, "expected a list, even of one")
    return tuple(values)


def _check_user_auth(user: object) -> UserAuth:
    if isinstance(user, UserAuth):
        return user
    raise InvalidArgumentError("user_auth", "expected UserAuth(user_jwt=..., mfa_token=...)")


def _check_signature(signature: object) -> str:
    if _is_header_text(signature):
        return str(signature)
    raise InvalidArgumentError("signatures", "expected one base64 signature an item")


def _check_signer(signer: Signer) -> Signer:
    if callable(signer):
        return signer
    raise InvalidArgumentError("signers", "expected functions from bytes to base64 text")


def _is_header_text(signature: object) -> bool:
    return (
        isinstance(signature, str)
        and signature != ""
        and signature.isascii()
        and signature.isprintable()
        and "," not in signature
        and " " not in signature
    )


def canonical_payload(method: str, url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """Assemble the payload from the very bytes that go on the wire.

    Args:
        method: The HTTP method in upper case.
        url: The full URL, percent-encoded as sent.
        body: The canonical JSON of the body; `""` in JSON where none is sent, since that is what
            Privy's server sees then.
        headers: The Privy headers that are signed, their values as sent.
    """
    # The members stand in the order that RFC 8785 sorts them into. Methods, URLs and these
    # headers are ASCII, so joining canonical pieces is canonical.
    signed = ",".join([f'"{name}":{quote(text)}' for name, text in sorted(headers.items())])
    rest = f',"headers":{{{signed}}},"method":"{method}","url":{quote(url)},"version":1}}'
    return b'{"body":%b%b' % (body, rest.encode())


def format_request_for_authorization_signature(
    *,
    method: str,
    url: str,
    app_id: str,
    body: Mapping[str, Any] | None = None,
    idempotency_key: str | None = None,
    request_expiry: int | None = None,
) -> bytes:
    """Return the bytes to sign by hand, for a request that you send yourself or sign elsewhere.

    Args:
        method: POST, PUT, PATCH or DELETE. GET is never signed.
        url: The full URL without a trailing slash, percent-encoded as it will be sent.
        app_id: Privy's app id.
        body: The JSON body; None for a request without one.
        idempotency_key: Only if the header is sent.
        request_expiry: Unix time in ms; only if the header is sent.

    Raises:
        InvalidArgumentError: A value has no canonical form, or the URL or method is not one.
    """
    if method not in ("POST", "PUT", "PATCH", "DELETE"):
        raise InvalidArgumentError("method", "expected POST, PUT, PATCH or DELETE")
    known = isinstance(url, str) and re.fullmatch(rf"https?://{URL_CHARACTER}+", url)
    if not known or url.endswith("/"):
        raise InvalidArgumentError(
            "url", "expected a full percent-encoded URL without a trailing slash"
        )
    headers = {APP_ID: check_header_text("app_id", app_id)}
    if idempotency_key is not None:
        headers[IDEMPOTENCY_KEY] = check_header_text("idempotency_key", idempotency_key)
    if request_expiry is not None:
        if not (isinstance(request_expiry, int) and SMALLEST_MS <= request_expiry < 2**53):
            raise InvalidArgumentError("request_expiry", "expected a Unix time in ms")
        headers[REQUEST_EXPIRY] = str(int(request_expiry))
    encoded = b'""' if body is None else canonical_json(body)
    return canonical_payload(method, url, encoded, headers)


@hides_arguments
def generate_authorization_signature(payload: bytes, private_key: AnyKey) -> str:
    """Return the base64 DER signature of `payload`.

    Args:
        payload: The bytes of `format_request_for_authorization_signature`.
        private_key: In any form that `AuthorizationKey.parse` reads.

    Raises:
        InvalidArgumentError: The key cannot be read.
    """
    return AuthorizationKey.parse(private_key, argument="private_key").sign(payload)


@hides_arguments
def check_signature(signature: object, signer: int) -> str:
    """Return what the signer with that index made, if it can stand in the header.

    Raises:
        SigningError: It is no base64 text.
    """
    if isinstance(signature, str) and _is_header_text(signature.strip()):
        return signature.strip()
    raise SigningError(
        f"signers[{signer}] returned {type(signature).__name__}; expected the signature as "
        "base64 text of its DER form"
    )
