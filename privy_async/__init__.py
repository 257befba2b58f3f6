"""An independent Python SDK for Privy's wallet API, async first (`privy_sync` is its sync face).

    import asyncio
    from privy_async import PrivyClient

    async def main(user_jwt: str, wallet_id: str) -> None:
        async with PrivyClient() as privy:          # PRIVY_APP_ID, PRIVY_APP_SECRET
            alice = privy.for_user(user_jwt)
            signed = await alice.wallets.ethereum.sign_message(wallet_id, "hello")
            print(signed.signature)

Importing this loads neither aiohttp nor cryptography: a name loads what it needs when it is
first used (PEP 562).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from privy_async.version import VERSION as __version__

if TYPE_CHECKING:
    from privy_async.authorization import (
        AuthorizationContext,
        format_request_for_authorization_signature,
        generate_authorization_signature,
    )
    from privy_async.call import OMIT
    from privy_async.client import PrivyClient
    from privy_async.errors import (
        APIConnectionError,
        APIError,
        APIResponseError,
        APIStatusError,
        APITimeoutError,
        AuthenticationError,
        BadRequestError,
        ConflictError,
        DecryptionError,
        ErrorCode,
        FailedError,
        IntentFailedError,
        InternalServerError,
        InvalidArgumentError,
        InvalidTokenError,
        InvalidWebhookError,
        NotFoundError,
        PermissionDeniedError,
        PolicyViolationError,
        PrivyError,
        RateLimitError,
        SigningError,
        TransactionFailedError,
        WaitTimeoutError,
        WalletActionFailedError,
    )
    from privy_async.p256 import AuthorizationKey, P256KeyPair, generate_p256_key_pair
    from privy_async.page import Page, Pager
    from privy_async.response import Request, Response, record_responses
    from privy_async.user_keys import UserKeyStore

_ERRORS = """
    APIConnectionError APIError APIResponseError APIStatusError APITimeoutError
    AuthenticationError BadRequestError ConflictError DecryptionError ErrorCode FailedError
    IntentFailedError InternalServerError InvalidArgumentError InvalidTokenError
    InvalidWebhookError NotFoundError PermissionDeniedError PolicyViolationError PrivyError
    RateLimitError SigningError TransactionFailedError WaitTimeoutError
    WalletActionFailedError
"""
_MODULES = {
    "AuthorizationContext": "authorization",
    "AuthorizationKey": "p256",
    "OMIT": "call",
    "P256KeyPair": "p256",
    "Page": "page",
    "Pager": "page",
    "PrivyClient": "client",
    "Request": "response",
    "Response": "response",
    "UserKeyStore": "user_keys",
    "format_request_for_authorization_signature": "authorization",
    "generate_authorization_signature": "authorization",
    "generate_p256_key_pair": "p256",
    "record_responses": "response",
    **dict.fromkeys(_ERRORS.split(), "errors"),
}

__all__ = [
    "APIConnectionError",
    "APIError",
    "APIResponseError",
    "APIStatusError",
    "APITimeoutError",
    "AuthenticationError",
    "AuthorizationContext",
    "AuthorizationKey",
    "BadRequestError",
    "ConflictError",
    "DecryptionError",
    "ErrorCode",
    "FailedError",
    "IntentFailedError",
    "InternalServerError",
    "InvalidArgumentError",
    "InvalidTokenError",
    "InvalidWebhookError",
    "NotFoundError",
    "OMIT",
    "P256KeyPair",
    "Page",
    "Pager",
    "PermissionDeniedError",
    "PolicyViolationError",
    "PrivyClient",
    "PrivyError",
    "RateLimitError",
    "Request",
    "Response",
    "SigningError",
    "TransactionFailedError",
    "UserKeyStore",
    "WaitTimeoutError",
    "WalletActionFailedError",
    "__version__",
    "format_request_for_authorization_signature",
    "generate_authorization_signature",
    "generate_p256_key_pair",
    "record_responses",
]


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
