"""`GET /` in a browser."""

import base64
from collections.abc import Sequence
from hashlib import sha256
from importlib import resources
from string import Template
from typing import Final

from privy_async.sandbox.app import App
from privy_async.sandbox.http.page.balances import MAX_BALANCES, balances_of
from privy_async.sandbox.http.page.markup import Html, div, element, joined, span
from privy_async.sandbox.http.page.request_log import requests
from privy_async.sandbox.http.page.sections import newest, sections
from privy_async.sandbox.http.request_record import RequestRecord
from privy_async.sandbox.requests.http_messages import HttpRequest, HttpResponse


def _file(name: str) -> str:
    return resources.files(__package__ or __name__).joinpath(name).read_text("utf-8")


def _source(text: str) -> str:
    """The name of an inline text in a Content-Security-Policy (https://www.w3.org/TR/CSP3/)."""
    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"


_STYLE: Final = _file("style.css")
_SCRIPT: Final = _file("refresh.js")
_TEMPLATE: Final = Template(
    Template(_file("page.html")).safe_substitute(style=_STYLE, script=_SCRIPT)
)
_HEADERS: Final = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src {_source(_STYLE)}; script-src {_source(_SCRIPT)}; "
        "img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Page:
    """Shows one app. It is no part of the API: it needs no credentials and is not logged."""

    def __init__(self, app: App) -> None:
        self._app = app

    def is_for(self, request: HttpRequest) -> bool:
        """True if the page is asked for, or whether the sandbox is there and well."""
        return request.method in ("GET", "HEAD") and request.target in ("/", "/health")

    async def respond(self, request: HttpRequest, records: Sequence[RequestRecord]) -> HttpResponse:
        """Return the page for a browser; for others, a line of JSON that says what this is."""
        if request.target == "/health":
            return HttpResponse.json({"status": "ok"})
        if "text/html" in request.headers.get("accept", ""):
            return await self._page(request, records)
        return _greeting(self._app.app_id, request.base_url)

    async def _page(self, request: HttpRequest, records: Sequence[RequestRecord]) -> HttpResponse:
        """Return the page, or 304 if the browser has the same already."""
        balances = await balances_of(
            self._app.blockchains, newest(self._app.state.wallets)[:MAX_BALANCES]
        )
        log, held = requests(records), joined(sections(self._app, balances))
        head = _head(self._app.app_id, request.base_url)
        main = element("main", head, div("columns", div("log", log), div("state", held)))
        page = _TEMPLATE.substitute(app_id=joined([self._app.app_id]), main=main)
        body = page.encode("utf-8", "replace")
        tag = f'"{sha256(body).hexdigest()[:32]}"'
        headers = {**_HEADERS, "ETag": tag}
        if request.headers.get("if-none-match") == tag:
            return HttpResponse(304, b"", headers)
        return HttpResponse(200, body, headers)


def _greeting(app_id: str, base_url: str) -> HttpResponse:
    greeting = {
        "name": "Privy sandbox",
        "app_id": app_id,
        "base_url": base_url,
        "page": f"{base_url}/ in a browser",
        "health": f"{base_url}/health",
    }
    line = HttpResponse.json(greeting)
    return HttpResponse(line.status, line.body + b"\n", line.headers)


def _head(app_id: str, base_url: str) -> Html:
    return element(
        "header",
        element("h1", "Privy sandbox"),
        element("p", span("quiet", "app "), element("code", app_id), class_="fact"),
        element("p", span("quiet", "at "), element("code", base_url), class_="fact"),
        element("p", "The sandbox does not answer any more.", class_="gone", role="status"),
    )
