"""Enrolling in SMS and TOTP, and verifying by them: each in its steps, as the user."""

import base64
import re

import pytest
from api_client import ApiClient, Clock
from mfa_helpers import NUMBER, Acting

from privy_async.sandbox.keys.one_time_codes import steps_around, totp

pytestmark = pytest.mark.anyio

MINUTE = 60


@pytest.fixture
async def alice(api: ApiClient) -> Acting:
    """A user without a second factor."""
    return await Acting.made(api)


# The vectors of RFC 6238, appendix B, for SHA-1: the last six of their eight digits.
@pytest.mark.parametrize(
    ("time", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_of_rfc_6238(time: int, code: str) -> None:
    """The codes are those that authenticator apps show."""
    secret = base64.b32encode(b"12345678901234567890").decode()
    assert totp(secret, next(steps_around(time))) == code


async def test_sms(alice: Acting, clock: Clock) -> None:
    """A texted code enrolls, another one verifies, and each gives a token of its own."""
    sandbox = alice.api.sandbox
    tokens = [await alice.enroll_sms()]
    (method,) = await alice.methods()
    assert method == {"type": "sms", "verified_at": int(clock.now)}
    with pytest.raises(ValueError, match="no code was texted"):
        sandbox.mfa.sms_code(NUMBER)
    tokens += [await alice.verify_sms(), await alice.verify_sms()]
    assert len(set(tokens)) == 3
    assert (await alice.methods()) == [method]


async def test_totp(alice: Acting, clock: Clock) -> None:
    """An app with the secret shows codes that enroll and verify, each of them once."""
    sandbox = alice.api.sandbox
    made = (await alice.step("totp/enrollment/init")).body
    secret = made["totp_secret"]
    assert len(base64.b32decode(secret)) == 20
    assert re.fullmatch(rf"otpauth://totp/.+\?secret={secret}&issuer=.+", made["totp_auth_url"])
    code = {"code": sandbox.mfa.totp_code(secret)}
    assert (await alice.step("totp/enrollment/verify", code)).body.keys() == {"token"}
    assert [each["type"] for each in await alice.methods()] == ["totp"]
    again = await alice.step("totp/verification/verify", code)
    assert (again.status, again.body["code"]) == (400, "invalid_credentials")
    clock.now += 30
    assert (await alice.step("totp/verification/verify", code)).status == 400
    fresh = {"code": sandbox.mfa.totp_code(secret)}
    assert (await alice.step("totp/verification/verify", fresh)).body.keys() == {"token"}


@pytest.mark.parametrize(("late", "status"), [(-30, 200), (0, 200), (30, 200), (60, 400)])
async def test_a_totp_clock_may_differ_a_little(
    alice: Acting, clock: Clock, late: int, status: int
) -> None:
    """A code of the step before or after is good too."""
    secret = (await alice.step("totp/enrollment/init")).body["totp_secret"]
    code = alice.api.sandbox.mfa.totp_code(secret)
    clock.now += late
    assert (await alice.step("totp/enrollment/verify", {"code": code})).status == status


@pytest.mark.parametrize(
    ("step", "body"),
    [
        ("sms/enrollment/init", {}),
        ("sms/enrollment/init", {"phone_number": "call me"}),
        ("sms/enrollment/verify", {"code": "123456"}),
        ("sms/verification/init", {}),
        ("sms/verification/verify", {"code": "123456"}),
        ("totp/enrollment/verify", {"code": "123456"}),
        ("totp/verification/verify", {"code": "123456"}),
        ("totp/verification/verify", {"code": "12345"}),
        ("totp/verification/verify", {}),
        ("passkey/enrollment/init", {}),
        ("passkey/enrollment/init", {"relying_party": "app.example.com"}),
        ("passkey/verification/init", {"relying_party": "https://app.example.com"}),
        ("passkey/verification/verify", {"credential": {}}),
    ],
)
async def test_steps_out_of_order(alice: Acting, step: str, body: dict[str, str]) -> None:
    """What was not begun, or for which the user is not enrolled, is refused and changes nothing."""
    reply = await alice.step(step, body)
    assert reply.status == 400
    assert await alice.methods() == []


async def test_attempts_and_time_run_out(alice: Acting, clock: Clock) -> None:
    """Four wrong codes, or five minutes, end what was begun; the right code is of no use then."""
    init = {"phone_number": NUMBER}
    await alice.step("sms/enrollment/init", init)
    right = alice.api.sandbox.mfa.sms_code(NUMBER)
    wrong = {"code": f"{(int(right) + 1) % 10**6:06}"}
    for _ in range(4):
        reply = await alice.step("sms/enrollment/verify", wrong)
        assert (reply.status, reply.body["code"]) == (400, "invalid_credentials")
    reply = await alice.step("sms/enrollment/verify", {"code": right})
    assert (reply.status, reply.body["code"]) == (400, "invalid_data")
    for late, status in ((5 * MINUTE, 400), (5 * MINUTE - 1, 200)):
        await alice.step("sms/enrollment/init", init)
        code = {"code": alice.api.sandbox.mfa.sms_code(NUMBER)}
        clock.now += late
        assert (await alice.step("sms/enrollment/verify", code)).status == status


async def test_totp_cannot_be_guessed(alice: Acting, clock: Clock) -> None:
    """After four wrong codes a user waits, though there is nothing to begin anew."""
    secret = (await alice.step("totp/enrollment/init")).body["totp_secret"]
    code = alice.api.sandbox.mfa.totp_code(secret)
    await alice.step("totp/enrollment/verify", {"code": code})
    for _ in range(4):
        await alice.step("totp/verification/verify", {"code": code})
    clock.now += 30
    fresh = {"code": alice.api.sandbox.mfa.totp_code(secret)}
    assert (await alice.step("totp/verification/verify", fresh)).body["code"] == "invalid_data"
    clock.now += 5 * MINUTE
    fresh = {"code": alice.api.sandbox.mfa.totp_code(secret)}
    assert (await alice.step("totp/verification/verify", fresh)).status == 200


async def test_whose_token_it_is(alice: Acting) -> None:
    """Each step needs the user's own token, beside the app's credentials."""
    bob = await Acting.made(alice.api, "bob")
    for token in ("", "nonsense", bob.token):
        reply = await alice.step("totp/enrollment/init", token=token)
        assert reply.status == 401
    path = f"/v1/users/{alice.user_id}/mfa/totp/enrollment/init"
    assert (await alice.api.call("POST", path, {})).status == 401
    reply = await alice.api.send("POST", path, b"{}", {"privy-user-token": alice.token})
    assert reply.status == 401


async def test_a_number_for_log_in_is_none_for_mfa(api: ApiClient) -> None:
    """Who logs in with a phone number cannot enroll in SMS."""
    accounts = [
        {"type": "custom_auth", "custom_user_id": "alice"},
        {"type": "phone", "number": "+15555550199"},
    ]
    user = (await api.call("POST", "/v1/users", {"linked_accounts": accounts})).body
    alice = Acting(api, user["id"], api.sandbox.issue_user_jwt("alice"))
    assert (await alice.step("sms/enrollment/init", {"phone_number": NUMBER})).status == 400


async def test_a_second_factor_is_taken_away(alice: Acting) -> None:
    """The sandbox stands in for the screens in which users look after their MFA."""
    await alice.enroll_sms()
    alice.api.sandbox.mfa.disable(alice.user_id, "sms")
    assert await alice.methods() == []
    for user_id, method in ((alice.user_id, "sms"), ("did:privy:nobody", "sms")):
        with pytest.raises(ValueError, match=r"no user|not enrolled"):
            alice.api.sandbox.mfa.disable(user_id, method)


async def test_another_number_takes_the_place_of_the_first(alice: Acting) -> None:
    """There is one number, and the last one enrolled is it."""
    await alice.enroll_sms()
    await alice.enroll_sms("+15555550101")
    assert [each["type"] for each in await alice.methods()] == ["sms"]
    await alice.verify_sms("+15555550101")


async def test_mfa_tokens_are_for_their_user_and_a_time(alice: Acting, clock: Clock) -> None:
    """An exchange refuses another's or an old one, and says which."""
    bob = await Acting.made(alice.api, "bob")
    for each in (alice, bob):
        await alice.api.create_wallet(owner={"user_id": each.user_id})
    token = await alice.enroll_sms()
    assert (await alice.exchange(token)).status == 200
    for reply in (await bob.exchange(token), await alice.exchange("nonsense")):
        assert (reply.status, reply.body["error"]) == (400, "Invalid MFA token provided")
    clock.now += 15 * MINUTE
    late = await alice.exchange(token)
    assert (late.status, late.body["code"]) == (401, "mfa_required")
    assert (await alice.exchange()).status == 200
