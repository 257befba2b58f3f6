"""Who must sign for the sandbox, and how it refuses."""

import base64

import aiohttp
import pytest
from api_client import ApiClient, Clock, new_key, sign, spki
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from multidict import CIMultiDict

from privy_async.sandbox import Sandbox
from privy_async.sandbox.authorization import known_keys

pytestmark = pytest.mark.anyio

MISSING = {"error": "Missing `privy-authorization-signature` header or no signatures provided"}
NONE_VALID = {
    "error": "No valid authorization signatures were provided. Your payload may be malformed or "
    "your signing keys may be incorrect or expired."
}
NO_USER_KEYS = {"error": "No valid user session keys available"}
USER_KEY_EXPIRED = {"error": "User signing key is expired", "code": "user_session_keys_expired"}
TOO_FEW = {
    "error": "Not enough valid authorization signatures provided",
    "code": "insufficient_correct_authorization_signatures",
}
ONE_INVALID = {"error": "At least one of the authorization signatures is not valid"}
SIGN_BODY = {"method": "personal_sign", "params": {"message": "x", "encoding": "utf-8"}}
OWNER, STRANGER = new_key(), new_key()


@pytest.fixture
async def path(api: ApiClient) -> str:
    """The path of a wallet that OWNER owns."""
    wallet = await api.create_wallet(owner={"public_key": spki(OWNER)})
    return f"/v1/wallets/{wallet['id']}"


@pytest.mark.parametrize("header", [None, "", " ", ",", " , ,"])
async def test_no_signature_at_all(api: ApiClient, path: str, header: str | None) -> None:
    """Without the header, or with nothing in it, the refusal says it is missing."""
    headers = {} if header is None else {"privy-authorization-signature": header}
    reply = await api.call("PATCH", path, {"owner": None}, headers=headers)
    assert (reply.status, reply.body) == (401, MISSING)


@pytest.mark.parametrize(
    "signature",
    [
        "no base64!",
        base64.b64encode(b"no signature").decode(),
        base64.b64encode(bytes(64)).decode(),
        pytest.param(sign(STRANGER, {"version": 1}), id="of another payload"),
    ],
)
async def test_nonsense_is_no_signature(api: ApiClient, path: str, signature: str) -> None:
    """What is no signature of a member is refused like a wrong one."""
    reply = await api.send_signed("PATCH", path, b"{}", signature)
    assert (reply.status, reply.body) == (401, NONE_VALID)


async def test_a_raw_signature_is_not_der(api: ApiClient, path: str) -> None:
    """The 64-byte form r‖s of a right signature is refused: Privy wants DER."""
    der = base64.b64decode(sign(OWNER, api.payload("PATCH", path, {})))
    raw = b"".join(number.to_bytes(32, "big") for number in decode_dss_signature(der))
    text = base64.b64encode(raw).decode()
    assert (await api.send_signed("PATCH", path, b"{}", text)).status == 401


A, B, C, D, E, F = (new_key() for _ in range(6))
KEYS = {"a": A, "b": B, "c": C, "d": D, "e": E, "f": F, "x": STRANGER}


@pytest.mark.parametrize(
    ("quorum", "signers", "refusal"),
    [
        # Members a, b and c, of whom two must sign.
        ("2 of a b c", "ab", None),
        ("2 of a b c", "ca", None),
        ("2 of a b c", "a", TOO_FEW),
        ("2 of a b c", "aa", TOO_FEW),
        ("2 of a b c", "ax", TOO_FEW),
        ("2 of a b c", "x", NONE_VALID),
        ("2 of a b c", "xx", NONE_VALID),
        ("2 of a b c", "abc", None),
        ("2 of a b c", "aba", None),
        ("2 of a b c", "abx", ONE_INVALID),
        ("2 of a b c", "xabc", ONE_INVALID),
        ("1 of a", "a", None),
        ("1 of a", "aa", None),
        ("1 of a", "ax", ONE_INVALID),
        ("1 of a", "", MISSING),
        ("3 of a b c", "abc", None),
        ("3 of a b c", "ab", TOO_FEW),
        # A nested quorum is one approval, once its own threshold is met.
        ("1 of a (2 of b c d)", "a", None),
        ("1 of a (2 of b c d)", "bc", None),
        ("1 of a (2 of b c d)", "b", TOO_FEW),
        ("1 of a (2 of b c d)", "abc", None),
        ("1 of a (2 of b c d)", "bcd", None),
        ("1 of a (2 of b c d)", "ab", None),
        ("1 of a (2 of b c d)", "bcx", ONE_INVALID),
        ("2 of a (2 of b c d)", "abc", None),
        ("2 of a (2 of b c d)", "ab", TOO_FEW),
        ("2 of a (2 of b c d)", "bcd", TOO_FEW),
        ("2 of (1 of a b) (1 of c d)", "ac", None),
        ("2 of (1 of a b) (1 of c d)", "ab", TOO_FEW),
        # A key that is a member twice counts in both places.
        ("2 of a (1 of a b)", "a", None),
        ("2 of (1 of a b) (1 of a c)", "a", None),
    ],
)
async def test_the_rules_of_quorums(
    api: ApiClient, quorum: str, signers: str, refusal: dict[str, str] | None
) -> None:
    """At least the signatures the threshold needs, all valid, all of members, each key once."""
    owner_id = await make_quorum(api, quorum)
    wallet = await api.create_wallet(owner_id=owner_id)
    reply = await api.personal_sign(wallet["id"], *(KEYS[signer] for signer in signers))
    if refusal is None:
        assert reply.status == 200, reply.body
    else:
        assert (reply.status, reply.body) == (401, refusal)


async def make_quorum(api: ApiClient, text: str) -> str:
    """Make the quorum that a text such as "2 of a (1 of b c)" describes."""
    threshold, _, members = text.partition(" of ")
    outside, nested = "", list[str]()
    while members:
        before, opened, rest = members.partition("(")
        inside, _, members = rest.partition(")") if opened else ("", "", "")
        outside += before
        nested += [await make_quorum(api, inside)] if opened else []
    return await api.create_quorum(
        authorization_threshold=int(threshold),
        public_keys=[spki(KEYS[name]) for name in outside.split()],
        key_quorum_ids=nested,
    )


async def test_signatures_come_in_any_order_and_spacing(api: ApiClient) -> None:
    """A header given twice counts like one with a comma, and blanks are nothing."""
    owner_id = await make_quorum(api, "2 of a b")
    wallet = await api.create_wallet(owner_id=owner_id)
    path = f"/v1/wallets/{wallet['id']}"
    payload = api.payload("PATCH", path, {"display_name": "x"})
    headers = CIMultiDict({**api.app_headers(), "Content-Type": "application/json"})
    headers.add("privy-authorization-signature", f"{sign(B, payload)} ")
    headers.add("privy-authorization-signature", sign(A, payload))
    data = b'{"display_name":"x"}'
    async with api.session.patch(api.url + path, data=data, headers=headers) as response:
        assert response.status == 200


async def test_who_may_do_what_with_a_wallet(api: ApiClient) -> None:
    """An additional signer may have the wallet sign, but neither change nor export it.

    The signatures are of one party: the owner's beside a signer's is of no member.
    """
    signer = new_key()
    signer_id = await api.create_quorum(public_keys=[spki(signer)])
    wallet = await api.create_wallet(
        owner={"public_key": spki(OWNER)}, additional_signers=[{"signer_id": signer_id}]
    )
    path = f"/v1/wallets/{wallet['id']}"
    raw = {"params": {"hash": "0x" + "11" * 32}}
    export = {"encryption_type": "HPKE", "recipient_public_key": spki(new_key())}
    for method, operation, body, signer_status in (
        ("POST", "/rpc", SIGN_BODY, 200),
        ("POST", "/raw_sign", raw, 200),
        ("POST", "/export", export, 401),
        ("PATCH", "", {"display_name": "x"}, 401),
    ):
        for keys, status in (([OWNER], 200), ([signer], signer_status), ([STRANGER], 401)):
            reply = await api.call(method, path + operation, body, keys=keys)
            assert reply.status == status, (operation, reply.body)
        both = await api.call(method, path + operation, body, keys=[OWNER, signer])
        assert (both.status, both.body) == (401, ONE_INVALID)


async def test_a_signers_quorum_says_what_it_lacks(api: ApiClient) -> None:
    """A signature of a signer's quorum that needs two is too few, not none."""
    signer_id = await make_quorum(api, "2 of a b")
    wallet = await api.create_wallet(
        owner={"public_key": spki(OWNER)}, additional_signers=[{"signer_id": signer_id}]
    )
    assert (await api.personal_sign(wallet["id"], A)).body == TOO_FEW
    assert (await api.personal_sign(wallet["id"], A, B)).status == 200
    owner_id = await make_quorum(api, "2 of c d")
    wallet = await api.create_wallet(
        owner_id=owner_id, additional_signers=[{"signer_id": signer_id}]
    )
    for key in (A, C):
        assert (await api.personal_sign(wallet["id"], key)).body == TOO_FEW


async def test_without_an_owner_nobody_signs(api: ApiClient) -> None:
    """A wallet without an owner obeys the app's secret; a signature is not even read."""
    wallet = await api.create_wallet()
    assert (await api.personal_sign(wallet["id"])).status == 200
    headers = {"privy-authorization-signature": "nonsense"}
    assert (await api.personal_sign(wallet["id"], headers=headers)).status == 200
    signers = [{"signer_id": await make_quorum(api, "1 of a")}]
    wallet = await api.create_wallet(additional_signers=signers)
    assert (await api.personal_sign(wallet["id"])).status == 200


async def test_reading_takes_no_signature(api: ApiClient, path: str) -> None:
    """GET needs no signature and ignores a wrong one."""
    headers = {"privy-authorization-signature": "nonsense"}
    assert (await api.call("GET", path, headers=headers)).status == 200


async def user_wallet(api: ApiClient) -> str:
    """A wallet that the user alice owns."""
    user_id = await api.create_user("alice")
    return str((await api.create_wallet(owner={"user_id": user_id}))["id"])


async def test_any_current_key_of_a_user_signs(api: ApiClient) -> None:
    """Each exchange gives another key, and every one of them signs for the user."""
    wallet_id = await user_wallet(api)
    keys = [await api.exchange("alice") for _ in range(3)]
    assert len({spki(key) for key in keys}) == 3
    (known,) = api.sandbox.state.user_keys.values()
    newest_first = [key.public_key().public_numbers() for key in reversed(keys)]
    assert [each.public_key.public_numbers() for each in known] == newest_first
    for key in keys:
        assert (await api.personal_sign(wallet_id, key)).status == 200
    assert (await api.personal_sign(wallet_id, *keys[:2])).status == 200


async def test_another_users_key_does_not_sign(api: ApiClient) -> None:
    """A key signs for its own user alone."""
    wallet_id = await user_wallet(api)
    await api.exchange("alice")
    await api.create_wallet(owner={"user_id": await api.create_user("bob")})
    assert (await api.personal_sign(wallet_id, await api.exchange("bob"))).body == NONE_VALID


async def test_a_user_without_a_key(api: ApiClient) -> None:
    """While no user has a key, the refusal says just that."""
    wallet_id = await user_wallet(api)
    reply = await api.personal_sign(wallet_id, STRANGER)
    assert (reply.status, reply.body) == (401, NO_USER_KEYS)


async def test_users_of_a_nested_quorum_without_a_key(api: ApiClient) -> None:
    """The members of the owning quorum are no users then, so the refusal speaks of signatures."""
    users = await api.create_quorum(user_ids=[await api.create_user("alice")])
    outer = await api.create_quorum(key_quorum_ids=[users], authorization_threshold=1)
    nested, direct = [await api.create_wallet(owner_id=quorum) for quorum in (outer, users)]
    assert (await api.personal_sign(nested["id"], STRANGER)).body == NONE_VALID
    assert (await api.personal_sign(direct["id"], STRANGER)).body == NO_USER_KEYS


async def test_an_expired_user_key(api: ApiClient, clock: Clock) -> None:
    """A user's key signs until it expires, to the millisecond; then the refusal says so."""
    wallet_id = await user_wallet(api)
    key = await api.exchange("alice")
    clock.now += 3599.999
    assert (await api.personal_sign(wallet_id, key)).status == 200
    clock.now += 0.001
    reply = await api.personal_sign(wallet_id, key)
    assert (reply.status, reply.body) == (401, USER_KEY_EXPIRED)
    fresh = await api.exchange("alice")
    assert (await api.personal_sign(wallet_id, fresh)).status == 200
    assert (await api.personal_sign(wallet_id, key)).body == USER_KEY_EXPIRED
    assert (await api.personal_sign(wallet_id, STRANGER)).body == NONE_VALID


async def test_what_a_users_keys_are_good_for(api: ApiClient, clock: Clock) -> None:
    """A key expires with its last ms, for the diagnosis as for the check."""
    wallet_id = await user_wallet(api)
    await api.exchange("alice")
    owner = str(api.sandbox.state.wallets[wallet_id].owner_id)

    def standings() -> list[str]:
        return [known.standing for known in known_keys(api.sandbox.state, [owner])]

    clock.now += 3599.999
    assert standings() == ["signer"]
    clock.now += 0.001
    assert standings() == ["expired"]


async def test_expiry_is_named_only_if_nothing_else_is_wrong(api: ApiClient, clock: Clock) -> None:
    """An expired key beside too few signatures is not the expiry's fault."""
    user_id = await api.create_user("alice")
    quorum = await api.create_quorum(
        user_ids=[user_id], public_keys=[spki(A), spki(B)], authorization_threshold=2
    )
    wallet = await api.create_wallet(owner_id=quorum)
    key = await api.exchange("alice")
    assert (await api.personal_sign(wallet["id"], A, key)).status == 200
    clock.now += 3600
    assert (await api.personal_sign(wallet["id"], A, key)).body == USER_KEY_EXPIRED
    assert (await api.personal_sign(wallet["id"], key)).body == NONE_VALID
    assert (await api.personal_sign(wallet["id"], A)).body == TOO_FEW
    assert (await api.personal_sign(wallet["id"], A, B)).status == 200


async def test_the_lifetime_of_user_keys_can_be_set() -> None:
    """`user_key_lifetime` is in seconds and shows in `expires_at`, which is in ms."""
    clock = Clock()
    async with (
        Sandbox(clock=clock, user_key_lifetime=1.5) as sandbox,
        aiohttp.ClientSession() as session,
    ):
        api = ApiClient(sandbox, session)
        wallet_id = await user_wallet(api)
        key = await api.exchange("alice")
        assert sandbox.state.user_keys[next(iter(sandbox.state.users))][0].expires_at == int(
            clock.now * 1000 + 1500
        )
        clock.now += 1.5
        assert (await api.personal_sign(wallet_id, key)).body == USER_KEY_EXPIRED


async def test_a_deleted_users_keys_sign_no_more(api: ApiClient) -> None:
    """The keys of a deleted user sign no more."""
    wallet_id = await user_wallet(api)
    key = await api.exchange("alice")
    (user_id,) = api.sandbox.state.users
    await api.call("DELETE", f"/v1/users/{user_id}")
    assert (await api.personal_sign(wallet_id, key)).body == NO_USER_KEYS


@pytest.mark.parametrize(
    ("expiry", "status", "code"),
    [
        ("1800000000000", 200, None),
        ("1800000900000", 200, None),
        ("1799999999999", 400, "request_expired"),
        ("1800000900", 400, "request_expired"),  # seconds are long past
        ("0", 400, "request_expired"),
        ("soon", 400, "invalid_data"),
        ("-1", 400, "invalid_data"),
        ("1800000900000.5", 400, "invalid_data"),
        ("", 400, "invalid_data"),
        ("9" * 17, 400, "invalid_data"),
        ("\u0661" * 13, 400, "invalid_data"),  # decimal digits, but not ASCII
    ],
)
@pytest.mark.parametrize("owned", [True, False])
async def test_the_expiry_of_requests(
    api: ApiClient, expiry: str, status: int, code: str | None, owned: bool
) -> None:
    """A deadline in ms that has passed is refused, with and without an owner."""
    owner = {"public_key": spki(OWNER)} if owned else None
    wallet = await api.create_wallet(owner=owner)
    headers = {"privy-request-expiry": expiry}
    keys = [OWNER] if owned else []
    reply = await api.personal_sign(wallet["id"], *keys, headers=headers)
    assert (reply.status, reply.body.get("code")) == (status, code)


async def test_a_refused_request_does_nothing(api: ApiClient, path: str) -> None:
    """No refusal of a signature executes anything: the ledger stays empty."""
    body = {
        "method": "eth_sendTransaction",
        "caip2": "eip155:1",
        "params": {"transaction": {"to": "0x" + "11" * 20}},
    }
    for keys in ([], [STRANGER], [OWNER, STRANGER]):
        reply = await api.call("POST", path + "/rpc", body, keys=keys)
        assert reply.status == 401
    assert len(api.sandbox.state.transactions) == 0
    assert not any(record.executed for record in api.sandbox.log[1:])
