"""The app itself: its keys and settings, who may log in, test accounts, and what gas has cost.

Source: https://docs.privy.io/api-reference/apps/list-allowlist and the pages beside it.
"""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Final
from urllib.parse import parse_qsl

from privy_async.sandbox.app import App
from privy_async.sandbox.operations.apps.app_settings import settings
from privy_async.sandbox.operations.route import Route
from privy_async.sandbox.records.apps import AllowlistEntry, DenylistEntry
from privy_async.sandbox.requests.fields import Fields, input_error
from privy_async.sandbox.requests.http_messages import HttpRequest, HttpResponse
from privy_async.sandbox.requests.refusal import Refusal

MAX_GAS_WALLETS: Final = 100
MAX_GAS_SPAN: Final = 30 * 24 * 60 * 60 * 1000
_DENIALS: Final = ("email", "emailDomain", "phoneNumber", "ethereumAddress", "solanaAddress")
_INVITES: Final = ("email", "emailDomain", "phone", "wallet")
# A namespace of its own, so that a test account keeps its id.


def get_jwks(app: App, request: HttpRequest) -> HttpResponse:
    """GET /v1/apps/{app_id}/jwks.json: what access tokens are verified with."""
    _check_app(app, request)
    return HttpResponse.json(app.issuer.jwks)


def get_app(app: App, request: HttpRequest) -> HttpResponse:
    """GET /v1/apps/{app_id}."""
    _check_app(app, request)
    return HttpResponse.json(settings(app))


def get_allowlist(app: App, request: HttpRequest) -> HttpResponse:
    """GET /v1/apps/{app_id}/allowlist, which is one bare array."""
    _check_app(app, request)
    return HttpResponse.json([entry.to_json(app.app_id) for entry in app.state.allowlist.values()])


def create_allowlist_entry(app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/apps/{app_id}/allowlist; who is on it already stays on it."""
    _check_app(app, request)
    kind, value = _invited(request.fields)
    entry = _find(app, kind, value) or AllowlistEntry(app.state.new_id(), kind, value)
    app.state.allowlist[entry.id] = entry
    return HttpResponse.json(entry.to_json(app.app_id))


def delete_allowlist_entry(app: App, request: HttpRequest) -> HttpResponse:
    """DELETE /v1/apps/{app_id}/allowlist; the body says whom."""
    _check_app(app, request)
    entry = _find(app, *_invited(request.fields))
    if entry is None:
        raise Refusal(404, "Allowlist entry not found", "not_found")
    del app.state.allowlist[entry.id]
    return HttpResponse.json({"message": "Successfully deleted from allowlist"})


def create_denylist_entry(app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/apps/{app_id}/denylist; one that is there already stays as it is."""
    _check_app(app, request)
    kind, value = request.fields.choice("type", _DENIALS), request.fields.string("value")
    if not value:
        raise input_error("value", "Invalid")
    known = app.state.denylist.values()
    entry = next((each for each in known if (each.kind, each.value) == (kind, value)), None)
    if entry is None:
        entry = DenylistEntry(app.state.new_id(), kind, value)
        app.state.denylist[entry.id] = entry
    return HttpResponse.json(entry.to_json())


def get_test_credentials(app: App, request: HttpRequest) -> HttpResponse:
    """GET /v1/apps/{app_id}/test_credentials: the accounts that log in with a fixed code."""
    _check_app(app, request)
    since = datetime.fromtimestamp(0, UTC).isoformat(timespec="milliseconds")
    times = dict.fromkeys(("created_at", "updated_at"), since.replace("+00:00", "Z"))
    accounts = [
        {
            "id": sha256(email.encode()).hexdigest()[:24],
            "email": email,
            "phone_number": f"+1 555 555 {index:04}",
            "otp_code": code,
            **times,
        }
        for index, (email, code) in enumerate(app.test_accounts.items())
    ]
    return HttpResponse.json({"data": accounts})


def get_gas_spend(app: App, request: HttpRequest) -> HttpResponse:
    """GET /v1/apps/gas_spend. The sandbox charges nothing, whoever pays for the gas."""
    wallet_ids = _queried_wallet_ids(request)
    if not 1 <= len(wallet_ids) <= MAX_GAS_WALLETS:
        raise input_error("wallet_ids", f"Array must contain 1 to {MAX_GAS_WALLETS} element(s)")
    for wallet_id in wallet_ids:
        app.state.wallet(wallet_id, include_archived=True)
    start, end = _queried_time(request, "start_timestamp"), _queried_time(request, "end_timestamp")
    if not 0 < end - start <= MAX_GAS_SPAN:
        raise input_error("end_timestamp", "Must be after `start_timestamp`, by at most 30 days")
    return HttpResponse.json({"value": "0", "currency": "usd"})


def _check_app(app: App, request: HttpRequest) -> None:
    if request.path_values["app_id"] != app.app_id:
        raise Refusal(404, "App not found", "not_found")


def _invited(fields: Fields) -> tuple[str, str]:
    kind, value = fields.choice("type", _INVITES), fields.string("value")
    if not value or (kind == "email" and "@" not in value):
        raise input_error("value", "Invalid")
    return kind, value.lower() if kind in ("email", "emailDomain") else value


def _find(app: App, kind: str, value: str) -> AllowlistEntry | None:
    entries = app.state.allowlist.values()
    return next((each for each in entries if (each.kind, each.value) == (kind, value)), None)


def _queried_wallet_ids(request: HttpRequest) -> list[str]:
    """The ids as SDKs write lists: a name repeated, with brackets, or values with commas."""
    pairs = parse_qsl(request.target.partition("?")[2])
    texts = [value for name, value in pairs if name in ("wallet_ids", "wallet_ids[]")]
    return [wallet_id for text in texts for wallet_id in text.split(",") if wallet_id]


def _queried_time(request: HttpRequest, name: str) -> int:
    text = request.query.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 16):
        raise input_error(name, "Expected a Unix time in milliseconds")
    return int(text)


_APP: Final = "/v1/apps/{app_id}"

ROUTES: Final = (
    Route("GET", f"{_APP}/jwks.json", get_jwks, public=True),
    Route("GET", _APP, get_app),
    Route("GET", f"{_APP}/allowlist", get_allowlist),
    Route("POST", f"{_APP}/allowlist", create_allowlist_entry),
    Route("DELETE", f"{_APP}/allowlist", delete_allowlist_entry),
    Route("POST", f"{_APP}/denylist", create_denylist_entry),
    Route("GET", f"{_APP}/test_credentials", get_test_credentials),
    Route("GET", "/v1/apps/gas_spend", get_gas_spend),
)
