"""Through a proxy, and over TLS."""

import datetime
import ipaddress
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from sdk_helpers import RawServer, free_port

from privy_async import (
    APIConnectionError,
)

pytestmark = pytest.mark.anyio


async def test_the_proxy_gets_the_requests() -> None:
    """With `proxy` the request goes there, addressed to Privy."""
    async with (
        RawServer() as proxy,
        proxy.client(base_url="http://api.example", proxy=proxy.url) as privy,
    ):
        assert await privy.request("GET", "/v1/x") == {}
    (request,) = proxy.requests
    assert request.target == "http://api.example/v1/x"


async def test_a_proxy_that_refuses_the_connection_sent_nothing() -> None:
    """Nothing can have happened behind a proxy that could not be reached."""
    proxy = f"http://127.0.0.1:{free_port()}"
    async with RawServer() as server, server.client(proxy=proxy, max_retries=0) as privy:
        with pytest.raises(APIConnectionError) as caught:
            await privy.users.create(linked_accounts=[])
    assert caught.value.may_have_happened is False
    assert server.connections == 0


def certificate(tmp_path: Path) -> Path:
    """A file with a key and its own certificate for 127.0.0.1."""
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(minutes=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    path = tmp_path / "certificate.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(secret + made.public_bytes(Encoding.PEM))
    return path


async def test_tls_trusts_the_system_or_the_context_given(tmp_path: Path) -> None:
    """An unknown certificate is refused before anything is sent; a context of one's own works."""
    path = certificate(tmp_path)
    server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_side.load_cert_chain(path)
    trusting = ssl.create_default_context(cafile=str(path))
    async with RawServer(tls=server_side) as server:
        async with server.client(max_retries=0) as privy:
            with pytest.raises(APIConnectionError) as caught:
                await privy.users.create(linked_accounts=[])
        assert (caught.value.may_have_happened, server.requests) == (False, [])
        async with server.client(ssl=trusting) as privy:
            assert await privy.request("GET", "/v1/x") == {}
    assert server.requests[0].header("host") == f"127.0.0.1:{server.port}"
