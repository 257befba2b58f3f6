"""The sync face of privy_async: the same names and the same calls, without `await`.

    from privy_sync import PrivyClient

    with PrivyClient() as privy:                    # PRIVY_APP_ID, PRIVY_APP_SECRET
        alice = privy.for_user(user_jwt)
        signed = alice.wallets.ethereum.sign_message(wallet_id, "hello")
        print(signed.signature)

A client serves many threads, forked workers, and callers inside a running event loop. Values,
errors and keys are those of privy_async. Importing this loads neither aiohttp nor cryptography.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from privy_async.version import VERSION as __version__

if TYPE_CHECKING:
    from privy_async import (
        OMIT,
        APIConnectionError,
        APIError,
        APIResponseError,
        APIStatusError,
        APITimeoutError,
        AuthenticationError,
        AuthorizationContext,
        AuthorizationKey,
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
        MfaRequiredError,
        MissingMfaEnrollmentError,
        NotFoundError,
        P256KeyPair,
        Page,
        PaymentRefusedError,
        PaymentUnsettledError,
        PermissionDeniedError,
        PolicyViolationError,
        PrivyError,
        RateLimitError,
        Request,
        Response,
        SignedBy,
        SigningError,
        SigningRequest,
        TransactionFailedError,
        UserAuth,
        UserKeyStore,
        WaitTimeoutError,
        WalletActionFailedError,
        format_request_for_authorization_signature,
        generate_authorization_signature,
        generate_p256_key_pair,
        record_responses,
    )
    from privy_sync._portal import EventLoopBlockedWarning
    from privy_sync.client import PrivyClient
    from privy_sync.page import Pager

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
    "EventLoopBlockedWarning",
    "FailedError",
    "IntentFailedError",
    "InternalServerError",
    "InvalidArgumentError",
    "InvalidTokenError",
    "InvalidWebhookError",
    "MfaRequiredError",
    "MissingMfaEnrollmentError",
    "NotFoundError",
    "OMIT",
    "P256KeyPair",
    "Page",
    "Pager",
    "PaymentRefusedError",
    "PaymentUnsettledError",
    "PermissionDeniedError",
    "PolicyViolationError",
    "PrivyClient",
    "PrivyError",
    "RateLimitError",
    "Request",
    "Response",
    "SignedBy",
    "SigningError",
    "SigningRequest",
    "TransactionFailedError",
    "UserAuth",
    "UserKeyStore",
    "WaitTimeoutError",
    "WalletActionFailedError",
    "__version__",
    "format_request_for_authorization_signature",
    "generate_authorization_signature",
    "generate_p256_key_pair",
    "record_responses",
]
_OWN = {
    "EventLoopBlockedWarning": "privy_sync._portal",
    "Pager": "privy_sync.page",
    "PrivyClient": "privy_sync.client",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_OWN.get(name, "privy_async")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
