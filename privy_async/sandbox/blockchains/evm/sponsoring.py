"""Sending a transaction of Ethereum whose gas the app pays for, not the wallet.

The wallet is lent what the gas may cost at most. What is left of that afterwards is taken back, so
that only the transaction's own value leaves the wallet.
"""

from collections.abc import Mapping
from typing import Protocol

from privy_async.sandbox.blockchains.failures import too_little
from privy_async.sandbox.blockchains.json_rpc import RpcError
from privy_async.sandbox.requests.refusal import Refusal


class _Chain(Protocol):
    @property
    def caip2(self) -> str: ...
    def balance(self, address: str) -> int: ...
    def receipt(self, transaction_hash: str) -> dict[str, object] | None: ...
    def send(self, signed_transaction: str) -> None: ...
    def set_balance(self, address: str, units: int) -> None: ...


def send_sponsored(chain: _Chain, transaction: Mapping[str, object], sent_hash: str) -> None:
    """Send a complete, signed transaction.

    Raises:
        Refusal: 400 if the wallet does not have the value; 501 if the chain, which is one
            elsewhere, does not let anybody have money.
        RpcError: The chain refuses the transaction; the wallet holds what it held.
    """
    wallet = str(transaction["from"])
    held = chain.balance(wallet)
    if held < _number(transaction["value"]):
        raise too_little(chain.caip2, held, _number(transaction["value"]), " for the value alone")
    lent = _number(transaction["gas_limit"]) * _highest_price(transaction)
    try:
        chain.set_balance(wallet, held + lent)
    except RpcError:
        problem = "The sandbox cannot sponsor on a chain elsewhere that is not for tests"
        raise Refusal(501, problem, "not_implemented") from None
    try:
        chain.send(str(transaction["signed_transaction"]))
    except RpcError:
        chain.set_balance(wallet, held)
        raise
    receipt = chain.receipt(sent_hash)
    # A chain elsewhere may make its block later, and the gas must be there then: the loan stays.
    if receipt is not None:
        cost = _number(receipt["gasUsed"]) * _number(receipt["effectiveGasPrice"])
        chain.set_balance(wallet, max(0, chain.balance(wallet) - (lent - cost)))


def _highest_price(transaction: Mapping[str, object]) -> int:
    return _number(transaction.get("gas_price", transaction.get("max_fee_per_gas")))


def _number(value: object) -> int:
    return value if isinstance(value, int) else int(str(value), 16)
