"""Users' keys as a derived client has them: the same keys, another way to ask for more."""

import pytest
from issuer import Issuer
from users_who_sign import user

pytestmark = pytest.mark.anyio


async def test_another_way_to_ask_leaves_the_first_alone() -> None:
    """A derived client asks with its own options; both share what is kept, neither asks twice."""
    issuer, other = Issuer(), Issuer()
    keys = issuer.keys()
    derived = keys.with_exchange(other.exchange)
    first = await keys.get(user("jwt"))
    assert await derived.get(user("jwt")) is first
    second = await derived.get(user("another"))
    assert await keys.get(user("another")) is second
    assert (issuer.calls, other.calls) == ({"jwt": 1}, {"another": 1})
