"""The pieces of a call that need no network."""

from typing import Final

from benchmarks.contest import Contest, Entry
from benchmarks.figures import Row, Section, Table, Target, times

_OURS: Final = "ours_pieces"
_SHARE: Final = 0.5
_PREPARE_TEXT: Final = """\
What a call does before its bytes are sent, by the code that does it in every call: the body's
canonical JSON, idempotency key, expiry, canonical payload, signature, headers. It is measured
against OpenSSL's ECDSA of the same payload by `cryptography`, with a parsed key. "The whole call"
adds what the user calls, and reading the answer: its transport answers by itself, without a
network or an event loop."""
_CANONICAL_TEXT: Final = """\
RFC 8785 by this SDK and by the library `rfc8785`, and `json.dumps` with sorted keys, which is not
RFC 8785: it orders keys by code point, writes numbers as Python does, and refuses nothing. For
these two bodies all three give the same bytes."""
_DECODE_TEXT: Final = """\
Parsed JSON as typed values, by this SDK and by the official one as its client does it. The official
SDK does not check what it decodes; this one checks that what it needs is there. Reading the text
(`json.loads`) comes before either and is not in the comparison; it is shown beside them."""


_ADDRESSES_TEXT: Final = """\
An Ethereum address, checked by itself and as `to` of a transaction that is signed (the whole call
without a network). In one case it has a form alone; in mixed case it has a checksum (EIP-55), which
takes a Keccak-256 the first time, and nothing as long as the address is remembered (4,096 are).
The digest comes from a library in C if one is installed, as it is here, else from Python."""


def addresses(contest: Contest) -> Section:
    """Addresses with checksums, new and repeated."""
    works = {
        "check: in lower case": "check lower",
        "check: checksummed, seen before": "check seen",
        "check: checksummed, new": "check new",
        "Keccak-256 of it in Python": "keccak in Python",
        "sign a transaction: in lower case": "sign lower",
        "sign a transaction: checksummed, seen before": "sign seen",
        "sign a transaction: checksummed, new": "sign new",
    }
    found = contest.run([Entry(name, _OURS, work) for name, work in works.items()], share=_SHARE)
    return Section("Addresses", _ADDRESSES_TEXT, (times(found.values()),))


def prepare(contest: Contest) -> Section:
    """Preparing a signed request, against signing alone."""
    works = {
        "OpenSSL: sign the payload": "openssl",
        "prepare the request": "prepare",
        "the whole call without a network": "call",
    }
    found = contest.run([Entry(name, _OURS, work) for name, work in works.items()], share=_SHARE)
    sign, prepared, _ = found.values()
    row = Row(
        "prepare",
        "prepare a signed request, against bare OpenSSL sign (times its time)",
        Target(1.6, at_least=False),
        prepared.times_as_long_as(sign),
    )
    return Section("Preparing a request", _PREPARE_TEXT, (times(found.values()),), (row,))


def canonical(contest: Contest) -> Section:
    """Canonical JSON."""
    bodies = {"rpc": "the body of personal_sign", "typed data": "the body of eth_signTypedData_v4"}
    ways = ("canonical_json", "json.dumps", "rfc8785")
    tables: list[Table] = []
    for body, title in bodies.items():
        entries = [Entry(way, _OURS, f"{body} {way}") for way in ways]
        tables.append(times(contest.run(entries, share=_SHARE).values(), title=title))
    return Section("Canonical JSON", _CANONICAL_TEXT, tuple(tables))


def decoding(contest: Contest) -> Section:
    """Values of JSON."""
    works = {"wallet": "a wallet", "page": "a page of 100 wallets"}
    tables: list[Table] = []
    rows: list[Row] = []
    for work, title in works.items():
        entries = [
            Entry("privy_async", _OURS, work),
            Entry("privy-client", "official_decoding", work),
            Entry("json.loads of its text", _OURS, f"{work} json.loads"),
        ]
        found = contest.run(entries, share=_SHARE)
        tables.append(times(found.values(), title=title))
        if "privy-client" in found:
            ratio = found["privy_async"].times_faster_than(found["privy-client"])
            target = Target(25, at_least=True)
            rows.append(Row("decode", f"decode {title}, against privy-client", target, ratio))
    return Section("Decoding", _DECODE_TEXT, tuple(tables), tuple(rows))
