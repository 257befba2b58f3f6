"""The official Python SDK at work on a sandbox: area by area; see python_sdk_stage.py."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import privy
from privy import PrivyAPI
from privy.lib.authorization import WalletAPIRequestSignatureInput
from python_sdk_stage import Stage, plain, play, refusal, user_key

OWNED = ("user", "key", "quorum")
ALL = (*OWNED, "ownerless")
ALLOW = {"name": "yes", "method": "personal_sign", "conditions": [], "action": "ALLOW"}
DENY = {"name": "no", "method": "personal_sign", "conditions": [], "action": "DENY"}
FIRST = {"version": "1.0", "name": "first", "chain_type": "ethereum", "rules": []}


def owner(stage: Stage, kind: str) -> dict[str, Any]:
    """The owner of a new resource, as the stage's wallets have it."""
    owners: dict[str, dict[str, Any]] = {
        "user": {"owner": {"user_id": stage.users["alice"]}},
        "key": {"owner": {"public_key": stage.keys[0].public_key}},
        "quorum": {"owner_id": stage.quorum.id},
        "ownerless": {},
    }
    return owners[kind]


def for_each(kinds: Sequence[str], action: Callable[[str], Any]) -> dict[str, Any]:
    """What each kind of owner comes to."""
    return {kind: action(kind) for kind in kinds}


def authorize(stage: Stage, intent: Any, kind: str) -> Any:
    """Authorize an intent by those who own the resource, one call for each; no SDK has it."""
    details, headers = intent.request_details, {"privy-app-id": stage.task["client"]["app_id"]}
    if intent.custom_expiry:
        headers["privy-request-expiry"] = str(int(intent.expires_at))
    payload = privy.format_request_for_authorization_signature(
        WalletAPIRequestSignatureInput(
            method=details.method,
            url=details.url,
            body=details.to_dict(mode="json").get("body", {}),
            headers=headers,
        )
    )
    keys = {
        "user": lambda: [user_key(stage, "alice")],
        "key": lambda: [stage.keys[0].private_key],
        "quorum": lambda: [stage.keys[0].private_key, user_key(stage, "bob")],
    }
    answer = None
    for key in keys[kind]():
        answer = post(stage, intent, privy.generate_authorization_signature(key, payload))
    return answer


def post(stage: Stage, intent: Any, signature: str) -> Any:
    body = {"signature": signature, "timestamp": int(time.time() * 1000)}
    with PrivyAPI(**stage.task["client"]) as api:
        return api.post(f"/v1/intents/{intent.intent_id}/authorize", cast_to=object, body=body)


def policies(stage: Stage) -> Any:
    service = stage.client.policies

    def live(kind: str) -> Any:
        options = {"request_options": stage.signers[kind]}
        created = service.create(**FIRST, **owner(stage, kind))
        rule = service.create_rule(created.id, policy_create_rule_params=ALLOW, **options)
        wallet = stage.wallet(policy_ids=[created.id], **owner(stage, kind))
        allowed = stage.sign(wallet, "hello", stage.signers[kind])
        change = {**DENY, "policy_id": created.id}
        service.update_rule(rule.id, policy_update_rule_params=change, **options)
        denied = refusal(stage.sign, wallet, "hello", stage.signers[kind])
        changed = service.get_rule(rule.id, policy_id=created.id)
        service.delete_rule(rule.id, policy_id=created.id, **options)
        updated = service.update(created.id, policy_update_params={"name": "second"}, **options)
        unsigned = None
        if kind != "ownerless":
            unsigned = refusal(service.update, created.id, policy_update_params={"name": "third"})
        stage.client.wallets.update(wallet.id, wallet_update_params={"policy_ids": []}, **options)
        return {
            "allowed": plain(allowed),
            "denied": denied,
            "changed": plain(changed),
            "updated": plain(updated),
            "unsigned": unsigned,
            "deleted": plain(service.delete(created.id, **options)),
            "gone": refusal(service.get, created.id),
            "wallet": plain(wallet),
        }

    return for_each(ALL, live)


def intents(stage: Stage) -> Any:
    service, wallets = stage.client.intents, stage.client.wallets
    hello = {
        "method": "personal_sign",
        "params": {"message": "by intent", "encoding": "utf-8"},
    }

    def live(kind: str) -> Any:
        wallet = stage.wallet(**owner(stage, kind))
        proposed = service.rpc(wallet.id, intent_rpc_request_body=hello)
        never = {"display_name": "never"}
        rejected = service.update_wallet(wallet.id, intent_update_wallet_params=never)
        service.reject(rejected.intent_id)
        rpc = authorize(stage, proposed, kind)
        name = {"display_name": "ours"}
        change = service.update_wallet(wallet.id, intent_update_wallet_params=name)
        authorize(stage, change, kind)
        listed = list(service.list(resource_id=wallet.id, limit=2))
        return {
            "proposed": plain(proposed),
            "rpc": rpc,
            "wallet": plain(wallets.get(wallet.id)),
            "statuses": [plain(intent)["status"] for intent in listed],
            "fetched": plain(service.get(change.intent_id)),
            "late": refusal(post, stage, rejected, "MEUC")["body"],
        }

    return for_each(OWNED, live)


def policy_intents(stage: Stage) -> Any:
    service, keys = stage.client.intents, stage.keys
    policy = stage.client.policies.create(**FIRST, **owner(stage, "key"))
    quorum = stage.client.key_quorums.create(public_keys=[keys[0].public_key])

    def done(intent: Any) -> Any:
        plain(intent)
        authorize(stage, intent, "key")
        return plain(service.get(intent.intent_id))

    created = done(service.create_policy_rule(policy.id, intent_create_policy_rule_params=ALLOW))
    rule_id = created["action_result"]["response_body"]["id"]
    change = {**DENY, "policy_id": policy.id}
    name = {"name": "second"}
    board = {"display_name": "board"}
    return {
        "created": created,
        "updated": done(
            service.update_policy_rule(rule_id, intent_update_policy_rule_params=change)
        ),
        "deleted": done(service.delete_policy_rule(rule_id, policy_id=policy.id)),
        "renamed": done(service.update_policy(policy.id, intent_update_policy_params=name)),
        "quorum": done(service.update_key_quorum(quorum.id, intent_update_key_quorum_params=board)),
    }


def batches(stage: Stage) -> Any:
    service, organizations = stage.client.wallets, stage.client.organizations
    made = service.create_batch(
        wallets=[
            {"chain_type": "ethereum", "external_id": "in-a-batch", **owner(stage, "user")},
            {"chain_type": "ethereum", "external_id": "in-a-batch"},
            {"chain_type": "solana", "owner_id": "nothing"},
            {"chain_type": "stellar", **owner(stage, "quorum")},
        ]
    )
    first = plain(made)["results"][0]["wallet"]["id"]
    carol = stage.users["carol"]
    organization = organizations.create(display_name="Acme", default_key_quorum_id=stage.quorum.id)
    theirs = stage.wallet(entity={"id": organization.id, "type": "organization"})
    recovered = service.create_wallets_with_recovery(
        primary_signer={"subject_id": "alice"},
        recovery_user={"linked_accounts": [{"type": "email", "address": "back@example.com"}]},
        wallets=[{"chain_type": "ethereum"}],
    )
    return {
        "results": plain(made)["results"],
        "assigned": plain(service.assign_entity(first, id=carol, type="user")),
        "again": refusal(service.assign_entity, first, id=carol, type="user"),
        "of_entity": [wallet.id for wallet in service.list(entity_id=carol)],
        "by_external_id": [wallet.id for wallet in service.list(external_id="in-a-batch")],
        "theirs": plain(theirs),
        "quorum": stage.quorum.id,
        "recovered": plain(recovered),
        "organizations": [plain(each) for each in organizations.list()],
        "renamed": plain(organizations.update(organization.id, display_name="Bits")),
    }


def money(stage: Stage) -> Any:
    service = stage.client.wallets

    def live(kind: str) -> Any:
        wallet = stage.wallets[kind]
        sent = service.ethereum.send_transaction(
            wallet.id,
            caip2="eip155:84532",
            params={"transaction": {"to": stage.task["receiver"], "value": "0xde0b6b3a7640000"}},
            request_options=stage.signers[kind],
        )
        transaction = confirmed(stage, sent.transaction_id)
        query = {"chain": "base_sepolia", "asset": "eth"}
        balance = service.balance.get(wallet.id, **query)
        history = service.transactions.get(wallet.id, **query)
        return {
            "address": wallet.address,
            "sent": plain(sent),
            "transaction": plain(transaction),
            "balances": plain(balance)["balances"],
            "transactions": plain(history)["transactions"],
        }

    return for_each(ALL, live)


def confirmed(stage: Stage, transaction_id: str) -> Any:
    """Ask until the transaction is confirmed."""
    for _ in range(100):
        transaction = stage.client.transactions.get(transaction_id)
        if transaction.status in ("confirmed", "finalized"):
            return transaction
        time.sleep(0.05)
    raise TimeoutError("was not confirmed")


def apps(stage: Stage) -> Any:
    service, app_id = stage.client.apps, stage.task["client"]["app_id"]
    entry = {"type": "email", "value": "invited@example.com"}
    return {
        "settings": plain(service.get_settings()),
        "invited": plain(service.invite_to_allowlist(entry)),
        "allowlist": [plain(each) for each in service.get_allowlist()],
        "removed": plain(service.remove_from_allowlist(entry)),
        "emptied": service.get_allowlist(),
        "test_accounts": plain(service.get_test_credentials(app_id))["data"],
        "gas": plain(
            service.get_gas_spend(
                wallet_ids=[stage.wallets["user"].id, stage.wallets["key"].id],
                start_timestamp=0,
                end_timestamp=1000,
            )
        ),
    }


def not_imitated(stage: Stage) -> Any:
    return refusal(
        stage.client.organizations.kyb.initiate_tos,
        "nothing",
        email="a@example.com",
        provider="bridge",
    )


if __name__ == "__main__":
    play((policies, intents, policy_intents, batches, money, apps, not_imitated))
