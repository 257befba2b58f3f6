"""The way to Privy: the host's name, the proxy, the port, and TLS."""

import asyncio
import os
import socket
import ssl
from typing import Final
from urllib.parse import urlsplit

from privy_async.errors import InvalidArgumentError
from privy_async.integrations.command_line.findings import Finding, bad, good
from privy_async.sending.settings import choose_proxy, mask_proxy

_PORTS: Final = {"https": 443, "http": 80}


async def check_network(base_url: str, timeout: float) -> Finding:
    """Return whether a connection can be had, as clients make theirs."""
    try:
        proxy = choose_proxy(None, base_url)
    except InvalidArgumentError as error:
        return bad("network", "bad-setting", f"{error}", f"Correct {error.argument}, or unset it.")
    limit = asyncio.timeout(timeout)
    try:
        async with limit:
            if proxy is not None:
                return await _through(proxy, base_url)
            return await _directly(base_url)
    except TimeoutError:
        if not limit.expired():
            raise
        where = f"the proxy {mask_proxy(proxy)}" if proxy else _place(base_url)
        return bad(
            "network",
            "dead-proxy" if proxy else "unreachable",
            f"no answer from {where} within {timeout:g} s",
            "Something drops what is sent there, such as a firewall: let it through, or set "
            "HTTPS_PROXY if this network needs a proxy.",
        )


async def _through(proxy: str, base_url: str) -> Finding:
    shown = mask_proxy(proxy)
    try:
        await _connect(proxy, tls=None)
    except OSError as error:
        return bad(
            "network",
            "dead-proxy",
            f"the proxy {shown} cannot be reached: {_reason(error)}",
            f"Correct the environment's proxy, unset it, or name {_host(base_url)} in NO_PROXY.",
        )
    return good("network", f"the proxy {shown} can be reached, and leads to {_place(base_url)}")


async def _directly(base_url: str) -> Finding:
    try:
        await _connect(base_url, tls=None)
    except OSError as error:
        return _unreachable(base_url, error)
    place = _place(base_url)
    if not base_url.startswith("https:"):
        return good("network", f"{place} can be reached")
    try:
        version = await _connect(base_url, tls=ssl.create_default_context())
    except ssl.SSLCertVerificationError as error:
        return _untrusted(place, error.verify_message)
    except OSError as error:
        return bad(
            "network",
            "tls-failure",
            f"{place} can be reached, but TLS fails: {getattr(error, 'reason', '') or error}",
            "Is the port one for https? If something between inspects TLS, it must speak TLS 1.2 "
            "or newer.",
        )
    return good("network", f"{place} can be reached over {version}")


def _untrusted(place: str, problem: str) -> Finding:
    file = os.environ.get("SSL_CERT_FILE")
    store = f"the file {file} of SSL_CERT_FILE" if file else "this machine's trust store"
    return bad(
        "network",
        "tls-failure",
        f"{place} shows a certificate that {store} does not vouch for: {problem}",
        "If your network inspects TLS, put its CA into a file and set SSL_CERT_FILE to it. Else "
        "install the system's CA certificates, and check PRIVY_API_BASE_URL.",
    )


def _unreachable(base_url: str, error: OSError) -> Finding:
    if isinstance(error, socket.gaierror):
        return bad(
            "network",
            "no-network",
            f"the name {_host(base_url)} cannot be looked up: {_reason(error)}",
            "Is this machine online, and PRIVY_API_BASE_URL right? In a container, look at its "
            "network and DNS; behind a proxy, set HTTPS_PROXY.",
        )
    return bad(
        "network",
        "unreachable",
        f"{_place(base_url)} cannot be reached: {_reason(error)}",
        "Check PRIVY_API_BASE_URL and the firewall; behind a proxy, set HTTPS_PROXY.",
    )


async def _connect(url: str, *, tls: ssl.SSLContext | None) -> str | None:
    """Connect, and return the version of TLS."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or _PORTS.get(parts.scheme, 443)
    _, writer = await asyncio.open_connection(host, port, ssl=tls)
    try:
        connection = writer.get_extra_info("ssl_object")
        return None if connection is None else str(connection.version())
    finally:
        writer.transport.abort()


def _host(url: str) -> str:
    return urlsplit(url).hostname or url


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or _PORTS.get(parts.scheme, 443)}"


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
