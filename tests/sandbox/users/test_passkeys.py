"""Passkeys: assertions of a software authenticator, verified for real."""

from collections.abc import Callable
from typing import Any

import pytest
from api_client import ApiClient, new_key
from authenticator import Authenticator, as_privy_spells, base64url
from mfa_helpers import ORIGIN, Acting

pytestmark = pytest.mark.anyio

PARTY = {"relying_party": ORIGIN}
Change = Callable[[Authenticator], object]


@pytest.fixture
async def alice(api: ApiClient) -> Acting:
    """A user without a second factor."""
    return await Acting.made(api)


def sent(credential: dict[str, Any]) -> dict[str, Any]:
    """A browser's JSON as the SDK sends it."""
    return {"credential": as_privy_spells(credential)}


async def begun(alice: Acting, what: str, party: dict[str, str] = PARTY) -> Any:
    """The options of a ceremony that has begun."""
    reply = await alice.step(f"passkey/{what}/init", party)
    assert reply.status == 200, reply
    assert reply.body["relying_party"] == party["relying_party"]
    return reply.body["options"]


async def enroll(alice: Acting, passkey: Authenticator) -> None:
    """Make it the user's."""
    options = await begun(alice, "enrollment")
    reply = await alice.step("passkey/enrollment/verify", sent(passkey.create(options)))
    assert reply.status == 200, reply


async def verify(alice: Acting, passkey: Authenticator) -> int:
    """The status of a verification."""
    options = await begun(alice, "verification")
    reply = await alice.step("passkey/verification/verify", sent(passkey.get(options)))
    assert reply.body.keys() == ({"token"} if reply.status == 200 else {"error", "code"})
    return reply.status


@pytest.mark.parametrize("count", [0, None])
async def test_a_passkey(alice: Acting, count: int | None) -> None:
    """It is enrolled once and verifies as often as it is asked, be it that it counts or not."""
    passkey = Authenticator(count=count)
    await enroll(alice, passkey)
    (method,) = await alice.methods()
    assert method["type"] == "passkey"
    options = await begun(alice, "verification")
    assert options["rp_id"] == "app.example.com"
    assert [each["id"] for each in options["allow_credentials"]] == [passkey.id]
    assert [await verify(alice, passkey) for _ in range(3)] == [200, 200, 200]
    again = await begun(alice, "enrollment")
    assert [each["id"] for each in again["exclude_credentials"]] == [passkey.id]


async def test_several_passkeys(alice: Acting) -> None:
    """Each of a user's passkeys verifies, on the site that it is for."""
    first, second = Authenticator(), Authenticator()
    await enroll(alice, first)
    await enroll(alice, second)
    assert [await verify(alice, each) for each in (second, first)] == [200, 200]
    elsewhere = {"relying_party": "https://other.example.com"}
    assert (await begun(alice, "verification", elsewhere))["allow_credentials"] == []


@pytest.mark.parametrize(
    "change",
    [
        lambda passkey: setattr(passkey, "key", new_key()),
        lambda passkey: setattr(passkey, "id", base64url(b"another one")),
        lambda passkey: setattr(passkey, "origin", "http://app.example.com"),
        lambda passkey: setattr(passkey, "origin", "https://app.example.com:8443"),
        lambda passkey: setattr(passkey, "flags", 0),
        # A copy of it that has signed less often than the sandbox knows.
        lambda passkey: setattr(passkey, "count", 0),
        lambda passkey: setattr(passkey, "count", -1),
    ],
    ids=["key", "id", "scheme", "port", "nobody present", "same count", "no count"],
)
async def test_what_does_not_verify(alice: Acting, change: Change) -> None:
    """Another key, another site, nobody at the machine, or a copy of the passkey."""
    passkey = Authenticator()
    await enroll(alice, passkey)
    assert await verify(alice, passkey) == 200
    change(passkey)
    assert await verify(alice, passkey) == 400


async def test_an_answer_works_once(alice: Acting) -> None:
    """What was signed for one challenge is nothing for the next one."""
    passkey = Authenticator(count=None)
    await enroll(alice, passkey)
    answer = sent(passkey.get(await begun(alice, "verification")))
    step = "passkey/verification/verify"
    assert (await alice.step(step, answer)).status == 200
    assert (await alice.step(step, answer)).body["code"] == "invalid_data"
    await begun(alice, "verification")
    assert (await alice.step(step, answer)).body["code"] == "invalid_credentials"


async def test_one_answer_is_not_the_other(alice: Acting) -> None:
    """An assertion enrolls nothing, and a new passkey verifies nobody."""
    passkey = Authenticator()
    options = await begun(alice, "enrollment")
    asserted = sent(passkey.get({**options, "rp_id": options["rp"]["id"]}))
    assert (await alice.step("passkey/enrollment/verify", asserted)).status == 400
    await enroll(alice, passkey)
    options = await begun(alice, "verification")
    made = sent(passkey.create({**options, "rp": {"id": options["rp_id"]}}))
    assert (await alice.step("passkey/verification/verify", made)).status == 400


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("public_key", None),
        ("public_key", "AAAA"),
        ("public_key", "*"),
        ("public_key_algorithm", -257),
        ("client_data_json", "AAAA"),
        ("client_data_json", base64url(b'"text"')),
        ("client_data_json", base64url(b'{"type": 1, "challenge": 2, "origin": 3}')),
        ("authenticator_data", base64url(b"short")),
        ("attestation_object", None),
    ],
)
async def test_a_broken_new_passkey(alice: Acting, name: str, value: object) -> None:
    """What a browser would not send is refused, and enrolls nothing."""
    made = sent(Authenticator().create(await begun(alice, "enrollment")))
    made["credential"]["response"][name] = value
    assert (await alice.step("passkey/enrollment/verify", made)).status == 400
    assert await alice.methods() == []
