"""Options of a client: read, checked, and kept."""

import logging
import os
import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

import attrs

from privy_async.checks import RequestExpiry, check_header_text
from privy_async.clock import Clock
from privy_async.errors import InvalidArgumentError
from privy_async.json_types import is_encodable
from privy_async.sending.credentials import AppSecrets, Credentials
from privy_async.sending.pacer import Pacer, find_pacer

if TYPE_CHECKING:
    import ssl as ssl_module

    # Loaded where somebody watches what is sent.
    from privy_async.sending.audit import SigningRequest
    from privy_async.sending.observing import Request, Response

T = TypeVar("T")

_log = logging.getLogger("privy_async")

BeforeSigning: TypeAlias = "Callable[[SigningRequest], object]"
"""Refuses a request by raising; may be async."""

DEFAULT_BASE_URL: Final = "https://api.privy.io"
_PORTS: Final = {"https": 443, "http": 80}
_HOST: Final = r"(?P<host>[a-z0-9.\-_]+|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?"
_PROXY: Final = re.compile(rf"https?://(?:[^@/\s]*@)?{_HOST}/?", re.IGNORECASE | re.ASCII)
_CREDENTIALS: Final = re.compile("://.*@")
_PORT_AT_END: Final = re.compile(":[0-9]+$")
_BASE_URL: Final = re.compile(
    rf"(?P<scheme>https?)://{_HOST}"
    r"(?P<path>(?:/[a-z0-9.\-_~]+)*)/*",
    re.IGNORECASE | re.ASCII,
)


@attrs.frozen(eq=False, repr=False)
class Settings:
    """The options of a client; `with_options` makes a changed copy."""

    app_id: str
    credentials: Credentials
    base_url: str
    timeout: float
    max_retries: int
    deadline: float | None
    clock: Clock
    request_expiry: RequestExpiry
    intent_expiry: RequestExpiry
    on_request: "Callable[[Request], object] | None" = None
    on_response: "Callable[[Response], object] | None" = None
    before_signing: "BeforeSigning | None" = None
    pacer: Pacer | None = None

    def with_pace(self, pace: object) -> "Settings":
        """Return the same with a pacer, the one of its app in this process, or without one.

        Raises:
            InvalidArgumentError: `pace` is neither True nor False.
        """
        if not isinstance(pace, bool):
            raise InvalidArgumentError("pace", "expected True or False")
        pacer = find_pacer(self.base_url, self.app_id, self.clock) if pace else None
        return attrs.evolve(self, pacer=pacer)

    def default_expiry(self, path: str) -> RequestExpiry:
        """The expiry of calls that give none: intents wait for people, so they live longer."""
        intent = path.startswith("/v1/intents/")
        return self.intent_expiry if intent else self.request_expiry


def read_setting(name: str, given: str | None, variable: str, default: str = "") -> str:
    """An option, or else its environment variable, or else its default."""
    value = os.environ.get(variable) or default if given is None else given
    if isinstance(value, str) and value and is_encodable(value):
        return value
    raise InvalidArgumentError(name, f"is missing: give {name}= or set {variable}")


def read_app_secret(given: AppSecrets | None) -> AppSecrets:
    """The app's secret, several, or a function that returns them; or else the variable."""
    if given is None or isinstance(given, str):
        return read_setting("app_secret", given, "PRIVY_APP_SECRET")
    return given


def check_app_id(app_id: str) -> str:
    """Return an app id that can stand in a header and in basic authentication."""
    if ":" not in check_header_text("app_id", app_id):
        return app_id
    raise InvalidArgumentError(
        "app_id", "expected no colon in it: basic authentication splits there"
    )


def check_base_url(base_url: object) -> str:
    """Return the address of an API in the form in which it is signed and sent."""
    parts = _BASE_URL.fullmatch(base_url.strip()) if isinstance(base_url, str) else None
    if parts is None or int(parts["port"] or 1) not in range(1, 65536):
        raise InvalidArgumentError("base_url", "expected an address such as https://api.privy.io")
    scheme, host, port, path = (
        parts["scheme"].lower(),
        parts["host"].lower(),
        parts["port"],
        parts["path"],
    )
    if not {".", ".."}.isdisjoint(path.split("/")):
        raise InvalidArgumentError(
            "base_url", "must not have dot segments, which make another path than the one signed"
        )
    _warn_of_plain_http(scheme, host)
    # The server sees the host as the Host header has it: without the scheme's own port.
    authority = host if port is None or int(port) == _PORTS[scheme] else f"{host}:{int(port)}"
    return f"{scheme}://{authority}{path}"


_LOOPBACK: Final = r"localhost|.*\.localhost|127\.[0-9.]+|\[::1\]"


@cache
def _warn_of_plain_http(scheme: str, host: str) -> None:
    """Say once for each host that what is sent there can be read on the way."""
    if scheme == "http" and not re.fullmatch(_LOOPBACK, host):
        _log.warning("base_url is http://%s: the app's secret goes there unencrypted", host)


def choose_proxy(proxy: object, base_url: str) -> str | None:
    """Return the URL of the HTTP proxy that a client's requests go through, or None.

    Without one given, it is that of HTTPS_PROXY (HTTP_PROXY for a base_url of plain HTTP) unless
    NO_PROXY names the host, in either case of letters, as with aiohttp's `trust_env`. Requests to
    this machine itself never go through a proxy of the environment.

    Raises:
        InvalidArgumentError: It is none that can be used; it names the argument or the variable.
    """
    if proxy is not None:
        return _check_proxy("proxy", proxy)
    scheme, _, rest = base_url.partition("://")
    host = rest.partition("/")[0]
    if re.fullmatch(_LOOPBACK, _PORT_AT_END.sub("", host)):
        return None
    if not any(name.lower() == f"{scheme}_proxy" and text for name, text in os.environ.items()):
        return None
    # It takes some milliseconds to load.
    from urllib.request import getproxies_environment, proxy_bypass

    found = getproxies_environment().get(scheme)
    if found is None or proxy_bypass(host):
        return None
    return _check_proxy(f"{scheme.upper()}_PROXY", found if "://" in found else f"http://{found}")


def _check_proxy(name: str, proxy: object) -> str:
    parts = _PROXY.fullmatch(proxy) if isinstance(proxy, str) else None
    if parts is not None and int(parts["port"] or 1) in range(1, 65536):
        return parts.string
    raise InvalidArgumentError(
        name, "expected the URL of an HTTP proxy, such as http://proxy.example:3128"
    )


def mask_proxy(proxy: str | None) -> str | None:
    """Return a proxy's URL as it may be shown: without a name and password."""
    return proxy and _CREDENTIALS.sub("://***@", proxy)


def check_ssl(ssl: object) -> "ssl_module.SSLContext | bool":
    """Return what aiohttp takes for a TLS context."""
    if ssl is None:
        return True
    from ssl import SSLContext

    if isinstance(ssl, SSLContext):
        return ssl
    # False would turn off verification: whoever wants that says so in a context of their own.
    raise InvalidArgumentError("ssl", "expected an ssl.SSLContext, or None for the system's trust")


def check_hook(name: str, hook: "Callable[[T], object] | None") -> "Callable[[T], object] | None":
    """Return a function that is told of requests or responses, or None."""
    if hook is None or callable(hook):
        return hook
    raise InvalidArgumentError(name, "expected a function, or None")
