"""solders and solana-py: a Privy wallet as a signer of transactions with any number of signers.

    signer = PrivySigner(alice, wallet)  # alice = privy.for_user(user_jwt)
    message = MessageV0.try_compile(signer.pubkey(), instructions, [], blockhash)
    unsigned = VersionedTransaction(message, [NullSigner(signer.pubkey())])
    signed = await signer.sign_transaction(unsigned)
    await client.send_transaction(signed)  # solana-py's AsyncClient

Sync code that takes a signer runs in a thread meanwhile, and signs in the event loop:

    payload = await signer.run(client.create_payment_payload, required)  # x402's

It needs solders (the extra `solana`).
"""

from collections.abc import Callable
from functools import partial
from typing import TypeVar, TypeVarTuple

from privy_async.checks import needing

with needing("solders", install="privy-async[solana]"):
    from solders.pubkey import Pubkey
    from solders.signature import Signature
    from solders.transaction import Transaction, VersionedTransaction

from privy_async.client import PrivyClient
from privy_async.errors import InvalidArgumentError
from privy_async.integrations._bridge import call_in_loop, run_in_thread
from privy_async.integrations._solana import (
    KeylessKeypair,
    check_signer,
    read_signature,
    wallet_pubkey,
    with_signature,
)
from privy_async.resources.wallets.values import Wallet

T = TypeVar("T", Transaction, VersionedTransaction)
_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")


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
            raise InvalidArgumentError("privy", "expected a client of privy_async")
        self._pubkey = wallet_pubkey(wallet)
        self._wallet_id = wallet.id
        self._solana = privy.wallets.solana

    def pubkey(self) -> Pubkey:
        """Return the wallet's address."""
        return self._pubkey

    @property
    def address(self) -> str:
        """The wallet's address in base58."""
        return str(self._pubkey)

    @property
    def keypair(self) -> KeylessKeypair:
        """A stand-in for solders' `Keypair` in sync code, for functions that `run` runs."""
        return KeylessKeypair(
            self._pubkey,
            partial(call_in_loop, "signer", self.sign_message),
            partial(call_in_loop, "signer", self.sign_transaction),
        )

    async def run(self, function: Callable[[*_Ts], _T], *args: *_Ts) -> _T:
        """Return what a sync function returns, which runs in a thread and may sign meanwhile.

        It signs by `keypair`. Where it is cancelled, nothing more is signed; what runs in the
        thread cannot be stopped, and a transaction that was signed before may be sent.

        Args:
            function: Called in one of anyio's worker threads, with the caller's context variables.
            args: Its arguments; for keywords, give a `functools.partial`.

        Raises:
            PrivyError: What a signature ends in, unless the function catches it.
        """
        return await run_in_thread(function, *args)

    async def sign_message(self, message: bytes) -> Signature:
        """Sign bytes as they are."""
        if not isinstance(message, bytes):
            raise InvalidArgumentError("message", "expected bytes")
        signed = await self._solana.sign_message(self._wallet_id, message)
        return read_signature(signed.signature, message, self._pubkey)

    async def sign_transaction(self, transaction: T) -> T:
        """The transaction with this wallet's signature in its place, and the others' kept.

        It must have its blockhash, for that is signed too.

        Args:
            transaction: Legacy or versioned, with a `NullSigner` or a default signature in the
                place of the wallet's.

        Raises:
            InvalidArgumentError: The wallet is none of its signers.
            APIResponseError: Something else was signed than this transaction.
        """
        check_signer(transaction, self._pubkey)
        signed = await self._solana.sign_transaction(self._wallet_id, bytes(transaction))
        return with_signature(transaction, signed.signed_transaction, self._pubkey)

    def __repr__(self) -> str:
        return f"PrivySigner(pubkey={self._pubkey})"
