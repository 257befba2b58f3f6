"""Sealing of users' keys that are kept outside the process, each for its own name only."""

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Iterable
from typing import Final, TypeAlias

import attrs
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from privy_async.errors import InvalidArgumentError
from privy_async.json_types import parse_json
from privy_async.signing.p256 import AuthorizationKey
from privy_async.signing.secret import NotPickled, hides_arguments
from privy_async.user_keys.cache import UserKey

EncryptionKey: TypeAlias = str | bytes
"""32 bytes, as they are or in base64: `openssl rand -base64 32` makes one."""

_KEY_LENGTH: Final = 32
_NONCE_LENGTH: Final = 12
# Sealed into every value: another form of the plaintext gets another label.
_LABEL: Final = b"privy-async user key 1\n"
_FROM_URL_SAFE: Final = str.maketrans("-_", "+/")


@attrs.frozen(init=False)
class UserKeyCipher(NotPickled):
    """Seals users' keys with AES-256-GCM (NIST SP 800-38D), for stores outside the process.

    A sealed key opens under its own name only, so nobody who can write to the store can put one
    user's key in another's place.

    Whoever can write there can put an older sealed key of the same user back (a rollback), and
    nothing notices that, since it gains nothing. The name is made of the app and of the very tokens
    that the app has in hand when it asks: the key signs for the same user, with or without the same
    MFA, as the one that it replaces. Its end is sealed in it, so it is not used any longer than
    Privy said. One that Privy has refused is not taken again by the process that was told so; any
    other one hears it from Privy at its first call, and exchanges once. After
    `privy.forget_user` a key that is put back serves only whoever shows the app the same token, and
    Privy decides about it: it refuses the keys of users who are frozen or deleted. What remains is
    the delay of one refused call; who can write to a store can cause more by emptying it.
    """

    _ciphers: tuple[AESGCM, ...] = attrs.field(repr=False)

    @hides_arguments
    def __init__(self, encryption_key: EncryptionKey | Iterable[EncryptionKey]) -> None:
        """Take the app's own key, or several while one is replaced.

        Args:
            encryption_key: The first key seals, and each of them opens. To replace a key, let
                every process know the new one in the second place, then put it first, then drop
                the old one.

        Raises:
            InvalidArgumentError: One is not 32 bytes. The error shows nothing of it.
        """
        several = isinstance(encryption_key, Iterable) and not isinstance(
            encryption_key, (str, bytes, bytearray)
        )
        keys: tuple[object, ...] = tuple(encryption_key) if several else (encryption_key,)
        if not keys:
            raise InvalidArgumentError("encryption_key", "expected at least one key")
        ciphers = tuple(AESGCM(_read_key(key)) for key in keys)
        self.__attrs_init__(ciphers)  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]

    @hides_arguments
    def seal(self, name: bytes, user_key: UserKey) -> str:
        """Return the key, sealed for this name, as base64 text."""
        plaintext = json.dumps(
            {
                "key": user_key.key.to_base64(),
                "issued_at": user_key.issued_at,
                "expires_at": user_key.expires_at,
            }
        )
        nonce = os.urandom(_NONCE_LENGTH)
        return b64encode(
            nonce + self._ciphers[0].encrypt(nonce, plaintext.encode(), _LABEL + name)
        ).decode()

    @hides_arguments
    def open(self, name: bytes, sealed: str | bytes) -> UserKey | None:
        """Return what was sealed for this name; None if it was not, or under no key we know."""
        try:
            data = b64decode(sealed, validate=True)
        except ValueError:
            return None
        nonce, ciphertext = data[:_NONCE_LENGTH], data[_NONCE_LENGTH:]
        for cipher in self._ciphers:
            try:
                plaintext = cipher.decrypt(nonce, ciphertext, _LABEL + name)
            except (InvalidTag, ValueError):
                continue
            fields = parse_json(plaintext)
            return UserKey(
                key=AuthorizationKey.parse(fields["key"]),
                issued_at=fields["issued_at"],
                expires_at=fields["expires_at"],
            )
        return None


def _read_key(key: object) -> bytes:
    decoded = key
    if isinstance(key, str):
        try:
            decoded = b64decode(key.strip().translate(_FROM_URL_SAFE), validate=True)
        except ValueError:
            decoded = b""
    if isinstance(decoded, bytes) and len(decoded) == _KEY_LENGTH:
        return decoded
    raise InvalidArgumentError(
        "encryption_key",
        "is missing: give 32 bytes or their base64 (is a variable such as PRIVY_STORE_KEY set?)"
        if key is None
        else "expected 32 bytes, as bytes or in base64 (openssl rand -base64 32)",
    )
