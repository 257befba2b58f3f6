"""`raw_sign`: signing a hash, or bytes that are hashed first, on the wallet's curve."""

from collections.abc import Callable, Mapping
from hashlib import blake2b, sha256
from typing import Final

from privy_async.sandbox.keys.addresses import keccak256
from privy_async.sandbox.keys.chain_types import CHAINS
from privy_async.sandbox.keys.wallet_keys import WalletKey
from privy_async.sandbox.requests.encoded_fields import base64_bytes, hex_bytes, loose_hex_bytes
from privy_async.sandbox.requests.fields import Fields, input_error

_HASH_FUNCTIONS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "keccak256": keccak256,
    "sha256": lambda data: sha256(data).digest(),
    "blake2b256": lambda data: blake2b(data, digest_size=32).digest(),
}
_DECODERS: Final[Mapping[str, Callable[[Fields, str], bytes]]] = {
    "utf-8": lambda params, name: params.string(name).encode(),
    "hex": loose_hex_bytes,
    "base64": base64_bytes,
}
_BYTES_FIELDS: Final = ("bytes", "encoding", "hash_function")


def sign_raw(key: WalletKey, params: Fields) -> bytes:
    """Sign `hash`, or `bytes` after `hash_function`, as they are: nothing is added.

    Ed25519 wallets sign a `hash` of any length, as Privy's samples for Aptos do
    (https://docs.privy.io/recipes/tier-1-wallet-integration); the others sign 32 bytes.

    Returns:
        64 bytes: r‖s without a recovery id, or the Ed25519 or Schnorr signature.

    Raises:
        Refusal: 400 if it is not exactly one of the two forms, or nothing this curve can sign.
    """
    hashed = any(name in params.values for name in _BYTES_FIELDS)
    if hashed == ("hash" in params.values):
        raise input_error("params", "Expected either hash, or bytes, encoding and hash_function")
    message = _hashed_bytes(params) if hashed else hex_bytes(params, "hash")
    chain = CHAINS[key.chain_type]
    _check_signable(message, chain.curve.digest_limit, params.at("bytes" if hashed else "hash"))
    return chain.sign(key.secret, message)


def raw_bytes(params: Fields) -> bytes:
    """The `bytes` to be hashed and signed, in their `encoding`."""
    return _DECODERS[params.choice("encoding", tuple(_DECODERS))](params, "bytes")


def _hashed_bytes(params: Fields) -> bytes:
    hash_function = _HASH_FUNCTIONS[params.choice("hash_function", tuple(_HASH_FUNCTIONS))]
    return hash_function(raw_bytes(params))


def _check_signable(message: bytes, digest_limit: int | None, path: str) -> None:
    if not message:
        raise input_error(path, "Expected at least one byte")
    if digest_limit is None:
        return
    if len(message) != 32:
        raise input_error(path, f"Expected a hash of 32 bytes, received {len(message)}")
    if int.from_bytes(message) >= digest_limit:
        raise input_error(path, "The hash is too large for this curve: it must be below 2^251")
