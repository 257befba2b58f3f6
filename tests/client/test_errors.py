"""Errors: the tree is the one that is drawn, each pickles and copies, and each says what to do."""

import copy
import importlib
import inspect
import pickle
import pkgutil
import re
from collections.abc import Callable
from typing import Any

import pytest

import privy_async
from privy_async import errors
from privy_async.errors import (
    APIConnectionError,
    APIError,
    APIResponseError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    DecryptionError,
    FailedError,
    IntentFailedError,
    InternalServerError,
    InvalidArgumentError,
    InvalidTokenError,
    InvalidWebhookError,
    MfaRequiredError,
    MissingMfaEnrollmentError,
    NotFoundError,
    PaymentRefusedError,
    PaymentUnsettledError,
    PermissionDeniedError,
    PolicyViolationError,
    PrivyError,
    RateLimitError,
    SigningError,
    TransactionFailedError,
    WaitTimeoutError,
    WalletActionFailedError,
)

URL = "https://api.privy.io/v1/wallets"
REQUEST: dict[str, Any] = {
    "method": "POST",
    "url": URL,
    "may_have_happened": True,
    "idempotency_key": "k1",
}
STATUS: dict[str, Any] = {
    **REQUEST,
    "status": 400,
    "code": "invalid_data",
    "request_id": "r1",
    "body": {"error": "no", "cause": [1, None]},
    "headers": {"retry-after": "5"},
    "hint": "Look at it",
}
STATUS_ERRORS: tuple[type[APIStatusError], ...] = (
    APIStatusError,
    BadRequestError,
    PolicyViolationError,
    AuthenticationError,
    MfaRequiredError,
    MissingMfaEnrollmentError,
    PermissionDeniedError,
    NotFoundError,
    ConflictError,
    RateLimitError,
    InternalServerError,
)
EXAMPLES: list[PrivyError] = [
    PrivyError("message"),
    InvalidArgumentError("body.params.value", "is too large"),
    SigningError("message"),
    DecryptionError("message"),
    APIError("message", **REQUEST),
    APIConnectionError("message", **REQUEST),
    APITimeoutError("message", **REQUEST),
    APIResponseError("message", path="data.id", **REQUEST),
    *(kind("message", **STATUS) for kind in STATUS_ERRORS),
    FailedError("message", {"status": "failed"}),
    TransactionFailedError("message", {"status": "failed"}),
    IntentFailedError("message", {"status": "failed"}),
    WalletActionFailedError("message", {"status": "failed"}),
    PaymentRefusedError("message", reason="amount"),
    PaymentUnsettledError("message", payment={"nonce": "0x07"}),
    WaitTimeoutError("message", None),
    InvalidTokenError("message", reason="expired"),
    InvalidWebhookError("message", reason="too_old"),
]


def all_errors() -> dict[str, type[PrivyError]]:
    return {
        name: kind
        for name, kind in vars(errors).items()
        if inspect.isclass(kind) and issubclass(kind, PrivyError) and name[0] != "_"
    }


def parent(kind: type[Exception]) -> str:
    """The nearest class above that users have."""
    return next(each.__name__ for each in kind.__mro__[1:] if each.__name__[0] != "_")


def test_there_is_an_example_of_each() -> None:
    """The tests below leave no class out."""
    assert {type(error) for error in EXAMPLES} == set(all_errors().values())


def test_the_tree_is_as_drawn() -> None:
    """The drawing at the head of the module has every class, under the class it derives from."""
    path: list[str] = []
    drawn: dict[str, str] = {}
    for indent, name in re.findall(r"^([│├└─ ]*)(\w+Error)\b", str(errors.__doc__), re.MULTILINE):
        depth = len(indent) // 4
        path[depth:] = [name]
        drawn[name] = path[depth - 1] if depth else "Exception"
    real = {name: parent(kind) for name, kind in all_errors().items()}
    assert drawn == real


def subclasses(kind: type[PrivyError]) -> set[type[PrivyError]]:
    """Every class below this one, of whichever module."""
    return {kind}.union(*(subclasses(below) for below in kind.__subclasses__()))


def test_no_error_stands_elsewhere() -> None:
    """Whoever reads that one module knows every error there is to catch."""
    for module in pkgutil.walk_packages(privy_async.__path__, "privy_async."):
        if not module.name.startswith("privy_async.sandbox"):
            importlib.import_module(module.name)
    ours = {kind for kind in subclasses(PrivyError) if kind.__module__.startswith("privy_async.")}
    elsewhere = {kind for kind in ours - set(all_errors().values()) if kind.__name__[0] != "_"}
    assert sorted(f"{kind.__module__}.{kind.__name__}" for kind in elsewhere) == []


def test_bad_input_is_a_value_error() -> None:
    """Code that catches ValueError for bad arguments goes on working."""
    assert issubclass(InvalidArgumentError, ValueError)
    others = [kind for kind in all_errors().values() if issubclass(kind, ValueError)]
    assert others == [InvalidArgumentError]


COPIERS: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{
        f"pickle {protocol}": lambda error, protocol=protocol: pickle.loads(
            pickle.dumps(error, protocol)
        )
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
    },
}


@pytest.mark.parametrize("copier", COPIERS.values(), ids=COPIERS)
@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_each_survives_a_task_queue(error: PrivyError, copier: Callable[[Any], Any]) -> None:
    """A copy is of the same class, with the same text, fields and notes, and can be raised."""
    original = copy.copy(error)
    original.add_note("while paying order 66")
    again = copier(original)
    assert type(again) is type(error)
    assert again is not original
    assert vars(again) == vars(original)
    assert (str(again), repr(again), again.args) == (str(error), repr(error), error.args)
    assert again.__notes__ == ["while paying order 66"]
    assert (again.__cause__, again.__traceback__) == (None, None)
    with pytest.raises(type(error)):
        raise again


def test_errors_of_ones_own_pickle_too() -> None:
    """A subclass with other arguments does not break the queue either."""
    error = OddError(7)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.number, str(again)) == (OddError, 7, "number 7")


class OddError(PrivyError):
    """A user's subclass, whose constructor takes something else."""

    def __init__(self, number: int) -> None:
        super().__init__(f"number {number}")
        self.number = number


# --- texts


def test_text_of_bad_input() -> None:
    """It names the argument first."""
    error = InvalidArgumentError("body.params.value", "is too large")
    assert str(error) == "body.params.value: is too large"
    assert error.argument == "body.params.value"


@pytest.mark.parametrize("kind", [APIError, APIConnectionError, APITimeoutError, APIResponseError])
@pytest.mark.parametrize(
    ("happened", "key", "text"),
    [
        (False, None, ""),
        (False, "k1", ""),
        (True, None, "\nIt may have been executed: look before you repeat it."),
        (
            True,
            "k1",
            "\nIt may have been executed: repeat it with idempotency_key='k1' to learn its "
            "outcome safely.",
        ),
    ],
)
def test_text_of_doubt(kind: type[APIError], happened: bool, key: str | None, text: str) -> None:
    """Whether it may have happened, and how to ask again, is part of the text."""
    error = kind("no", method="POST", url=URL, may_have_happened=happened, idempotency_key=key)
    assert str(error) == f"no (POST {URL}){text}"


@pytest.mark.parametrize("kind", STATUS_ERRORS)
def test_text_of_a_status(kind: type[APIStatusError]) -> None:
    """Status, code and request id come first, the hint last; what is missing leaves no gap."""
    fields = {**STATUS, "may_have_happened": False}
    full = f"400, code invalid_data, request id r1: no (POST {URL})\nLook at it"
    assert str(kind("no", **fields)) == full
    bare = kind("no", status=418, method="GET", url=URL)
    assert str(bare) == f"418: no (GET {URL})"
    assert (bare.code, bare.request_id, bare.body, bare.headers, bare.hint) == (
        (None, None, None, {}, "")
    )


@pytest.mark.parametrize(
    ("attempts", "pause", "proxy", "text"),
    [
        (1, None, None, ""),
        (3, None, None, ", after 3 attempts"),
        (2, 0.5, None, ", after 2 attempts, the last with a new key of the user's 0.5 s later"),
        (2, 0.0, None, ", after 2 attempts, the last with a new key of the user's"),
        (1, None, "http://p:3128", ", through the proxy http://p:3128"),
        (3, None, "http://p:3128", ", after 3 attempts, through the proxy http://p:3128"),
    ],
)
def test_text_of_what_came_before(
    attempts: int, pause: float | None, proxy: str | None, text: str
) -> None:
    """The first line tells how often it was tried and through what; the hint is the second."""
    error = APIConnectionError("no", method="GET", url=URL, hint="Look at it")
    error.attempts, error.renewal_pause, error.proxy = attempts, pause, proxy
    assert str(error) == f"no (GET {URL}){text}\nLook at it"


def test_status_by_the_official_name() -> None:
    """Code that reads `status_code` goes on working."""
    assert APIStatusError("no", status=418, method="GET", url=URL).status_code == 418


def test_text_without_a_request() -> None:
    """An error made before the call is known says its message alone."""
    assert str(APIResponseError("no signature", path="data")) == "no signature"


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_repr_is_the_message(error: PrivyError) -> None:
    """The repr shows the class and the message, and none of body, headers or hint."""
    assert repr(error) == f"{type(error).__name__}({error.args[0]!r})"
    assert error.message == error.args[0]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("5", 5.0),
        ("0.25", 0.25),
        ("0", 0.0),
        ("-1", None),
        ("nan", None),
        ("", None),
        ("Fri, 31 Dec 2100 23:59:59 GMT", None),
        (None, None),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    """A rate limit's advice is a number of seconds to wait, or None."""
    headers = {} if header is None else {"retry-after": header}
    error = RateLimitError("slow down", status=429, headers=headers, method="GET", url=URL)
    assert error.retry_after == seconds
