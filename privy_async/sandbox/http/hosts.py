"""The hosts a sandbox answers to, so that no web page reaches it by a name of the page's own.

A page can have its own name point to this machine once a browser has loaded it (DNS rebinding). The
browser then takes the sandbox for the page's server; only the Host header tells that it is not.
"""

import re
from collections.abc import Collection
from ipaddress import ip_address
from typing import Final

from privy_async.sandbox.requests.http_messages import HttpRequest
from privy_async.sandbox.requests.refusal import Refusal

_PUBLIC_URL: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]+\]|[^\[\]:/?#@\\\s]+)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(?:/[^?#\s]*)?)",
    re.IGNORECASE,
)
_PORTS: Final = {"http": 80, "https": 443}
_HOST: Final = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([^\[\]:/?#@\\\s]+))(?::[0-9]{0,5})?")


def check_public_url(url: str) -> str:
    """Return the address at which clients reach a sandbox, in the form in which they sign it.

    That is without the scheme's own port, and with no slash at the end.

    Raises:
        ValueError: It is no such address.
    """
    parts = _PUBLIC_URL.fullmatch(url.strip())
    if parts is None or int(parts["port"] or 1) not in range(1, 65536):
        raise ValueError(f"public_url: expected an address such as https://privy.test, not {url!r}")
    scheme, host = parts["scheme"].lower(), parts["host"].lower()
    port = int(parts["port"] or _PORTS[scheme])
    authority = host if port == _PORTS[scheme] else f"{host}:{port}"
    return f"{scheme}://{authority}{parts['path'].rstrip('/')}"


def check_host(request: HttpRequest, *, started_with: Collection[str], arrived_at: str) -> None:
    """Refuse a request to a host that is neither this machine nor one of the sandbox's.

    Args:
        started_with: The names or addresses the sandbox was started with, in lower case.
        arrived_at: The address of this machine at which the request arrived. Nobody can have a page
            of that name, as it is none.

    Raises:
        Refusal: 421, as RFC 9110, section 15.5.20 has it.
    """
    header = request.headers.get("host", "")
    host = _host_of(header)
    if host is None or not (_is_loopback(host) or host in {*started_with, arrived_at}):
        problem = (
            f"The sandbox does not answer to the host '{header}'. Reach it by localhost, by its IP "
            "address, by the host it was started with, or by its public URL"
        )
        raise Refusal(421, problem)


def host_of(public_url: str) -> str:
    """Return the host of a checked public URL."""
    parts = _PUBLIC_URL.fullmatch(public_url)
    assert parts is not None
    return parts["host"].strip("[]")


def _host_of(header: str) -> str | None:
    """Return the host without the port, in lower case; None if the header has none."""
    match = _HOST.fullmatch(header)
    return (match[1] or match[2]).lower().removesuffix(".") if match else None


def _is_loopback(host: str) -> bool:
    # Names that end in localhost are loopback everywhere (RFC 6761, section 6.3).
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
