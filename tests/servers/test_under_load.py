"""Real servers under load: each signature by the right user's key, none lost and none doubled."""

import asyncio
import random
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import aiohttp
import attrs
import pytest
from Crypto.Hash import keccak
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256K1,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from servers.running import KINDS, RunningServer, ServerKind, running

from privy_async.sandbox import RequestRecord, Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(300)]

USERS, AT_ONCE, REQUESTS = 200, 50, 4000


@attrs.frozen
class Member:
    """A user with a wallet and an access token."""

    user_id: str
    token: str
    wallet_id: str
    public_key: EllipticCurvePublicKey

    def check(self, message: str, signature: str) -> None:
        """Fail unless this user's wallet signed the message (EIP-191)."""
        text = message.encode()
        prefix = b"\x19Ethereum Signed Message:\n%d" % len(text)
        digest = keccak.new(digest_bits=256, data=prefix + text).digest()
        raw = bytes.fromhex(signature.removeprefix("0x"))
        der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:64]))
        self.public_key.verify(der, digest, ECDSA(Prehashed(SHA256())))


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(real_chains=False, app_secret="app-secret-7741") as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def members(sandbox: Sandbox) -> Sequence[Member]:
    with sandbox.sync_client() as privy:
        made = list[Member]()
        for number in range(USERS):
            account = {"type": "custom_auth", "custom_user_id": f"user-{number}"}
            user = privy.users.create(linked_accounts=[account])
            wallet = privy.wallets.create(chain_type="ethereum", owner={"user_id": user.id})
            token = sandbox.issue_user_jwt(user.id, iss="privy.io", aud=sandbox.app_id, sid="s")
            point = bytes.fromhex(str(wallet.public_key).removeprefix("0x"))
            key = EllipticCurvePublicKey.from_encoded_point(SECP256K1(), point)
            made.append(Member(user.id, token, wallet.id, key))
        return made


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> ServerKind:
    return KINDS[request.param]


@pytest.fixture
async def http(anyio_backend: str) -> AsyncIterator[aiohttp.ClientSession]:
    # A server that reloads may close a connection that is kept, so each request has its own.
    connector = aiohttp.TCPConnector(force_close=True, limit=AT_ONCE)
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        yield session


async def sign(
    http: aiohttp.ClientSession, url: str, member: Member, message: str
) -> tuple[int, str, Any]:
    """Ask a server to sign; returns the status, the process, and the JSON."""
    headers = {"Authorization": f"Bearer {member.token}"}
    body = {"wallet_id": member.wallet_id, "message": message}
    async with http.post(f"{url}/api/sign", json=body, headers=headers) as answer:
        return answer.status, answer.headers["x-process"], await answer.json()


def since(sandbox: Sandbox, last: str) -> list[RequestRecord]:
    """What the sandbox dealt with after the request with that id."""
    log = list(sandbox.log)
    at = next((n for n, record in enumerate(log) if record.request_id == last), -1)
    return log[at + 1 :]


def assert_no_secret(server: RunningServer, sandbox: Sandbox, members: Sequence[Member]) -> None:
    """Nothing that the server wrote holds a secret that was used."""
    written = server.stdout + server.stderr
    assert "/v1/wallets" in written, "the SDK's debug log is in it"
    assert sandbox.app_secret not in written
    for member in members:
        _, payload, signature = member.token.split(".")
        assert payload[:60] not in written
        assert signature[:20] not in written
    # As private keys in PKCS #8 and P-256 signatures begin in base64.
    assert not re.search("MIGHAgEA|ME[QUY]C[A-Za-z0-9+/]{60}", written)


async def test_4000_signatures(
    kind: ServerKind, sandbox: Sandbox, members: Sequence[Member], http: aiohttp.ClientSession
) -> None:
    """200 users, 50 at a time: each signature is by the wallet of who asked, every request is
    executed once, and each process exchanges each user's token once."""
    work = [
        (member, f"{n} for {member.user_id}")
        for n in range(REQUESTS // USERS)
        for member in members
    ]
    random.Random(7).shuffle(work)
    last, exchanges = sandbox.log[-1].request_id, sandbox.state.exchanges
    served = set[tuple[str, str]]()
    jobs = iter(work)
    answered = 0

    async def browse(url: str) -> None:
        nonlocal answered
        for member, message in jobs:
            status, process, body = await sign(http, url, member, message)
            assert status == 200, body
            member.check(message, body["signature"])
            served.add((member.user_id, process))
            answered += 1

    with running(kind, sandbox, "-W", "error") as server:
        await asyncio.gather(*(browse(f"{server.url}{kind.prefix}") for _ in range(AT_ONCE)))
        server.stop()
        assert server.complaints == []
        assert_no_secret(server, sandbox, members)
    calls = [record for record in since(sandbox, last) if record.path.endswith("/rpc")]
    assert answered == REQUESTS
    assert len(calls) == REQUESTS
    assert all(record.executed for record in calls)
    assert len({process for _, process in served}) == kind.processes
    assert sandbox.state.exchanges - exchanges == len(served)


async def test_graceful_shutdown(
    kind: ServerKind, sandbox: Sandbox, members: Sequence[Member], http: aiohttp.ClientSession
) -> None:
    """Requests that are being worked on when SIGTERM comes end well; the server ends in silence,
    also in debug mode with every warning an error."""
    with running(kind, sandbox, "-X", "dev", "-W", "error") as server:
        url = f"{server.url}{kind.prefix}"
        arrived = len(sandbox.log)
        sandbox.faults.add(path="/v1/wallets/*/rpc", delay=2.0, times=kind.at_once)
        asked = [
            asyncio.create_task(sign(http, url, member, "slow"))
            for member in members[: kind.at_once]
        ]
        await wait_for_exchanges(sandbox, arrived, kind.at_once)
        await asyncio.to_thread(server.stop)
        answers = await asyncio.gather(*asked)
        assert [status for status, _, _ in answers] == [200] * kind.at_once
        assert server.complaints == []


async def wait_for_exchanges(sandbox: Sandbox, arrived: int, count: int) -> None:
    """Wait until every token has been exchanged, and a little more: now the calls are under way."""
    last = sandbox.log[-1].request_id if arrived else ""
    for _ in range(300):
        paths = [record.path for record in since(sandbox, last)]
        if paths.count("/v1/wallets/authenticate") == count:
            break
        await asyncio.sleep(0.1)
    await asyncio.sleep(0.5)


async def test_reload(
    kind: ServerKind, sandbox: Sandbox, members: Sequence[Member], http: aiohttp.ClientSession
) -> None:
    """Workers that are replaced end in silence, and the new ones sign."""
    if not kind.reloads:
        pytest.skip("aiohttp.web has no workers to replace")
    with running(kind, sandbox, "-X", "dev", "-W", "error") as server:
        url = f"{server.url}{kind.prefix}"
        before = {(await sign(http, url, member, "before"))[1] for member in members[:10]}
        server.reload()
        after = set[str]()
        for _ in range(300):
            try:
                after.add((await sign(http, url, members[0], "after"))[1])
            except aiohttp.ClientConnectionError:
                pass  # A worker that is just ending may refuse.
            if len(after - before) == kind.processes:
                break
            await asyncio.sleep(0.1)
        assert len(after - before) == kind.processes
        server.stop()
        assert server.complaints == []
