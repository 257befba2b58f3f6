"""Every argument and option of every method, with values that no careful caller gives."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs
import pytest
from arguments import arguments
from hostile_values import HOSTILE, IMPOSSIBLE
from test_unknown_fields import PRIVY, methods

from privy_async import PrivyError
from privy_async.page import Pager
from privy_async.sending.observing import Request

pytestmark = pytest.mark.anyio

OPTIONS = (
    "timeout",
    "deadline",
    "extra_body",
    "idempotency_key",
    "request_expiry",
    "authorization",
    "user_jwt",
    # Of imported wallets, whose second request is checked before the first is sent.
    "display_name",
    "policy_ids",
)


def tried() -> Iterator[Any]:
    for name, method, particular in methods():
        yield pytest.param(name, method, particular, id=name)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """What is sent, though nobody listens there."""
    requests: list[Request] = []
    settings = attrs.evolve(PRIVY._requester.settings, on_request=requests.append)
    monkeypatch.setattr(PRIVY._requester, "settings", settings)
    return requests


def calls(
    name: str, method: Callable[..., Any], particular: Mapping[str, Any], value: Any
) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """The right arguments of a method, but for one of them, one after the other."""
    for parameter in inspect.signature(method).parameters.values():
        if parameter.kind is not parameter.VAR_KEYWORD:
            yield arguments(name, method, {**particular, parameter.name: value})
            continue
        for option in OPTIONS:
            positional, named = arguments(name, method, particular)
            yield positional, {**named, option: value}


async def error_of(call: Callable[[], Any]) -> Exception | None:
    """What a call raises, save that the operation has no such option."""
    try:
        made = call()
        await (made.first_page() if isinstance(made, Pager) else made)
    except TypeError as error:
        return None if "this operation takes no" in str(error) else error
    except Exception as error:
        return error
    return None


@pytest.mark.slow
@pytest.mark.parametrize(("name", "method", "particular"), list(tried()))
async def test_only_errors_of_ours(
    name: str, method: Callable[..., Any], particular: Mapping[str, Any], sent: list[Request]
) -> None:
    """Each is a PrivyError that can be shown; what no place can take is never sent."""
    for label, value in HOSTILE.items():
        for positional, named in calls(name, method, particular, value):
            sent.clear()
            error = await error_of(lambda p=positional, n=named: method(*p, **n))
            assert error is None or isinstance(error, PrivyError), (label, named, error)
            assert str(error).encode()
            assert not (sent and label in IMPOSSIBLE), (label, named)
