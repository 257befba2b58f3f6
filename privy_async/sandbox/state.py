"""Everything one sandbox remembers, with its look-ups and no rule about who may do what."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final, TypeVar

import attrs

from privy_async.sandbox.clock import SandboxClock
from privy_async.sandbox.records.apps import (
    AllowlistEntry,
    DenylistEntry,
    DigitalAssetAccount,
    Organization,
    OrganizationSecret,
)
from privy_async.sandbox.records.chain_inputs import ChainInput
from privy_async.sandbox.records.idempotent_uses import StartedUse, Use
from privy_async.sandbox.records.intents import PENDING, PROCESSING, Intent
from privy_async.sandbox.records.json_types import Json
from privy_async.sandbox.records.key_quorums import KeyQuorum, PublicKeyMember
from privy_async.sandbox.records.policies import Aggregation, ConditionSet, Policy
from privy_async.sandbox.records.second_factors import MfaCeremony, MfaVerification
from privy_async.sandbox.records.transactions import Transaction
from privy_async.sandbox.records.transfers import Transfer
from privy_async.sandbox.records.users import User, UserKey
from privy_async.sandbox.records.wallets import PendingImport, Wallet
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.tokens import Issuer

Record = TypeVar("Record")
AccountKey = tuple[str, str | int]

# Expired keys stay for a while, so that a signature by one can be told from nonsense.
_KEYS_OF_A_USER: Final = 1000


def _new_issuer(state: "State") -> Issuer:
    return Issuer.new(state.clock)


@attrs.define(kw_only=True)
class State:
    """The records, by id and oldest first. Read it in tests; the sandbox alone writes it.

    A state file keeps every attribute but the clock; so entries of dicts are replaced, not changed,
    and what they are made of is plain values and frozen attrs classes.

    Attributes:
        clock: Time, ids and chance.
        issuer: What signs the sandbox's own tokens.
        user_keys: The keys given out, by user id, newest first.
        mfa_ceremonies: What has begun, by user id and path, such as "sms/enrollment".
        mfa_verifications: By MFA token.
        exchanges: How many user tokens were exchanged for a key.
        sent_counts: How many transactions were sent, by wallet id and CAIP-2 chain.
        pending_imports: By chain type and address.
        user_ids_by_account: By the type of a linked account and what identifies it.
        owner_quorums: The quorums that were made for an owner, by user id or key.
        idempotent_uses: What idempotency keys were used for, oldest first.
        chain_inputs: What was done to the chains in memory, by chain and a running number.
    """

    clock: SandboxClock
    issuer: Issuer = attrs.field(default=attrs.Factory(_new_issuer, takes_self=True))
    users: dict[str, User] = attrs.field(factory=dict[str, User])
    wallets: dict[str, Wallet] = attrs.field(factory=dict[str, Wallet])
    key_quorums: dict[str, KeyQuorum] = attrs.field(factory=dict[str, KeyQuorum])
    policies: dict[str, Policy] = attrs.field(factory=dict[str, Policy])
    condition_sets: dict[str, ConditionSet] = attrs.field(factory=dict[str, ConditionSet])
    aggregations: dict[str, Aggregation] = attrs.field(factory=dict[str, Aggregation])
    transactions: dict[str, Transaction] = attrs.field(factory=dict[str, Transaction])
    transfers: dict[str, Transfer] = attrs.field(factory=dict[str, Transfer])
    intents: dict[str, Intent] = attrs.field(factory=dict[str, Intent])
    allowlist: dict[str, AllowlistEntry] = attrs.field(factory=dict[str, AllowlistEntry])
    denylist: dict[str, DenylistEntry] = attrs.field(factory=dict[str, DenylistEntry])
    accounts: dict[str, DigitalAssetAccount] = attrs.field(factory=dict[str, DigitalAssetAccount])
    organizations: dict[str, Organization] = attrs.field(factory=dict[str, Organization])
    organization_secrets: dict[str, OrganizationSecret] = attrs.field(
        factory=dict[str, OrganizationSecret]
    )
    user_keys: dict[str, tuple[UserKey, ...]] = attrs.field(factory=dict[str, tuple[UserKey, ...]])
    mfa_ceremonies: dict[tuple[str, str], MfaCeremony] = attrs.field(
        factory=dict[tuple[str, str], MfaCeremony]
    )
    mfa_verifications: dict[str, MfaVerification] = attrs.field(
        factory=dict[str, MfaVerification], repr=False
    )
    exchanges: int = 0
    sent_counts: dict[tuple[str, str], int] = attrs.field(factory=dict[tuple[str, str], int])
    pending_imports: dict[tuple[str, str], PendingImport] = attrs.field(
        factory=dict[tuple[str, str], PendingImport]
    )
    user_ids_by_account: dict[AccountKey, str] = attrs.field(factory=dict[AccountKey, str])
    owner_quorums: dict[str | bytes, KeyQuorum] = attrs.field(factory=dict[str | bytes, KeyQuorum])
    idempotent_uses: dict[Use, StartedUse] = attrs.field(factory=dict[Use, StartedUse])
    chain_inputs: dict[tuple[str, int], ChainInput] = attrs.field(
        factory=dict[tuple[str, int], ChainInput]
    )

    @property
    def now(self) -> int:
        """Unix time in milliseconds."""
        return int(self.clock.now() * 1000)

    def new_id(self) -> str:
        """A new id of Privy's form, for all but transactions and transfers, which have UUIDs."""
        return self.clock.cuid()

    def user(self, user_id: str) -> User:
        """The user, or a refusal with 404."""
        return _found(self.users.get(user_id), "User")

    def key_quorum(self, key_quorum_id: str) -> KeyQuorum:
        """The key quorum, or a refusal with 404."""
        return _found(self.key_quorums.get(key_quorum_id), "Key quorum")

    def policy(self, policy_id: str) -> Policy:
        """The policy, or a refusal with 404."""
        return _found(self.policies.get(policy_id), "Policy")

    def condition_set(self, condition_set_id: str) -> ConditionSet:
        """The condition set, or a refusal with 404."""
        return _found(self.condition_sets.get(condition_set_id), "Condition set")

    def aggregation(self, aggregation_id: str) -> Aggregation:
        """The aggregation, or a refusal with 404."""
        return _found(self.aggregations.get(aggregation_id), "Aggregation")

    def transaction(self, transaction_id: str) -> Transaction:
        """The transaction, or a refusal with 404."""
        return _found(self.transactions.get(transaction_id), "Transaction")

    def intent(self, intent_id: str) -> Intent:
        """The intent, or a refusal with 404."""
        return _found(self.intents.get(intent_id), "Intent")

    def account(self, account_id: str) -> DigitalAssetAccount:
        """The digital asset account, or a refusal with 404."""
        return _found(self.accounts.get(account_id), "DigitalAssetAccount")

    def organization(self, organization_id: str) -> Organization:
        """The organization, or a refusal with 404."""
        return _found(self.organizations.get(organization_id), "Organization")

    def wallet(self, wallet_id: str, *, include_archived: bool = False) -> Wallet:
        """The wallet, or a refusal with 404. `ext_wal_<external id>` stands for the id too."""
        wallet = self.wallets.get(wallet_id)
        if wallet is None and wallet_id.startswith("ext_wal_"):
            wallet = self.wallet_with_external_id(wallet_id.removeprefix("ext_wal_"))
        if wallet is not None and wallet.archived_at is not None and not include_archived:
            wallet = None
        return _found(wallet, "Wallet")

    def wallet_with_external_id(self, external_id: str) -> Wallet | None:
        """The wallet that was created with this external id."""
        return next((w for w in self.wallets.values() if w.external_id == external_id), None)

    def wallets_at(self, address: str) -> Iterable[Wallet]:
        """The wallets with this address; Ethereum addresses compare without their case."""
        return (w for w in self.wallets.values() if same_address(w.key.address, address))

    def wallets_of_entity(self, entity_id: str) -> list[Wallet]:
        """The wallets of a user or an organization in the app's books, archived ones too."""
        wallets = self.wallets.values()
        return [w for w in wallets if w.entity is not None and w.entity["id"] == entity_id]

    def wallet_json(self, wallet: Wallet) -> Json:
        """The wallet as Privy answers it."""
        owner = self.key_quorums[wallet.owner_id] if wallet.owner_id else None
        return wallet.to_json(owner.authorization_threshold if owner else None)

    def users_json(self, users: Iterable[User]) -> list[Json]:
        """The users as Privy answers them, with the wallets each of them owns alone."""
        wallets = defaultdict[str, list[Wallet]](list)
        for wallet in self.wallets.values():
            owner = self.sole_owner(wallet)
            if owner is not None and wallet.archived_at is None:
                wallets[owner].append(wallet)
        return [_user_json(user, wallets[user.id]) for user in users]

    def owner_quorum(self, *, user_id: str | None, public_key: PublicKeyMember | None) -> KeyQuorum:
        """The 1-of-1 quorum of a user or a key, the same one each time it is asked for."""
        member = public_key.point if public_key else str(user_id)
        known = self.owner_quorums.get(member)
        if known is not None and self.key_quorums.get(known.id) == known:
            return known
        quorum = KeyQuorum(
            id=self.new_id(),
            authorization_threshold=1,
            public_keys=(public_key,) if public_key else (),
            user_ids=(user_id,) if user_id else (),
        )
        self.key_quorums[quorum.id] = self.owner_quorums[member] = quorum
        return quorum

    def add_user_key(self, key: UserKey) -> None:
        """Remember a key that was given out."""
        kept = self.user_keys.get(key.user_id, ())[: _KEYS_OF_A_USER - 1]
        self.user_keys[key.user_id] = (key, *kept)
        self.exchanges += 1

    def undo_interrupted(self) -> None:
        """Take back what requests had begun that will never be answered, as after a crash."""
        for use in [use for use, started in self.idempotent_uses.items() if not started.response]:
            del self.idempotent_uses[use]
        for intent in [each for each in self.intents.values() if each.status == PROCESSING]:
            # It waits again for the agreement with which its execution began.
            self.intents[intent.id] = attrs.evolve(
                intent, status=PENDING, approvals=intent.approvals[:-1]
            )

    @property
    def quorum_ids_in_use(self) -> set[str | None]:
        """The key quorums that own something or may use a wallet."""
        wallets = self.wallets.values()
        return {
            *(wallet.owner_id for wallet in wallets),
            *(signer_id for wallet in wallets for signer_id in wallet.additional_signers),
            *(policy.owner_id for policy in self.policies.values()),
            *(condition_set.owner_id for condition_set in self.condition_sets.values()),
            *(aggregation.owner_id for aggregation in self.aggregations.values()),
            *(each.default_key_quorum_id for each in self.organizations.values()),
        }

    def with_nested(self, key_quorum_id: str | None) -> tuple[KeyQuorum, ...]:
        """The key quorum and the ones nested in it."""
        quorum = self.key_quorums.get(key_quorum_id or "")
        if quorum is None:
            return ()
        return (quorum, *(self.key_quorums[nested] for nested in quorum.key_quorum_ids))

    def quorum_ids_with(self, user_id: str) -> set[str]:
        """The key quorums of which the user is a member, directly or in a nested one."""
        return {
            quorum_id
            for quorum_id in self.key_quorums
            if any(user_id in quorum.user_ids for quorum in self.with_nested(quorum_id))
        }

    def wallets_usable_by(self, user_id: str) -> list[Wallet]:
        """The wallets whose owner or one of whose additional signers includes the user."""
        quorum_ids = self.quorum_ids_with(user_id)
        return [
            wallet
            for wallet in self.wallets.values()
            if wallet.archived_at is None
            and not quorum_ids.isdisjoint((wallet.owner_id, *wallet.additional_signers))
        ]

    def sole_owner(self, wallet: Wallet) -> str | None:
        """The id of the user who owns the wallet alone, if one does."""
        owner = self.key_quorums.get(wallet.owner_id or "")
        if owner is None or not owner.member_count == len(owner.user_ids) == 1:
            return None
        return owner.user_ids[0]


def same_address(left: str, right: str) -> bool:
    """True if two addresses are one; the case of hexadecimal ones is only a checksum."""
    if left.startswith("0x"):
        return left.lower() == right.lower()
    return left == right


def _found(record: Record | None, kind: str) -> Record:
    if record is None:
        raise Refusal(404, f"{kind} not found", "not_found")
    return record


def _user_json(user: User, wallets: Iterable[Wallet]) -> Json:
    embedded = (wallet.to_linked_account() for wallet in wallets)
    return {
        "id": user.id,
        "created_at": user.created_at,
        "linked_accounts": [*user.linked_accounts, *embedded],
        "mfa_methods": user.mfa_methods,
        "has_accepted_terms": False,
        "is_guest": False,
        "custom_metadata": dict(user.custom_metadata),
        **({} if user.frozen_at is None else {"frozen_at": user.frozen_at}),
    }
