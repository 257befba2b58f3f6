"""The hosts a sandbox answers to, so that no web page reaches it by a name of the page's own.

A page can have its own name point to this machine once a browser has loaded it (DNS rebinding). The
browser then takes the sandbox for the page's server; only the Host header tells that it is not.
"""

import re
from ipaddress import ip_address
from typing import Final

from privy_async.sandbox.requests.http_messages import HttpRequest
from privy_async.sandbox.requests.refusal import Refusal

_HOST: Final = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([^\[\]:/?#@\\\s]+))(?::[0-9]{0,5})?")


def check_host(request: HttpRequest, *, started_with: str, arrived_at: str) -> None:
    """Refuse a request to a host that is neither this machine nor the one of the sandbox.

    Args:
        started_with: The name or address the sandbox was started with.
        arrived_at: The address of this machine at which the request arrived. Nobody can have a page
            of that name, as it is none.

    Raises:
        Refusal: 421, as RFC 9110, section 15.5.20 has it.
    """
    header = request.headers.get("host", "")
    host = _host_of(header)
    if host is None or not (_is_loopback(host) or host in (started_with.lower(), arrived_at)):
        problem = (
            f"The sandbox does not answer to the host '{header}'. Reach it by localhost, by its IP "
            "address, or by the host it was started with"
        )
        raise Refusal(421, problem)


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
