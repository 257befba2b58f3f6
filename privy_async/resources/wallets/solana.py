"""Methods by which Solana wallets sign and send.

https://docs.privy.io/wallets/using-wallets/solana/send-a-transaction
"""

from base64 import b64encode
from typing import Unpack

from privy_async.encodings.chains import check_solana_chain
from privy_async.encodings.texts import base64_text
from privy_async.errors import InvalidArgumentError
from privy_async.json_types import is_encodable
from privy_async.resources.wallets.rpc import (
    RpcResource,
    Signature,
    SignedTransaction,
    SponsorOptions,
)
from privy_async.sending.call import OMIT, MoneyOptions, Omit
from privy_async.values import Value


class SentSolanaTransaction(Value):
    """A transaction that was broadcast, which does not mean confirmed.

    `hash` is the base58 signature; `transaction_id` finds its state at Privy.
    """

    hash: str
    caip2: str | None = None
    transaction_id: str | None = None
    reference_id: str | None = None
    signed_transaction: str | None = None


class Solana(RpcResource):
    """Reached as `privy.wallets.solana`. Signatures are Ed25519: base64 of 64 bytes."""

    _chain_type = "solana"

    async def sign_message(
        self, wallet_id: str, message: str | bytes, **options: Unpack[MoneyOptions]
    ) -> Signature:
        """Sign a message: a str as its UTF-8, whatever it looks like; bytes as they are.

        Source: https://docs.privy.io/api-reference/wallets/solana/sign-message
        """
        if isinstance(message, str) and is_encodable(message):
            message = message.encode()
        elif not isinstance(message, (bytes, bytearray)):
            raise InvalidArgumentError("message", "expected text as str, or bytes")
        params = {"message": b64encode(message).decode(), "encoding": "base64"}
        return await self._rpc(Signature, "signMessage", wallet_id, params, options)

    async def sign_transaction(
        self, wallet_id: str, transaction: bytes | str, **options: Unpack[MoneyOptions]
    ) -> SignedTransaction:
        """Sign a serialized transaction, legacy or versioned: bytes, or base64 as str.

        Source: https://docs.privy.io/api-reference/wallets/solana/sign-transaction
        """
        params = _transaction_params(transaction)
        return await self._rpc(SignedTransaction, "signTransaction", wallet_id, params, options)

    async def sign_and_send_transaction(
        self,
        wallet_id: str,
        transaction: bytes | str,
        *,
        caip2: str,
        sponsor: bool | Omit = OMIT,
        sponsor_options: SponsorOptions | Omit = OMIT,
        reference_id: str | Omit = OMIT,
        optimistic_broadcast: bool | Omit = OMIT,
        **options: Unpack[MoneyOptions],
    ) -> SentSolanaTransaction:
        """Sign and broadcast a serialized transaction. It returns once broadcast.

        Args:
            wallet_id: The wallet.
            transaction: Legacy or versioned, as bytes, or base64 as str. A blockhash of zeros
                is filled in.
            caip2: The cluster, such as `solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp` (mainnet).
            sponsor: Whether the app pays the fee.
            sponsor_options: How.
            reference_id: Your own id for it, 1 to 64 characters.
            optimistic_broadcast: Answer before the cluster has seen it.
            **options: See `MoneyOptions`. With the same `idempotency_key` a transaction is
                sent once, however often this is called within 24 hours.

        Raises:
            PolicyViolationError: A policy denies it.
            APIError: With `may_have_happened` true if it may have been sent all the same.

        Source: https://docs.privy.io/api-reference/wallets/solana/sign-and-send-transaction
        """
        return await self._rpc(
            SentSolanaTransaction,
            "signAndSendTransaction",
            wallet_id,
            _transaction_params(transaction),
            options,
            caip2=check_solana_chain(caip2),
            sponsor=sponsor,
            sponsor_options=sponsor_options,
            reference_id=reference_id,
            optimistic_broadcast=optimistic_broadcast,
        )


def _transaction_params(transaction: bytes | str) -> dict[str, str]:
    return {"transaction": base64_text(transaction, argument="transaction"), "encoding": "base64"}
