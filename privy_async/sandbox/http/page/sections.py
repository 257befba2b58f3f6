"""The sandbox's contents: users, wallets, transactions, policies and so on, newest first."""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final, TypeVar
from urllib.parse import urlsplit

from privy_async.sandbox.app import App
from privy_async.sandbox.blockchains.assets import name_of
from privy_async.sandbox.http.page.balances import Balances
from privy_async.sandbox.http.page.markup import (
    Html,
    chip,
    code,
    div,
    element,
    joined,
    section,
    span,
)
from privy_async.sandbox.http.page.times import clock_time
from privy_async.sandbox.records.intents import Intent
from privy_async.sandbox.records.json_types import Json
from privy_async.sandbox.records.key_quorums import KeyQuorum
from privy_async.sandbox.records.policies import Policy, Rule
from privy_async.sandbox.records.transactions import Transaction
from privy_async.sandbox.records.users import User
from privy_async.sandbox.records.wallets import Wallet
from privy_async.sandbox.state import State
from privy_async.sandbox.webhooks import Delivery, Webhooks

MAX_ROWS: Final = 50

_TONES: Final = {
    "pending": "busy",
    "processing": "busy",
    "broadcasted": "busy",
    "confirmed": "good",
    "finalized": "good",
    "executed": "good",
    "delivered": "good",
    "execution_reverted": "bad",
    "failed": "bad",
    "rejected": "bad",
}
# What tells an account of a user: the first of these that it has.
_IDENTITIES: Final = (
    "custom_user_id",
    "address",
    "number",
    "username",
    "email",
    "subject",
    "fid",
    "telegram_user_id",
    "credential_id",
)

# What to do so that there are some: a call, and the rest of the sentence.
_HINTS: Final = {
    "Wallets": (
        'privy.wallets.create(chain_type="ethereum", owner={"user_id": user.id})',
        " makes one.",
    ),
    "Users": (
        'privy.users.create(linked_accounts=[{"type": "custom_auth", "custom_user_id": "alice"}])',
        " makes one; privy-sandbox --user alice begins with one, her wallets and a token.",
    ),
    "Transactions": (
        "privy.wallets.ethereum.send_transaction(wallet.id, {…}, caip2=…)",
        " sends one. Wallets begin with coins on each chain.",
    ),
    "Policies": (
        "privy.policies.create(…)",
        " makes one. A wallet without one does all that its owner signs.",
    ),
    "Key quorums": (
        "privy.key_quorums.create(public_keys=[…])",
        " makes one, for what several must sign.",
    ),
    "Intents": ("privy.intents.rpc(wallet.id, {…})", " proposes what others are to sign."),
}

Record = TypeVar("Record")


def newest(records: dict[str, Record]) -> list[Record]:
    """The last that were made, newest first."""
    return list(islice(reversed(records.values()), MAX_ROWS))


def sections(app: App, balances: Balances) -> Iterator[Html]:
    """All of them."""
    state = app.state
    owned = Counter(state.sole_owner(wallet) for wallet in state.wallets.values())
    yield _list("Wallets", state.wallets, lambda each: _wallet(state, each, balances))
    yield _list("Users", state.users, lambda each: _user(each, owned[each.id]))
    yield _list("Transactions", state.transactions, _transaction)
    yield _list("Policies", state.policies, _policy)
    yield _list("Key quorums", state.key_quorums, _key_quorum)
    yield _list("Intents", state.intents, lambda each: _intent(state, each))
    yield _webhooks(app.webhooks)


def _list(title: str, records: dict[str, Record], row: Callable[[Record], Html]) -> Html:
    rows = map(row, newest(records))
    id = title.lower().replace(" ", "-")
    call, purpose = _HINTS[title]
    empty = joined(["None yet. ", element("code", call), purpose])
    return section(id, title, rows, count=len(records), empty=empty)


def _row(*lines: tuple[object, ...]) -> Html:
    return div("row", *(div("line", *line) for line in lines))


def _wallet(state: State, wallet: Wallet, balances: Balances) -> Html:
    marks = (
        chip("archived") if wallet.archived_at is not None else None,
        chip("policy") if wallet.policy_ids else None,
        chip(_count(len(wallet.additional_signers), "signer"))
        if wallet.additional_signers
        else None,
    )
    return _row(
        (chip(wallet.key.chain_type), code(wallet.key.address), *marks),
        (span("quiet", "id "), code(wallet.id), _named(wallet.display_name)),
        (span("quiet", _owner(state, wallet)),),
        *(
            (span("amount", held), span("quiet", f" on {chain}"))
            for chain, held in balances.get(wallet.id, ())
        ),
    )


def _owner(state: State, wallet: Wallet) -> str:
    user = state.sole_owner(wallet)
    if user is not None:
        return f"owned by {user}"
    return f"owned by key quorum {wallet.owner_id}" if wallet.owner_id else "without an owner"


def _user(user: User, wallet_count: int) -> Html:
    return _row(
        (code(user.id), chip(_count(wallet_count, "wallet")) if wallet_count else None),
        *((span("quiet", f"{each['type']} "), _identity(each)) for each in user.linked_accounts),
    )


def _identity(account: Json) -> Html:
    found = (account[name] for name in _IDENTITIES if account.get(name) is not None)
    return code(next(found, "?"))


def _transaction(transaction: Transaction) -> Html:
    sent = transaction.transaction_hash or transaction.content.get("transaction_hash") or "no hash"
    return _row(
        (_status(transaction.status), code(sent)),
        (
            span(
                "quiet",
                f"{clock_time(transaction.created_at)} on {name_of(transaction.caip2)} by wallet ",
            ),
            code(transaction.wallet_id),
        ),
    )


def _policy(policy: Policy) -> Html:
    return _row(
        (chip(policy.chain_type), element("b", policy.name)),
        (span("quiet", "id "), code(policy.id)),
        *(line for rule in policy.rules for line in _rule(rule)),
    )


def _rule(rule: Rule) -> Iterator[tuple[object, ...]]:
    tone = "good" if rule.action == "ALLOW" else "bad"
    yield chip(rule.action, tone), span("quiet", f"{rule.method}: {rule.name}")
    for condition in rule.conditions:
        field = f"{condition.subject.field_source}.{condition.subject.field}"
        values = ", ".join(map(str, condition.values))
        text = f"{field} {condition.operator} {values}"
        yield span("quiet", "if"), element("code", text, class_="whole")


def _key_quorum(quorum: KeyQuorum) -> Html:
    members = (
        *(f"user {each}" for each in quorum.user_ids),
        *(f"key {each.text}" for each in quorum.public_keys),
        *(f"key quorum {each}" for each in quorum.key_quorum_ids),
    )
    return _row(
        (
            chip(f"{quorum.authorization_threshold} of {quorum.member_count}"),
            code(quorum.id),
            _named(quorum.display_name),
        ),
        *((code(member),) for member in members),
    )


def _intent(state: State, intent: Intent) -> Html:
    return _row(
        (_status(intent.status_at(state.now)), element("b", intent.kind), code(intent.id)),
        (
            span("quiet", f"{_count(len(intent.approvals), 'approval')}, for "),
            code(intent.resource_id),
        ),
    )


def _webhooks(webhooks: Webhooks) -> Html:
    log = webhooks.deliveries
    rows = map(_delivery, islice(reversed(log), MAX_ROWS))
    told = _count(len(webhooks.endpoints), "endpoint")
    hint = (
        element("code", "sandbox.webhooks.add(url)"),
        " or privy-sandbox --webhook URL adds one.",
    )
    empty = joined([f"Nothing sent yet; {told}. ", *hint])
    return section("webhooks", "Webhooks", rows, count=len(log), empty=empty)


def _delivery(delivery: Delivery) -> Html:
    tried = ", ".join(str(each.status or each.error) for each in delivery.attempts) or "not yet"
    at = clock_time(delivery.attempts[-1].at * 1000) if delivery.attempts else ""
    return _row(
        (_status(delivery.status), element("b", delivery.type), span("quiet", at)),
        (span("quiet", "to "), code(_without_secrets(delivery.url))),
        (span("quiet", f"answered: {tried}"),),
    )


def _without_secrets(url: str) -> str:
    """A URL without what may be a password or a token in it."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}{'?…' if parts.query else ''}"


def _status(status: str) -> Html:
    return chip(status, _TONES.get(status, "plain"))


def _named(name: str | None) -> Html | None:
    return span("name", name) if name else None


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
