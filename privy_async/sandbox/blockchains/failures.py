"""Turning a chain's refusals into Privy's.

Codes: https://docs.privy.io/basics/troubleshooting/error-handling/api-errors
"""

from privy_async.sandbox.blockchains.assets import chain_of, to_decimal
from privy_async.sandbox.requests.diagnosis import Diagnosis
from privy_async.sandbox.requests.refusal import Refusal


def insufficient_funds(explanation: str) -> Refusal:
    """The wallet cannot pay for the transaction; the explanation says what it has and needs."""
    problem = "Wallet has insufficient funds for this transaction"
    diagnosis = Diagnosis("funds", f"{explanation}: sandbox.fund(address, ...) gives it more.")
    return Refusal(400, problem, "insufficient_funds", diagnosis)


def too_little(caip2: str, has: int, needs: int | None, what_for: str = "") -> Refusal:
    """The wallet has too few of the chain's smallest units; what it needs may be unknown."""
    chain = chain_of(caip2)

    def amount(units: int) -> str:
        return f"{to_decimal(units, chain.native_decimals)} {chain.native.upper()}"

    need = "and needs more" if needs is None else f"and needs {amount(needs)}"
    return insufficient_funds(f"On {caip2} the wallet has {amount(has)}, {need}{what_for}")


def broadcast_failure(problem: str) -> Refusal:
    """The chain did not take the transaction, which may safely be sent again."""
    return Refusal(400, f"Transaction broadcast failed: {problem}", "transaction_broadcast_failure")
