"""The setting PRIVY as the options of a client."""

from collections.abc import Mapping
from inspect import signature
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from privy_async.client import PrivyClient
from privy_async.integrations._requests import DEADLINE
from privy_async.json_types import is_object
from privy_async.signing.secret import hides_arguments

USER_JWT: Final = "USER_JWT"
COOKIE: Final = "COOKIE"
_OURS: Final = (USER_JWT, COOKIE)
KNOWN: Final = frozenset({*_OURS, *map(str.upper, list(signature(PrivyClient).parameters))})
REQUIRED: Final = {"APP_ID": "PRIVY_APP_ID", "APP_SECRET": "PRIVY_APP_SECRET"}
"""The options that must be set, in PRIVY or in the environment."""


@hides_arguments
def read_settings() -> Mapping[str, Any]:
    """The setting PRIVY, which may be left out if all is in the environment.

    Raises:
        ImproperlyConfigured: It is not a dict, or has keys that mean nothing.
    """
    given: object = getattr(settings, "PRIVY", {})
    if not is_object(given):
        raise ImproperlyConfigured("PRIVY must be a dict")
    unknown = sorted(str(name) for name in given.keys() - KNOWN)
    if unknown:
        raise ImproperlyConfigured(f"PRIVY has unknown keys: {', '.join(unknown)}")
    return given


@hides_arguments
def client_options() -> dict[str, Any]:
    """Return what `PrivyClient` is made with; its deadline is 25 s unless PRIVY says another.

    Raises:
        ImproperlyConfigured: PRIVY is wrong.
    """
    given = {name.lower(): value for name, value in read_settings().items() if name not in _OURS}
    return {"deadline": DEADLINE, **given}
