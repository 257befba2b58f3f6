"""The official Python SDK at work on a sandbox: signing in all ways; see python_sdk_stage.py."""

import base64
from typing import Any

import privy
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from privy import AuthorizationContext, PrivyAPI, PrivyClient
from python_sdk_stage import Stage, by, plain, play, refusal, refused_request, unseal


def users(stage: Stage) -> Any:
    service = stage.client.users
    user = service.create(
        linked_accounts=[
            {"type": "custom_auth", "custom_user_id": "dora"},
            {"type": "email", "address": "dora@example.com"},
        ],
        wallets=[{"chain_type": "ethereum"}, {"chain_type": "solana"}],
    )
    service.set_custom_metadata(user.id, custom_metadata={"plan": "gold", "age": 7})
    service.pregenerate_wallets(user.id, wallets=[{"chain_type": "stellar"}])
    found = [
        service.get(user.id),
        service.get_by_custom_auth_id(custom_user_id="dora"),
        service.get_by_email_address(address="dora@example.com"),
    ]
    service.delete(user.id)
    return {
        "found": [plain(each) for each in found],
        "deleted": refusal(service.get, user.id),
    }


def messages(stage: Stage) -> Any:
    return {
        kind: {
            "wallet": plain(wallet),
            **plain(stage.sign(wallet, f"I am a {kind} wallet", stage.signers[kind])),
        }
        for kind, wallet in stage.wallets.items()
    }


def message_forms(stage: Stage) -> Any:
    wallet, options = stage.wallets["user"], stage.signers["user"]
    return {
        "address": wallet.address,
        "text": stage.sign(wallet, stage.task["text"], options).signature,
        "hex": stage.sign(wallet, "0x00ff", options).signature,
        "bytes": stage.sign(wallet, b"\x00\xff", options).signature,
    }


def ethereum(stage: Stage) -> Any:
    wallet, params = stage.wallets["user"], stage.task["ethereum"]
    service, options = stage.client.wallets.ethereum, stage.signers["user"]
    methods = {
        "typed_data": service.sign_typed_data,
        "transaction": service.sign_transaction,
        "hash": service.sign_secp256k1,
        "authorization": service.sign_7702_authorization,
        "user_operation": service.sign_user_operation,
    }
    answers = {
        name: plain(method(wallet.id, params=params[name], request_options=options))
        for name, method in methods.items()
    }
    calls = service.send_calls(
        wallet.id, caip2="eip155:8453", params=params["calls"], request_options=options
    )
    return {"address": wallet.address, **answers, "calls": plain(calls)}


def sending(stage: Stage) -> Any:
    wallet, service = stage.wallets["user"], stage.client.wallets.ethereum

    def send(value: str) -> Any:
        return service.send_transaction(
            wallet.id,
            caip2="eip155:8453",
            params={"transaction": {"to": stage.task["receiver"], "value": value}},
            reference_id="order-7",
            idempotency_key="pay-order-7",
            request_options=stage.signers["user"],
        )

    first = send("0xde0b6b3a7640000")
    return {
        "wallet": plain(wallet),
        "first": plain(first),
        "again": plain(send("0xde0b6b3a7640000")),
        "other_body": refusal(send, "0x1"),
        "transaction": plain(stage.client.transactions.get(first.transaction_id)),
    }


def creating_twice(stage: Stage) -> Any:
    def create(chain_type: str) -> Any:
        return stage.wallet(chain_type, idempotency_key="wallet-1")

    return {
        "first": create("ethereum").id,
        "again": create("ethereum").id,
        "other_body": refusal(create, "solana"),
    }


def lost_answers(stage: Stage) -> Any:
    def send(external_id: str, **options: Any) -> Any:
        owner = {"user_id": stage.users["alice"]}
        wallet = stage.wallet(external_id=external_id, owner=owner)
        sent = stage.client.wallets.ethereum.send_transaction(
            f"ext_wal_{external_id}",
            caip2="eip155:8453",
            params={"transaction": {"to": stage.task["receiver"], "value": 1}},
            request_options=stage.signers["user"],
            **options,
        )
        return {"wallet_id": wallet.id, "transaction_id": sent.transaction_id}

    return {"keyed": send("keyed", idempotency_key="once"), "keyless": send("keyless")}


def solana(stage: Stage) -> Any:
    given, service = stage.task["solana"], stage.client.wallets.solana
    owner = {"owner": {"user_id": stage.users["alice"]}}
    wallet = stage.client.wallets.update(given["wallet_id"], wallet_update_params=owner)
    options = stage.signers["user"]
    message = service.sign_message(wallet.id, b"good morning", request_options=options)
    signed = service.sign_transaction(wallet.id, given["transaction"], request_options=options)
    sent = service.sign_and_send_transaction(
        wallet.id,
        base64.b64decode(given["transaction_to_send"]),
        caip2=given["caip2"],
        request_options=options,
    )
    return {
        "address": wallet.address,
        "message": plain(message),
        "signed": plain(signed),
        "sent": plain(sent),
    }


def tron(stage: Stage) -> Any:
    given, service = stage.task["tron"], stage.client.wallets.tron
    options = {"request_options": stage.signers["user"]}
    owner = {"owner": {"user_id": stage.users["alice"]}}
    stage.client.wallets.update(given["wallet_id"], wallet_update_params=owner)
    wallet_id, params = given["wallet_id"], {"raw_data": given["raw_data"]}
    return {
        "signed": plain(service.sign_transaction(wallet_id, params=params, **options)),
        "sent": plain(
            service.send_transaction(wallet_id, params=params, caip2="tron:0xcd8690dc", **options)
        ),
    }


def raw_signing(stage: Stage) -> Any:
    answers = {}
    for chain_type in ("cosmos", "stellar"):
        wallet = stage.wallet(chain_type, owner={"user_id": stage.users["alice"]})
        answers[chain_type] = {
            "public_key": wallet.public_key,
            **{
                name: stage.client.wallets.raw_sign(
                    wallet.id,
                    wallet_raw_sign_params={"params": params},
                    request_options=stage.signers["user"],
                ).data.signature
                for name, params in stage.task["raw_signing"].items()
            },
        }
    return answers


def owners(stage: Stage) -> Any:
    """From nobody to a user, a key, a quorum and back to nobody."""
    wallet = stage.wallet()
    steps = (
        ({"owner": {"user_id": stage.users["alice"]}}, None),
        ({"owner": {"public_key": stage.keys[0].public_key}}, stage.signers["user"]),
        ({"owner_id": stage.quorum.id, "display_name": "ours"}, stage.signers["key"]),
        ({"owner": None}, stage.signers["quorum"]),
    )
    return {
        "alice": stage.users["alice"],
        "quorum": stage.quorum.id,
        "steps": [
            plain(
                stage.client.wallets.update(
                    wallet.id, wallet_update_params=fields, request_options=options
                )
            )
            for fields, options in steps
        ],
        "address": wallet.address,
        "signature": stage.sign(wallet, "nobody's").signature,
    }


def additional_signer(stage: Stage) -> Any:
    signer = stage.client.key_quorums.create(user_ids=[stage.users["alice"]])
    wallet = stage.wallet(
        owner={"public_key": stage.keys[0].public_key},
        additional_signers=[{"signer_id": signer.id}],
    )
    options = stage.signers["user"]
    return {
        "address": wallet.address,
        "signature": stage.sign(wallet, "on behalf of the key", options).signature,
        "update": refusal(
            stage.client.wallets.update,
            wallet.id,
            wallet_update_params={"owner": None},
            request_options=options,
        ),
    }


def quorums(stage: Stage) -> Any:
    service, both = stage.client.key_quorums, stage.keys[:2]
    created = service.create(public_keys=[key.public_key for key in both])
    options = by(keys=[key.private_key for key in both])
    updated = service.update(
        created.id,
        key_quorum_update_params={
            "public_keys": [stage.keys[2].public_key],
            "authorization_threshold": 1,
        },
        request_options=options,
    )
    wrong = refusal(service.delete, created.id, request_options=options)
    unsigned = refusal(service.delete, created.id)
    content_type = refused_request(service.delete, created.id).headers.get("content-type")
    deleted = service.delete(created.id, request_options=by(keys=[stage.keys[2].private_key]))
    return {
        "created": plain(created),
        "updated": plain(updated),
        "new_key": stage.keys[2].public_key,
        "wrong": wrong,
        "unsigned": unsigned,
        "content_type": content_type,
        "deleted": plain(deleted),
        "gone": refusal(service.get, created.id),
    }


def more_than_needed(stage: Stage) -> Any:
    """Both keys of a quorum sign where one would do, as the SDK's own tests have it."""
    public_keys = [key.public_key for key in stage.keys[:2]]
    quorum = stage.client.key_quorums.create(public_keys=public_keys, authorization_threshold=1)
    wallet = stage.wallet(owner_id=quorum.id)
    options = by(keys=[key.private_key for key in stage.keys[:2]])
    signed = stage.sign(wallet, "by both", options)
    return {"address": wallet.address, "signature": signed.signature}


def export(stage: Stage) -> Any:
    """Version 0.7 has no export; its documented helpers make and sign the request."""
    credentials = stage.task["client"]
    wallet = stage.wallet(owner={"public_key": stage.keys[0].public_key})
    recipient = ec.generate_private_key(ec.SECP256R1())
    spki = recipient.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    path = f"/v1/wallets/{wallet.id}/export"
    body = {
        "encryption_type": "HPKE",
        "recipient_public_key": base64.b64encode(spki).decode(),
        "export_seed_phrase": False,
    }
    prepared = privy.prepare_request(
        app_id=credentials["app_id"],
        method="POST",
        url=credentials["base_url"] + path,
        body=body,
        authorization_context=AuthorizationContext(
            authorization_private_keys=[stage.keys[0].private_key]
        ),
        request_expiry=stage.client.get_request_expiry(),
    )
    with PrivyAPI(**credentials) as api:
        headers = dict(prepared.headers)
        sealed = api.post(path, cast_to=object, body=body, options={"headers": headers})
    return {"address": wallet.address, "private_key": unseal(recipient, sealed)}


def paging(stage: Stage) -> Any:
    wallets = [stage.wallet("sui", owner={"user_id": stage.users["carol"]}) for _ in range(5)]
    service = stage.client.wallets
    first_page = service.list(user_id=stage.users["carol"], limit=2)
    return {
        "created": [wallet.id for wallet in wallets],
        "listed": [plain(w)["id"] for w in service.list(user_id=stage.users["carol"], limit=2)],
        "first_page": [wallet.id for wallet in first_page.data],
        "next_cursor": first_page.next_cursor,
        "sui": [wallet.id for wallet in service.list(chain_type="sui")],
        "users": [user.id for user in stage.client.users.list(limit=1)],
    }


def archiving(stage: Stage) -> Any:
    wallet, service = stage.wallet(), stage.client.wallets
    archived = plain(service.archive(wallet.id))
    return {
        "archived_at": archived["archived_at"],
        "gone": refusal(service.get, wallet.id),
        "still_there": plain(service.get(wallet.id, include_archived=True))["id"] == wallet.id,
    }


def refusals(stage: Stage) -> Any:
    wallets, keys = stage.wallets, [key.private_key for key in stage.keys]

    def sign(kind: str, **signer: Any) -> Any:
        return refusal(stage.sign, wallets[kind], "hello", by(**signer))

    stranger = PrivyClient(**{**stage.task["client"], "app_secret": "wrong"})
    answers = {
        "wrong_key": sign("key", keys=[keys[1]]),
        "wrong_key_in_quorum": sign("quorum", keys=[keys[2]]),
        "other_user": sign("user", jwts=[stage.jwts["bob"]]),
        "no_signature": sign("key"),
        "too_few": sign("quorum", keys=[keys[0]]),
        "foreign": sign("quorum", keys=keys),
        "expired_request": sign("key", keys=[keys[0]], request_expiry=1_700_000_000_000),
        "expired_jwt": sign("user", jwts=[stage.jwts["expired"]]),
        "no_jwt": sign("user", jwts=["not.a.token"]),
        "stranger_jwt": sign("user", jwts=[stage.jwts["nobody"]]),
        "unknown_wallet": refusal(stage.client.wallets.get, "nothing"),
        "wrong_chain": refusal(stage.wallet, "dogecoin"),
        "wrong_secret": refusal(stranger.wallets.get, wallets["key"].id),
    }
    stranger.close()
    return answers


def statuses(stage: Stage) -> Any:
    """The sandbox was told to answer these calls with the statuses in the task, one by one."""
    look_up = stage.client.users.get_by_discord_username
    return [refusal(look_up, username="dora") for _ in stage.task["statuses"]]


def rate_limit(stage: Stage) -> Any:
    """The sandbox was told to answer the first of these calls with 429."""
    wallet = stage.wallets["ownerless"]
    return stage.client.wallets.get_wallet_by_address(address=wallet.address).id == wallet.id


SCENES = (
    users,
    messages,
    message_forms,
    ethereum,
    sending,
    creating_twice,
    lost_answers,
    solana,
    tron,
    raw_signing,
    owners,
    additional_signer,
    quorums,
    more_than_needed,
    export,
    paging,
    archiving,
    refusals,
    statuses,
    rate_limit,
)


if __name__ == "__main__":
    play(SCENES)
