"""Values that executing an RPC request needs and results in."""

from collections.abc import Mapping

import attrs


@attrs.frozen
class Defaults:
    """Values for what a request leaves out of a transaction.

    Attributes:
        nonce: How many transactions the wallet has sent on the chain: the nonce of an Ethereum
            transaction, and what tells apart the block references of Solana and Tron.
        now: Unix time in ms, for Tron.
    """

    nonce: int = 0
    now: int = 0


@attrs.frozen
class Submission:
    """A transaction the wallet sends.

    Attributes:
        caip2: The chain it goes to, such as "eip155:8453".
        transaction_hash: 0x hex on Ethereum, the first signature in base58 on Solana, hex without
            0x on Tron; None for `wallet_sendCalls`, which has none yet.
        transaction: What was sent, as JSON values.
        reference_id: The caller's own id of it.
        sponsored: Whether the app pays for it, not the wallet.
    """

    caip2: str
    transaction_hash: str | None
    transaction: Mapping[str, object]
    reference_id: str | None
    sponsored: bool = False


@attrs.frozen
class RpcResult:
    """The answer's `data`, without a `transaction_id`, and what was sent if anything was."""

    data: dict[str, object]
    submission: Submission | None = None
