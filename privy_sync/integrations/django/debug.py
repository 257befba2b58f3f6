"""Error pages and error mails without secrets.

With DEBUG = True Django shows every local variable of every function on the way to an error,
tokens included; without, it mails them to ADMINS.
"""

import os
import re
from collections.abc import Iterator
from pprint import pformat
from types import FrameType
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.views.debug import ExceptionReporter as DjangoReporter
from django.views.debug import SafeExceptionReporterFilter

from privy_async.json_types import is_object

_REPORTER: Final = "django.views.debug.ExceptionReporter"
_FILTER: Final = "django.views.debug.SafeExceptionReporterFilter"
_PACKAGES: Final = ("privy_async", "privy_sync")
_VARIABLES: Final = ("PRIVY_APP_SECRET", "PRIVY_WEBHOOK_SIGNING_SECRET")
_STARS: Final = SafeExceptionReporterFilter.cleansed_substitute
_TELLING_NAME: Final = re.compile(
    "jwt|token|secret|passw|private_?key|authorization|signature", re.IGNORECASE
)
# A token (the base64url of `{"...`), a private key as base64 of its PKCS #8 form and as PEM, a
# webhook's secret, and a P-256 signature as base64 of its DER form.
_SECRET: Final = re.compile(
    r"eyJ[\w-]{8,}(?:\.[\w-]*)*"
    r"|MI(?:GH|GT|IE|IC)[\w+/=]{40,}"
    r"|-----BEGIN[ A-Z]*PRIVATE KEY-----.*?(?:-----END|\Z)"
    r"|whsec_[\w+/=]+"
    r"|ME[QUY]C[\w+/=]{80,}",
    re.DOTALL,
)


def hide_secrets(text: str) -> str:
    """The text with stars for what looks like a secret, or is one of this app's."""
    for secret in _own_secrets():
        text = text.replace(secret, _STARS)
    return _SECRET.sub(_STARS, text)


def _own_secrets() -> Iterator[str]:
    given: object = getattr(settings, "PRIVY", {})
    values: list[object] = [os.environ.get(name) for name in _VARIABLES]
    if is_object(given):
        values += [value for name, value in given.items() if _TELLING_NAME.search(str(name))]
    yield from (value for value in values if isinstance(value, str) and value)


class _Shown:
    """A variable as its text on an error page."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


class ExceptionReporterFilter(SafeExceptionReporterFilter):
    """Django's own, and in debug mode too: no variables of the SDK's functions, no secrets."""

    def get_traceback_frame_variables(
        self, request: HttpRequest | None, tb_frame: FrameType
    ) -> Any:
        """The variables of one function."""
        if str(tb_frame.f_globals.get("__name__")).split(".")[0] in _PACKAGES:
            return []
        variables = super().get_traceback_frame_variables(request, tb_frame)
        return [(name, _shown(name, value)) for name, value in variables]

    def cleanse_setting(self, key: Any, value: Any) -> Any:
        """A setting, a header or a cookie."""
        cleansed = super().cleanse_setting(key, value)
        return hide_secrets(cleansed) if isinstance(cleansed, str) else cleansed


class ExceptionReporter(DjangoReporter):
    """Django's own, without secrets anywhere in what it writes, be it the error's own text."""

    def get_traceback_html(self) -> Any:
        """The page for browsers."""
        return hide_secrets(str(super().get_traceback_html()))

    def get_traceback_text(self) -> Any:
        """The page for other clients, and for mails."""
        return hide_secrets(str(super().get_traceback_text()))


def _shown(name: str, value: object) -> object:
    if _TELLING_NAME.search(name):
        return _STARS
    try:
        return _Shown(hide_secrets(pformat(value)))
    except (
        Exception
    ) as error:  # Anything may go wrong in a repr, and a page must come all the same.
        return _Shown(f"<{type(value).__name__} whose repr raises {type(error).__name__}>")


def protect(request: HttpRequest) -> None:
    """Have error pages about this request show no secrets, unless the project has its own way."""
    if settings.DEFAULT_EXCEPTION_REPORTER == _REPORTER:
        request.__dict__["exception_reporter_class"] = ExceptionReporter
    # Mails to ADMINS know of no reporter but the setting's, so the filter does most of the work.
    if settings.DEFAULT_EXCEPTION_REPORTER_FILTER == _FILTER:
        request.__dict__["exception_reporter_filter"] = ExceptionReporterFilter()
