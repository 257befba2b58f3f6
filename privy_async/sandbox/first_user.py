"""A user with wallets to begin with, and the lines that a newcomer pastes into a shell."""

import re
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import attrs

from privy_async import NotFoundError
from privy_async.resources.wallets.values import ChainType, Wallet
from privy_async.sandbox import Sandbox

if TYPE_CHECKING:
    import privy_async

CHAIN_TYPES: Final[tuple[ChainType, ...]] = ("ethereum", "solana")
TOKEN_HOURS: Final = 24
_NO_NAME: Final = re.compile("[^A-Z0-9]+")


@attrs.frozen
class FirstUser:
    """A user with a wallet on each of `CHAIN_TYPES`.

    Attributes:
        name: The user's id in your own log-in.
        id: Privy's id, "did:privy:…".
        jwt: A token of your own log-in for the user, good for `TOKEN_HOURS`.
    """

    name: str
    id: str
    jwt: str = attrs.field(repr=False)
    wallets: tuple[Wallet, ...]

    @property
    def variable(self) -> str:
        """The prefix of the user's variables, such as "ALICE"."""
        name = _NO_NAME.sub("_", self.name.upper()).strip("_")
        return name if name[:1].isalpha() else f"USER_{name}".rstrip("_")


async def make_user(sandbox: Sandbox, name: str) -> FirstUser:
    """Return the user of that name with the wallets, made as far as they are not there yet.

    Raises:
        BadRequestError: If it can be no user's name.
    """
    async with sandbox.client() as privy:
        try:
            user = await privy.users.get_by_custom_auth_id(name)
        except NotFoundError:
            user = await privy.users.create(
                linked_accounts=[{"type": "custom_auth", "custom_user_id": name}]
            )
        wallets = [await _wallet(privy, user.id, chain_type) for chain_type in CHAIN_TYPES]
    jwt = sandbox.issue_user_jwt(name, lifetime=TOKEN_HOURS * 3600)
    return FirstUser(name, user.id, jwt, tuple(wallets))


async def _wallet(privy: "privy_async.PrivyClient", user_id: str, chain_type: ChainType) -> Wallet:
    async for wallet in privy.wallets.list(user_id=user_id, chain_type=chain_type):
        return wallet
    return await privy.wallets.create(chain_type=chain_type, owner={"user_id": user_id})


def to_paste(sandbox: Sandbox, users: Sequence[FirstUser]) -> str:
    """Return what a shell can take, comments included."""
    lines = [
        "# Paste this into a shell; PrivyClient() of both packages reads the first three.",
        _export(
            PRIVY_APP_ID=sandbox.app_id,
            PRIVY_APP_SECRET=sandbox.app_secret,
            PRIVY_API_BASE_URL=sandbox.base_url,
        ),
    ]
    for user in users:
        wallets = {
            f"{user.variable}_{w.chain_type or ''}_WALLET_ID".upper(): w.id for w in user.wallets
        }
        addresses = ", ".join(wallet.address for wallet in user.wallets)
        lines += [
            f"# {user.name!a}: {user.id}, {addresses}",
            _export(**wallets),
            f"# A token of your own log-in for {user.name!a}, good for {TOKEN_HOURS} hours:",
            _export(**{f"{user.variable}_JWT": user.jwt}),
        ]
    return "\n".join([*lines, f"# What happens is shown at {sandbox.base_url}/ (in a browser)."])


def _export(**variables: str) -> str:
    pairs = (f"{name}={shlex.quote(value)}" for name, value in variables.items())
    return f"export {' '.join(pairs)}"
