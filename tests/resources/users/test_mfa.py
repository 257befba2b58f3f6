"""Second factors: what is sent for each step, as whom, and what comes back."""

from typing import Any

import pytest
from loopback import Request, loopback, ok

from privy_async import AuthorizationContext, InvalidArgumentError, PrivyClient
from privy_async.resources.users.mfa import MfaToken, TotpSecret

pytestmark = pytest.mark.anyio

JWT = "alice.secret.token"
# What a browser's `credential.toJSON()` looks like (WebAuthn level 3).
BROWSER = {
    "id": "AQ",
    "rawId": "AQ",
    "type": "public-key",
    "authenticatorAttachment": "platform",
    "clientExtensionResults": {"credProps": {"rk": True}, "hmacCreateSecret": True},
    "response": {
        "clientDataJSON": "e30",
        "attestationObject": "oA",
        "authenticatorData": "AA",
        "transports": ["internal"],
        "publicKeyAlgorithm": -7,
        "publicKey": "MFk",
    },
}
PRIVY = {
    "id": "AQ",
    "raw_id": "AQ",
    "type": "public-key",
    "authenticator_attachment": "platform",
    "client_extension_results": {"cred_props": {"rk": True}, "hmac_create_secret": True},
    "response": {
        "client_data_json": "e30",
        "attestation_object": "oA",
        "authenticator_data": "AA",
        "transports": ["internal"],
        "public_key_algorithm": -7,
        "public_key": "MFk",
    },
}
SECRET = {"totp_secret": "JBSWY3DP", "totp_auth_url": "otpauth://totp/x"}


def answer(request: Request) -> Any:
    """What each step answers."""
    if request.path.endswith("/totp/enrollment/init"):
        return ok(SECRET)
    if request.path.endswith("/verify"):
        return ok({"token": "mfa-token"})
    return ok({"options": {"challenge": "AA"}} if "passkey" in request.path else {"success": True})


async def walk(users: Any) -> list[Any]:
    """Take every step there is."""
    mfa, name = users.mfa, "did:privy:x"
    return [
        await mfa.sms.enrollment.init(name, phone_number="+15555550100"),
        await mfa.sms.enrollment.verify(name, code="123456"),
        await mfa.sms.verification.init(name),
        await mfa.sms.verification.verify(name, code="123456"),
        await mfa.totp.enrollment.init(name),
        await mfa.totp.enrollment.verify(name, code="123456"),
        await mfa.totp.verification.verify(name, code="123456"),
        await mfa.passkey.enrollment.init(name, relying_party="https://example.com"),
        await mfa.passkey.enrollment.verify(name, credential=BROWSER),
        await mfa.passkey.verification.init(name, relying_party="https://example.com"),
        await mfa.passkey.verification.verify(name, credential=PRIVY),
    ]


async def test_every_step_goes_as_the_user() -> None:
    """Each carries the token of the user for whom the client signs, and nobody's signature."""
    async with loopback(answer) as server, server.client() as privy:
        results = await walk(privy.for_user(JWT).users)
        requests = server.requests
    code = {"code": "123456"}
    origin = {"relying_party": "https://example.com"}
    assert [
        (request.path.split("/mfa/")[1], request.body and request.json) for request in requests
    ] == [
        ("sms/enrollment/init", {"phone_number": "+15555550100"}),
        ("sms/enrollment/verify", code),
        ("sms/verification/init", b""),
        ("sms/verification/verify", code),
        ("totp/enrollment/init", b""),
        ("totp/enrollment/verify", code),
        ("totp/verification/verify", code),
        ("passkey/enrollment/init", origin),
        ("passkey/enrollment/verify", {"credential": PRIVY}),
        ("passkey/verification/init", origin),
        ("passkey/verification/verify", {"credential": PRIVY}),
    ]
    for request in requests:
        assert request.headers["privy-user-token"] == JWT
        assert "privy-authorization-signature" not in request.headers
    tokens = [result for result in results if isinstance(result, MfaToken)]
    assert [token.token for token in tokens] == ["mfa-token"] * 6
    assert results[4] == TotpSecret(**SECRET)
    assert results[7].options == {"challenge": "AA"}


async def test_the_token_may_be_given_for_each_call() -> None:
    """It stands before the client's user, and without either the call is refused at once."""
    async with loopback(answer) as server, server.client() as privy:
        await privy.for_user("b.o.b").users.mfa.sms.verification.init("x", user_jwt=JWT)
        assert server.requests[0].headers["privy-user-token"] == JWT
        both = AuthorizationContext(user_jwts=["a.b.c", "d.e.f"])
        for nobody in (privy, privy.with_authorization(both)):
            with pytest.raises(InvalidArgumentError, match="for_user") as caught:
                await nobody.users.mfa.sms.verification.init("x")
            assert caught.value.argument == "user_jwt"
        with pytest.raises(InvalidArgumentError) as caught:
            await privy.users.mfa.sms.verification.init("x", user_jwt="no token")
        assert caught.value.argument == "user_jwt"
        assert len(server.requests) == 1


async def test_a_request_by_hand_may_go_as_a_user() -> None:
    """Also to an operation that the SDK does not know yet; no other one gets the token."""
    async with loopback(answer) as server, server.client() as privy:
        known = "/v1/users/x/mfa/sms/verification/init"
        for path in (known, "/v1/users/x/mfa/sms/unenroll"):
            await privy.request("POST", path, user_jwt=JWT)
        await privy.for_user(JWT).request("POST", known)
        tokens = [request.headers.get("privy-user-token") for request in server.requests]
        assert tokens == [JWT, JWT, None]
        with pytest.raises(TypeError, match="user_jwt"):
            await privy.users.freeze("x", user_jwt=JWT)  # type: ignore[call-arg]


async def test_totp_in_the_spelling_of_the_client_routes() -> None:
    """Privy's server routes are not seen; either spelling of the secret is read."""
    camel = {"totpSecret": "JBSWY3DP", "totpAuthUrl": "otpauth://totp/x"}
    async with loopback(lambda request: ok(camel)) as server, server.client() as privy:
        made = await privy.for_user(JWT).users.mfa.totp.enrollment.init("x")
    assert made == TotpSecret(**SECRET)


def test_secrets_do_not_show() -> None:
    """Neither the MFA token, nor what the authenticator app gets, is in a repr."""
    totp = TotpSecret(totp_secret="hidden", totp_auth_url="hidden")
    assert "hidden" not in repr((MfaToken(token="hidden"), totp))


async def test_a_freeze_is_sent_once_and_its_end_too() -> None:
    """They take no body and nobody's signature."""
    async with loopback(answer) as server, server.client() as privy:
        await privy.users.freeze("did:privy:x")
        await privy.users.unfreeze("did:privy:x")
        sent = [(request.method, request.path, request.body) for request in server.requests]
    path = "/v1/users/did%3Aprivy%3Ax/freeze"
    assert sent == [("POST", path, b""), ("DELETE", path, b"")]


def test_a_client_tells_nothing_of_the_mfa_token() -> None:
    """Its repr counts users, and that is all."""
    privy = PrivyClient(app_id="a", app_secret="b").for_user(JWT, mfa_token="secret-token")
    assert "secret" not in repr(privy)
