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
from typing import TYPE_CHECKING, Any, Final

from privy_async.version import VERSION

__version__: Final = VERSION
_NAMES: Final = {
    "signing.authorization": """
        AuthorizationContext UserAuth format_request_for_authorization_signature
        generate_authorization_signature
    """,
    "sending.call": "OMIT",
    "client": "PrivyClient",
    "errors": """
        APIConnectionError APIError APIResponseError APIStatusError APITimeoutError
        AuthenticationError BadRequestError ConflictError DecryptionError ErrorCode FailedError
        IntentFailedError InternalServerError InvalidArgumentError InvalidTokenError
        InvalidWebhookError MfaRequiredError MissingMfaEnrollmentError NotFoundError
        PaymentRefusedError PaymentUnsettledError PermissionDeniedError PolicyViolationError
        PrivyError RateLimitError SigningError TransactionFailedError WaitTimeoutError
        WalletActionFailedError
    """,
    "signing.p256": "AuthorizationKey P256KeyPair generate_p256_key_pair",
    "page": "Page Pager",
    "sending.audit": "SignedBy SigningRequest",
    "sending.observing": "Request Response record_responses",
    "user_keys.cache": "UserKeyStore",
}
_MODULES: Final = {name: module for module, names in _NAMES.items() for name in names.split()}

if TYPE_CHECKING:
    # What stands under its own name is public to type checkers, as if it were in `__all__`.
    from privy_async.client import PrivyClient as PrivyClient
    from privy_async.errors import APIConnectionError as APIConnectionError
    from privy_async.errors import APIError as APIError
    from privy_async.errors import APIResponseError as APIResponseError
    from privy_async.errors import APIStatusError as APIStatusError
    from privy_async.errors import APITimeoutError as APITimeoutError
    from privy_async.errors import AuthenticationError as AuthenticationError
    from privy_async.errors import BadRequestError as BadRequestError
    from privy_async.errors import ConflictError as ConflictError
    from privy_async.errors import DecryptionError as DecryptionError
    from privy_async.errors import ErrorCode as ErrorCode
    from privy_async.errors import FailedError as FailedError
    from privy_async.errors import IntentFailedError as IntentFailedError
    from privy_async.errors import InternalServerError as InternalServerError
    from privy_async.errors import InvalidArgumentError as InvalidArgumentError
    from privy_async.errors import InvalidTokenError as InvalidTokenError
    from privy_async.errors import InvalidWebhookError as InvalidWebhookError
    from privy_async.errors import MfaRequiredError as MfaRequiredError
    from privy_async.errors import MissingMfaEnrollmentError as MissingMfaEnrollmentError
    from privy_async.errors import NotFoundError as NotFoundError
    from privy_async.errors import PaymentRefusedError as PaymentRefusedError
    from privy_async.errors import PaymentUnsettledError as PaymentUnsettledError
    from privy_async.errors import PermissionDeniedError as PermissionDeniedError
    from privy_async.errors import PolicyViolationError as PolicyViolationError
    from privy_async.errors import PrivyError as PrivyError
    from privy_async.errors import RateLimitError as RateLimitError
    from privy_async.errors import SigningError as SigningError
    from privy_async.errors import TransactionFailedError as TransactionFailedError
    from privy_async.errors import WaitTimeoutError as WaitTimeoutError
    from privy_async.errors import WalletActionFailedError as WalletActionFailedError
    from privy_async.page import Page as Page
    from privy_async.page import Pager as Pager
    from privy_async.sending.audit import SignedBy as SignedBy
    from privy_async.sending.audit import SigningRequest as SigningRequest
    from privy_async.sending.call import OMIT as OMIT
    from privy_async.sending.observing import Request as Request
    from privy_async.sending.observing import Response as Response
    from privy_async.sending.observing import record_responses as record_responses
    from privy_async.signing.authorization import AuthorizationContext as AuthorizationContext
    from privy_async.signing.authorization import UserAuth as UserAuth
    from privy_async.signing.authorization import (
        format_request_for_authorization_signature as format_request_for_authorization_signature,
    )
    from privy_async.signing.authorization import (
        generate_authorization_signature as generate_authorization_signature,
    )
    from privy_async.signing.p256 import AuthorizationKey as AuthorizationKey
    from privy_async.signing.p256 import P256KeyPair as P256KeyPair
    from privy_async.signing.p256 import generate_p256_key_pair as generate_p256_key_pair
    from privy_async.user_keys.cache import UserKeyStore as UserKeyStore
else:
    __all__ = sorted([*_MODULES, "__version__"])

    def __getattr__(name: str) -> Any:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return __all__
