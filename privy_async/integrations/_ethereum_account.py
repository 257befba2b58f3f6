"""An account of eth-account's that a Privy wallet stands behind, for both faces."""

from collections.abc import Mapping, Sequence
from typing import Any, Never

from eth_account.datastructures import SignedMessage, SignedSetCodeAuthorization, SignedTransaction
from eth_account.messages import SignableMessage
from eth_account.signers.base import BaseAccount
from eth_typing import ChecksumAddress
from eth_utils.address import to_checksum_address
from hexbytes import HexBytes

from privy_async.checks import check_count
from privy_async.errors import InvalidArgumentError
from privy_async.integrations._ethereum_messages import (
    is_personal,
    message_hash,
    read_authorization,
    read_hash,
    read_signature,
)
from privy_async.integrations._ethereum_transactions import (
    read_transaction,
    read_unsigned_authorization,
    wallet_address,
)
from privy_async.integrations._ethereum_typed_data import read_typed_data
from privy_async.resources.wallets.ethereum import SignatureOptions
from privy_async.resources.wallets.values import Wallet


class _NoKeyError(InvalidArgumentError, AttributeError):
    """The private key is asked for, which Privy keeps; `hasattr(account, "key")` is False."""


class KeylessAccount(BaseAccount):
    """An Ethereum wallet of Privy's as eth-account's other accounts: it signs, and has no key.

    Attributes:
        _ethereum: `wallets.ethereum` of a client, with methods that return what they sign.
    """

    _ethereum: Any

    def __init__(
        self, wallet: Wallet, signature_options: SignatureOptions | None, chain_id: int | None
    ) -> None:
        self._address = wallet_address(wallet)
        self._wallet_id = wallet.id
        self._options = _check_signature_options(signature_options)
        self._chain_id = None if chain_id is None else check_count("chain_id", chain_id, least=1)

    @property
    def address(self) -> ChecksumAddress:
        """The wallet's address, with EIP-55's checksum."""
        return self._address

    def sign_message(self, signable_message: SignableMessage) -> SignedMessage:
        """Sign an EIP-191 message.

        One of `encode_defunct` is signed as such. Of others, such as `encode_typed_data`, only
        the hash can be signed, and Privy's policies do not see what it hashes: for typed data,
        prefer `sign_typed_data`.
        """
        hash = message_hash(signable_message)
        if not is_personal(signable_message):
            return self._sign_hash(hash)
        body = bytes(signable_message.body)
        signed = self._ethereum.sign_message(self._wallet_id, body, **self._contract(None))
        return self._read(signed.signature, hash)

    def sign_typed_data(
        self,
        domain_data: dict[str, Any] | None = None,
        message_types: dict[str, Any] | None = None,
        message_data: dict[str, Any] | None = None,
        full_message: dict[str, Any] | None = None,
    ) -> SignedMessage:
        """Sign EIP-712 typed data, given as three parts or as `full_message`.

        A value is read as eth-account reads it: to the same hash, or it is refused.

        Raises:
            InvalidArgumentError: It is refused by its path, such as
                `typed_data.message.items[2].amount`.
        """
        typed_data, hash = read_typed_data(domain_data, message_types, message_data, full_message)
        chain_id = typed_data["domain"].get("chainId")
        contract = self._contract(chain_id)
        signed = self._ethereum.sign_typed_data(self._wallet_id, typed_data, **contract)
        return self._read(signed.signature, hash)

    def sign_transaction(
        self, transaction_dict: Mapping[str, Any], blobs: Sequence[bytes] | None = None
    ) -> SignedTransaction:
        """Sign a transaction of type 0, 1, 2 or 4 that has its nonce, gas, fees and chain id.

        Raises:
            InvalidArgumentError: A field is missing or wrong; it is named. Privy signs none with
                blobs or an access list.
            APIResponseError: Something else was signed than this transaction.
        """
        if blobs is not None:
            raise InvalidArgumentError("blobs", "Privy signs no transactions with blobs")
        transaction = read_transaction(transaction_dict, self._address)
        signed = self._ethereum.sign_transaction(self._wallet_id, transaction.to_privy())
        return transaction.with_signature(signed.signed_transaction)

    def sign_authorization(self, authorization: Mapping[str, Any]) -> SignedSetCodeAuthorization:
        """Sign an EIP-7702 authorization `{chainId, address, nonce}`.

        Raises:
            InvalidArgumentError: A field is missing or wrong; it is named.
        """
        asked = read_unsigned_authorization(authorization)
        fields = asked.as_dict()
        signed = self._ethereum.sign_7702_authorization(
            self._wallet_id,
            to_checksum_address(fields["address"]),
            chain_id=fields["chainId"],
            nonce=fields["nonce"],
        )
        return read_authorization(signed, asked, self._address)

    def unsafe_sign_hash(self, message_hash: bytes | str) -> SignedMessage:
        """Sign 32 bytes, or hex of them, as they are.

        Never do so with a hash that somebody else gives you.
        """
        return self._sign_hash(read_hash(message_hash, "message_hash"))

    def _contract(self, chain_id: object) -> dict[str, Any]:
        """Return what a call says of the contract that verifies its signature, if one does."""
        if self._options is None:
            return {}
        chain = self._chain_id if chain_id is None else chain_id
        if chain is None:
            raise InvalidArgumentError(
                "chain_id",
                "is missing: a contract's signature (ERC-1271) holds on one chain, so give it to "
                "the account",
            )
        number = int(chain, 0) if isinstance(chain, str) else chain
        return {"signature_options": self._options, "caip2": f"eip155:{number}"}

    def _read(self, signature: str, hash: HexBytes) -> SignedMessage:
        if self._options is None:
            return read_signature(signature, hash, self._address)
        # Only the contract knows what its signatures look like, so there is nothing to check.
        return SignedMessage(hash, 0, 0, 0, HexBytes(signature))

    def _sign_hash(self, hash: HexBytes) -> SignedMessage:
        if self._options is not None:
            raise InvalidArgumentError(
                "signature_options", "a contract's signature is over a message or typed data alone"
            )
        signed = self._ethereum.sign_secp256k1(self._wallet_id, bytes(hash))
        return read_signature(signed.signature, hash, self._address)

    @property
    def key(self) -> Never:
        """Privy keeps the key, so there is none here."""
        raise _no_key("key")

    def encrypt(
        self, password: str, kdf: str | None = None, iterations: int | None = None
    ) -> Never:
        """Privy keeps the key, so there is nothing to encrypt."""
        raise _no_key("encrypt")

    def __bytes__(self) -> Never:
        raise _no_key("bytes")

    def __repr__(self) -> str:
        return f"{type(self).__name__}(address={self._address!r})"


def _check_signature_options(options: Any) -> SignatureOptions | None:
    """Return what asks for a contract's signature; None for the wallet's own."""
    if options is None or options == {"type": "ecdsa"}:
        return None
    if options == {"type": "erc1271"}:
        return {"type": "erc1271"}
    raise InvalidArgumentError("signature_options", 'expected {"type": "erc1271"} or "ecdsa"')


def _no_key(asked: str) -> _NoKeyError:
    return _NoKeyError(asked, "Privy keeps the key; see wallets.export_private_key")
