"""What an app publishes about itself."""

from typing import Final

from privy_async.sandbox.app import App
from privy_async.sandbox.messages import Answer, Request
from privy_async.sandbox.operations.operation import Operation
from privy_async.sandbox.refusal import Refusal


def get_jwks(app: App, request: Request) -> Answer:
    """GET /v1/apps/{app_id}/jwks.json: what access tokens are verified with."""
    if request.path_values["app_id"] != app.app_id:
        raise Refusal(404, "App not found", "not_found")
    return Answer.json(app.issuer.jwks)


OPERATIONS: Final = (Operation("GET", "/v1/apps/{app_id}/jwks.json", get_jwks, public=True),)
