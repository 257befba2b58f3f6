"""A software authenticator: passkeys of ES256, as a browser gives them to a page.

https://www.w3.org/TR/webauthn-3/, sections 6.1 (authenticator data) and 5.8.1 (client data)
"""

import base64
import hashlib
import json
import os
import re
from typing import Any
from urllib.parse import urlsplit

import attrs
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

USER_PRESENT = 0x01
ES256 = -7


def base64url(data: bytes) -> str:
    """Without padding, as WebAuthn writes bytes."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@attrs.define
class Authenticator:
    """One passkey. Attributes that tests change make it a wrong or a broken one.

    Attributes:
        count: How often it has signed; None if it does not count.
    """

    origin: str = "https://app.example.com"
    count: int | None = 0
    flags: int = USER_PRESENT
    key: EllipticCurvePrivateKey = attrs.field(factory=lambda: generate_private_key(SECP256R1()))
    id: str = attrs.field(factory=lambda: base64url(os.urandom(16)))

    def create(self, options: Any) -> dict[str, Any]:
        """What `navigator.credentials.create(...)`, and `toJSON()` of it, give for options."""
        spki = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        data = self._data(options["rp"]["id"])
        response = {
            "clientDataJSON": self._client_data("webauthn.create", options),
            # The sandbox does not read it, and Privy gets the key in `publicKey` as well.
            "attestationObject": base64url(b"\xa0"),
            "authenticatorData": base64url(data),
            "transports": ["internal"],
            "publicKeyAlgorithm": ES256,
            "publicKey": base64url(spki),
        }
        return self._credential(response)

    def get(self, options: Any) -> dict[str, Any]:
        """What `navigator.credentials.get(...)`, and `toJSON()` of it, give for options."""
        self.count = None if self.count is None else self.count + 1
        data = self._data(options["rp_id"])
        client_data = self._client_data("webauthn.get", options)
        told = base64.urlsafe_b64decode(client_data + "=" * (-len(client_data) % 4))
        signature = self.key.sign(data + hashlib.sha256(told).digest(), ECDSA(SHA256()))
        response = {
            "clientDataJSON": client_data,
            "authenticatorData": base64url(data),
            "signature": base64url(signature),
            "userHandle": None,
        }
        return self._credential(response)

    def _credential(self, response: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": self.id,
            "rawId": self.id,
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": response,
        }

    def _data(self, rp_id: str) -> bytes:
        assert rp_id == urlsplit(self.origin).hostname, "a browser would not even ask"
        count = (self.count or 0).to_bytes(4, "big")
        return hashlib.sha256(rp_id.encode()).digest() + bytes([self.flags]) + count

    def _client_data(self, kind: str, options: Any) -> str:
        told = {"type": kind, "challenge": options["challenge"], "origin": self.origin}
        return base64url(json.dumps({**told, "crossOrigin": False}).encode())


def as_privy_spells(item: Any) -> Any:
    """A browser's JSON with Privy's names: `clientDataJSON` becomes `client_data_json`."""
    if not isinstance(item, dict):
        return item
    return {
        re.sub("(?<=[a-z])[A-Z]+", lambda hump: f"_{hump[0].lower()}", name): as_privy_spells(inner)
        for name, inner in item.items()
    }
