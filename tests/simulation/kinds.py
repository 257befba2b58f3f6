"""The kinds of calls, and how to tell that an answer belongs to one of them."""

from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import attrs
from solders.hash import Hash
from solders.message import Message
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.system_program import TransferParams, transfer
from solders.transaction import Transaction

from privy_async import PrivyClient

_SOLANA: Final = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"
_BASE: Final = "eip155:8453"
_RECEIVER: Final = "0x" + "11" * 20


DEVICES: Final = ("phone", "laptop")
"""Where a user is logged in, each time with a token of its own."""


@attrs.frozen
class User:
    """A user with two wallets."""

    subject: str
    id: str
    solana_wallet: str
    solana_address: str
    ethereum_wallet: str


Options = Mapping[str, Any]
Ask = Callable[[PrivyClient, User, str, Options], Awaitable[str]]


@attrs.frozen
class Kind:
    """A kind of call.

    Attributes:
        name: What it is called in timelines.
        ask: Does it, and returns a text that the server's answer to it, and no other, must hold;
            of an exchange, whose answer is sealed, the public key.
        weight: How often it is drawn.
        is_signed: Whether a user signs it.
        is_keyed: Whether it has an idempotency key.
        is_harmless: Whether it changes nothing.
    """

    name: str
    ask: Ask = attrs.field(repr=False)
    weight: float
    is_signed: bool = True
    is_keyed: bool = True
    is_harmless: bool = False


async def _sign_solana(client: PrivyClient, user: User, mark: str, options: Options) -> str:
    signed = await client.wallets.solana.sign_message(user.solana_wallet, mark, **options)
    return signed.signature


async def _sign_ethereum(client: PrivyClient, user: User, mark: str, options: Options) -> str:
    signed = await client.wallets.ethereum.sign_message(user.ethereum_wallet, mark, **options)
    return signed.signature


async def _send_solana(client: PrivyClient, user: User, mark: str, options: Options) -> str:
    sent = await client.wallets.solana.sign_and_send_transaction(
        user.solana_wallet,
        _transaction(user.solana_address, mark),
        caip2=_SOLANA,
        reference_id=mark,
        **options,
    )
    return str(sent.transaction_id)


async def _send_ethereum(client: PrivyClient, user: User, mark: str, options: Options) -> str:
    sent = await client.wallets.ethereum.send_transaction(
        user.ethereum_wallet,
        {"to": _RECEIVER, "value": 1},
        caip2=_BASE,
        reference_id=mark,
        **options,
    )
    return str(sent.transaction_id)


async def _create_wallet(client: PrivyClient, user: User, mark: str, options: Options) -> str:
    wallet = await client.wallets.create(chain_type="stellar", display_name=mark, **options)
    return wallet.id


async def _create_wallets(client: PrivyClient, user: User, mark: str, options: Options) -> str:
    wallets: Any = [{"chain_type": "sui", "display_name": mark}]
    results = await client.wallets.create_batch(wallets, **options)
    assert results[0].wallet is not None
    return results[0].wallet.id


async def _create_user(client: PrivyClient, user: User, mark: str, options: Options) -> str:
    account: Any = {"type": "custom_auth", "custom_user_id": mark}
    return (await client.users.create(linked_accounts=[account], **options)).id


async def _exchange(client: PrivyClient, user: User, mark: str, options: Options) -> str:
    token = options["token"]
    rest = {name: value for name, value in options.items() if name != "token"}
    signer = await client.wallets.generate_user_signer(user_jwt=token, **rest)
    return signer.authorization_key.public_key


async def _get_wallet(client: PrivyClient, user: User, mark: str, options: Options) -> str:
    return (await client.wallets.get(user.solana_wallet, **options)).id


async def _get_transactions(client: PrivyClient, user: User, mark: str, options: Options) -> str:
    found = await client.transactions.get_by_reference_id(mark, **options)
    return "transactions" if not found else found[0].id


def _transaction(address: str, mark: str) -> str:
    payer = Pubkey.from_string(address)
    lamports = int.from_bytes(mark.encode()[-6:])
    move = transfer(TransferParams(from_pubkey=payer, to_pubkey=payer, lamports=lamports))
    message = Message.new_with_blockhash([move], payer, Hash.default())
    return b64encode(bytes(Transaction.populate(message, [Signature.default()]))).decode()


KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind("sign (Solana)", _sign_solana, 22),
        Kind("sign (Ethereum)", _sign_ethereum, 6),
        Kind("send (Solana)", _send_solana, 28),
        Kind("send (Ethereum)", _send_ethereum, 5),
        Kind("create a wallet", _create_wallet, 9, is_signed=False),
        Kind("create wallets", _create_wallets, 6, is_signed=False, is_keyed=False),
        Kind("create a user", _create_user, 3, is_signed=False, is_keyed=False),
        Kind("exchange", _exchange, 8, is_signed=False, is_keyed=False, is_harmless=True),
        Kind("get a wallet", _get_wallet, 9, is_signed=False, is_keyed=False, is_harmless=True),
        Kind("find", _get_transactions, 5, is_signed=False, is_keyed=False, is_harmless=True),
    )
}
WEIGHTS: Final = {kind.name: kind.weight for kind in KINDS.values()}
