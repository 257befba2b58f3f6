"""solders: a Privy wallet as a signer of transactions with any number of signers.

    signer = PrivySigner(alice, wallet)  # alice = privy.for_user(user_jwt)
    message = MessageV0.try_compile(signer.pubkey(), instructions, [], blockhash)
    unsigned = VersionedTransaction(message, [NullSigner(signer.pubkey())])
    wire = bytes(signer.sign_transaction(unsigned))  # for a node's sendTransaction

It needs solders (the extra `solana`).
"""

from typing import TypeVar

from privy_async.checks import needing

with needing("solders", install="privy-async[solana]"):
    from solders.pubkey import Pubkey
    from solders.signature import Signature
    from solders.transaction import Transaction, VersionedTransaction

from privy_async.errors import InvalidArgumentError
from privy_async.integrations._solana import KeylessKeypair
from privy_async.integrations.solders import PrivySigner as AsyncPrivySigner
from privy_async.resources.wallets.values import Wallet
from privy_sync._portal import run
from privy_sync.client import PrivyClient

T = TypeVar("T", Transaction, VersionedTransaction)


class PrivySigner:
    """A Solana wallet of Privy's that signs messages and transactions of solders.

    What Privy signed is checked to be what it was asked to sign. Errors are the SDK's:
    `PolicyViolationError`, `SigningError` and so on.
    """

    def __init__(self, privy: PrivyClient, wallet: Wallet) -> None:
        """Make a signer; nothing is sent.

        Args:
            privy: Signs the requests: `privy.for_user(user_jwt)` for a user's wallet.
            wallet: As `privy.wallets.get` or `create` gives it.

        Raises:
            InvalidArgumentError: It is another client, or not a Solana wallet.
        """
        if not isinstance(privy, PrivyClient):
            raise InvalidArgumentError("privy", "expected a client of privy_sync")
        twin = privy._async_privyclient  # pyright: ignore[reportPrivateUsage]
        self._async_signer = AsyncPrivySigner(twin, wallet)

    def pubkey(self) -> Pubkey:
        """Return the wallet's address."""
        return self._async_signer.pubkey()

    @property
    def address(self) -> str:
        """The wallet's address in base58."""
        return self._async_signer.address

    @property
    def keypair(self) -> KeylessKeypair:
        """A stand-in for solders' `Keypair`, for code that signs with one."""
        return KeylessKeypair(self.pubkey(), self.sign_message, self.sign_transaction)

    def sign_message(self, message: bytes) -> Signature:
        """Sign bytes as they are."""
        return run(self._async_signer.sign_message(message))

    def sign_transaction(self, transaction: T) -> T:
        """The transaction with this wallet's signature in its place, and the others' kept.

        It must have its blockhash, for that is signed too.

        Args:
            transaction: Legacy or versioned, with a `NullSigner` or a default signature in the
                place of the wallet's.

        Raises:
            InvalidArgumentError: The wallet is none of its signers.
            APIResponseError: Something else was signed than this transaction.
        """
        return run(self._async_signer.sign_transaction(transaction))

    def __repr__(self) -> str:
        return repr(self._async_signer)
