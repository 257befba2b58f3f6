"""Exchanging a user's token for a key that signs for the user.

Source: https://docs.privy.io/api-reference/wallets/authenticate
"""

import base64
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import (
    EllipticCurvePrivateKey,
)
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from privy_async.sandbox.app import App
from privy_async.sandbox.keys.p256 import new_private_key, point_of
from privy_async.sandbox.keys.sealing import seal
from privy_async.sandbox.operations.intents.intent_approvals import may_authorize
from privy_async.sandbox.operations.route import Route
from privy_async.sandbox.operations.users.mfa import verified_until
from privy_async.sandbox.operations.users.user_tokens import fetch_keys_for_body, user_of_token
from privy_async.sandbox.records.intents import PENDING, Intent
from privy_async.sandbox.records.json_types import Json
from privy_async.sandbox.records.users import User, UserKey
from privy_async.sandbox.requests.fields import Fields, input_error
from privy_async.sandbox.requests.http_messages import HttpRequest, HttpResponse
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.state import State
from privy_async.sandbox.token_diagnosis import NO_WALLET

MAX_BINDINGS: Final = 10


def authenticate(app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/wallets/authenticate: a fresh key for the user of a valid token."""
    state, fields = app.state, request.fields
    user = user_of_token(app, fields.string("user_jwt"))
    wallets = [state.wallet_json(wallet) for wallet in state.wallets_usable_by(user.id)]
    if not wallets and not state.quorum_ids_with(user.id):
        raise Refusal(400, "The user has no wallet to sign for", "invalid_data", NO_WALLET)
    return HttpResponse.json({**_issued(app, user, fields), "wallets": wallets})


def authenticate_intents(app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/wallets/authenticate/intents: a key that may authorize these intents alone."""
    state, fields = app.state, request.fields
    user = user_of_token(app, fields.string("user_jwt"))
    intents = _bound_intents(state, fields, user)
    bound = {intent.resource_id for intent in intents}
    wallets = [w for w in state.wallets_usable_by(user.id) if w.id in bound]
    intent_ids = tuple(intent.id for intent in intents)
    return HttpResponse.json(
        {
            **_issued(app, user, fields, intent_ids),
            "wallets": [state.wallet_json(wallet) for wallet in wallets],
            "bindings": [{"type": "intent", "intentId": each} for each in intent_ids],
        }
    )


def _issued(app: App, user: User, fields: Fields, intent_ids: tuple[str, ...] = ()) -> Json:
    """A fresh key for the user, and when it expires."""
    state = app.state
    mfa_until = verified_until(app, user, fields)
    private_key = new_private_key(state.clock.random_bytes)
    response = _key_fields(state, private_key, fields)
    public_key = private_key.public_key()
    expires_at = state.now + int(app.user_key_lifetime * 1000)
    point = point_of(public_key)
    user_key = UserKey(user.id, expires_at, public_key, point, intent_ids, mfa_until)
    state.add_user_key(user_key)
    return {**response, "expires_at": expires_at}


def _bound_intents(state: State, fields: Fields, user: User) -> list[Intent]:
    """The pending intents in `bindings`, all of them for the user to authorize."""
    bindings = fields.objects("bindings")
    if not 1 <= len(bindings) <= MAX_BINDINGS:
        problem = f"Array must contain 1 to {MAX_BINDINGS} element(s)"
        raise input_error("bindings", problem)
    intents = list[Intent]()
    for binding in bindings:
        binding.choice("type", ("intent",))
        intent = state.intent(binding.string("intentId"))
        if intent in intents:
            raise input_error(binding.path, "Array must not contain an intent twice")
        if intent.status_at(state.now) != PENDING:
            raise input_error(binding.path, "The intent is not pending")
        if not may_authorize(state, intent, user.id):
            raise input_error(binding.path, "The user is not one of those who may authorize it")
        intents.append(intent)
    return intents


def _key_fields(state: State, private_key: EllipticCurvePrivateKey, fields: Fields) -> Json:
    """The key as base64 of its PKCS #8 form, sealed if the request names a recipient."""
    der = private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    text = base64.b64encode(der)
    if not (fields.has("encryption_type") or fields.has("recipient_public_key")):
        # The older form of the request, which the API's schema no longer shows.
        return {"authorization_key": text.decode()}
    fields.choice("encryption_type", ("HPKE",))
    recipient = fields.string("recipient_public_key")
    return {"encrypted_authorization_key": seal(text, recipient, state.clock.random_bytes)}


ROUTES: Final = (
    Route("POST", "/v1/wallets/authenticate", authenticate, prepare=fetch_keys_for_body),
    Route(
        "POST",
        "/v1/wallets/authenticate/intents",
        authenticate_intents,
        prepare=fetch_keys_for_body,
    ),
    # The path of older SDKs.
    Route("POST", "/v1/user_signers/authenticate", authenticate, prepare=fetch_keys_for_body),
)
