"""What clients, journals and sandboxes read time and chance from."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from privy_async.clock import Clock


class Given(Clock):
    """A clock whose random bytes are those that it was given."""

    def __init__(self, given: bytes) -> None:
        self._given = given

    def random_bytes(self, count: int) -> bytes:
        assert count == len(self._given)
        return self._given


@given(st.binary(min_size=16, max_size=16))
def test_a_uuid_is_that_of_the_standard_library(chance: bytes) -> None:
    assert Given(chance).uuid() == str(uuid.UUID(bytes=chance, version=4))


def test_uuids_differ() -> None:
    assert len({Clock().uuid() for _ in range(1000)}) == 1000
