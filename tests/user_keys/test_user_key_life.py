"""The life of a user's key: renewed before its end, never used after it."""

import asyncio

import pytest
from issuer import Issuer, broken, settle
from users_who_sign import user

from privy_async.errors import APIConnectionError, SigningError
from privy_async.user_keys.cache import expiry_seconds

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("life", "renewed_before"), [(3600.0, 60.0), (600.0, 60.0), (599.0, 59.9), (10.0, 1.0)]
)
async def test_renewal(life: float, renewed_before: float) -> None:
    """A key is renewed a minute before its end, or after nine tenths of a shorter life."""
    issuer = Issuer(life=life)
    keys = issuer.keys()
    key = await keys.get(user("jwt"))
    assert key.expires_at - key.renew_at == pytest.approx(renewed_before)
    start = issuer.now
    issuer.now = start + life - renewed_before - 0.01
    assert await keys.get(user("jwt")) is key
    issuer.now = start + life - renewed_before + 0.01
    renewed = await asyncio.gather(*(keys.get(user("jwt")) for _ in range(20)))
    assert set(map(id, renewed)) == {id(renewed[0])} != {id(key)}
    assert renewed[0].expires_at == issuer.now + life
    assert issuer.calls == {"jwt": 2}


async def test_a_failed_renewal_uses_the_key_to_its_end() -> None:
    """While the old key lives it signs on; from its last moment on there is an error."""
    issuer = Issuer()
    keys = issuer.keys()
    key = await keys.get(user("jwt"))
    issuer.failure = broken()
    issuer.now = key.expires_at - 0.001
    assert await keys.get(user("jwt")) is key
    issuer.now = key.expires_at
    with pytest.raises(APIConnectionError):
        await keys.get(user("jwt"))


async def test_failed_renewals_keep_a_distance() -> None:
    """While the old key signs, a renewal that failed is tried again after 5 s, not by each call."""
    issuer = Issuer()
    keys = issuer.keys()
    key = await keys.get(user("jwt"))
    issuer.failure = broken()
    issuer.now = key.renew_at
    assert {id(await keys.get(user("jwt"))) for _ in range(100)} == {id(key)}
    assert issuer.calls == {"jwt": 2}
    issuer.now += 4.99
    await keys.get(user("jwt"))
    assert issuer.calls == {"jwt": 2}
    issuer.now += 0.02
    await keys.get(user("jwt"))
    assert issuer.calls == {"jwt": 3}
    issuer.now = key.expires_at - 1
    assert await keys.get(user("jwt")) is key
    issuer.failure = None
    issuer.now = key.expires_at
    assert await keys.get(user("jwt")) is not key
    assert issuer.calls == {"jwt": 5}


async def test_a_key_that_expires_during_its_renewal() -> None:
    """A renewal that fails too late does not bring back a key that has expired meanwhile."""
    issuer = Issuer(gate=asyncio.Event())
    assert issuer.gate is not None
    issuer.gate.set()
    keys = issuer.keys()
    key = await keys.get(user("jwt"))
    issuer.gate.clear()
    issuer.failure = broken()
    issuer.now = key.expires_at - 1
    waiting = asyncio.create_task(keys.get(user("jwt")))
    await settle()
    issuer.now = key.expires_at + 1
    issuer.gate.set()
    with pytest.raises(APIConnectionError):
        await waiting


@pytest.mark.parametrize(
    ("sent", "seconds"),
    [
        (1_697_059_200_000, 1_697_059_200.0),
        (1_697_059_200_500, 1_697_059_200.5),
        (1_697_059_200, 1_697_059_200.0),
        (1_697_059_200.25, 1_697_059_200.25),
        (99_999_999_999, 99_999_999_999.0),
        (100_000_000_000, 100_000_000.0),
        (0, 0.0),
    ],
)
def test_milliseconds_and_seconds(sent: float, seconds: float) -> None:
    """Below 1e11 a time is in seconds, since in ms it would lie before 1973."""
    assert expiry_seconds(sent) == seconds


@pytest.mark.parametrize("life", [-1.0, 0.0, 0.001, 0.1])
async def test_a_key_that_ends_as_it_comes(life: float) -> None:
    """A moment passes before it has signed, so a key with less than a moment is refused."""
    keys = Issuer(life=life).keys()
    with pytest.raises(SigningError, match="expired already: check the clock"):
        await keys.get(user("jwt"))
