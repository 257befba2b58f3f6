"""Which of the kept keys goes when there is no room: the one that was used least recently."""

import pytest
from issuer import Issuer
from users_who_sign import user

pytestmark = pytest.mark.anyio


async def test_a_renewed_key_is_a_used_one() -> None:
    """A renewal is a use: the key that is new does not go before one that nobody has asked for."""
    issuer = Issuer()
    keys = issuer.keys(capacity=2)
    for name in ("alice", "bob"):
        await keys.get(user(name))
    issuer.now += issuer.life - 1
    await keys.get(user("alice"))
    await keys.get(user("carol"))
    assert issuer.calls == {"alice": 2, "bob": 1, "carol": 1}
    await keys.get(user("alice"))
    assert issuer.calls["alice"] == 2


async def test_a_key_that_signs_is_a_used_one() -> None:
    """One that was only asked for is used as well."""
    issuer = Issuer()
    keys = issuer.keys(capacity=2)
    for name in ("alice", "bob", "alice", "carol", "alice"):
        await keys.get(user(name))
    assert issuer.calls == {"alice": 1, "bob": 1, "carol": 1}
    assert keys.kept(user("bob")) is None
