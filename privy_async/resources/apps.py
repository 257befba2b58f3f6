"""The app itself: its settings, who may log in, test accounts and gas.

https://docs.privy.io/api-reference/apps/list-allowlist
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Literal, TypeAlias, Unpack

from privy_async.call import CallOptions
from privy_async.page import Pager
from privy_async.resources.app_values import (
    AllowlistEntry,
    App,
    AppTestCredentials,
    GasSpend,
)
from privy_async.resources.resource import Resource
from privy_async.resources.shared import Success
from privy_async.values import Value

InviteType: TypeAlias = Literal["email", "emailDomain", "phone", "wallet"]

_APP = "/v1/apps/{app_id}"


class Apps(Resource):
    """Reached as `privy.apps`. An `app_id` that is left out is the client's own."""

    @cached_property
    def allowlist(self) -> "Allowlist":
        """Who may log in."""
        return Allowlist(self._requester)

    async def get(self, app_id: str | None = None, **options: Unpack[CallOptions]) -> App:
        """Return the settings of an app."""
        app_id = app_id or self._requester.settings.app_id
        return await self._request(App, "GET", _APP, app_id=app_id, options=options)

    async def get_gas_spend(
        self,
        *,
        wallet_ids: Sequence[str],
        start_timestamp: int,
        end_timestamp: int,
        **options: Unpack[CallOptions],
    ) -> GasSpend:
        """Return the gas credits charged for at most 100 wallets within at most 30 days.

        Times are Unix ms; the end is exclusive.

        Source: https://docs.privy.io/wallets/gas-and-asset-management/gas/gas-spend
        """
        query = {
            "wallet_ids": wallet_ids,
            "start_timestamp": start_timestamp,
            "end_timestamp": end_timestamp,
        }
        return await self._request(
            GasSpend, "GET", "/v1/apps/gas_spend", query=query, options=options
        )

    async def get_test_credentials(
        self, app_id: str | None = None, **options: Unpack[CallOptions]
    ) -> AppTestCredentials:
        """Return the test accounts of an app."""
        app_id = app_id or self._requester.settings.app_id
        return await self._request(
            AppTestCredentials, "GET", f"{_APP}/test_credentials", app_id=app_id, options=options
        )

    async def configure_fiat(
        self,
        app_id: str | None = None,
        *,
        provider: Literal["bridge", "bridge-sandbox"],
        api_key: str,
        **options: Unpack[CallOptions],
    ) -> Success:
        """Give Privy the app's API key at a fiat provider.

        Source: https://docs.privy.io/kyc-kyb/setup
        """
        return await self._request(
            Success,
            "POST",
            f"{_APP}/fiat",
            app_id=app_id or self._requester.settings.app_id,
            body={"provider": provider, "api_key": api_key},
            options=options,
        )


class Allowlist(Resource):
    """Reached as `privy.apps.allowlist`. An `app_id` that is left out is the client's own.

    https://docs.privy.io/user-management/users/managing-users/allowlist
    """

    def list(
        self, app_id: str | None = None, **options: Unpack[CallOptions]
    ) -> Pager[AllowlistEntry]:
        """List who may log in; it comes as one page."""
        return self._list(
            AllowlistEntry,
            f"{_APP}/allowlist",
            items="data",
            app_id=app_id or self._requester.settings.app_id,
            query={},
            options=options,
        )

    async def create(
        self,
        app_id: str | None = None,
        *,
        type: InviteType,
        value: str,
        **options: Unpack[CallOptions],
    ) -> AllowlistEntry:
        """Let somebody log in: an email, a domain of emails, a phone number or a wallet."""
        return await self._request(
            AllowlistEntry,
            "POST",
            f"{_APP}/allowlist",
            app_id=app_id or self._requester.settings.app_id,
            body={"type": type, "value": value},
            options=options,
        )

    async def delete(
        self,
        app_id: str | None = None,
        *,
        type: InviteType,
        value: str,
        **options: Unpack[CallOptions],
    ) -> None:
        """Take somebody off the allowlist."""
        await self._request(
            Value,
            "DELETE",
            f"{_APP}/allowlist",
            app_id=app_id or self._requester.settings.app_id,
            body={"type": type, "value": value},
            options=options,
        )
