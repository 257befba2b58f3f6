"""System checks: what is missing or wrong in the setting PRIVY."""

import os
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as CheckWarning
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from privy_async.json_types import is_object
from privy_sync.integrations.django.clients import make_client
from privy_sync.integrations.django.options import KNOWN, REQUIRED, USER_JWT

MIDDLEWARE = "privy_sync.integrations.django.PrivyMiddleware"


def check_settings(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Look at PRIVY and at MIDDLEWARE."""
    given: object = getattr(settings, "PRIVY", {})
    if not is_object(given):
        return [Error("PRIVY must be a dict.", id="privy.E001")]
    problems = [*_unknown(given), *_missing(given), *_own_login(given)]
    return [*(problems or _wrong()), *_no_middleware(), *_shown_password(given)]


def _unknown(given: Any) -> Iterator[CheckMessage]:
    for name in sorted(map(str, given.keys() - KNOWN)):
        close = get_close_matches(name.upper(), KNOWN, n=1)
        hint = f"Did you mean {close[0]!r}?" if close else f"Known: {', '.join(sorted(KNOWN))}."
        yield Error(f"PRIVY has the unknown key {name!r}.", hint=hint, id="privy.E002")


def _missing(given: Any) -> Iterator[CheckMessage]:
    for name, variable in REQUIRED.items():
        if not (given.get(name) or os.environ.get(variable)):
            hint = f"Set it, or the environment variable {variable}."
            yield Error(f"PRIVY[{name!r}] is missing.", hint=hint, id="privy.E003")


def _own_login(given: Any) -> Iterator[CheckMessage]:
    path = given.get(USER_JWT)
    if path is None:
        return
    try:
        usable = callable(import_string(path))
    except (ImportError, AttributeError, TypeError):
        usable = False
    if not usable:
        hint = "It is the path of a function from a request to its user's token."
        yield Error(f"PRIVY[{USER_JWT!r}] cannot be imported.", hint=hint, id="privy.E005")


def _wrong() -> Iterator[CheckMessage]:
    try:
        make_client()
    except (ImproperlyConfigured, TypeError) as error:
        yield Error(str(error), id="privy.E004")


def _no_middleware() -> Iterator[CheckMessage]:
    if MIDDLEWARE not in settings.MIDDLEWARE:
        problem = "Without the middleware there is no request.privy, and errors are not answered."
        yield CheckWarning(problem, hint=f"Add {MIDDLEWARE!r} to MIDDLEWARE.", id="privy.W001")


def _shown_password(given: Any) -> Iterator[CheckMessage]:
    if urlsplit(str(given.get("PROXY") or "")).password:
        problem = "PRIVY['PROXY'] holds a password, and Django's error page shows settings."
        yield CheckWarning(problem, hint="Use a proxy that knows you otherwise.", id="privy.W002")
