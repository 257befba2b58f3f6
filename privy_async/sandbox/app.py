"""The one Privy app that a sandbox holds: its credentials, its settings and its state."""

import base64
import hmac
from collections.abc import Mapping

import attrs

from privy_async.sandbox.blockchains import Blockchains
from privy_async.sandbox.requests.diagnosis import Diagnosis
from privy_async.sandbox.requests.http_messages import HttpRequest
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.state import State
from privy_async.sandbox.tokens import Issuer, TokenVerifier
from privy_async.sandbox.webhooks import Webhooks
from privy_async.sandbox.webhooks.transaction_watch import TransactionWatch


@attrs.frozen(kw_only=True)
class App:
    """The app that every operation works on.

    Attributes:
        app_secrets: The secrets that it accepts.
        user_key_lifetime: Seconds for which a user's key signs.
        webhooks: Where operations tell what happened.
        watch: Told of each transaction that is sent.
        test_accounts: The e-mail addresses that can log in, each with its code.
        granular_mfa: Whether changes of what users own need their MFA.
        mfa_cache_duration: Seconds for which a verification counts.
    """

    app_id: str
    app_secrets: list[str] = attrs.field(repr=False)
    state: State
    blockchains: Blockchains
    verifier: TokenVerifier
    user_key_lifetime: float
    webhooks: Webhooks
    watch: TransactionWatch
    test_accounts: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)
    granular_mfa: bool = False
    mfa_cache_duration: float = 900.0

    @property
    def issuer(self) -> Issuer:
        """The issuer that signs the sandbox's own tokens."""
        return self.state.issuer

    def authenticate(self, request: HttpRequest) -> None:
        """Check the app id and secret (https://docs.privy.io/api-reference/introduction).

        Raises:
            Refusal: 401 if the Basic credentials or the header `privy-app-id` are missing or
                wrong.
        """
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            raise Refusal(401, "Missing HTTP Basic credentials: app id and app secret")
        given = _decoded(credentials)
        expected = [f"{self.app_id}:{app_secret}".encode() for app_secret in self.app_secrets]
        if not any(hmac.compare_digest(given, each) for each in expected):
            app_id, _, _ = given.partition(b":")
            what = "secret" if app_id == self.app_id.encode() else "id"
            problem = f"The app {what} of the Basic credentials is not this sandbox's"
            diagnosis = Diagnosis("app credentials", f"{problem}: use sandbox.app_{what}.")
            raise Refusal(401, "Invalid app ID or app secret.", diagnosis=diagnosis)
        self.identify(request)

    def identify(self, request: HttpRequest) -> None:
        """Check the header `privy-app-id` alone, as for requests that a user's browser sends.

        Raises:
            Refusal: 401 if it is missing or wrong.
        """
        app_id = request.headers.get("privy-app-id")
        if app_id != self.app_id:
            problem = "Invalid Privy app ID" if app_id else "Missing `privy-app-id` header"
            raise Refusal(401, problem, "missing_or_invalid_privy_app_id")


def _decoded(credentials: str) -> bytes:
    try:
        return base64.b64decode(credentials, validate=True)
    except ValueError:
        return b""
