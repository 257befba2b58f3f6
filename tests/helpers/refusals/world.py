"""A sandbox with people in it, and what a case of being refused is."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import attrs

from privy_async import AuthorizationContext, AuthorizationKey, PrivyClient, PrivyError
from privy_async.resources.wallets.values import Wallet
from privy_async.sandbox import Sandbox


@attrs.frozen
class World:
    """A running sandbox, and a client of it that nobody signs for and that tries once."""

    sandbox: Sandbox
    privy: PrivyClient

    async def user(self, subject: str = "alice") -> str:
        """Make a user with an account of the app's own login; returns the id."""
        account = {"type": "custom_auth", "custom_user_id": subject}
        return (await self.privy.users.create(linked_accounts=[account])).id

    async def wallet(self, user_id: str | None = None, **options: Any) -> Wallet:
        """Make an Ethereum wallet, of a user's if one is given."""
        if user_id is not None:
            options["owner"] = {"user_id": user_id}
        return await self.privy.wallets.create(chain_type="ethereum", **options)

    async def exchange(self, user_jwt: str) -> object:
        """Make a user with a wallet, and sign with a token."""
        wallet = await self.wallet(await self.user())
        return await self.sign(wallet, self.privy.for_user(user_jwt))

    async def sign(self, wallet: Wallet, privy: PrivyClient | None = None) -> object:
        """Sign a message."""
        return await (privy or self.privy).wallets.ethereum.sign_message(wallet.id, "hello")

    async def sign_with(self, wallet: Wallet, **signing: Any) -> object:
        """Sign a message as an AuthorizationContext of these says."""
        return await self.sign(
            wallet, self.privy.with_authorization(AuthorizationContext(**signing))
        )

    async def owned_by(self, *keys: AuthorizationKey, threshold: int = 1) -> Wallet:
        """Make a wallet that a quorum of these keys owns."""
        quorum = await self.privy.key_quorums.create(
            public_keys=[key.public_key for key in keys], authorization_threshold=threshold
        )
        return await self.wallet(owner_id=quorum.id)


@attrs.frozen
class Refused:
    """A way to be refused.

    Attributes:
        says: Words of the error's first line: what happened.
        why: Words of its second line: why, and the next step; all in one line if empty.
        diagnosis: Words of what the sandbox knows; empty if it never hears of it.
        settings: Of the sandbox.
    """

    name: str
    kind: type[PrivyError]
    provoke: Callable[[World], Awaitable[object]]
    says: str
    why: str = ""
    diagnosis: str = ""
    settings: Mapping[str, Any] = attrs.field(factory=dict[str, Any])


@asynccontextmanager
async def world_of(case: Refused) -> AsyncGenerator[World]:
    """A fresh world for a case."""
    async with (
        Sandbox(**case.settings) as sandbox,
        sandbox.client(max_retries=0) as privy,
    ):
        yield World(sandbox, privy)


async def error_of(case: Refused, world: World) -> PrivyError:
    """The error that the case ends in."""
    try:
        await case.provoke(world)
    except PrivyError as error:
        return error
    raise AssertionError(f"{case.name} was not refused")
