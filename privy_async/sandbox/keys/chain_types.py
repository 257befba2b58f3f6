"""The chain types, each with its curve, address, public key text and derivation path."""

from collections.abc import Callable, Mapping
from typing import Final

import attrs

from privy_async.sandbox.keys import addresses, curves
from privy_async.sandbox.keys.address_encodings import base58


def _hex(public_key: bytes) -> str:
    return public_key.hex()


@attrs.frozen
class Curve:
    """Making and using the private keys of one curve.

    Attributes:
        order: Private keys are the scalars below it; None for Ed25519, where any 32 bytes do.
        digest_limit: Signs 32-byte digests below this number; None for messages of any length.
    """

    public_key: Callable[[bytes], bytes]
    order: int | None
    digest_limit: int | None


@attrs.frozen
class ChainType:
    """One chain type.

    Attributes:
        sign: `(secret, message) -> 64 bytes`, what `raw_sign` answers.
        public_key_text: How the wallet's `public_key` is written.
        path: The HD path with `{index}` in it, None where Privy imports no wallets.
    """

    curve: Curve
    sign: Callable[[bytes, bytes], bytes]
    address: Callable[[bytes], str]
    public_key_text: Callable[[bytes], str] = _hex
    path: str | None = None


_SECP256K1: Final = Curve(curves.secp256k1_public_key, curves.SECP256K1.order, 2**256)
_ED25519: Final = Curve(curves.ed25519_public_key, None, None)
_STARK: Final = Curve(curves.stark_public_key, curves.STARK.order, curves.STARK_HASH_LIMIT)


def _ecdsa(address: Callable[[bytes], str], path: str | None = None) -> ChainType:
    return ChainType(_SECP256K1, curves.secp256k1_compact_sign, address, path=path)


def _ed25519(
    address: Callable[[bytes], str],
    path: str | None = None,
    public_key_text: Callable[[bytes], str] = _hex,
) -> ChainType:
    return ChainType(_ED25519, curves.ed25519_sign, address, public_key_text, path)


# Signing schemes: https://docs.privy.io/recipes/tier-1-wallet-integration. Privy does not state
# those of pearl (taken from Bitcoin's Taproot, which Pearl uses), of spark (plain BIP-340, which
# Spark uses) and of xrpl (secp256k1; XRPL knows Ed25519 too).
#
# Privy documents the paths of ethereum and solana; the others are those of SLIP-44 and of the
# chains' own wallets.
CHAINS: Final[Mapping[str, ChainType]] = {
    "ethereum": _ecdsa(addresses.ethereum_address, "m/44'/60'/0'/0/{index}"),
    "solana": _ed25519(addresses.solana_address, "m/44'/501'/{index}'/0'"),
    "aptos": _ed25519(addresses.aptos_address, "m/44'/637'/{index}'/0'/0'"),
    "bitcoin-segwit": _ecdsa(addresses.bitcoin_segwit_address),
    "bitcoin-taproot": ChainType(
        _SECP256K1, curves.taproot_sign, addresses.bitcoin_taproot_address
    ),
    "cosmos": _ecdsa(addresses.cosmos_address),
    "movement": _ed25519(addresses.aptos_address),
    "near": _ed25519(addresses.near_address),
    "pearl": ChainType(_SECP256K1, curves.taproot_sign, addresses.pearl_address),
    "spark": ChainType(_SECP256K1, curves.schnorr_sign, addresses.spark_address),
    "starknet": ChainType(
        _STARK, curves.stark_sign, addresses.starknet_address, lambda key: "0x" + key.hex()
    ),
    "stellar": _ed25519(addresses.stellar_address, "m/44'/148'/{index}'"),
    "sui": _ed25519(addresses.sui_address, "m/44'/784'/{index}'/0'/0'", base58),
    # Privy's samples cut off the first two characters of a TON key.
    "ton": _ed25519(addresses.ton_address, None, lambda key: "00" + key.hex()),
    "tron": _ecdsa(addresses.tron_address, "m/44'/195'/0'/0/{index}"),
    "xrpl": _ecdsa(addresses.xrpl_address, "m/44'/144'/0'/0/{index}"),
}
