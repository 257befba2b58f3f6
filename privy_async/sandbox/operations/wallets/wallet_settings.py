"""Settings of a wallet besides its key: owner, signers and labels."""

from collections.abc import Mapping
from typing import Final

import attrs

from privy_async.sandbox.operations.controls.owners import owner_of
from privy_async.sandbox.records.wallets import Wallet
from privy_async.sandbox.requests.fields import Fields, input_error
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.state import State

MAX_DISPLAY_NAME: Final = 100
MAX_ORGANIZATION_WALLETS: Final = 150
EXTERNAL_ID: Final = "[a-zA-Z0-9_-]{1,64}"


def with_settings(state: State, wallet: Wallet, fields: Fields) -> Wallet:
    """The wallet with the settings that were sent; a name or an owner sent as null is removed.

    The owner comes last, because naming one can make a key quorum.
    """
    if fields.has("policy_ids"):
        policy_ids = _policy_ids(state, wallet, fields, "policy_ids")
        wallet = attrs.evolve(wallet, policy_ids=policy_ids)
    if fields.has("display_name") or fields.clears("display_name"):
        name = fields.optional_string("display_name", max_length=MAX_DISPLAY_NAME)
        wallet = attrs.evolve(wallet, display_name=name)
    if fields.has("additional_signers"):
        wallet = _with_signers(state, wallet, fields)
    return attrs.evolve(wallet, owner_id=owner_of(state, fields, wallet.owner_id))


def external_id(state: State, fields: Fields) -> str | None:
    """The caller's own id for a new wallet, which must be unused."""
    value = fields.optional_string("external_id", pattern=EXTERNAL_ID)
    if value is not None and state.wallet_with_external_id(value) is not None:
        raise Refusal(409, "A wallet with this external_id already exists", "resource_conflict")
    return value


def entity(state: State, fields: Fields) -> dict[str, str] | None:
    """Whom a new wallet belongs to in the app's books, which gives no right to use it."""
    if fields.values.get("entity") is None:
        return None
    return described_entity(state, fields.object("entity"))


def described_entity(state: State, fields: Fields) -> dict[str, str]:
    """The user or organization that the fields name."""
    kind, entity_id = fields.choice("type", ("user", "organization")), fields.string("id")
    if kind == "user":
        return {"id": state.user(entity_id).id, "type": kind}
    organization = state.organization(entity_id)
    if len(state.wallets_of_entity(organization.id)) >= MAX_ORGANIZATION_WALLETS:
        problem = f"An organization has at most {MAX_ORGANIZATION_WALLETS} wallets"
        raise input_error(fields.at("id"), problem)
    return {"id": organization.id, "type": kind}


def entity_owner(state: State, entity: Mapping[str, str] | None) -> str | None:
    """The owner of a new wallet unless one is named: an organization's default key quorum."""
    if entity is None or entity["type"] != "organization":
        return None
    return state.organization(entity["id"]).default_key_quorum_id


def _policy_ids(state: State, wallet: Wallet, fields: Fields, name: str) -> tuple[str, ...]:
    """Up to one policy, which must be for wallets of this chain."""
    policy_ids = fields.strings(name, max_items=1)
    for policy_id in policy_ids:
        if state.policy(policy_id).chain_type != wallet.key.chain_type:
            problem = f"The policy is not for wallets of {wallet.key.chain_type}"
            raise input_error(fields.at(name), problem)
    return policy_ids


def _with_signers(state: State, wallet: Wallet, fields: Fields) -> Wallet:
    """The wallet with the signers that were sent, each with the override policy it has."""
    signer_ids = list[str]()
    overrides = dict[str, str]()
    for signer in fields.objects("additional_signers"):
        signer_id = state.key_quorum(signer.string("signer_id")).id
        signer_ids.append(signer_id)
        for policy_id in _policy_ids(state, wallet, signer, "override_policy_ids"):
            overrides[signer_id] = policy_id
    if len(set(signer_ids)) < len(signer_ids):
        raise input_error(fields.at("additional_signers"), "Array must not contain a signer twice")
    return attrs.evolve(wallet, additional_signers=tuple(signer_ids), override_policy_ids=overrides)
