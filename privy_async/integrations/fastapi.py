"""FastAPI: everything that a route needs is a type of its parameters.

from privy_async.integrations.fastapi import UserClient, add_exception_handlers, lifespan

app = FastAPI(lifespan=lifespan)  # PRIVY_APP_ID, PRIVY_APP_SECRET
add_exception_handlers(app)

@app.post("/sign")
async def sign(privy: UserClient, wallet_id: str, message: str) -> str:
    return (await privy.wallets.ethereum.sign_message(wallet_id, message)).signature
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, TypeAlias

import attrs

from privy_async.checks import needing

with needing("fastapi", install="fastapi"):
    from fastapi import Depends, Request, Security
    from fastapi.security import HTTPBearer

from privy_async.checks import check_user_jwt
from privy_async.client import PrivyClient
from privy_async.errors import InvalidArgumentError, InvalidTokenError
from privy_async.integrations import _requests, starlette
from privy_async.integrations.starlette import add_exception_handlers as add_exception_handlers
from privy_async.resources.webhook_events import WebhookEvent as Event
from privy_async.signing.secret import hides_arguments
from privy_async.verification.tokens import AccessToken

_Scheme: TypeAlias = Annotated[
    object, Security(HTTPBearer(auto_error=False, description="The user's access token"))
]
"""Has the app's API documentation say that a token is needed; the token is checked elsewhere."""


@attrs.frozen
class Privy(starlette.Privy):
    """A client of an app; its methods are dependencies. Most apps need none but the module's.

    With `cookie=True` the cookie `privy-token` stands for a missing header; see there.

    treasury = Privy("treasury")
    app = FastAPI(lifespan=treasury.lifespan)
    TreasuryClient = Annotated[PrivyClient, Depends(treasury.client)]
    """

    async def claims(self, request: Request, scheme: _Scheme = None) -> AccessToken:
        """The claims of the caller's access token of Privy's, once it is checked."""
        return await super().claims(request)

    async def user_client(self, request: Request, scheme: _Scheme = None) -> PrivyClient:
        """A client that signs as the caller, whose access token is checked first."""
        return await super().user_client(request)

    async def prepared_user_client(self, request: Request, scheme: _Scheme = None) -> PrivyClient:
        """Return a client that signs as the caller, whose key is asked for in the meantime."""
        return await super().prepared_user_client(request)

    def client_for(
        self, user_jwt: Callable[..., Any], *, prepare: bool = False
    ) -> Callable[..., Awaitable[PrivyClient]]:
        """A dependency for apps with a login of their own: a client that signs as their user.

            UserClient = Annotated[PrivyClient, Depends(client_for(session_jwt))]

        Args:
            user_jwt: A dependency of yours. It checks who is calling, and returns that user's
                token, which your app registered with Privy can be exchanged for the user's key.
            prepare: Whether that key is asked for at once, for routes that do something else
                before they sign, and do sign (`PrivyClient.prepare`).
        """

        @hides_arguments
        async def dependency(
            request: Request,
            privy: Annotated[PrivyClient, Depends(self.client)],
            token: Annotated[str, Depends(user_jwt)],
        ) -> PrivyClient:
            try:
                check_user_jwt(token)
            except InvalidArgumentError:
                raise InvalidTokenError("the login's token is no JWT", reason="malformed") from None
            alice = privy.for_user(token, mfa_token=_requests.mfa_token(request.headers))
            if prepare:
                await alice.prepare()
            return alice

        return dependency


_privy: Final = Privy()
lifespan = _privy.lifespan
client_for = _privy.client_for
Client: TypeAlias = Annotated[PrivyClient, Depends(_privy.client)]
"""The app's client, for which nobody signs unless you gave it a key."""
Claims: TypeAlias = Annotated[AccessToken, Depends(_privy.claims)]
"""The claims of the caller's access token of Privy's, once it is checked.

With a login of your own there is none: use `client_for`.
"""
UserClient: TypeAlias = Annotated[PrivyClient, Depends(_privy.user_client)]
"""A client that signs as the caller, whose access token is checked first."""
PreparedUserClient: TypeAlias = Annotated[PrivyClient, Depends(_privy.prepared_user_client)]
"""A client that signs as the caller, whose key is asked for while the route does something else."""
WebhookEvent: TypeAlias = Annotated[Event, Depends(_privy.webhook_event)]
"""The event of Privy's webhook, once its signature is checked."""
