"""Payouts from wallets to bank accounts."""

from typing import Annotated, TypedDict, Unpack

from privy_async.resources.money.actions import PayoutAction
from privy_async.resources.money.transfer_inputs import amount_text
from privy_async.resources.resource import Resource, cached_property
from privy_async.sending.call import MoneyOptions


class PayoutSourceInput(TypedDict):
    """The asset of a payout, such as "100.00" of "usdc" on "base"."""

    asset: str
    chain: str
    amount: Annotated[str, amount_text]


class PayoutDestinationInput(TypedDict):
    """The bank account, registered before as an external fiat account."""

    fiat_account_id: str


class Payout(Resource):
    """Reached as `privy.wallets.payout`."""

    @cached_property
    def fiat(self) -> "FiatPayout":
        """Payouts to bank accounts, in the currency of each."""
        return FiatPayout(self._requester)


class FiatPayout(Resource):
    """Reached as `privy.wallets.payout.fiat`."""

    async def create(
        self,
        wallet_id: str,
        *,
        source: PayoutSourceInput,
        destination: PayoutDestinationInput,
        **options: Unpack[MoneyOptions],
    ) -> PayoutAction:
        """Begin a payout to a bank account; `wallets.actions.wait` waits for its end."""
        return await self._request(
            PayoutAction, "POST /v1/wallets/{wallet_id}/payout/fiat", locals()
        )
