"""Which values the fast encoder takes, and whose frames a traceback loses: the rules, directly."""

from collections import OrderedDict
from types import SimpleNamespace
from typing import Any

import pytest

from privy_async.errors import InvalidArgumentError
from privy_async.signing.authorization import format_request_for_authorization_signature
from privy_async.signing.canonical_json import (
    DEEPEST,
    MAX_SAFE_INTEGER,
    _encode,
    _encode_fast,
    canonical_json,
)
from privy_async.signing.p256 import AuthorizationKey
from privy_async.signing.secret import _is_any, _is_own, _split


class Text(str):
    """A text of a class of its own."""

    __slots__ = ()


class Whole(int):
    """An integer of a class of its own."""


def nested(levels: int, wrap: Any) -> Any:
    """A value of so many levels."""
    value: Any = 1
    for _ in range(levels):
        value = wrap(value)
    return value


WRAPS = [lambda inner: [inner], lambda inner: (inner,), lambda inner: {"a": inner}]
SIMPLE: list[Any] = [
    None, True, False, 0, -1, MAX_SAFE_INTEGER, -MAX_SAFE_INTEGER, "", "a", "ü\uffff", [], {}, (),
    [None, True, 1, "a", [], {}], {"b": None, "a": [True, {"c": (1, "x")}]}, {"ü": "\u2028"},
    *(nested(DEEPEST, wrap) for wrap in WRAPS),
    [nested(DEEPEST - 1, wrap) for wrap in WRAPS],
]  # fmt: skip


@pytest.mark.parametrize("value", SIMPLE, ids=lambda value: repr(value)[:40])
def test_what_is_simple_is_encoded_fast(value: Any) -> None:
    """To the same bytes as on the long way."""
    assert _encode_fast(value) == canonical_json(value) == _encode(value, "body", DEEPEST).encode()


ELSE: list[Any] = [
    MAX_SAFE_INTEGER + 1, -MAX_SAFE_INTEGER - 1, 1.0, Text("a"), Whole(1), OrderedDict(a=1),
    "\ud800", "\U00010000", {"\U00010000": 1}, {"\ud800": 1}, {1: 1}, {Text("a"): 1}, b"a", {1},
    *(nested(DEEPEST + 1, wrap) for wrap in WRAPS),
    [Whole(1)], {"a": 1.5}, {"a": 1, "b": [1.5]}, [1, Text("a")], ([1], [1.5]),
]  # fmt: skip


@pytest.mark.parametrize("value", ELSE, ids=lambda value: ascii(value)[:40])
def test_what_is_not_simple_goes_the_long_way(value: Any) -> None:
    """Which writes it as the RFC wants it, or says what is wrong."""
    assert _encode_fast(value) is None


@pytest.mark.parametrize("wrap", WRAPS)
def test_a_hundred_levels_on_the_long_way(wrap: Any) -> None:
    """A hundred, and not one more; the value inside does not count."""
    for levels, good in ((DEEPEST, True), (DEEPEST + 1, False)):
        value = [nested(levels - 1, wrap), 1.5]
        if good:
            assert canonical_json(value).endswith(b",1.5]")
            continue
        with pytest.raises(InvalidArgumentError, match="nested too deeply"):
            canonical_json(value)
    assert DEEPEST == 100


def test_what_a_value_is_called() -> None:
    """The body, unless it is called something else."""
    for named, argument in (({}, "body[0]"), ({"name": "x"}, "x[0]")):
        with pytest.raises(InvalidArgumentError) as caught:
            canonical_json([float("nan")], **named)
        assert caught.value.argument == argument


@pytest.mark.parametrize(
    ("name", "own"),
    [
        *((name, True) for name in ("privy_async", "privy_sync", "privy_async.a.b")),
        *((name, None) for name in ("aiohttp", "anyio", "attr", "attrs", "cryptography", "jwt")),
        *((name, None) for name in ("multidict", "redis", "yarl", "asyncio.tasks", "json")),
        *(
            (name, False)
            for name in ("app", "privy", "privy_asyncX", "xprivy_async", "requests", "")
        ),
        *((name, False) for name in (None, 7)),
    ],
)
def test_whose_frame_it_is(name: object, own: bool | None) -> None:
    """The SDK's own, one that both it and an app may have called, or the app's."""
    frame: Any = SimpleNamespace(f_globals={"__name__": name})
    assert _is_own(frame) is own
    assert _is_any(frame) is True
    assert _is_own(SimpleNamespace(f_globals={})) is False  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("expiry", "good"),
    [
        (100_000_000_000, True), (99_999_999_999, False), (2**53 - 1, True), (2**53, False),
        (True, False), (1.8e12, False), ("1800000000000", False), (0, False), (-1, False),
    ],
)  # fmt: skip
def test_expiries_by_hand(expiry: Any, good: bool) -> None:
    """A Unix time in ms: what is smaller is in seconds, what is larger JSON does not carry."""
    given: dict[str, Any] = {"method": "POST", "url": "https://x/y", "app_id": "a"}
    if good:
        made = format_request_for_authorization_signature(**given, request_expiry=expiry)
        assert f'"privy-request-expiry":"{expiry}"'.encode() in made
        return
    with pytest.raises(InvalidArgumentError, match="request_expiry: expected a Unix time in ms"):
        format_request_for_authorization_signature(**given, request_expiry=expiry)


def test_what_a_key_is_called() -> None:
    """The authorization key, unless it is called something else."""
    for make in (AuthorizationKey.parse, AuthorizationKey):
        for named, argument in (({}, "authorization_key"), ({"argument": "key"}, "key")):
            with pytest.raises(InvalidArgumentError) as caught:
                make(7, **named)  # type: ignore[operator]
            assert caught.value.argument == argument


@pytest.mark.parametrize("payload", ["text", None, 7, ["a"]])
def test_what_cannot_be_signed(payload: Any) -> None:
    """Bytes alone are."""
    key = AuthorizationKey.generate()
    with pytest.raises(InvalidArgumentError, match="payload: expected the bytes to sign"):
        key.sign(payload)
    for data in (b"a", bytearray(b"a"), memoryview(b"a")):
        assert key.sign(data)  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_methods_by_hand(method: str) -> None:
    """Each that is signed."""
    made = format_request_for_authorization_signature(method=method, url="https://x/y", app_id="a")
    assert f'"method":"{method}"'.encode() in made


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *(("method", value) for value in ("GET", "post", "", None, 7)),
        *(
            ("url", value)
            for value in ("https://x/", "ftp://x/y", "https://", None, 7, b"https://x")
        ),
        *(("app_id", value) for value in ("", " a", "ü", None)),
        *(("idempotency_key", value) for value in ("", " a", "ü", 7)),
    ],
)
def test_what_cannot_be_signed_by_hand(argument: str, value: Any) -> None:
    """It is named."""
    usual: dict[str, Any] = {"method": "POST", "url": "https://x/y", "app_id": "a"}
    with pytest.raises(InvalidArgumentError) as caught:
        format_request_for_authorization_signature(**{**usual, argument: value})
    assert caught.value.argument == argument


def own(*rest: Any) -> None:
    """A function of the SDK's."""
    if rest:
        rest[0](*rest[1:])
    raise KeyError


def either(*rest: Any) -> None:
    """A function that both the SDK and an app may have called."""
    if rest:
        rest[0](*rest[1:])
    raise KeyError


def app(*rest: Any) -> None:
    """A function of an app's."""
    if rest:
        rest[0](*rest[1:])
    raise KeyError


@pytest.mark.parametrize(
    ("calls", "hidden"),
    [
        ([own], [1]),
        ([own, either, either], [1, 2, 3]),
        ([own, app, either], [1]),
        ([either, own, either, app, either, own], [2, 3, 6]),
        ([app, either], []),
    ],
)
def test_which_frames_go(calls: list[Any], hidden: list[int]) -> None:
    """The SDK's, and with them what it called; an app's stay, and what that called."""
    verdicts = {"own": True, "either": None, "app": False}
    with pytest.raises(KeyError) as caught:
        calls[0](*calls[1:])
    shown, gone = _split(caught.tb, lambda frame: verdicts.get(frame.f_code.co_name, False))
    entries = []
    entry: Any = caught.tb
    while entry is not None:
        entries.append(entry)
        entry = entry.tb_next
    assert len(entries) == len(calls) + 1
    assert gone == [entries[number] for number in hidden]
    assert shown == [each for each in entries if each not in gone]
