"""A wallet's key: generated, imported, exported."""

from collections.abc import Callable
from itertools import count
from typing import Final

import attrs

from privy_async.sandbox.keys.address_encodings import base58
from privy_async.sandbox.keys.chain_types import CHAINS, ChainType
from privy_async.sandbox.requests.fields import input_error
from privy_async.sandbox.requests.refusal import Refusal

CHAIN_TYPES: Final = tuple(CHAINS)
_GENERATED_WITH_MNEMONIC: Final = ("ethereum", "solana")
_MAX_INDEX: Final = 2**31 - 1
_MNEMONIC_ENTROPY: Final = 16


@attrs.frozen
class WalletKey:
    """The key of one wallet. Its repr shows the chain type and the address, no secret.

    Attributes:
        secret: 32 bytes: the scalar for secp256k1 and Stark, the seed for Ed25519.
        public_key: The text Privy shows: base58 for sui, `00` and hex for ton, `0x` hex for
            starknet, elsewhere hex, compressed for secp256k1.
        mnemonic: The BIP-39 words of an HD wallet.
    """

    chain_type: str
    secret: bytes = attrs.field(repr=False)
    address: str
    public_key: str = attrs.field(repr=False)
    mnemonic: str | None = attrs.field(default=None, repr=False)

    @classmethod
    def generate(cls, chain_type: str, random_bytes: Callable[[int], bytes]) -> "WalletKey":
        """Make a key from `random_bytes(n)`. Ethereum and Solana wallets get 12 words."""
        if chain_type in _GENERATED_WITH_MNEMONIC:
            return cls._from_mnemonic(chain_type, _new_mnemonic(random_bytes), 0)
        order = _chain(chain_type).curve.order
        secret = random_bytes(32)
        if order is not None:
            secret = (int.from_bytes(secret) % (order - 1) + 1).to_bytes(32)
        return cls._from_secret(chain_type, secret)

    @classmethod
    def from_entropy(
        cls, chain_type: str, entropy_type: str, entropy: bytes, index: int | None = None
    ) -> "WalletKey":
        """Import a key, as https://docs.privy.io/wallets/wallets/import describes.

        Args:
            entropy_type: "private-key" or "hd".
            entropy: The private key: 32 bytes, for Solana 64 (seed‖public key). For "hd" the
                UTF-8 text of a BIP-39 mnemonic.
            index: Which account of the mnemonic; "hd" needs it.

        Raises:
            Refusal: 400 if any of this is wrong.
        """
        if _chain(chain_type).path is None:
            raise input_error("chain_type", f"Wallets of {chain_type} cannot be imported")
        if entropy_type == "hd":
            return cls._from_mnemonic(chain_type, _read_mnemonic(entropy), _read_index(index))
        if entropy_type != "private-key":
            raise input_error("entropy_type", "Expected 'private-key' | 'hd'")
        return cls._from_secret(chain_type, _read_private_key(chain_type, entropy))

    def sibling(self, chain_type: str, is_taken: Callable[[str], bool]) -> "WalletKey":
        """The first key of the same seed phrase whose address is not taken.

        Raises:
            Refusal: 400 if this wallet has no seed phrase, or the chain has no use for one.
        """
        if self.mnemonic is None:
            raise input_error("derivation.wallet_id", "This wallet has no seed phrase")
        if _chain(chain_type).path is None:
            raise input_error("chain_type", f"Wallets of {chain_type} have no seed phrase")
        keys = (self._from_mnemonic(chain_type, self.mnemonic, index) for index in count())
        return next(key for key in keys if not is_taken(key.address))

    def export_private_key(self) -> str:
        """The private key as text: for Solana base58 of seed‖public key, else 64 hex digits."""
        if self.chain_type == "solana":
            return base58(self.secret + _chain("solana").curve.public_key(self.secret))
        return self.secret.hex()

    def export_seed_phrase(self) -> str:
        """The BIP-39 words.

        Raises:
            Refusal: 400 if the wallet has none.
        """
        if self.mnemonic is None:
            raise Refusal(400, "This wallet has no seed phrase", "invalid_data")
        return self.mnemonic

    @classmethod
    def _from_secret(
        cls, chain_type: str, secret: bytes, mnemonic: str | None = None
    ) -> "WalletKey":
        chain = _chain(chain_type)
        public_key = chain.curve.public_key(secret)
        return cls(
            chain_type=chain_type,
            secret=secret,
            address=chain.address(public_key),
            public_key=chain.public_key_text(public_key),
            mnemonic=mnemonic,
        )

    @classmethod
    def _from_mnemonic(cls, chain_type: str, mnemonic: str, index: int) -> "WalletKey":
        # Importing eth-account takes half a second: only who needs a mnemonic waits for it.
        from eth_account.hdaccount import key_from_seed
        from eth_account.hdaccount.mnemonic import Mnemonic
        from solders.keypair import Keypair

        chain = _chain(chain_type)
        assert chain.path is not None, "every HD chain has a path"
        path = chain.path.format(index=index)
        seed = Mnemonic.to_seed(mnemonic)
        if chain.curve.order is None:
            secret = Keypair.from_seed_and_derivation_path(seed, path).secret()
        else:
            secret = key_from_seed(seed, path)
        return cls._from_secret(chain_type, secret, mnemonic)


def _chain(chain_type: str) -> ChainType:
    chain = CHAINS.get(chain_type)
    if chain is None:
        raise input_error("chain_type", "Invalid chain type")
    return chain


def _new_mnemonic(random_bytes: Callable[[int], bytes]) -> str:
    from eth_account.hdaccount.mnemonic import Mnemonic

    return Mnemonic().to_mnemonic(random_bytes(_MNEMONIC_ENTROPY))


def _read_mnemonic(entropy: bytes) -> str:
    from eth_account.hdaccount.mnemonic import Mnemonic

    try:
        mnemonic = " ".join(entropy.decode().split())
    except UnicodeDecodeError:
        mnemonic = ""
    if not Mnemonic().is_mnemonic_valid(mnemonic):
        raise input_error("ciphertext", "Not an English BIP-39 mnemonic with a valid checksum")
    return mnemonic


def _read_index(index: int | None) -> int:
    if index is None:
        raise input_error("index", "Required")
    if not 0 <= index <= _MAX_INDEX:
        raise input_error("index", f"Expected an integer from 0 to {_MAX_INDEX}")
    return index


def _read_private_key(chain_type: str, entropy: bytes) -> bytes:
    expected = 64 if chain_type == "solana" else 32
    if len(entropy) != expected:
        problem = f"Expected a private key of {expected} bytes, received {len(entropy)}"
        raise input_error("ciphertext", problem)
    curve = _chain(chain_type).curve
    secret, public_key = entropy[:32], entropy[32:]
    if public_key and curve.public_key(secret) != public_key:
        raise input_error("ciphertext", "The two halves of the private key do not belong together")
    if curve.order is not None and not 1 <= int.from_bytes(secret) < curve.order:
        raise input_error("ciphertext", "The private key is out of the curve's range")
    return secret
