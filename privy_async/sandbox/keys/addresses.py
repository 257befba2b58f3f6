"""The address of a public key on each chain.

Every function takes the public key as `curves` gives it: 33 bytes for secp256k1, 32 bytes for
Ed25519, the 32-byte x coordinate for Stark.

Three are approximations:

- `starknet`: the real address hashes the class of an account contract; here it is a hash of the
  public key alone, of the right shape, and no contract can be deployed there.
- `spark`: the real form (bech32m of the identity key), but the wallet's key stands in for the
  identity key, which Spark derives on a path of its own.
- `pearl`: Bitcoin's Taproot address with Pearl's prefix `prl`; Privy does not document its own.
"""

from base64 import urlsafe_b64encode
from binascii import crc_hqx
from hashlib import blake2b, sha3_256, sha256
from typing import Final

from Crypto.Hash import RIPEMD160, keccak
from cryptography.hazmat.primitives.asymmetric.ec import SECP256K1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from privy_async.sandbox.keys.address_encodings import (
    BECH32M,
    RIPPLE_ALPHABET,
    base58,
    base58check,
    bech32,
    segwit_address,
    strkey,
)
from privy_async.sandbox.keys.curves import taproot_output_key

_STELLAR_ACCOUNT: Final = 6 << 3
_TRON_MAINNET: Final = b"\x41"
_XRPL_ACCOUNT: Final = b"\x00"
_SUI_ED25519: Final = b"\x00"
_APTOS_ED25519: Final = b"\x00"
# The code of TON's wallet contract V4R2 as a cell: its hash and its depth. With the hash at hand,
# the address follows without the code itself.
_TON_CODE_HASH: Final = "feb5ff6820e2ff0d9483e7e0d62c817d846789fb4ae580c878866d959dabd5c0"
_TON_CODE_DEPTH: Final = 7
_TON_WALLET_ID: Final = 698983191
_TON_NOT_BOUNCEABLE: Final = 0x51


def keccak256(data: bytes) -> bytes:
    """Hash with Keccak-256 as Ethereum does, which is not SHA3-256."""
    return keccak.new(digest_bits=256, data=data).digest()


def ethereum_address(public_key: bytes) -> str:
    """0x hex of the last 20 bytes of the key's hash."""
    return checksum_address(_ethereum_account(public_key))


def checksum_address(account: bytes) -> str:
    """0x hex of 20 bytes, with the checksum in upper and lower case (EIP-55)."""
    digits = account.hex()
    checksum = keccak256(digits.encode()).hex()
    pairs = zip(digits, checksum, strict=False)
    return "0x" + "".join(d.upper() if c >= "8" else d for d, c in pairs)


def tron_address(public_key: bytes) -> str:
    """T…: the account in base58check."""
    return base58check(tron_account(public_key))


def tron_account(public_key: bytes) -> bytes:
    """The 21 bytes that stand in a transaction: 0x41 and Ethereum's 20 bytes."""
    return _TRON_MAINNET + _ethereum_account(public_key)


def solana_address(public_key: bytes) -> str:
    """The public key in base 58."""
    return base58(public_key)


def cosmos_address(public_key: bytes) -> str:
    """cosmos1…: bech32 of the key's HASH160."""
    return bech32("cosmos", _hash160(public_key))


def bitcoin_segwit_address(public_key: bytes) -> str:
    """bc1q…: pay to witness public key hash (BIP-84)."""
    return segwit_address("bc", 0, _hash160(public_key))


def bitcoin_taproot_address(public_key: bytes) -> str:
    """bc1p…: a Taproot output without scripts (BIP-86)."""
    return segwit_address("bc", 1, taproot_output_key(public_key))


def pearl_address(public_key: bytes) -> str:
    """prl1p…: an approximation, see the head of this file."""
    return segwit_address("prl", 1, taproot_output_key(public_key))


def spark_address(public_key: bytes) -> str:
    """spark1…: an approximation, see the head of this file."""
    # A protocol buffer with the identity key as field 1.
    return bech32("spark", b"\x0a\x21" + public_key, checksum=BECH32M)


def xrpl_address(public_key: bytes) -> str:
    """r…: a classic address (https://xrpl.org/docs/concepts/accounts/addresses)."""
    return base58check(_XRPL_ACCOUNT + _hash160(public_key), alphabet=RIPPLE_ALPHABET)


def stellar_address(public_key: bytes) -> str:
    """G…: an account id in StrKey (SEP-23)."""
    return strkey(_STELLAR_ACCOUNT, public_key)


def sui_address(public_key: bytes) -> str:
    """0x and the BLAKE2b-256 of the scheme's flag and the key (https://docs.sui.io)."""
    return "0x" + blake2b(_SUI_ED25519 + public_key, digest_size=32).hexdigest()


def aptos_address(public_key: bytes) -> str:
    """0x and the SHA3-256 of the key and the scheme (https://aptos.dev); Movement's too."""
    return "0x" + sha3_256(public_key + _APTOS_ED25519).hexdigest()


def near_address(public_key: bytes) -> str:
    """An implicit account: the key in hex."""
    return public_key.hex()


def ton_address(public_key: bytes) -> str:
    """UQ…: wallet contract V4R2 on workchain 0, not bounceable.

    The account is the hash of the cell that deploys the contract
    (https://docs.ton.org, "State init" and "Smart contract address").
    """
    data = bytes(4) + _TON_WALLET_ID.to_bytes(4) + public_key
    # 321 bits: seqno, wallet id, key and a 0 bit for "no plugins"; the last byte ends in the
    # marker that fills up an incomplete byte.
    data_hash = sha256(bytes([0, 81]) + data + b"\x40").digest()
    # 5 bits, 00110: code and data are there, nothing else is; then each child's depth and hash.
    depths = _TON_CODE_DEPTH.to_bytes(2) + bytes(2)
    state = bytes([2, 1, 0x34]) + depths + bytes.fromhex(_TON_CODE_HASH) + data_hash
    account = bytes([_TON_NOT_BOUNCEABLE, 0]) + sha256(state).digest()
    return urlsafe_b64encode(account + crc_hqx(account, 0).to_bytes(2)).decode()


def starknet_address(public_key: bytes) -> str:
    """0x and 64 digits: an approximation, see the head of this file."""
    return f"0x{int.from_bytes(keccak256(public_key)) % 2**250:064x}"


def _ethereum_account(public_key: bytes) -> bytes:
    point = EllipticCurvePublicKey.from_encoded_point(SECP256K1(), public_key)
    uncompressed = point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return keccak256(uncompressed[1:])[-20:]


def _hash160(public_key: bytes) -> bytes:
    return RIPEMD160.new(sha256(public_key).digest()).digest()
