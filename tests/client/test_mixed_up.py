"""What is given in the place of something else is named, with where it belongs; no secret is."""

import asyncio
import subprocess
import sys
import warnings
from typing import Any

import pytest

import privy_async
import privy_sync
from privy_async import AuthorizationKey, InvalidArgumentError, UserAuth, generate_p256_key_pair
from privy_async.resources.wallets.values import UserSigner
from privy_async.sandbox import Sandbox

JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln"
KEY = AuthorizationKey.generate()
TEXT = KEY.to_base64()
FACES = pytest.mark.parametrize("face", [privy_async, privy_sync], ids=lambda face: face.__name__)


def client(face: Any) -> Any:
    return face.PrivyClient(app_id="a", app_secret="s")


def begin(method: Any, *arguments: Any, **options: Any) -> None:
    """Call a method of either face, as far as it goes without waiting."""
    outcome = method(*arguments, **options)
    outcome.send(None)


@FACES
@pytest.mark.parametrize(
    ("given", "words"),
    [
        (JWT, "a user's token (JWT), which privy.for_user(user_jwt) exchanges"),
        (JWT.encode(), "a user's token (JWT), which privy.for_user(user_jwt) exchanges"),
        (f"Bearer {JWT}", "a whole header"),
        ("did:privy:abc", "a user's id"),
        (UserSigner(KEY, 1, (), ()), "is a whole UserSigner: give its authorization_key"),
        (generate_p256_key_pair(), "is a whole P256KeyPair: give its private_key"),
        (None, "is None"),
        (7, "is a int"),
    ],
)
def test_in_the_place_of_a_key(face: Any, given: Any, words: str) -> None:
    """A token, a signer, a pair: each has a place of its own."""
    with pytest.raises(InvalidArgumentError, match="authorization_key") as caught:
        client(face).update_authorization_key(given)
    assert words in str(caught.value)
    assert JWT not in str(caught.value)


@FACES
@pytest.mark.parametrize(
    ("given", "words"),
    [
        (TEXT, "a key, which goes to privy.update_authorization_key(key)"),
        (f"wallet-auth:{TEXT}", "a key, which goes to privy.update_authorization_key(key)"),
        ("-----BEGIN PRIVATE KEY-----\n", "a key, which goes to privy.update_authorization_key"),
        (f"Bearer {JWT}", "a whole header"),
        ("did:privy:abc", "a user's id, which signs nothing"),
        (UserAuth(user_jwt=JWT), "is a whole UserAuth: give its user_jwt"),
        (UserSigner(KEY, 1, (), ()), "is a UserSigner"),
        (KEY, "is a AuthorizationKey"),
        (None, "is None"),
    ],
)
def test_in_the_place_of_a_token(face: Any, given: Any, words: str) -> None:
    """A key, a header, a user's id."""
    with pytest.raises(InvalidArgumentError, match="user_jwt") as caught:
        client(face).for_user(given)
    assert words in str(caught.value)
    assert TEXT not in str(caught.value)


@FACES
def test_a_whole_wallet_in_the_place_of_its_id(face: Any) -> None:
    """It says to give the id."""
    with Sandbox() as sandbox, sandbox.sync_client() as privy:
        wallet = privy.wallets.create(chain_type="ethereum")
    with pytest.raises(InvalidArgumentError, match="is a whole Wallet: give its id"):
        begin(client(face).wallets.ethereum.sign_message, wallet, "hello")


@FACES
def test_params_of_the_official_sdk(face: Any) -> None:
    """What its callers are used to is told where it has gone."""
    with pytest.raises(TypeError, match="What the official SDK has in params= are arguments"):
        begin(client(face).wallets.ethereum.sign_message, "w", "hello", params={"message": "x"})


def test_sync_statements_on_the_async_face() -> None:
    """`for` and `with` say that it is async."""
    privy = client(privy_async)
    with pytest.raises(TypeError, match="use `async for item in"):
        list(privy.wallets.list())
    with pytest.raises(TypeError, match="use `async with`"), privy:
        pass


async def _in_an_async_way(privy: Any) -> None:
    with pytest.raises(TypeError, match="use `for item in"):
        _ = [wallet async for wallet in privy.wallets.list()]
    with pytest.raises(TypeError, match="use `for item in"):
        await privy.wallets.list()
    with pytest.raises(TypeError, match="use `with`"):
        async with privy:
            pass


def test_async_statements_on_the_sync_face() -> None:
    """And the other way round."""
    asyncio.run(_in_an_async_way(client(privy_sync)))


BLOCKING = """
import asyncio, sys, warnings
import privy_sync
from privy_async.sandbox import Sandbox

if "off" in sys.argv:
    warnings.simplefilter("ignore", privy_sync.EventLoopBlockedWarning)
if "notebook" in sys.argv:
    sys.modules["ipykernel"] = sys
if "error" in sys.argv:
    warnings.simplefilter("error")

async def main(privy):
    for number in range(3):
        try:
            privy.wallets.create(chain_type="sui")
        except privy_sync.EventLoopBlockedWarning:
            print("refused")

with Sandbox() as sandbox, sandbox.sync_client() as privy:
    privy.wallets.create(chain_type="sui")
    asyncio.run(main(privy))
    print(len(sandbox.state.wallets))
"""


@pytest.mark.parametrize(
    ("option", "told", "out"),
    [
        ("default", 1, "4\n"),
        ("off", 0, "4\n"),
        ("notebook", 0, "4\n"),
        ("error", 0, "refused\nrefused\nrefused\n1\n"),
    ],
)
def test_a_blocked_event_loop_is_told_once(option: str, told: int, out: str) -> None:
    """Once in a process, with the caller's line; never where it was turned off."""
    done = subprocess.run(
        [sys.executable, "-c", BLOCKING, option], capture_output=True, text=True, check=True
    )
    assert done.stdout == out
    assert done.stderr.count("EventLoopBlockedWarning: a call of privy_sync blocks") == told
    assert done.stderr.count("<string>:16") == told


def test_no_event_loop_no_warning() -> None:
    """Nor does it warn where no event loop runs."""
    with warnings.catch_warnings(), Sandbox() as sandbox, sandbox.sync_client() as privy:
        warnings.simplefilter("error")
        assert privy.wallets.create(chain_type="sui").id
