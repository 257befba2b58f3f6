"""eth-account: a Privy wallet as an account, for what expects one that signs.

    account = PrivyAccount(alice, wallet)  # alice = privy.for_user(user_jwt)
    signed = account.sign_message(encode_defunct(text="hello"))

It needs eth-account (the extra `ethereum`).
"""

from collections.abc import Mapping
from typing import Any

from eth_account.datastructures import SignedMessage, SignedSetCodeAuthorization, SignedTransaction
from eth_account.messages import SignableMessage, encode_typed_data
from eth_account.signers.base import BaseAccount
from eth_account.types import AuthorizationDict
from eth_typing import ChecksumAddress

from privy_async.errors import InvalidArgumentError
from privy_async.integrations._ethereum_messages import (
    message_hash,
    read_authorization,
    read_signature,
    with_primary_type,
)
from privy_async.integrations._ethereum_transactions import read_transaction, wallet_address
from privy_async.resources.wallets.values import Wallet
from privy_sync.client import PrivyClient

_PERSONAL_MESSAGE = b"E"


class PrivyAccount(BaseAccount):
    """An Ethereum wallet of Privy's as eth-account's other accounts: it signs, and has no key.

    What it returns are eth-account's own values, checked against what was to be signed. Errors
    are the SDK's: `PolicyViolationError`, `SigningError` and so on.
    """

    def __init__(self, privy: PrivyClient, wallet: Wallet) -> None:
        """Make an account; nothing is sent.

        Args:
            privy: Signs the requests: `privy.for_user(user_jwt)` for a user's wallet.
            wallet: As `privy.wallets.get` or `create` gives it.

        Raises:
            InvalidArgumentError: It is another client, or not an Ethereum wallet.
        """
        if not isinstance(privy, PrivyClient):
            raise InvalidArgumentError("privy", "expected a client of privy_sync")
        self._address = wallet_address(wallet)
        self._wallet_id = wallet.id
        self._ethereum = privy.wallets.ethereum

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
        if signable_message.version != _PERSONAL_MESSAGE:
            return self.unsafe_sign_hash(message_hash(signable_message))
        signed = self._ethereum.sign_message(self._wallet_id, signable_message.body)
        return read_signature(signed.signature, message_hash(signable_message), self._address)

    def sign_typed_data(
        self,
        domain_data: dict[str, Any] | None = None,
        message_types: dict[str, Any] | None = None,
        message_data: dict[str, Any] | None = None,
        full_message: dict[str, Any] | None = None,
    ) -> SignedMessage:
        """Sign EIP-712 typed data, given as three parts or as `full_message`."""
        signable = encode_typed_data(domain_data, message_types, message_data, full_message)
        parts = {"domain": domain_data, "types": message_types, "message": message_data}
        typed_data = with_primary_type(full_message or parts)
        signed = self._ethereum.sign_typed_data(self._wallet_id, typed_data)
        return read_signature(signed.signature, message_hash(signable), self._address)

    def sign_transaction(self, transaction_dict: Mapping[str, Any]) -> SignedTransaction:
        """Sign a transaction of type 0, 1, 2 or 4 that has its nonce, gas, fees and chain id.

        Raises:
            InvalidArgumentError: A field is missing or wrong; it is named.
            APIResponseError: Something else was signed than this transaction.
        """
        transaction = read_transaction(transaction_dict, self._address)
        signed = self._ethereum.sign_transaction(self._wallet_id, transaction.to_privy())
        return transaction.with_signature(signed.signed_transaction)

    def sign_authorization(
        self, authorization_dict: AuthorizationDict
    ) -> SignedSetCodeAuthorization:
        """Sign an EIP-7702 authorization `{chainId, address, nonce}`."""
        signed = self._ethereum.sign_7702_authorization(
            self._wallet_id,
            authorization_dict["address"],
            chain_id=authorization_dict["chainId"],
            nonce=authorization_dict["nonce"],
        )
        return read_authorization(signed, authorization_dict, self._address)

    def unsafe_sign_hash(self, message_hash: bytes) -> SignedMessage:
        """Sign 32 bytes as they are: never do so with a hash that somebody else gives you."""
        signed = self._ethereum.sign_secp256k1(self._wallet_id, bytes(message_hash))
        return read_signature(signed.signature, message_hash, self._address)

    def __repr__(self) -> str:
        return f"PrivyAccount(address={self._address!r})"
