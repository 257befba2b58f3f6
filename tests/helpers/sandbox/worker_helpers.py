"""What the tests of workers share: customers with wallets, worker processes, what they left."""

import os
import re
import signal
import subprocess
import sys
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import attrs
from eth_account import Account
from eth_account.messages import encode_defunct
from places import ROOT

from privy_async.sandbox import RequestRecord, Sandbox
from privy_sync import PrivyClient

APPS = ROOT / "tests" / "apps" / "workers"
RPC = "/v1/wallets/*/rpc"
STORE_SECRET = b64encode(os.urandom(32)).decode()
# What a worker must never say: of what is left open, forgotten, or wrong.
COMPLAINTS = re.compile(
    r"[Uu]nclosed|never awaited|Exception ignored|never retrieved|was destroyed"
)


@attrs.frozen
class Customer:
    """A user with a wallet, and the token that workers get."""

    jwt: str
    wallet_id: str
    address: str

    @property
    def signing(self) -> dict[str, str]:
        """What a task needs to sign for this customer: no key, only the token."""
        return {"user_jwt": self.jwt, "wallet_id": self.wallet_id}


def new_customers(sandbox: Sandbox, count: int) -> list[Customer]:
    """Make users, each with a wallet that nobody else can sign for."""
    with sandbox.sync_client() as privy, ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda number: _new_customer(sandbox, privy, number), range(count)))


def _new_customer(sandbox: Sandbox, privy: PrivyClient, number: int) -> Customer:
    subject = f"customer-{number}"
    account = {"type": "custom_auth", "custom_user_id": subject}
    user = privy.users.create(linked_accounts=[account])
    wallet = privy.wallets.create(chain_type="ethereum", owner={"user_id": user.id})
    return Customer(sandbox.issue_user_jwt(subject), wallet.id, wallet.address)


def rpc_requests(sandbox: Sandbox) -> list[RequestRecord]:
    """The requests that the sandbox got for wallets to sign or send."""
    return [record for record in sandbox.log if fnmatchcase(record.path, RPC)]


def executed_by_wallet(sandbox: Sandbox) -> Counter[str]:
    """How many requests were executed for each wallet."""
    done = [record for record in rpc_requests(sandbox) if record.executed]
    return Counter(record.path.split("/")[3] for record in done)


def exchanges_by_user(sandbox: Sandbox) -> Counter[str]:
    """How often each user's token was exchanged."""
    return Counter({user_id: len(keys) for user_id, keys in sandbox.state.user_keys.items()})


def check_signatures(
    sandbox: Sandbox, signatures: set[tuple[Customer, str]], customers: list[Customer], rounds: int
) -> None:
    """Check who signed "hello": each customer so many times, alone, and with one wallet."""
    # The same text signed with the same key is the same signature (RFC 6979).
    assert len(signatures) == len(customers)
    for customer, signature in signatures:
        signer = Account.recover_message(encode_defunct(text="hello"), signature=signature)
        assert signer == customer.address
    assert executed_by_wallet(sandbox) == {customer.wallet_id: rounds for customer in customers}
    assert {record.status for record in rpc_requests(sandbox)} == {200}


@attrs.frozen
class Worker:
    """A worker's main process, with children in a process group of its own."""

    process: "subprocess.Popen[bytes]"
    output: Path

    @property
    def said(self) -> str:
        """All that it wrote so far."""
        return self.output.read_text(errors="replace")

    def wait_until_it_says(self, text: str, *, times: int = 1) -> None:
        """Wait for a text that shows that it is ready."""
        wait_until(lambda: self.said.count(text) >= times or self.process.poll() is not None)
        assert self.process.poll() is None, self.said
        assert self.said.count(text) >= times

    def children(self) -> list[int]:
        """The ids of its child processes."""
        command = ["ps", "-o", "pid=", "--ppid", str(self.process.pid)]
        return [int(pid) for pid in subprocess.run(command, capture_output=True).stdout.split()]

    def kill(self) -> None:
        """End it and its children at once, as the kernel does when memory runs out."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait(10)

    def stop(self) -> int:
        """Ask it to stop, as systemd and containers do; the exit code."""
        self.process.terminate()
        try:
            return self.process.wait(15)
        except subprocess.TimeoutExpired:
            # arq overhears a signal that comes while it asks Redis for jobs, with or without us.
            self.process.terminate()
            return self.process.wait(15)


@contextmanager
def start_worker(
    command: Sequence[str],
    output: Path,
    environment: Mapping[str, str],
    flags: Sequence[str] = ("-X", "dev"),
) -> Iterator[Worker]:
    """Start a worker of tests/apps/workers; it is gone afterwards in every outcome."""
    with output.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, *flags, "-m", *command],
            cwd=APPS,
            env={**os.environ, **environment, "PYTHONPATH": str(ROOT)},
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    worker = Worker(process, output)
    try:
        yield worker
    finally:
        worker.kill()


def settings(
    sandbox: Sandbox, broker_url: str, store_url: str | None = None, **more: str
) -> dict[str, str]:
    """The environment of a worker."""
    shared = {"USER_KEY_STORE_SECRET": STORE_SECRET, "USER_KEY_STORE_URL": store_url}
    return {
        "PRIVY_APP_ID": sandbox.app_id,
        "PRIVY_APP_SECRET": sandbox.app_secret,
        "PRIVY_API_BASE_URL": sandbox.base_url,
        "REDIS_URL": broker_url,
        **({name: value for name, value in shared.items() if value} if store_url else {}),
        **more,
    }


def wait_until(condition: Callable[[], Any], seconds: float = 60) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def secrets_of(sandbox: Sandbox, customers: Sequence[Customer]) -> list[str]:
    """What no log may hold. Of tokens it is the signature: the rest is not secret."""
    tokens = [customer.jwt.rpartition(".")[2] for customer in customers]
    return [sandbox.app_secret, STORE_SECRET, *tokens, "PRIVATE KEY", "MIGHAgEAMBMGByqGSM49"]


def check_quiet_end(worker: Worker, sandbox: Sandbox, customers: Sequence[Customer]) -> None:
    """Stop the worker: it ends in peace, and what it wrote holds no secret."""
    assert worker.stop() == 0, worker.said
    assert not COMPLAINTS.search(worker.said), worker.said
    assert [secret for secret in secrets_of(sandbox, customers) if secret in worker.said] == []


def check_executed_once(sandbox: Sandbox, *, idempotency_key: str) -> None:
    """Check that money moved once, whatever was delivered how often."""
    sent = [record for record in rpc_requests(sandbox) if record.idempotency_key == idempotency_key]
    assert len(sent) > 1, "it was delivered once only"
    assert len([record for record in sent if record.executed]) == 1
    assert len(sandbox.state.transactions) == 1
