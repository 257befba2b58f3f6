"""The events that the sandbox causes, for operations to send.

Source: https://docs.privy.io/api-reference/webhooks/overview
"""

from privy_async.sandbox.app import App
from privy_async.sandbox.records.json_types import Json
from privy_async.sandbox.records.transfers import Transfer
from privy_async.sandbox.records.users import User
from privy_async.sandbox.records.wallets import Wallet
from privy_async.sandbox.state import State
from privy_async.sandbox.webhooks.transaction_events import tell_of_transfer


def tell_of_user(app: App, what: str, user: User) -> None:
    """`user.created` or `user.deleted`; before the user is gone."""
    app.webhooks.emit(f"user.{what}", lambda: {"user": _user(app.state, user)})


def tell_of_account(app: App, what: str, user: User, account: Json) -> None:
    """`user.linked_account`, `authenticated` and so on, with the account it is about."""
    app.webhooks.emit(f"user.{what}", lambda: {"user": _user(app.state, user), "account": account})


def tell_of_mfa(app: App, what: str, user: User, kind: str) -> None:
    """`mfa.enabled` or `mfa.disabled`, with the kind of second factor."""
    app.webhooks.emit(f"mfa.{what}", {"user_id": user.id, "method": kind})


def tell_of_new_wallet(app: App, wallet: Wallet) -> None:
    """`user.wallet_created`, if a user owns the wallet alone."""
    user = _owner(app.state, wallet)
    if user is None:
        return
    made = {
        "type": "wallet",
        "address": wallet.key.address,
        "chain_type": wallet.key.chain_type,
    }
    app.webhooks.emit(
        "user.wallet_created", lambda: {"user": _user(app.state, user), "wallet": made}
    )


def tell_of_archived_wallet(app: App, wallet: Wallet) -> None:
    """`wallet.archived`."""
    app.webhooks.emit(
        "wallet.archived",
        {
            "wallet_id": wallet.id,
            "wallet_address": wallet.key.address,
            "chain_type": wallet.key.chain_type,
            "archived_at": wallet.archived_at,
        },
    )


def tell_of_export(app: App, wallet: Wallet, *, seed_phrase: bool) -> None:
    """`wallet.private_key_export` or `wallet.seed_phrase_export`, if a user owns it alone."""
    user = _owner(app.state, wallet)
    if user is None:
        return
    app.webhooks.emit(
        f"wallet.{'seed_phrase' if seed_phrase else 'private_key'}_export",
        {
            "user_id": user.id,
            "wallet_id": wallet.id,
            "wallet_address": wallet.key.address,
            "export_source": "client",
        },
    )


def tell_of_new_transfer(app: App, transfer: Transfer) -> None:
    """`wallet_action.transfer.created`, or `rejected` at once."""
    transaction = app.state.transactions.get(transfer.transaction_id or "")
    status = "rejected" if transaction is None else "created"
    tell_of_transfer(app.webhooks, transfer, transaction, status)


def _user(state: State, user: User) -> Json:
    return state.users_json([user])[0]


def _owner(state: State, wallet: Wallet) -> User | None:
    return state.users.get(state.sole_owner(wallet) or "")
