"""The log of requests, newest first, with what was wrong with refused signatures."""

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from privy_async.sandbox.http.page.markup import Html, chip, div, element, section, span
from privy_async.sandbox.http.page.times import clock_time, full_time
from privy_async.sandbox.http.request_record import RequestRecord
from privy_async.sandbox.requests.diagnosis import Diagnosis
from privy_async.sandbox.requests.json_text import parse

MAX_REQUESTS: Final = 200
_MAX_TEXT: Final = 4000
# In the order in which Privy's documentation writes them.
_PARTS: Final = ("method", "url", "body", "headers", "version")


def requests(log: Sequence[RequestRecord]) -> Html:
    """The section."""
    rows = map(_request, islice(reversed(log), MAX_REQUESTS))
    empty = (
        "None yet: point your SDK at the address above. PrivyClient() reads it from "
        "PRIVY_API_BASE_URL, beside PRIVY_APP_ID and PRIVY_APP_SECRET; privy-sandbox --user alice "
        "prints all three, with a token to begin with."
    )
    return section("requests", "Requests", rows, count=len(log), empty=empty)


def _request(record: RequestRecord) -> Html:
    marks = (
        chip("replayed") if record.replayed else None,
        chip("keyed") if record.idempotency_key and not record.replayed else None,
    )
    return div(
        f"row request {_tone(record)}",
        div(
            "line",
            element("time", clock_time(record.at), title=full_time(record.at)),
            _status(record),
            span("method", record.method),
            element("code", record.path, title=record.path),
            chip(record.rpc_method) if record.rpc_method else None,
            *marks,
        ),
        div("why", record.error) if record.error else None,
        _cause(record),
        _body(record),
    )


def _cause(record: RequestRecord) -> Html | None:
    """Why it was refused, if more is known than its answer says."""
    diagnosis, payload = record.diagnosis, record.expected_payload
    if diagnosis is None and payload is None:
        return None
    return div(
        "cause",
        element("p", diagnosis.explanation, class_="diagnosis") if diagnosis else None,
        _expected(record, payload) if payload else None,
    )


def _body(record: RequestRecord) -> Html | None:
    if record.body is None:
        return None
    return element(
        "details",
        element("summary", "Body"),
        element("pre", _cut(_pretty(record.body))),
        id=f"body-{record.request_id}",
    )


def _pretty(text: str) -> str:
    """JSON on many lines; a text that is none, or only the beginning of some, as it is."""
    try:
        return json.dumps(parse(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


def _tone(record: RequestRecord) -> str:
    return "bad" if record.status is None or record.status >= 400 else "good"


def _status(record: RequestRecord) -> Html:
    if record.status is None:
        return chip("no answer", "bad")
    return chip(record.status, _tone(record))


def _expected(record: RequestRecord, payload: str) -> Html:
    diagnosis = record.diagnosis
    return element(
        "details",
        element("summary", "What should have been signed"),
        element("table", *_parts(payload, diagnosis)),
        element("p", "The same as RFC 8785 writes it, which is what is signed:"),
        element("pre", _cut(payload)),
        *_other_encoding(diagnosis),
        id=f"payload-{record.request_id}",
    )


def _other_encoding(diagnosis: Diagnosis | None) -> Iterator[Html]:
    if diagnosis is not None and diagnosis.part == "encoding":
        yield element("p", "Signed instead:")
        yield element("pre", _cut(diagnosis.signed or ""))


def _parts(payload: str, diagnosis: Diagnosis | None) -> Iterator[Html]:
    document = _document(payload)
    if not document:
        return
    for name in (*_PARTS, *(each for each in document if each not in _PARTS)):
        wrong = diagnosis is not None and diagnosis.part == name
        yield element(
            "tr",
            element("th", name),
            element(
                "td",
                element("pre", _cut(_shown(document.get(name)))),
                _instead(diagnosis.signed) if wrong and diagnosis else None,
            ),
            class_="wrong" if wrong else None,
        )


def _document(payload: str) -> dict[str, object]:
    """The payload's parts; none if it is so long that the log holds only its beginning."""
    try:
        document: dict[str, object] = parse(payload)
    except ValueError:
        return {}
    return document


def _instead(signed: str | None) -> Html:
    return div("instead", "signed instead: ", element("pre", _cut(_signed(signed))))


def _signed(signed: str | None) -> str:
    if signed is None:
        return "nothing"
    try:
        return _shown(parse(signed))
    except ValueError:
        return signed


def _shown(part: object) -> str:
    if isinstance(part, str) and part:
        return part
    return json.dumps(part, indent=2, ensure_ascii=False)


def _cut(text: str) -> str:
    if len(text) <= _MAX_TEXT:
        return text
    return f"{text[:_MAX_TEXT]}… ({len(text):,} characters)"
