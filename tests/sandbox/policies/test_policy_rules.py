"""Which rules decide, whose policy applies, and that the server asks it before anything is done.

https://docs.privy.io/controls/policies/overview#policy-evaluation
"""

import base64
from typing import Any

import attrs
import base58
import pytest
from api_client import ApiClient, Reply, new_key, spki
from policy_engine import OTHER, USDC, Engine, condition, raw_sign, rule, send
from solders.hash import Hash
from solders.message import Message
from solders.pubkey import Pubkey
from solders.system_program import TransferParams, transfer
from solders.transaction import Transaction

METHOD = "eth_signTransaction"
ASKED = send(METHOD)
HOLDS = condition("ethereum_transaction", "to", "eq", USDC)
FAILS = condition("ethereum_transaction", "to", "eq", OTHER)
MESSAGE = {"method": "personal_sign", "params": {"message": "hello", "encoding": "utf-8"}}
TRANSACTION = {"to": OTHER, "value": "0x1", "chain_id": 1, "nonce": 0, "gas_limit": 21000}
TRANSFER = {
    "source": {"asset": "eth", "amount": "0.01", "chain": "base"},
    "destination": {"address": OTHER},
}

ALLOW, ALLOW_ANY = rule(METHOD), rule("*")
DENY, DENY_ANY = rule(METHOD, action="DENY"), rule("*", action="DENY")


@pytest.mark.parametrize(
    ("rules", "allowed"),
    [
        ([], False),
        ([ALLOW], True),
        ([DENY], False),
        ([ALLOW, DENY], False),
        ([DENY, ALLOW], False),
        ([rule(METHOD, HOLDS)], True),
        ([rule(METHOD, FAILS)], False),
        ([rule(METHOD, HOLDS, FAILS)], False),
        ([rule(METHOD, FAILS), rule(METHOD, HOLDS)], True),
        ([ALLOW, rule(METHOD, FAILS, action="DENY")], True),
        ([ALLOW, rule(METHOD, HOLDS, action="DENY")], False),
        ([rule("personal_sign")], False),
        ([rule("personal_sign", action="DENY"), ALLOW], True),
        ([ALLOW_ANY], True),
        ([ALLOW_ANY, DENY], False),
        ([ALLOW_ANY, rule(METHOD, FAILS, action="DENY")], True),
        ([ALLOW_ANY, DENY_ANY], False),
        # Privy's example "only permit private key exports" needs this reading of a deny-all.
        ([ALLOW, DENY_ANY], True),
        ([rule(METHOD, FAILS), ALLOW_ANY, DENY_ANY], False),
        ([ALLOW, rule("*", HOLDS, action="DENY")], False),
    ],
)
def test_which_rules_decide(rules: list[dict[str, Any]], allowed: bool) -> None:
    """A denial beats what is allowed, and what no rule allows is denied."""
    assert Engine().allows(*rules, asked=ASKED) == allowed


@pytest.mark.parametrize("method", ["exportPrivateKey", "exportSeedPhrase"])
def test_exports_need_a_rule(method: str) -> None:
    """Each way of exporting needs a rule of its own or one for everything."""
    asked = {"method": method}
    assert Engine().allows(rule(method), asked=asked)
    assert Engine().allows(ALLOW_ANY, asked=asked)
    assert not Engine().allows(rule("personal_sign"), asked=asked)
    assert not Engine().allows(ALLOW_ANY, rule(method, action="DENY"), asked=asked)


@pytest.mark.parametrize(
    "asked",
    [
        {"method": "secp256k1_sign", "params": {"hash": "0x" + "11" * 32}},
        {"params": {"hash": "0x" + "11" * 32}},
        raw_sign(b"hello"),
    ],
)
def test_what_no_rule_can_name(asked: dict[str, Any]) -> None:
    """Signing a bare hash or bytes with an Ethereum key is allowed by rules for `*` alone."""
    assert Engine().allows(ALLOW_ANY, asked=asked)
    assert not Engine().allows(ALLOW, rule("personal_sign"), asked=asked)


def test_whose_policy_applies() -> None:
    """A signer's override policy alone decides on what that signer signs, else the wallet's."""
    engine = Engine()
    nothing, everything = engine.policy(), engine.policy(ALLOW_ANY)
    strict = attrs.evolve(
        engine.wallet,
        owner_id="owner",
        additional_signers=("special", "plain"),
        policy_ids=(nothing.id,),
        override_policy_ids={"special": everything.id, "owner": everything.id},
    )
    loose = attrs.evolve(
        strict, policy_ids=(everything.id,), override_policy_ids={"special": nothing.id}
    )
    unbound = attrs.evolve(strict, policy_ids=(), override_policy_ids={"special": nothing.id})
    for wallet, signer, allowed in (
        (strict, "owner", False),
        (strict, "special", True),
        (strict, "plain", False),
        (loose, "owner", True),
        (loose, "special", False),
        (loose, "plain", True),
        (unbound, "owner", True),
        (unbound, "special", False),
        (unbound, "plain", True),
    ):
        assert engine.lets(wallet, ASKED, authorized_by=signer) == allowed, (wallet, signer)


async def create_policy(
    api: ApiClient, *rules: dict[str, Any], chain_type: str = "ethereum", **more: Any
) -> str:
    """Make a policy and return its id."""
    body = {"version": "1.0", "name": "p", "chain_type": chain_type, "rules": list(rules), **more}
    reply = await api.call("POST", "/v1/policies", body)
    assert reply.status == 200, reply
    return str(reply.body["id"])


def assert_denied(reply: Reply) -> None:
    """The answer is Privy's to a request that a policy denies."""
    assert (reply.status, reply.body) == (
        400,
        {"error": "RPC request denied due to policy violation", "code": "policy_violation"},
    )


@pytest.mark.anyio
async def test_the_server_denies_and_does_nothing(api: ApiClient) -> None:
    """A denied request is answered as Privy does; nothing is sent, nothing exported."""
    policy_id = await create_policy(api, rule("personal_sign"))
    wallet = await api.create_wallet(policy_ids=[policy_id])
    assert wallet["policy_ids"] == [policy_id]
    path = f"/v1/wallets/{wallet['id']}"
    transaction = {"transaction": TRANSACTION}
    recipient = {"encryption_type": "HPKE", "recipient_public_key": spki(new_key())}
    for route, body in (
        ("rpc", {"method": METHOD, "params": transaction}),
        ("rpc", {"method": "exportPrivateKey", "params": recipient}),
        ("raw_sign", {"params": {"hash": "0x" + "11" * 32}}),
        ("export", recipient),
        ("transfer", TRANSFER),
    ):
        assert_denied(await api.call("POST", f"{path}/{route}", body))
    assert (await api.call("GET", path)).body["exported_at"] is None
    assert not api.sandbox.state.transactions
    assert (await api.personal_sign(wallet["id"])).status == 200


@pytest.mark.anyio
async def test_wrong_input_comes_before_the_policy(api: ApiClient) -> None:
    """A request that could not be executed is told so, whatever the policy says."""
    wallet = await api.create_wallet(policy_ids=[await create_policy(api)])
    for body in (
        {"method": METHOD, "params": {"transaction": {**TRANSACTION, "to": "nonsense"}}},
        {"method": "personal_sign", "params": {"message": "zz", "encoding": "hex"}},
        {"method": "eth_signUserOperation", "params": {"contract": OTHER}},
    ):
        reply = await api.call("POST", f"/v1/wallets/{wallet['id']}/rpc", body)
        assert (reply.status, reply.body["code"]) == (400, "invalid_data")


@pytest.mark.anyio
async def test_the_server_knows_who_signed(api: ApiClient) -> None:
    """The owner is bound by the wallet's policy, a signer by the override policy."""
    owner, signer = new_key(), new_key()
    owner_id, signer_id = [
        await api.create_quorum(public_keys=[spki(key)]) for key in (owner, signer)
    ]
    messages = await create_policy(api, rule("personal_sign"))
    transactions = await create_policy(api, rule(METHOD))
    wallet = await api.create_wallet(
        owner_id=owner_id,
        policy_ids=[messages],
        additional_signers=[{"signer_id": signer_id, "override_policy_ids": [transactions]}],
    )
    assert wallet["additional_signers"] == [
        {"signer_id": signer_id, "override_policy_ids": [transactions]}
    ]
    path = f"/v1/wallets/{wallet['id']}/rpc"
    signing = {"method": METHOD, "params": {"transaction": TRANSACTION}}
    for key, body, allowed in (
        (owner, MESSAGE, True),
        (owner, signing, False),
        (signer, MESSAGE, False),
        (signer, signing, True),
    ):
        reply = await api.call("POST", path, body, keys=[key])
        assert reply.status == (200 if allowed else 400), reply


@pytest.mark.anyio
async def test_signatures_are_checked_first(api: ApiClient) -> None:
    """Nobody learns of a policy without having signed."""
    owner_id = await api.create_quorum(public_keys=[spki(new_key())])
    policy_id = await create_policy(api)
    wallet = await api.create_wallet(owner_id=owner_id, policy_ids=[policy_id])
    assert (await api.personal_sign(wallet["id"])).status == 401


@pytest.mark.anyio
async def test_a_wallet_is_freed_of_its_policy(api: ApiClient) -> None:
    """A wallet whose policies are replaced by none may do everything again."""
    wallet = await api.create_wallet(policy_ids=[await create_policy(api)])
    assert_denied(await api.personal_sign(wallet["id"]))
    path = f"/v1/wallets/{wallet['id']}"
    assert (await api.call("PATCH", path, {"display_name": "w"})).body["policy_ids"] != []
    assert (await api.call("PATCH", path, {"policy_ids": []})).body["policy_ids"] == []
    assert (await api.personal_sign(wallet["id"])).status == 200


@pytest.mark.anyio
async def test_a_policy_of_another_chain_is_refused(api: ApiClient) -> None:
    """A wallet takes policies of its own chain."""
    policy_id = await create_policy(api, chain_type="solana")
    body = {"chain_type": "ethereum", "policy_ids": [policy_id]}
    reply = await api.call("POST", "/v1/wallets", body)
    problem = "[Input error] `policy_ids`: The policy is not for wallets of ethereum"
    assert (reply.status, reply.body["error"]) == (400, problem)


@pytest.mark.anyio
async def test_a_changed_rule_counts_at_once(api: ApiClient) -> None:
    """The next request is decided by the rules as they are then."""
    policy_id = await create_policy(api)
    wallet = await api.create_wallet(policy_ids=[policy_id])
    assert_denied(await api.personal_sign(wallet["id"]))
    await api.call("POST", f"/v1/policies/{policy_id}/rules", rule("personal_sign"))
    assert (await api.personal_sign(wallet["id"])).status == 200


@pytest.mark.anyio
async def test_each_chain_is_asked_by_the_server(api: ApiClient) -> None:
    """Solana, Tron and Sui requests reach the policy too."""
    programs = condition("solana_program_instruction", "programId", "eq", OTHER)
    for chain_type, tested, route in (
        ("solana", rule("signTransaction", programs), "rpc"),
        ("tron", rule("tron_sendTransaction"), "rpc"),
        ("sui", rule("signTransactionBytes"), "raw_sign"),
    ):
        policy_id = await create_policy(api, tested, chain_type=chain_type)
        wallet = await api.create_wallet(chain_type=chain_type, policy_ids=[policy_id])
        body = request_of(chain_type, wallet)
        denied = await api.call("POST", f"/v1/wallets/{wallet['id']}/{route}", body)
        assert_denied(denied)
        await api.call("PATCH", f"/v1/wallets/{wallet['id']}", {"policy_ids": []})
        allowed = await api.call("POST", f"/v1/wallets/{wallet['id']}/{route}", body)
        assert allowed.status == 200, allowed


def request_of(chain_type: str, wallet: dict[str, Any]) -> dict[str, Any]:
    """Something a wallet of this chain can sign."""
    if chain_type == "sui":
        return raw_sign(b"hello", "blake2b256")
    if chain_type == "solana":
        payer = Pubkey.from_string(wallet["address"])
        sent = transfer(TransferParams(from_pubkey=payer, to_pubkey=payer, lamports=1))
        message = Message.new_with_blockhash([sent], payer, Hash.default())
        wire = base64.b64encode(bytes(Transaction.new_unsigned(message))).decode()
        params: dict[str, Any] = {"transaction": wire, "encoding": "base64"}
        return {"method": "signTransaction", "params": params}
    account = base58.b58decode_check(wallet["address"]).hex()
    contract = {
        "type": "TransferContract",
        "owner_address": account,
        "to_address": account,
        "amount": 1,
    }
    raw_data = {
        "contract": [contract],
        "ref_block_bytes": "0000",
        "ref_block_hash": "00" * 8,
        "expiration": 1,
    }
    return {"method": "tron_signTransaction", "params": {"raw_data": raw_data}}
