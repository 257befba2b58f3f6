"""x402: requests of aiohttp that pay what they are asked for (HTTP 402), with a Privy wallet.

    pay = pay_with(alice, wallet, max_amount="0.10", networks=["eip155:8453"])
    async with ClientSession(middlewares=[pay]) as session:
        async with session.get("https://api.example.com/paid") as response:
            print(await response.json(), pay.payment_of(response))

It needs the extra `x402`. `privy_sync.integrations.x402` has the same for `requests`.
"""

from collections.abc import Sequence
from decimal import Decimal
from importlib import import_module

from privy_async.checks import needing

with needing("x402", install="privy-async[x402]"):
    import_module("x402")

from privy_async.client import PrivyClient
from privy_async.integrations.eth_account import PrivyAccount
from privy_async.integrations.x402.limits import Limits
from privy_async.integrations.x402.middleware import Ask, PayingMiddleware
from privy_async.integrations.x402.payer import Payer
from privy_async.integrations.x402.payment import Payment
from privy_async.resources.wallets.values import Wallet

__all__ = ["PayingMiddleware", "Payment", "pay_with"]


def pay_with(
    privy: PrivyClient,
    wallet: Wallet,
    *,
    max_amount: str | int | Decimal,
    networks: Sequence[str],
    max_total: str | int | Decimal | None = None,
    ask: Ask | None = None,
) -> PayingMiddleware:
    """Return a middleware for aiohttp's `ClientSession` by which a wallet pays for requests.

    A request that is answered by 402 is sent a second time with a payment, if the server takes
    one of x402's (versions 1 and 2; the schemes `exact`, also by Permit2, and `upto`) that is
    within the limits. The loop goes on while Privy signs. Paid is with tokens that x402 knows to
    be worth a dollar. A 402 that is not of x402, and the answer to a request that has a payment
    in its headers already, are handed on.

    One request pays once. Nothing is paid after a redirect to another origin, nor for a body that
    cannot be sent again, such as a generator or a file: these are `PaymentRefusedError`. Where the
    answer to a payment is lost, or is 402 again, it is `PaymentUnsettledError`.

    Args:
        privy: Signs the requests: `privy.for_user(user_jwt)` for a user's wallet.
        wallet: An Ethereum wallet, as `privy.wallets.get` or `create` gives it.
        max_amount: The most a request may cost, in US dollars: "0.10".
        networks: The chains to pay on, by their CAIP-2 ids: `["eip155:8453"]`.
        max_total: The most that all requests may cost together, in US dollars, as long as this
            middleware lives; None for no such limit.
        ask: Called before each payment is signed, with the `Payment`; what it returns, or the
            awaitable that it returns, says whether to pay.

    Raises:
        InvalidArgumentError: It is another client, not an Ethereum wallet, or a limit or a chain
            that cannot be used; it is named.

    Source: https://docs.x402.org
    """
    account = PrivyAccount(privy, wallet)
    payer = Payer(account, networks, Limits(max_amount, max_total))
    return PayingMiddleware(account, payer, ask)
