"""Users' keys: one exchange for each token, renewed in time, dropped when refused."""

import asyncio
import gc
import time
from typing import Any

import attrs
import pytest
from sdk_helpers import Owner, logged, new_owner, new_user

from privy_async import (
    APIConnectionError,
    APIResponseError,
    APITimeoutError,
    AuthenticationError,
    AuthorizationKey,
    BadRequestError,
    DecryptionError,
    InvalidArgumentError,
    NotFoundError,
    PrivyClient,
    PrivyError,
    SigningError,
    record_responses,
)
from privy_async.sandbox import Sandbox
from privy_async.user_keys.hpke import Sealed, open_sealed

pytest_plugins = ("fixtures_sdk",)
pytestmark = pytest.mark.anyio

AUTHENTICATE = "/v1/wallets/authenticate"
RPC = "/v1/wallets/*/rpc"


async def sign(alice: Owner, privy: PrivyClient | None = None) -> None:
    """Sign a message as the wallet's user."""
    await (privy or alice.privy).wallets.ethereum.sign_message(alice.wallet.id, "hello")


def statuses(sandbox: Sandbox, path: str) -> list[int | None]:
    """How the sandbox answered POSTs there."""
    return [record.status for record in logged(sandbox, "POST", path)]


class Clock:
    """A clock that may be put forward. `ahead` is in seconds."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


# One exchange


async def test_a_thousand_tasks_share_one_exchange(
    sandbox: Sandbox, privy: PrivyClient, alice: Owner
) -> None:
    """Through clients of their own, too, as a server makes one for each request."""
    async with asyncio.TaskGroup() as tasks:
        for _ in range(1000):
            tasks.create_task(sign(alice, privy.for_user(alice.jwt)))
    assert sandbox.state.exchanges == 1
    assert statuses(sandbox, AUTHENTICATE) == [200]
    assert statuses(sandbox, RPC) == [200] * 1000


async def test_each_token_has_a_key_of_its_own(
    sandbox: Sandbox, privy: PrivyClient, alice: Owner
) -> None:
    """Nobody gets another user's key, however the tokens' calls are mixed."""
    bob = await new_owner(sandbox, privy, "bob")
    await asyncio.gather(*(sign(owner) for owner in [alice, bob] * 10))
    assert sandbox.state.exchanges == 2
    with pytest.raises(AuthenticationError):
        await sign(alice, bob.privy)


async def test_without_a_cache_each_call_exchanges(sandbox: Sandbox) -> None:
    """`user_key_cache_size=0` keeps no key."""
    async with sandbox.client(user_key_cache_size=0) as privy:
        alice = await new_owner(sandbox, privy)
        await sign(alice)
        await sign(alice)
    assert sandbox.state.exchanges == 2


async def test_a_full_cache_drops_the_key_used_least_recently(sandbox: Sandbox) -> None:
    """With room for two, a third token costs the one that was not used of late its place."""
    async with sandbox.client(user_key_cache_size=2) as privy:
        alice, bob = await new_owner(sandbox, privy), await new_owner(sandbox, privy, "bob")
        carol = await new_owner(sandbox, privy, "carol")
        for owner in (alice, bob, alice, carol, alice):
            await sign(owner)
        assert sandbox.state.exchanges == 3
        await sign(bob)
        assert sandbox.state.exchanges == 4


async def test_the_exchange_shows_among_the_responses(alice: Owner) -> None:
    """Whoever records responses sees what the token cost."""
    with record_responses() as responses:
        await sign(alice)
    assert [response.url.rpartition("/")[2] for response in responses] == ["authenticate", "rpc"]


# Expiry


async def test_an_expired_key_is_never_used() -> None:
    """A key that lives a second is renewed before that; the sandbox never sees it expired."""
    async with Sandbox(user_key_lifetime=1.0) as sandbox, sandbox.client() as privy:
        alice = await new_owner(sandbox, privy)
        await sign(alice)
        await asyncio.sleep(1.0)
        await sign(alice)
    assert sandbox.state.exchanges == 2
    assert statuses(sandbox, RPC) == [200, 200]


async def test_a_key_that_came_expired_is_not_used() -> None:
    """A server whose clock is an hour behind issues such keys; the error names the clock."""
    clock = Clock()
    async with Sandbox(clock=clock) as sandbox, sandbox.client() as privy:
        alice = await new_owner(sandbox, privy)
        clock.ahead = -7200.0
        late = privy.for_user(sandbox.issue_user_jwt("alice"))
        with pytest.raises(SigningError, match="check the clock"):
            await sign(alice, late)
        assert statuses(sandbox, RPC) == []


# A refused key


async def test_a_refused_key_is_exchanged_exactly_once_more() -> None:
    """Two hours on by the server's clock, it refuses the key; all calls share the new one."""
    clock = Clock()
    async with Sandbox(clock=clock) as sandbox, sandbox.client(request_expiry=None) as privy:
        alice = await new_owner(sandbox, privy)
        jwt = sandbox.issue_user_jwt("alice", lifetime=86_400)
        alice = attrs.evolve(alice, jwt=jwt, privy=privy.for_user(jwt))
        await sign(alice)
        clock.ahead = 7200.0
        await asyncio.gather(*(sign(alice) for _ in range(10)))
        assert sandbox.state.exchanges == 2
        assert statuses(sandbox, RPC) == [200] + [401] * 10 + [200] * 10
        await sign(alice)
        assert sandbox.state.exchanges == 2


async def test_a_late_refusal_does_not_cost_the_new_key(sandbox: Sandbox, alice: Owner) -> None:
    """Who hears late that the old key is refused takes the new one that another call has got."""
    await sign(alice)
    sandbox.faults.add(path=RPC, status=401, delay=1.0)
    late = asyncio.create_task(sign(alice))
    while len(sandbox.faults):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    sandbox.faults.add(path=RPC, status=401)
    await sign(alice)
    await late
    assert statuses(sandbox, RPC) == [200, 401, 200, 401, 200]
    assert sandbox.state.exchanges == 2


async def test_a_call_refused_with_both_keys_ends(sandbox: Sandbox, alice: Owner) -> None:
    """One new exchange, one more attempt, then the server's own words."""
    sandbox.faults.add(path=RPC, status=401, body={"error": "Not you"}, times=None)
    with pytest.raises(AuthenticationError, match="Not you") as caught:
        await sign(alice)
    assert statuses(sandbox, RPC) == [401, 401]
    assert sandbox.state.exchanges == 2
    assert caught.value.may_have_happened is False


async def test_the_second_attempt_carries_the_same_idempotency_key(
    sandbox: Sandbox, alice: Owner
) -> None:
    """It is the same call, signed anew."""
    sandbox.faults.add(path=RPC, status=401)
    await sign(alice)
    first, second = logged(sandbox, "POST", RPC)
    assert first.idempotency_key == second.idempotency_key is not None


async def test_a_refused_key_of_the_app_is_not_tried_again(
    sandbox: Sandbox, privy: PrivyClient, alice: Owner
) -> None:
    """Only users' keys come from an exchange; another key stays what it is."""
    privy.update_authorization_key(AuthorizationKey.generate())
    with pytest.raises(AuthenticationError):
        await sign(alice, privy)
    assert statuses(sandbox, RPC) == [401]


# No key for a token


async def test_an_unknown_subject_has_no_key(sandbox: Sandbox, privy: PrivyClient) -> None:
    """The token is good, but no user has it: the cause says 404, and nothing is cached."""
    jwt = sandbox.issue_user_jwt("nobody")
    for exchanges in (1, 2):
        with pytest.raises(SigningError) as caught:
            await privy.for_user(jwt).wallets.rpc("w", {"method": "x"})
        assert isinstance(caught.value.__cause__, NotFoundError)
        assert len(logged(sandbox, "POST", AUTHENTICATE)) == exchanges
    assert jwt not in str(caught.value)


async def test_a_user_who_signs_up_meanwhile_gets_his_key(
    sandbox: Sandbox, privy: PrivyClient, alice: Owner
) -> None:
    """An error is not kept: the same client signs once there is a user with a wallet."""
    bob = privy.for_user(sandbox.issue_user_jwt("bob"))
    with pytest.raises(SigningError):
        await bob.wallets.rpc("w", {"method": "x"})
    user_id = await new_user(privy, "bob")
    wallet = await privy.wallets.create(chain_type="ethereum", owner={"user_id": user_id})
    await bob.wallets.ethereum.sign_message(wallet.id, "hello")


@pytest.mark.parametrize("kind", ["expired", "of a stranger", "no token"])
async def test_a_bad_token_is_refused(sandbox: Sandbox, alice: Owner, kind: str) -> None:
    """Privy says no more than that it is invalid; nothing is signed or sent."""
    tokens = {
        "expired": sandbox.issue_user_jwt("alice", lifetime=-1),
        "of a stranger": Sandbox().issue_user_jwt("alice"),
        "no token": "a.b.c",
    }
    with pytest.raises(SigningError, match="Invalid JWT token provided") as caught:
        await sign(alice, alice.privy.for_user(tokens[kind]))
    assert isinstance(caught.value.__cause__, BadRequestError)
    assert tokens[kind] not in repr(caught.value) + str(caught.value.__cause__)
    assert statuses(sandbox, RPC) == []


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c.d", "ä.b.c", None, b"a.b.c"])
async def test_what_is_no_token_is_refused_at_once(
    sandbox: Sandbox, privy: PrivyClient, token: Any
) -> None:
    """It is named before anything is sent, in each of the ways to hand in a token."""
    with pytest.raises(InvalidArgumentError, match=r"user_jwt: .*expected a JWT"):
        privy.for_user(token)
    with pytest.raises(InvalidArgumentError, match=r"user_jwt: .*expected a JWT"):
        await privy.wallets.generate_user_signer(user_jwt=token)
    assert len(sandbox.log) == 0


# Waiters


async def test_a_cancelled_waiter_does_not_take_the_others_along(
    sandbox: Sandbox, alice: Owner
) -> None:
    """The first caller, whose call began the exchange, is cancelled; the others get the key."""
    sandbox.faults.add(path=AUTHENTICATE, delay=0.2)
    first, *others = [asyncio.create_task(sign(alice)) for _ in range(5)]
    await asyncio.sleep(0.1)
    first.cancel()
    await asyncio.gather(*others)
    assert first.cancelled()
    assert sandbox.state.exchanges == 1


async def test_an_exchange_that_everyone_left_fails_quietly(sandbox: Sandbox, alice: Owner) -> None:
    """Its failure is nobody's any more: it is not logged, and the next call asks anew."""
    sandbox.faults.add(path=AUTHENTICATE, delay=0.1, status=400)
    problems: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: problems.append(context))
    call = asyncio.create_task(sign(alice))
    await asyncio.sleep(0.05)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await asyncio.sleep(0.2)
    gc.collect()
    assert (statuses(sandbox, AUTHENTICATE), problems) == ([400], [])
    await sign(alice)
    assert statuses(sandbox, AUTHENTICATE) == [400, 200]


async def test_each_waiter_gets_an_error_of_its_own(sandbox: Sandbox, alice: Owner) -> None:
    """A shared one would grow a traceback from each waiter."""
    sandbox.faults.add(path=AUTHENTICATE, delay=0.1, status=403)
    calls = (sign(alice) for _ in range(3))
    errors = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(error) for error in errors] == [SigningError] * 3
    assert len({id(error) for error in errors}) == 3
    assert len({id(error.__cause__) for error in errors if isinstance(error, SigningError)}) == 3
    assert statuses(sandbox, AUTHENTICATE) == [403]


# By hand, as in Privy's documentation


async def test_a_user_signer_by_hand(sandbox: Sandbox, privy: PrivyClient, alice: Owner) -> None:
    """The exchange brings the key, its end in ms and the user's wallets; the key then signs."""
    signer = await privy.wallets.generate_user_signer(user_jwt=alice.jwt)
    assert [wallet.id for wallet in signer.wallets] == [alice.wallet.id]
    assert signer.wallets[0].owner_id == alice.wallet.owner_id
    assert 0 < signer.expires_at - time.time() * 1000 <= 3_600_000
    assert signer.authorization_key.to_base64() not in repr(signer)
    privy.update_authorization_key(signer.authorization_key)
    await sign(alice, privy)
    assert sandbox.state.exchanges == 1


async def test_the_raw_answer_stays_sealed(privy: PrivyClient, alice: Owner) -> None:
    """`authenticate` hands out what Privy sent, sealed for a key pair of the caller's."""
    recipient = AuthorizationKey.generate()
    answer = await privy.wallets.authenticate(
        user_jwt=alice.jwt, recipient_public_key=recipient.public_key
    )
    key = answer.encrypted_authorization_key
    opened = open_sealed(Sealed(key.encapsulated_key, key.ciphertext), recipient.private_key)
    privy.update_authorization_key(opened)
    await sign(alice, privy)


def exchange_answer(encapsulated_key: object = "AAAA", **fields: object) -> dict[str, object]:
    """An answer to an exchange whose sealed key nobody can open."""
    sealed = {
        "encryption_type": "HPKE",
        "encapsulated_key": encapsulated_key,
        "ciphertext": "AAAA",
    }
    return {"encrypted_authorization_key": sealed, "expires_at": 1, "wallets": [], **fields}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({}, APIResponseError),
        ([], APIResponseError),
        (exchange_answer(wallets=None), APIResponseError),
        (exchange_answer(expires_at="soon"), APIResponseError),
        (exchange_answer(expires_at=10**400), APIResponseError),
        (exchange_answer(), DecryptionError),
        (exchange_answer(encapsulated_key=1), PrivyError),
    ],
)
async def test_an_answer_without_a_readable_key(
    sandbox: Sandbox, alice: Owner, answer: object, error: type[PrivyError]
) -> None:
    """The error says what is wrong with it, by hand and where a call needs the key."""
    sandbox.faults.add(path=AUTHENTICATE, status=200, body=answer, times=None)
    with pytest.raises(error):
        await alice.privy.wallets.generate_user_signer(user_jwt=alice.jwt)
    with pytest.raises(error):
        await sign(alice)


async def test_a_lost_exchange_is_repeated(sandbox: Sandbox, alice: Owner) -> None:
    """It changes nothing, so asking again is safe; a key that nobody got signs nothing."""
    sandbox.faults.add(path=AUTHENTICATE, drop="after")
    await sign(alice)
    assert statuses(sandbox, AUTHENTICATE) == [None, 200]


async def test_the_options_of_a_client_hold_for_its_exchange(
    sandbox: Sandbox, alice: Owner
) -> None:
    """A client that must not repeat does not repeat the exchange either."""
    sandbox.faults.add(path=AUTHENTICATE, drop="before", times=None)
    with pytest.raises(APIConnectionError):
        await sign(alice, alice.privy.with_options(max_retries=0))
    assert statuses(sandbox, AUTHENTICATE) == [None]


async def test_the_timeout_of_a_call_bounds_its_wait_for_the_key(
    sandbox: Sandbox, alice: Owner
) -> None:
    """A slow exchange ends the call as one that was not sent; the exchange itself goes on."""
    sandbox.faults.add(path=AUTHENTICATE, delay=0.5)
    sign_message = alice.privy.wallets.ethereum.sign_message
    with pytest.raises(APITimeoutError, match=r"within 0\.1 s"):
        await sign_message(alice.wallet.id, "hello", timeout=0.1)
    assert logged(sandbox, "POST", RPC) == []
    await sign_message(alice.wallet.id, "hello")
    assert statuses(sandbox, AUTHENTICATE) == [200]
