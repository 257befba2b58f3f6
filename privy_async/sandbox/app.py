"""The one Privy app that a sandbox holds: its credentials, its settings and its state."""

import base64
import binascii
import hmac

import attrs

from privy_async.sandbox.blockchains import Blockchains
from privy_async.sandbox.messages import Request
from privy_async.sandbox.refusal import Refusal
from privy_async.sandbox.state import State
from privy_async.sandbox.tokens import Issuer, TokenVerifier


@attrs.frozen(kw_only=True)
class App:
    """What every operation works on.

    Attributes:
        user_key_lifetime: Seconds for which a user's key signs.
    """

    app_id: str
    app_secret: str = attrs.field(repr=False)
    state: State
    blockchains: Blockchains
    issuer: Issuer
    verifier: TokenVerifier
    user_key_lifetime: float

    def authenticate(self, request: Request) -> None:
        """Check the app id and secret (https://docs.privy.io/api-reference/introduction).

        Raises:
            Refusal: 401 if the Basic credentials or the header `privy-app-id` are missing or
                wrong.
        """
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            raise Refusal(401, "Missing HTTP Basic credentials: app id and app secret")
        expected = f"{self.app_id}:{self.app_secret}".encode()
        if not hmac.compare_digest(_decoded(credentials), expected):
            raise Refusal(401, "Invalid app ID or app secret.")
        app_id = request.headers.get("privy-app-id")
        if app_id != self.app_id:
            problem = "Invalid Privy app ID" if app_id else "Missing `privy-app-id` header"
            raise Refusal(401, problem, "missing_or_invalid_privy_app_id")


def _decoded(credentials: str) -> bytes:
    try:
        return base64.b64decode(credentials, validate=True)
    except binascii.Error:
        return b""
