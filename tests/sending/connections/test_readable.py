"""Whether something has arrived on a connection, asked without waiting, on every system."""

import select
import socket
from typing import Any

import pytest

from privy_async.sending.connections import _watch


@pytest.mark.parametrize("system", ["with poll", "without poll"])
def test_what_has_arrived(monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    """Nothing, bytes, or the end; Windows has no poll, and nothing may wait there either."""
    waits: list[Any] = []
    ask = select.select

    def watched(*arguments: Any) -> Any:
        waits.append(arguments[3])
        return ask(*arguments)

    monkeypatch.setattr(select, "select", watched)
    if system == "without poll":
        monkeypatch.delattr(select, "poll", raising=False)
    near, far = socket.socketpair()
    with near, far:
        has_bytes = _watch(near.fileno())
        assert not has_bytes()
        far.send(b"x")
        assert has_bytes()
        near.recv(1)
        assert not has_bytes()
        far.close()
        assert has_bytes()
    assert set(waits) == ({0} if system == "without poll" else set())
