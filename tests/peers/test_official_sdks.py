"""The official Python and Node SDKs, unmodified, do on the sandbox what they do on Privy."""

import pytest
from official_sdk import STATUSES, Run, signer_of

pytestmark = pytest.mark.peer

NOT_SIGNED_BY_OWNER = {
    "error": "No valid authorization signatures were provided. Your payload may be malformed or "
    "your signing keys may be incorrect or expired."
}
ONE_NOT_VALID = {"error": "At least one of the authorization signatures is not valid"}
NOT_SIGNED = {
    "error": "Missing `privy-authorization-signature` header or no signatures provided",
}
BAD_TOKEN = {"error": "Invalid JWT token provided", "code": "invalid_data"}
KEY_REUSED = {
    "error": "Idempotency key was reused for a request with a new body. "
    "Please create a new idempotency key for the request.",
    "code": "invalid_data",
}


def ledger_of(run: Run, wallet_id: str) -> list[str]:
    """The ids of what a wallet has sent."""
    transactions = run.sandbox.state.transactions.values()
    return [each.id for each in transactions if each.wallet_id == wallet_id]


def test_one_exchange_for_each_user(run: Run) -> None:
    """The SDK opened the sealed keys: two tokens were exchanged, and the keys used many times."""
    answered = [each.status for each in run.log("POST", "/v1/wallets/authenticate")]
    assert answered.count(200) == run.sandbox.state.exchanges == 2


def test_what_was_signed_is_what_was_sent(run: Run) -> None:
    """Only a DELETE was signed over an empty body, everything else over the JSON in it."""
    signed = {
        (each.method, each.body_form)
        for each in run.sandbox.log
        if each.body_form and each.method != "DELETE"
    }
    assert signed == {("POST", "json"), ("PATCH", "json")}


def test_the_sandbox_never_failed(run: Run) -> None:
    """The only answer with 5xx is the one that was ordered."""
    statuses = [each.status for each in run.sandbox.log if each.status is not None]
    ordered = [status for status in STATUSES if status >= 500]
    assert [status for status in statuses if status >= 500] == ordered


def test_the_same_idempotency_key_sends_once(run: Run) -> None:
    """The second request gets the first one's answer; with another body the key is refused."""
    scene = run.scene("sending")
    ledger = run.sandbox.state.transactions.values()
    assert [each.reference_id for each in ledger].count("order-7") == 1
    assert scene["again"] == scene["first"]
    assert scene["other_body"] == {"class": "BadRequestError", "status": 400, "body": KEY_REUSED}


def test_the_same_idempotency_key_creates_one_wallet(run: Run) -> None:
    """A key on a request that nobody signs works alike."""
    scene = run.scene("creating_twice")
    assert scene["first"] == scene["again"]
    assert scene["other_body"]["body"] == KEY_REUSED


def test_a_lost_answer_with_a_key_moves_money_once(run: Run) -> None:
    """The SDK tries again with the key it was given, and gets the answer that was lost."""
    sent = run.scene("lost_answers")["keyed"]
    attempts = run.log("POST", "/v1/wallets/ext_wal_keyed/rpc")
    assert [(each.status, each.replayed) for each in attempts] == [(None, False), (200, True)]
    assert ledger_of(run, sent["wallet_id"]) == [sent["transaction_id"]]


def test_a_lost_answer_without_a_key_moves_money_twice(run: Run) -> None:
    """The official SDKs try again without a key, and the sandbox shows what comes of it."""
    sent = run.scene("lost_answers")["keyless"]
    attempts = run.log("POST", "/v1/wallets/ext_wal_keyless/rpc")
    assert [(each.executed, each.idempotency_key) for each in attempts] == [(True, None)] * 2
    assert len(ledger_of(run, sent["wallet_id"])) == 2


def test_owners(run: Run) -> None:
    """From nobody to a user, a key, a quorum and with null back to nobody, each signed for."""
    scene, state = run.scene("owners"), run.sandbox.state
    user, key, quorum, nobody = scene["steps"]
    assert state.key_quorums[user["owner_id"]].user_ids == (scene["alice"],)
    assert len(state.key_quorums[key["owner_id"]].public_keys) == 1
    assert (quorum["owner_id"], quorum["authorization_threshold"]) == (scene["quorum"], 2)
    assert (nobody["owner_id"], nobody["authorization_threshold"]) == (None, None)
    assert nobody["display_name"] == "ours"
    assert state.wallets[nobody["id"]].owner_id is None
    assert signer_of("nobody's", scene["signature"]) == scene["address"]


def test_additional_signer(run: Run) -> None:
    """An additional signer may use the wallet but not change its owner."""
    scene = run.scene("additional_signer")
    assert signer_of("on behalf of the key", scene["signature"]) == scene["address"]
    assert (scene["update"]["class"], scene["update"]["status"]) == ("AuthenticationError", 401)


def test_key_quorum(run: Run) -> None:
    """A quorum's members replace themselves; then only the new one may delete it."""
    scene = run.scene("quorums")
    keys = [each["public_key"] for each in scene["updated"]["authorization_keys"]]
    assert scene["created"]["authorization_threshold"] == 2
    assert (keys, scene["updated"]["authorization_threshold"]) == ([scene["new_key"]], 1)
    assert scene["wrong"]["body"] == NOT_SIGNED_BY_OWNER
    assert scene["unsigned"]["body"] == NOT_SIGNED
    assert scene["deleted"] == {"success": True}
    assert scene["gone"]["class"] == "NotFoundError"
    assert scene["created"]["id"] not in run.sandbox.state.key_quorums


def test_more_signatures_than_needed(run: Run) -> None:
    """A quorum of one of two is signed for by both its keys."""
    scene = run.scene("more_than_needed")
    assert signer_of("by both", scene["signature"]) == scene["address"]


def test_paging(run: Run) -> None:
    """Every wallet and user comes exactly once, in pages as large as was asked for."""
    scene = run.scene("paging")
    assert scene["listed"] == scene["sui"] == scene["created"]
    assert scene["first_page"] == scene["created"][:2]
    assert scene["next_cursor"] is not None
    assert scene["users"] == list(run.sandbox.state.users)
    assert len(run.log("GET", "/v1/users")) == 3


def test_archive(run: Run) -> None:
    """An archived wallet is found only by who asks for archived ones."""
    scene = run.scene("archiving")
    assert scene["archived_at"] is not None
    assert scene["gone"]["class"] == "NotFoundError"
    assert scene["still_there"]


def test_users(run: Run) -> None:
    """A user is found by id, by own login and by e-mail, with wallets and metadata, until gone."""
    scene = run.scene("users")
    by_id, by_login, by_email = scene["found"]
    assert by_id == by_login == by_email
    accounts = [each.get("chain_type", each["type"]) for each in by_id["linked_accounts"]]
    assert accounts == ["custom_auth", "email", "ethereum", "solana", "stellar"]
    assert by_id["custom_metadata"] == {"plan": "gold", "age": 7}
    assert scene["deleted"]["class"] == "NotFoundError"


@pytest.mark.parametrize(
    ("case", "error_class", "status", "body"),
    [
        ("wrong_key", "AuthenticationError", 401, NOT_SIGNED_BY_OWNER),
        ("wrong_key_in_quorum", "AuthenticationError", 401, NOT_SIGNED_BY_OWNER),
        ("other_user", "AuthenticationError", 401, NOT_SIGNED_BY_OWNER),
        ("no_signature", "AuthenticationError", 401, NOT_SIGNED),
        ("expired_jwt", "BadRequestError", 400, BAD_TOKEN),
        ("no_jwt", "BadRequestError", 400, BAD_TOKEN),
    ],
)
def test_refusals_seen_on_privy(
    run: Run, case: str, error_class: str, status: int, body: dict[str, str]
) -> None:
    """Status and text are those of the real API, and become the SDK's own error class."""
    refusal = run.scene("refusals")[case]
    assert refusal == {"class": error_class, "status": status, "body": body}


def test_a_strangers_signature_beside_enough(run: Run) -> None:
    """Every signature must be a member's, however many there are."""
    refusal = run.scene("refusals")["foreign"]
    assert (refusal["status"], refusal["body"]) == (401, ONE_NOT_VALID)


@pytest.mark.parametrize(
    ("case", "error_class", "code"),
    [
        ("too_few", "AuthenticationError", "insufficient_correct_authorization_signatures"),
        ("expired_request", "BadRequestError", "request_expired"),
        ("stranger_jwt", "NotFoundError", "not_found"),
        ("unknown_wallet", "NotFoundError", "not_found"),
        ("wrong_chain", "BadRequestError", "invalid_data"),
    ],
)
def test_refusals_with_a_documented_code(run: Run, case: str, error_class: str, code: str) -> None:
    """The code is the documented one, and the status makes the SDK's fitting error class."""
    refusal = run.scene("refusals")[case]
    assert (refusal["class"], refusal["body"]["code"]) == (error_class, code)


def test_wrong_app_secret(run: Run) -> None:
    """A client with a wrong secret gets nothing."""
    refusal = run.scene("refusals")["wrong_secret"]
    assert (refusal["class"], refusal["status"]) == ("AuthenticationError", 401)


def test_ordered_statuses_become_the_sdks_errors(run: Run) -> None:
    """A fault's status and headers arrive as if they were Privy's."""
    errors = run.scene("statuses")
    assert tuple(each["status"] for each in errors) == STATUSES
    assert [each["class"] for each in errors] == [
        "PermissionDeniedError",
        "UnprocessableEntityError",
        "RateLimitError",
        "InternalServerError",
    ]


def test_rate_limit_is_waited_for(run: Run) -> None:
    """After 429 the SDK waits as long as it is told to, and asks again."""
    assert run.scene("rate_limit") is True
    assert [each.status for each in run.log("POST", "/v1/wallets/address")] == [429, 200]
