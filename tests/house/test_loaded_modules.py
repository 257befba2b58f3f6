"""What importing the SDK and a first signed call load: no resource that they do not use."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping

import pytest
from aiohttp import web
from loopback import Loopback, Request, exchanged, loopback, ok

from privy_async.signing.p256 import AuthorizationKey

pytestmark = pytest.mark.anyio

KEY = AuthorizationKey.generate()
FIRST_CALL = """
import sys
from privy_{face} import PrivyClient

{define}
    {with_} PrivyClient(app_id="a", app_secret="b", base_url=sys.argv[1]) as privy:
        alice = privy.for_user("a.b.c")
        {await_}alice.wallets.ethereum.sign_message("w1", "hello")

{run}
"""
FACES: Mapping[str, Mapping[str, str]] = {
    "async": {
        "define": "async def main():",
        "with_": "async with",
        "await_": "await ",
        "run": "import asyncio; asyncio.run(main())",
    },
    "sync": {"define": "def main():", "with_": "with", "await_": "", "run": "main()"},
}
LIST = "\nimport json, sys; print(json.dumps(sorted(sys.modules)))"
# The resources that the call goes through, with their values.
USED = {
    "all",
    "fields",
    "wallets.ethereum",
    "wallets.ethereum_formats",
    "resource",
    "wallets.rpc",
    "money.transfer_inputs",
    "wallets.keys",
    "wallets.money",
    "wallets.values",
    "wallets",
    "wallets.wallets",
    "money",
}
# The sync face has a file for each resource, and the values of the async one.
USED_BY_SYNC = {
    "all",
    "wallets",
    "wallets.ethereum",
    "wallets.keys",
    "wallets.money",
    "wallets.wallets",
}
# Parts that other calls need, and libraries that only these use.
UNUSED = {
    "anyio",
    "jwt",
    "privy_async.encodings.keccak",
    "privy_async.sandbox",
    "privy_async.verification.token_keys",
    "privy_async.verification.tokens",
    "privy_async.wallet_import.wallet_entropy",
    "privy_async.verification.webhooks",
}


async def loaded_by(code: str, *arguments: str) -> set[str]:
    """The modules that are loaded after this code ran in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error", "-c", code + LIST, *arguments, stdout=asyncio.subprocess.PIPE
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), 30)
    except TimeoutError:
        process.kill()
        raise
    assert process.returncode == 0
    return set(json.loads(output))


def resources(loaded: set[str], face: str) -> set[str]:
    """The files of resources among the loaded modules."""
    prefix = f"privy_{face}.resources."
    return {name.removeprefix(prefix) for name in loaded if name.startswith(prefix)}


def answer(request: Request) -> web.StreamResponse:
    """A user's key, and then a signature."""
    if request.path == "/v1/wallets/authenticate":
        return exchanged(request, KEY)
    return ok({"method": "personal_sign", "data": {"signature": "0x1", "encoding": "hex"}})


@pytest.fixture
async def server() -> AsyncIterator[Loopback]:
    """A server that lets a user sign."""
    async with loopback(answer) as server:
        yield server


@pytest.mark.parametrize("face", FACES)
async def test_importing_loads_no_resource(face: str) -> None:
    """The package alone, and the name of the client, need no resource."""
    loaded = await loaded_by(f"import privy_{face}")
    assert {name for name in loaded if name.startswith("privy")} <= {
        "privy_async",
        "privy_async.version",
        "privy_sync",
    }


@pytest.mark.parametrize("face", FACES)
async def test_a_first_signed_call(server: Loopback, face: str) -> None:
    """A user's first signature loads the files of wallets and of Ethereum, and no other."""
    loaded = await loaded_by(FIRST_CALL.format(face=face, **FACES[face]), server.url)
    assert "privy-authorization-signature" in server.requests[-1].headers
    assert resources(loaded, "async") == USED
    assert resources(loaded, "sync") == (USED_BY_SYNC if face == "sync" else set())
    assert loaded & UNUSED == set()


@pytest.mark.parametrize(
    ("address", "hashed"),
    [
        ("0x742d35cc6634c0532925a3b844bc9e7595f2bd18", False),
        ("0x742D35CC6634C0532925a3B844Bc9E7595F2bD18", True),
    ],
)
async def test_an_address_loads_keccak_for_its_checksum_alone(address: str, hashed: bool) -> None:
    """One case has no checksum; and a few digests are not worth loading a library in C."""
    loaded = await loaded_by(
        "from privy_async.resources.wallets.ethereum_formats import format_transaction; "
        f"format_transaction({{'to': '{address}'}})"
    )
    assert ("privy_async.encodings.keccak" in loaded) == hashed
    assert not {name for name in loaded if name.partition(".")[0] in ("Crypto", "sha3")}
