"""Organizations and their secrets (https://docs.privy.io/organizations/overview)."""

import base64
from datetime import UTC, datetime
from typing import Final

import attrs

from privy_async.sandbox.app import App
from privy_async.sandbox.operations.controls.key_quorums import public_key_member
from privy_async.sandbox.operations.paging import page
from privy_async.sandbox.operations.route import Route
from privy_async.sandbox.records.apps import Organization, OrganizationSecret
from privy_async.sandbox.requests.fields import Fields, input_error
from privy_async.sandbox.requests.http_messages import HttpRequest, HttpResponse
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.state import State

MAX_DISPLAY_NAME: Final = 100


def create_organization(app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/organizations."""
    state, fields = app.state, request.fields
    organization = Organization(
        id=state.new_id(),
        display_name=_display_name(fields),
        default_key_quorum_id=state.key_quorum(fields.string("default_key_quorum_id")).id,
        created_at=state.now,
        updated_at=state.now,
    )
    return _stored(state, organization)


def get_organization(app: App, request: HttpRequest) -> HttpResponse:
    """GET /v1/organizations/{organization_id}."""
    return HttpResponse.json(_addressed(app, request).to_json())


def get_organizations(app: App, request: HttpRequest) -> HttpResponse:
    """GET /v1/organizations, oldest first."""
    organizations = list(app.state.organizations.values())
    return page(organizations, request.query, lambda shown: [each.to_json() for each in shown])


def update_organization(app: App, request: HttpRequest) -> HttpResponse:
    """PATCH /v1/organizations/{organization_id}. Wallets that exist keep their owner."""
    organization, fields = _addressed(app, request), request.fields
    if fields.has("display_name"):
        organization = attrs.evolve(organization, display_name=_display_name(fields))
    if fields.has("default_key_quorum_id"):
        quorum = app.state.key_quorum(fields.string("default_key_quorum_id"))
        organization = attrs.evolve(organization, default_key_quorum_id=quorum.id)
    return _stored(app.state, attrs.evolve(organization, updated_at=app.state.now))


def delete_organization(app: App, request: HttpRequest) -> HttpResponse:
    """DELETE /v1/organizations/{organization_id}. Its wallets stay, and with their owner."""
    del app.state.organizations[_addressed(app, request).id]
    return HttpResponse.no_content()


def get_kyb(app: App, request: HttpRequest) -> HttpResponse:
    """GET /v1/organizations/{organization_id}/kyb: nothing, as nothing can be begun here."""
    _addressed(app, request)
    return HttpResponse.json({"kyb_statuses": [], "next_cursor": None})


def create_secret(app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/organizations/{account_id}/secrets: the only answer with the secret in it."""
    organization = _addressed(app, request)
    text = "sk_org_" + base64.urlsafe_b64encode(app.state.clock.random_bytes(30)).decode()
    secret = OrganizationSecret(app.state.new_id(), organization.id, text[-4:], _now(app.state))
    app.state.organization_secrets[secret.id] = secret
    return HttpResponse.json({**secret.to_json(), "organization_secret": text})


def get_secrets(app: App, request: HttpRequest) -> HttpResponse:
    """GET /v1/organizations/{account_id}/secrets, those that are revoked too."""
    organization = _addressed(app, request)
    known = app.state.organization_secrets.values()
    shown = [each.to_json() for each in known if each.organization_id == organization.id]
    return HttpResponse.json({"data": shown})


def update_secret(app: App, request: HttpRequest) -> HttpResponse:
    """PATCH /v1/organizations/{account_id}/secrets: set the signing key, or with null clear it."""
    secret, fields = _described_secret(app, request), request.fields
    if not (fields.has("signing_public_key") or fields.clears("signing_public_key")):
        raise input_error("signing_public_key", "Required")
    key = fields.optional_string("signing_public_key")
    if key is not None:
        public_key_member(key, "signing_public_key")
    secret = attrs.evolve(secret, signing_public_key=key)
    app.state.organization_secrets[secret.id] = secret
    return HttpResponse.json({"success": True})


def revoke_secret(app: App, request: HttpRequest) -> HttpResponse:
    """DELETE /v1/organizations/{account_id}/secrets; the body says which."""
    secret = attrs.evolve(_described_secret(app, request), revoked_at=_now(app.state))
    app.state.organization_secrets[secret.id] = secret
    return HttpResponse.json({"success": True})


def _described_secret(app: App, request: HttpRequest) -> OrganizationSecret:
    organization = _addressed(app, request)
    secret = app.state.organization_secrets.get(request.fields.string("secret_id"))
    if secret is None or secret.organization_id != organization.id:
        raise Refusal(404, "Organization secret not found", "not_found")
    if secret.revoked_at is not None:
        raise Refusal(400, "The secret is revoked", "invalid_data")
    return secret


def _stored(state: State, organization: Organization) -> HttpResponse:
    state.organizations[organization.id] = organization
    return HttpResponse.json(organization.to_json())


def _addressed(app: App, request: HttpRequest) -> Organization:
    # The schema calls the same id by two names.
    values = request.path_values
    return app.state.organization(values.get("organization_id") or values["account_id"])


def _display_name(fields: Fields) -> str:
    name = fields.optional_string("display_name", max_length=MAX_DISPLAY_NAME)
    if not name:
        raise input_error("display_name", "Required")
    return name


def _now(state: State) -> str:
    moment = datetime.fromtimestamp(state.now / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


_ORGANIZATION: Final = "/v1/organizations/{organization_id}"
_SECRETS: Final = "/v1/organizations/{account_id}/secrets"

ROUTES: Final = (
    Route("POST", "/v1/organizations", create_organization),
    Route("GET", "/v1/organizations", get_organizations),
    Route("GET", _ORGANIZATION, get_organization),
    Route("PATCH", _ORGANIZATION, update_organization),
    Route("DELETE", _ORGANIZATION, delete_organization),
    Route("GET", f"{_ORGANIZATION}/kyb", get_kyb),
    Route("POST", _SECRETS, create_secret),
    Route("GET", _SECRETS, get_secrets),
    Route("PATCH", _SECRETS, update_secret),
    Route("DELETE", _SECRETS, revoke_secret),
)
