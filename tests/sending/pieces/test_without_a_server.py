"""What needs no server: descriptions of failures, unpacking, audits, lines of the log."""

import errno
import gzip
import logging
import os
import ssl
import zlib
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from kinds_of_calls import KEYED, PLAIN, READ
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from privy_async.errors import APIConnectionError, APIResponseError, APITimeoutError
from privy_async.sending.audit import Audit, SignedBy, make_audit
from privy_async.sending.compression import Unreadable, decompress
from privy_async.sending.observing import log
from privy_async.sending.outcome import (
    NoResponse,
    RawResponse,
    accepts_app,
    asks_for_mfa,
    code_of,
    kind_without_response,
    make_error,
    refuses_app,
)
from privy_async.sending.retry import (
    is_for_now,
    is_refusal,
    is_transient,
    may_be_lost,
    may_have_happened,
)
from privy_async.sending.transport import _describe
from privy_async.signing.authorization import AuthorizationContext
from privy_async.signing.p256 import AuthorizationKey

RESET = os.strerror(errno.ECONNRESET)
CONNECTION: Any = SimpleNamespace(host="h", port=1, ssl=True, is_ssl=True)
REQUEST = aiohttp.RequestInfo(
    URL("http://x"), "GET", CIMultiDictProxy(CIMultiDict()), URL("http://x")
)


def connector_error(error: OSError) -> aiohttp.ClientConnectorError:
    """An error of aiohttp's around one of the system's."""
    return aiohttp.ClientConnectorError(CONNECTION, error)


def tls(reason: str | None) -> ssl.SSLError:
    """An error of OpenSSL's."""
    error = ssl.SSLError(1, "text")
    error.reason = reason  # type: ignore[assignment]
    return error


def certificate(message: str) -> ssl.SSLCertVerificationError:
    """An error of a certificate that is not trusted."""
    error = ssl.SSLCertVerificationError(1, "text")
    error.verify_message = message
    return error


def http_error(kind: type[aiohttp.ClientResponseError], **fields: Any) -> Exception:
    """An error of a response."""
    return kind(REQUEST, (), **fields)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            connector_error(OSError(errno.ECONNREFUSED, "Connect call failed ('1.2.3.4', 1)")),
            f"cannot connect ({os.strerror(errno.ECONNREFUSED)})",
        ),
        (
            connector_error(OSError(-2, "Name or service not known")),
            "cannot connect (Name or service not known)",
        ),
        (connector_error(OSError(0, "zero")), "cannot connect (zero)"),
        (
            aiohttp.ClientConnectorSSLError(CONNECTION, tls("WRONG_VERSION_NUMBER")),
            "cannot connect (TLS: wrong version number)",
        ),
        (aiohttp.ClientConnectorSSLError(CONNECTION, tls(None)), "cannot connect (TLS: failed)"),
        (
            aiohttp.ClientConnectorCertificateError(CONNECTION, certificate("self-signed")),
            "cannot connect (TLS: self-signed)",
        ),
        (aiohttp.ConnectionTimeoutError(), "cannot connect (ConnectionTimeoutError)"),
        (TimeoutError(), "no answer within 2.5 s"),
        (aiohttp.ServerTimeoutError(), "no answer within 2.5 s"),
        (
            http_error(aiohttp.ClientHttpProxyError, status=407, message="secret"),
            "the proxy answered 407 Proxy Authentication Required",
        ),
        (http_error(aiohttp.ClientHttpProxyError, status=499), "the proxy answered 499"),
        (
            http_error(aiohttp.ClientResponseError, status=400, message="  Bad status: secret\nx"),
            "what came back is no HTTP response: Bad status",
        ),
        (
            http_error(aiohttp.ClientResponseError, status=400, message=" \n"),
            "what came back is no HTTP response: ClientResponseError",
        ),
        (ConnectionResetError(errno.ECONNRESET, "x"), f"the connection broke ({RESET})"),
        (aiohttp.ServerDisconnectedError(), "the connection broke (ServerDisconnectedError)"),
        (aiohttp.ClientPayloadError("secret"), "the connection broke (ClientPayloadError)"),
    ],
)  # fmt: skip
def test_failures_in_words(error: Exception, told: str) -> None:
    """The system's own text, or a name; nothing that a server sent."""
    assert _describe(error, 2.5) == told


TEXT = b"hello " * 100
RAW = zlib.compressobj(wbits=-zlib.MAX_WBITS)
BARE = RAW.compress(TEXT) + RAW.flush()


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(TEXT, mtime=0), "gzip"),
        (gzip.compress(TEXT, mtime=0), " X-GZip "),
        (gzip.compress(TEXT[:6], mtime=0) + gzip.compress(TEXT[6:], mtime=0), "gzip"),
        (zlib.compress(TEXT), "deflate"),
        (BARE, "Deflate"),
        (TEXT, "br"),
        (TEXT, "identity"),
        (TEXT, ""),
    ],
)
def test_unpacking(body: bytes, encoding: str) -> None:
    """As far as it may grow, to the byte; what was not asked for stays as it is."""
    assert decompress(body, encoding, len(TEXT)) == TEXT
    assert decompress(b"", encoding, 0) == b""
    if body != TEXT:
        with pytest.raises(Unreadable, match=f"larger than max_response_size, {len(TEXT) - 1} "):
            decompress(body, encoding, len(TEXT) - 1)


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(TEXT, mtime=0)[:-1], "gzip"),
        (gzip.compress(TEXT, mtime=0) + b"x", "gzip"),
        (BARE, "gzip"),
        (BARE[:-1], "deflate"),
        (b"\xff" * 9, "deflate"),
        (b"hello", "gzip"),
    ],
)
def test_what_cannot_be_unpacked(body: bytes, encoding: str) -> None:
    """What is cut off, followed by something else, or packed otherwise."""
    with pytest.raises(Unreadable, match="not compressed as it says") as caught:
        decompress(body, encoding, 10**6)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


ONE, TWO = AuthorizationKey.generate(), AuthorizationKey.generate()


def test_who_signed() -> None:
    """In the order of their signatures; keys by their fingerprints, others without."""
    context = AuthorizationContext(
        signatures=["AA=="],
        authorization_private_keys=[ONE],
        user_jwts=["a.b.c"],
        signers=[lambda payload: ""],
    )
    user_key: Any = SimpleNamespace(key=TWO)
    audit = make_audit(context, [user_key], b"payload")
    assert audit.payload_sha256 == sha256(b"payload").hexdigest()
    assert [each.kind for each in audit.signed_by] == ["signature", "key", "user", "signer"]
    marks = [each.fingerprint for each in audit.signed_by]
    assert (marks[0], marks[3]) == (None, None)
    assert all(mark and len(mark) == 64 and int(mark, 16) for mark in marks[1:3])
    assert marks[1] != marks[2]
    for nobody in (make_audit(None, [], b"payload"), make_audit(context, [user_key], None)):
        assert nobody == Audit((), None)
    assert make_audit(AuthorizationContext(), [], b"payload") == Audit()


@pytest.mark.parametrize(
    ("outcome", "audit", "proxy", "told"),
    [
        (
            RawResponse(200, {"x-request-id": "r1"}, b"{}"),
            Audit((SignedBy("key", "ab"), SignedBy("signer")), "cd"),
            "http://p",
            "200 in 1500.0 ms (waited 250.0 ms, retry 2, request id r1, key {key}, payload cd, "
            "signed by key ab, signer ?)",
        ),
        (
            RawResponse(400, {}, b'{"code":"policy_violation"}'),
            Audit(),
            None,
            "400 policy_violation in 1500.0 ms (waited 250.0 ms, retry 2, request id -, key {key}, "
            "payload -, signed by nobody)",
        ),
        (
            NoResponse("the connection broke", sent=True),
            Audit(),
            "http://p",
            "the connection broke, through the proxy http://p in 1500.0 ms (waited 250.0 ms, "
            "retry 2, request id -, key {key}, payload -, signed by nobody)",
        ),
        (
            NoResponse("the connection broke", sent=True),
            Audit(),
            None,
            "the connection broke in 1500.0 ms (waited 250.0 ms, retry 2, request id -, key {key}, "
            "payload -, signed by nobody)",
        ),
    ],
)
@pytest.mark.parametrize("call", [READ, KEYED])
def test_lines_of_the_log(
    call: Any, outcome: Any, audit: Audit, proxy: Any, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    """All that is known of an attempt, at DEBUG; times in ms."""
    caplog.set_level(logging.DEBUG, "privy_async")
    log(call, outcome, 2, 1.5, 0.25, audit, proxy)
    (line,) = caplog.records
    key = call.idempotency_key or "-"
    assert line.levelno == logging.DEBUG
    wanted = f"{call.method} {call.url} {call.rpc_method or '-'}: {told.format(key=key)}"
    assert line.getMessage() == wanted


def lost(**fields: bool) -> NoResponse:
    """No answer."""
    return NoResponse("x", **{"sent": True, **fields})


def test_what_no_answer_is() -> None:
    """Each flag is off until it is said; a response that cannot be read is no timeout."""
    plain = NoResponse("x", sent=False)
    assert str(plain) == plain.problem == "x"
    assert (plain.sent, plain.timed_out, plain.closed, plain.unreadable) == (False,) * 4
    kinds = [
        (plain, APIConnectionError),
        (lost(timed_out=True), APITimeoutError),
        (lost(unreadable=True), APIResponseError),
        (lost(unreadable=True, timed_out=True), APIResponseError),
    ]
    for outcome, kind in kinds:
        assert kind_without_response(outcome) is kind
        error = make_error(KEYED, outcome, may_have_happened=True, proxy="http://p")
        assert type(error) is kind
        assert (error.proxy, error.may_have_happened) == ("http://p", True)
    assert [
        is_transient(lost(**{flag: True})) for flag in ("closed", "unreadable", "timed_out")
    ] == [*(False, False, True)]


@pytest.mark.parametrize(
    ("status", "refusal", "transient"),
    [
        (200, False, False), (299, False, False), (300, False, False), (301, True, False),
        (302, True, False), (303, False, False), (304, False, False), (307, True, False),
        (308, True, False), (309, False, False), (399, False, False), (400, True, False),
        (407, True, False), (408, False, True), (425, True, True), (429, True, True),
        (499, True, False), (500, False, True), (599, False, True), (600, False, False),
    ],
)  # fmt: skip
def test_statuses(status: int, refusal: bool, transient: bool) -> None:
    """Which of them prove that nothing was executed, and which may be over in a while."""
    outcome = RawResponse(status, {}, b"")
    assert (is_refusal(PLAIN, outcome), is_transient(outcome)) == (refusal, transient)
    assert outcome.is_success == (200 <= status < 300)
    doubtful = RawResponse(status, {}, b"", doubtful=True)
    assert not is_refusal(PLAIN, doubtful)
    assert RawResponse(status, {}, b"").doubtful is False


def test_a_conflict() -> None:
    """With a key it may be about an earlier attempt; without one nothing was done."""
    taken = RawResponse(409, {}, b'{"error":"taken"}')
    running = RawResponse(409, {}, b'{"error":"still IN PROGRESS"}')
    assert [is_refusal(call, taken) for call in (PLAIN, KEYED)] == [True, False]
    assert [is_refusal(call, running) for call in (PLAIN, KEYED)] == [False, False]


def test_what_may_have_happened() -> None:
    """Of several attempts one is enough; a read changes nothing."""
    no, yes = RawResponse(400, {}, b""), RawResponse(500, {}, b"")
    for outcomes, happened in (([], False), ([no], False), ([yes], True), ([no, yes], True)):
        assert may_have_happened(PLAIN, outcomes) == happened
        assert may_have_happened(KEYED, outcomes[::-1]) == happened
        assert not may_have_happened(READ, outcomes)


def test_who_may_take_an_old_connection() -> None:
    """A first attempt that is sent again if nothing comes back."""
    assert may_be_lost(KEYED, retry=0, max_retries=1)
    assert may_be_lost(READ, retry=0, max_retries=1)
    assert not may_be_lost(PLAIN, retry=0, max_retries=1)
    assert not may_be_lost(KEYED, retry=1, max_retries=2)
    assert not may_be_lost(KEYED, retry=0, max_retries=0)


def test_who_waits_for_a_turn() -> None:
    """As long as advised, if that is not too long; where it is certain, whoever asked."""

    def refused(**headers: str) -> RawResponse:
        return RawResponse(
            429, {name.replace("_", "-"): text for name, text in headers.items()}, b""
        )

    for call in (READ, KEYED, PLAIN):
        assert is_for_now(call, refused(), 0.0)
        assert is_for_now(call, refused(retry_after="60"), 60.0)
        assert not is_for_now(call, refused(retry_after="60.5"), 60.0)
    assert not is_for_now(PLAIN, RawResponse(429, {}, b"", doubtful=True), 60.0)
    assert is_for_now(KEYED, RawResponse(429, {}, b"", doubtful=True), 60.0)


@pytest.mark.parametrize(
    ("status", "body", "mfa", "app"),
    [
        (401, b'{"error":"Invalid app ID or app secret."}', False, True),
        (401, b'{"error":"x","code":"missing_or_invalid_privy_app_id"}', False, True),
        (403, b'{"error":"Invalid app ID or app secret."}', False, False),
        (401, b'{"error":"x","code":"mfa_required"}', True, False),
        (401, b'{"error":"x","code":"missing_mfa_enrollment"}', True, False),
        (400, b'{"error":"x","code":"mfa_required"}', True, False),
        (400, b'{"error":"x","code":"policy_violation"}', False, False),
        (401, b'{"error":"x"}', False, False),
        (401, b"", False, False),
    ],
)
def test_what_a_refusal_is_about(status: int, body: bytes, mfa: bool, app: bool) -> None:
    """The second factor, the app, or something else."""
    outcome = RawResponse(status, {}, body)
    assert (asks_for_mfa(outcome), refuses_app(outcome)) == (mfa, app)
    assert accepts_app(outcome) == (not app)
    for nothing in (lost(), NoResponse("app id", sent=False)):
        assert (asks_for_mfa(nothing), refuses_app(nothing), accepts_app(nothing)) == (False,) * 3


def test_codes() -> None:
    """Those of errors; a success has none, whatever its body is."""
    body = b'{"code":"x"}'
    assert [code_of(RawResponse(status, {}, body)) for status in (199, 200, 299, 300)] == [
        *("x", None, None, "x")
    ]
    assert [code_of(RawResponse(400, {}, each)) for each in (b'{"code":7}', b"[]", b"x")] == [
        None
    ] * 3
