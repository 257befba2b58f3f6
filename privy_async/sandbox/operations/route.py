"""An operation's route: the method and path at which it answers, and who may ask."""

from collections.abc import Awaitable, Callable, Sequence

import attrs

from privy_async.sandbox.app import App
from privy_async.sandbox.requests.http_messages import HttpRequest, HttpResponse


@attrs.frozen
class Route:
    """A method and a path, and what answers there.

    Attributes:
        path: A template such as "/v1/wallets/{wallet_id}/rpc".
        run: Executes the operation, or raises a Refusal and changes nothing. It waits for chains
            alone; otherwise no other request comes in between.
        signers: Returns the ids of the key quorums of which one has to authorize the request;
            none if the app's secret is enough. None for operations that take no signature.
        prepare: Waits for what `run` needs from elsewhere.
        keyed: Whether it takes a `privy-idempotency-key`.
        public: Whether it answers without app credentials.
        changes: Whether it changes a resource, which with granular MFA needs the MFA of its owner.
    """

    method: str
    path: str
    run: Callable[[App, HttpRequest], HttpResponse | Awaitable[HttpResponse]]
    signers: Callable[[App, HttpRequest], Sequence[str]] | None = None
    prepare: Callable[[App, HttpRequest], Awaitable[None]] | None = attrs.field(
        default=None, kw_only=True
    )
    keyed: bool = attrs.field(default=False, kw_only=True)
    public: bool = attrs.field(default=False, kw_only=True)
    changes: bool = attrs.field(default=False, kw_only=True)

    def check_mfa(self, app: App, request: HttpRequest) -> None:
        """Refuse a change that was signed, but by users without MFA.

        Source: https://docs.privy.io/authentication/user-authentication/mfa/granular/when-mfa-is-required
        """
        if self.changes and app.granular_mfa and request.without_mfa is not None:
            raise request.without_mfa
