"""The pieces of a call that need no server, and what they are measured against."""

import asyncio
import json
import sys
from base64 import b64decode
from collections.abc import Callable, Coroutine, Iterator, Mapping
from hashlib import sha256
from itertools import cycle
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key

from benchmarks import samples
from benchmarks.contenders.protocol import repeat
from privy_async import AuthorizationContext, PrivyClient
from privy_async.encodings.addresses import check_ethereum_address, checksum_address
from privy_async.encodings.keccak import keccak256_in_python
from privy_async.resources.wallets.ethereum import Ethereum
from privy_async.resources.wallets.rpc import RPC
from privy_async.resources.wallets.values import Wallet
from privy_async.sending.attempts import Attempts
from privy_async.sending.operations import find_operation
from privy_async.sending.outcome import RawResponse
from privy_async.sending.requester import Requester
from privy_async.sending.transport import Transport
from privy_async.signing.authorization import canonical_payload
from privy_async.signing.canonical_json import canonical_json
from privy_async.values import decode, decode_list

BODY = {
    "method": "personal_sign",
    "chain_type": "ethereum",
    "params": {"message": samples.MESSAGE, "encoding": "utf-8"},
}


class CannedTransport(Transport):
    """Answers by itself, so that what is left is all of a call but the network."""

    body = samples.SIGNATURE

    async def send(self, *_: object, **__: object) -> RawResponse:
        return RawResponse(200, {"x-request-id": "7f1c8fd289cc943e"}, self.body)


class TransactionTransport(CannedTransport):
    """The same, where a transaction is signed."""

    body = samples.SIGNED_TRANSACTION


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine returns that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise RuntimeError("it waits")


def main(base_url: str, key: str) -> None:
    # The SDK asks that a loop of asyncio runs, though nothing here waits for one.
    loop = asyncio.new_event_loop()
    asyncio._set_running_loop(loop)
    try:
        work(base_url, key)
    finally:
        asyncio._set_running_loop(None)
        loop.close()


def work(base_url: str, key: str) -> None:
    privy = PrivyClient(
        app_id=samples.APP_ID,
        app_secret=samples.APP_SECRET,
        base_url=base_url,
        authorization_key=key,
    )
    requester = privy._requester
    to_transactions = privy.with_options(timeout=60)._requester
    assert isinstance(requester.authorization, AuthorizationContext)
    method, url, headers, body = prepare(requester)
    works = {**signing(method, url, headers, body, key), "prepare": lambda: prepare(requester)}
    options: dict[str, Any] = {"connect_timeout": 1, "max_connections": 1}
    options |= {"max_response_size": 2**21, "proxy": None, "ssl": True}
    requester.transport = CannedTransport(**options)
    to_transactions.transport = TransactionTransport(**options)
    works |= addresses(Ethereum(to_transactions).sign_transaction)
    sign = privy.wallets.ethereum.sign_message
    works["call"] = lambda: run(sign(samples.WALLET_ID, samples.MESSAGE))
    for name, value in (("rpc", BODY), ("typed data", samples.TYPED_DATA)):
        works |= encodings(name, value)
    repeat({**works, **decodings()})


def prepare(requester: Requester) -> tuple[str, str, Mapping[str, str], bytes | None]:
    """All that a call does before its bytes are sent: method, URL, headers, body."""
    target = f"/v1/wallets/{samples.WALLET_ID}/rpc"
    call = requester._call(find_operation(RPC), target, BODY, {})
    attempts = Attempts(
        call,
        requester.settings,
        requester.transport,
        requester.user_keys,
        requester.signers,
        timeout=60.0,
        deadline=None,
    )
    signed = run(attempts._sign())
    attempts._choose_credentials()
    return call.method, call.url, attempts._all_headers(signed).reveal(), call.body


def signing(
    method: str, url: str, headers: Mapping[str, str], body: bytes | None, key: str
) -> dict[str, Callable[[], object]]:
    """OpenSSL's signature of the same bytes, by the library that wraps it."""
    names = ("privy-app-id", "privy-idempotency-key", "privy-request-expiry")
    payload = canonical_payload(method, url, body or b"", {name: headers[name] for name in names})
    private_key = load_der_private_key(b64decode(key), None)
    assert isinstance(private_key, EllipticCurvePrivateKey)
    algorithm = ECDSA(SHA256())
    return {"openssl": lambda: private_key.sign(payload, algorithm)}


def encodings(name: str, value: Mapping[str, Any]) -> dict[str, Callable[[], object]]:
    """Three ways to sorted JSON without spaces; the same bytes here, which is checked."""
    works: dict[str, Callable[[], bytes]] = {
        f"{name} canonical_json": lambda: canonical_json(value),
        f"{name} rfc8785": lambda: rfc8785.dumps(value),
        f"{name} json.dumps": lambda: json.dumps(
            value, sort_keys=True, separators=(",", ":"), ensure_ascii=False
        ).encode(),
    }
    assert len({work() for work in works.values()}) == 1
    return {**works}


def addresses(
    sign: Callable[..., Coroutine[Any, Any, object]],
) -> dict[str, Callable[[], object]]:
    """An address checked alone and as a transaction's `to`: in one case, with a checksum."""
    new = new_addresses()
    kinds: dict[str, Callable[[], str]] = {
        "lower": lambda: samples.RECIPIENT.lower(),
        "seen": lambda: samples.RECIPIENT,
        "new": lambda: next(new),
    }

    def checking(address: Callable[[], str]) -> Callable[[], object]:
        return lambda: check_ethereum_address(address(), argument="to")

    def signing(address: Callable[[], str]) -> Callable[[], object]:
        return lambda: run(sign(samples.WALLET_ID, {"to": address(), "value": 1, "nonce": 0}))

    digits = samples.RECIPIENT[2:].lower().encode()
    return {
        **{f"check {name}": checking(address) for name, address in kinds.items()},
        **{f"sign {name}": signing(address) for name, address in kinds.items()},
        "keccak in Python": lambda: keccak256_in_python(digits),
    }


def new_addresses() -> Iterator[str]:
    """Checksummed addresses, twice as many as are remembered, so that each is new when it comes."""
    accounts = (sha256(number.to_bytes(2)).digest()[:20] for number in range(8192))
    yield from cycle([checksum_address(account) for account in accounts])


def decodings() -> dict[str, Callable[[], object]]:
    """A wallet's JSON as a value, a page of 100, and reading their text."""
    wallet, page = json.loads(samples.WALLET), json.loads(samples.page())["data"]
    assert decode(Wallet, wallet).id == wallet["id"]
    return {
        "wallet": lambda: decode(Wallet, wallet),
        "page": lambda: decode_list(Wallet, page, path="data"),
        "wallet json.loads": lambda: json.loads(samples.WALLET),
        "page json.loads": lambda: json.loads(samples.page()),
    }


if __name__ == "__main__":
    main(*sys.argv[1:3])
