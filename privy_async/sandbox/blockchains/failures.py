"""Turning a chain's refusals into Privy's.

Codes: https://docs.privy.io/basics/troubleshooting/error-handling/api-errors
"""

from privy_async.sandbox.requests.refusal import Refusal


def insufficient_funds() -> Refusal:
    """The wallet cannot pay for the transaction."""
    problem = "Wallet has insufficient funds for this transaction"
    return Refusal(400, problem, "insufficient_funds")


def broadcast_failure(problem: str) -> Refusal:
    """The chain did not take the transaction, which may safely be sent again."""
    return Refusal(400, f"Transaction broadcast failed: {problem}", "transaction_broadcast_failure")
