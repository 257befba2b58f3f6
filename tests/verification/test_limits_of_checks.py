"""Where checks of tokens and deliveries begin and end: at each limit, and one step beyond it."""

import json
from datetime import timedelta
from typing import Any

import pytest
from clocks import ReadClock
from test_webhooks import BODY, NOW, ONE, delivery
from token_helpers import APP_ID, KEY, PEM, identity, jwk, signed, token, with_header

from privy_async.client import PrivyClient
from privy_async.errors import (
    APIResponseError,
    InvalidArgumentError,
    InvalidTokenError,
    InvalidWebhookError,
)
from privy_async.resources.users.values import PasskeyAccount
from privy_async.verification.token_keys import TokenKeys, read_keys
from privy_async.verification.tokens import Tokens
from privy_async.verification.webhooks import Webhooks, verify

YEAR = 366 * 86_400
LAST = 253_402_300_799


@pytest.fixture
def tokens() -> Tokens:
    """Checks at one moment, by keys that nobody can be asked for."""
    client = PrivyClient(app_id=APP_ID, app_secret="s", base_url="http://127.0.0.1:9")
    return Tokens(client._requester, TokenKeys(clock=ReadClock(lambda: NOW)))


async def verdict(tokens: Tokens, text: str, **options: Any) -> str | None:
    """Why a token is refused, or None."""
    try:
        await tokens.verify_access_token(text, verification_key=PEM, **options)
    except InvalidTokenError as error:
        return error.reason
    return None


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("times", "options", "reason"),
    [
        ({"exp": NOW + 1}, {}, None),
        ({"exp": NOW}, {}, "expired"),
        ({"exp": NOW - 4}, {"leeway": 5}, None),
        ({"exp": NOW - 5}, {"leeway": 5}, "expired"),
        ({"exp": LAST, "nbf": NOW}, {}, None),
        ({"exp": LAST, "nbf": NOW + 1}, {}, "not_yet_valid"),
        ({"exp": LAST, "nbf": NOW + 5}, {"leeway": 5}, None),
        ({"exp": LAST, "nbf": NOW + 6}, {"leeway": 5}, "not_yet_valid"),
        ({"exp": LAST, "iat": 0, "nbf": 0}, {}, None),
        ({"exp": LAST + 1}, {}, "wrong_claim"),
        ({"exp": 0}, {}, "expired"),
        ({"exp": NOW - YEAR + 1}, {"leeway": YEAR}, None),
    ],
)
async def test_times_of_tokens(
    tokens: Tokens, times: dict[str, int], options: dict[str, int], reason: str | None
) -> None:
    """A token is good until the second before it expires, and from the second it names."""
    assert await verdict(tokens, token({"iat": NOW, **times}), **options) == reason


@pytest.mark.anyio
@pytest.mark.parametrize("leeway", [YEAR + 1, -0.001])
async def test_leeway_has_its_limits(tokens: Tokens, leeway: float) -> None:
    """A year, and nothing less than none."""
    with pytest.raises(InvalidArgumentError, match="leeway"):
        await tokens.verify_access_token(token(), verification_key=PEM, leeway=leeway)


@pytest.mark.anyio
async def test_length_of_tokens(tokens: Tokens) -> None:
    """65,536 characters are read, one more is not."""
    most = (65_536 - len(token({"exp": LAST, "x": ""}, kid=""))) // 4 * 3
    texts = [
        token({"exp": LAST, "x": "y" * (most - less)}, kid="k" * more)
        for less in range(3)
        for more in range(3)
    ]
    longest = next(text for text in texts if len(text) == 65_536)
    assert await verdict(tokens, longest) is None
    assert await verdict(tokens, f"{longest}A") == "malformed"


@pytest.mark.anyio
@pytest.mark.parametrize("more", ["!", "=", " ", ".", "\n.", "é"])
async def test_a_token_has_one_text(tokens: Tokens, more: str) -> None:
    """What base64 would pass over makes another text of it, which is none."""
    text = token({"exp": LAST})
    head, payload, signature = text.split(".")
    assert await verdict(tokens, text) is None
    for changed in (f"{head}{more}.{payload}.{signature}", f"{head}.{payload}{more}.{signature}"):
        assert await verdict(tokens, changed) == "malformed"
    assert await verdict(tokens, f"{head}.{payload}.A{more}{signature}") == "malformed"


@pytest.mark.anyio
@pytest.mark.parametrize(
    "text",
    [
        with_header(alg="ES256", typ="JWT", crit=["exp"]),
        with_header(alg="ES256", typ="JWT", kid=[]),
        with_header(alg="ES256", typ="JWT", kid=1),
        "e30",
        "e30.e30",
    ],
)
async def test_what_is_malformed_asks_nobody(tokens: Tokens, text: str) -> None:
    """It is refused before any key is looked for."""
    with pytest.raises(InvalidTokenError) as caught:
        await tokens.verify_access_token(text)
    assert caught.value.reason == "malformed"


@pytest.mark.anyio
async def test_parts_that_are_no_base64(tokens: Tokens) -> None:
    """A payload or signature that was cut short makes the token malformed."""
    head, payload, signature = token({"exp": LAST}).split(".")
    for text in (f"{head}.A.{signature}", f"{head}.{payload}.A"):
        assert await verdict(tokens, text) == "malformed"


@pytest.mark.anyio
async def test_parts_of_identity_tokens(tokens: Tokens) -> None:
    """JSON that cannot be read is no metadata, and not none; 12 digits are a time."""
    usual = {"exp": LAST}
    for claims in ({"custom_metadata": "{"}, {"cr": "1" * 13}, {"cr": -1}, {"cr": [1]}):
        with pytest.raises(InvalidTokenError, match=next(iter(claims))):
            await tokens.verify_identity_token(identity(usual | claims), verification_key=PEM)
    last = identity({**usual, "cr": "1" * 12})
    user = await tokens.verify_identity_token(last, verification_key=PEM)
    assert user.created_at == 111_111_111_111
    passkey = json.dumps([{"type": "passkey", "credential_id": "c", "lv": 5}])
    user = await tokens.verify_identity_token(
        identity({**usual, "linked_accounts": passkey}), verification_key=PEM
    )
    (account,) = user.linked_accounts
    assert isinstance(account, PasskeyAccount)
    assert account.enrolled_in_mfa is False


@pytest.mark.anyio
async def test_claims_that_are_no_object(tokens: Tokens) -> None:
    """Privy signs none such; they are malformed."""
    for payload in (b"1", b"null", b'"x"', b"\xff"):
        assert await verdict(tokens, signed(payload)) == "malformed"


def test_an_answer_without_keys_says_where() -> None:
    """The error's path is that of the keys."""
    for answer in (None, [], {}, {"keys": None}, {"keys": []}, {"keys": [{**jwk(KEY), "x": 1}]}):
        with pytest.raises(APIResponseError) as caught:
            read_keys(answer)
        assert caught.value.path == "keys"


@pytest.mark.parametrize(
    ("sent", "reason"),
    [(-300, None), (300, None), (-301, "too_old"), (301, "too_new")],
)
def test_five_minutes_without_a_tolerance(sent: int, reason: str | None) -> None:
    """With a client and without; a tolerance that is given counts in both."""
    headers = delivery(timestamp=NOW + sent)
    for call in (Webhooks(ONE).verify, lambda *given, **named: verify(*given, secret=ONE, **named)):
        if reason is None:
            call(BODY, headers, now=NOW)
            continue
        with pytest.raises(InvalidWebhookError) as caught:
            call(BODY, headers, now=NOW)
        assert caught.value.reason == reason
        call(BODY, headers, now=NOW, tolerance=timedelta(seconds=301))


def test_a_missing_secret_is_named() -> None:
    """The error says which argument lacks."""
    with pytest.raises(InvalidArgumentError) as caught:
        Webhooks().verify(BODY, delivery(), now=NOW)
    assert caught.value.argument == "secret"


@pytest.mark.parametrize(("digits", "reason"), [(12, "too_new"), (13, "wrong_header")])
def test_digits_of_a_deliverys_time(digits: int, reason: str) -> None:
    """Twelve are a time in s, if a late one; thirteen would be ms."""
    headers = delivery(timestamp=int("9" * digits))
    with pytest.raises(InvalidWebhookError) as caught:
        verify(BODY, headers, secret=ONE, now=NOW)
    assert caught.value.reason == reason


def test_the_first_second_of_unix_time() -> None:
    """A clock may stand there, if a test has set it."""
    assert verify(BODY, delivery(timestamp=0), secret=ONE, now=0).type == "privy.test"
    assert verify(BODY, delivery(timestamp=0), secret=ONE, now=0.5).type == "privy.test"
