"""The parsers of foreign bytes: how each is fed, and which errors may leave it."""

import asyncio
import hmac
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import attrs
import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from jwt.algorithms import ECAlgorithm

from fuzz.grammar import Source, urlsafe
from privy_async import PrivyClient
from privy_async.bulk.file_journal import FileJournal
from privy_async.encodings import base58
from privy_async.errors import PrivyError
from privy_async.json_types import parse_json
from privy_async.resources.wallets.rpc import Signature
from privy_async.resources.wallets.typed_data import format_typed_data
from privy_async.sandbox import Sandbox
from privy_async.sandbox.operations import ROUTES
from privy_async.sandbox.requests.http_messages import HttpRequest
from privy_async.sandbox.state import State
from privy_async.sandbox.store.codec import Codec
from privy_async.sending.call import Call
from privy_async.sending.exchange import _read as read_exchange
from privy_async.sending.messages import Unreadable, decompress
from privy_async.sending.operations import find_operation
from privy_async.sending.outcome import RawResponse, make_error, read_value
from privy_async.sending.retry import may_have_happened, retry_delay
from privy_async.signing.p256 import AuthorizationKey
from privy_async.user_keys.hpke import seal
from privy_async.values import decode
from privy_async.verification.token_keys import read_keys
from privy_async.verification.webhooks import verify as verify_webhook
from privy_async.wallet_import import hd_derivation
from privy_async.wallet_import.wallet_entropy import private_key_entropy

_APP_ID: Final = "app"
_NOW: Final = 1_800_000_000
_KEY: Final = generate_private_key(SECP256R1())
_PEM_KEY: Final = AuthorizationKey(_KEY)
_OTHER_KEY: Final = AuthorizationKey.generate()
_SEALED: Final = tuple(
    seal(plaintext, _PEM_KEY.public_key)
    for plaintext in (_PEM_KEY.to_base64().encode(), b"", b"\xff" * 100, b"wallet-auth:")
)
_PRIVY: Final = PrivyClient(app_id=_APP_ID, app_secret="secret")
_JWK: Final = {
    **ECAlgorithm.to_jwk(_KEY.public_key(), as_dict=True),
    "kid": "1",
    "alg": "ES256",
    "use": "sig",
}
_SECRET: Final = b"0123456789abcdef01234567"
_ADDRESS: Final = "0x" + "11" * 20
_PHRASE: Final = "abandon " * 11 + "about"


@attrs.frozen
class Target:
    """One parser.

    Attributes:
        parse: Makes an input of the choices, and parses it.
        errors: What may leave it.
    """

    parse: Callable[[Source], object]
    errors: tuple[type[Exception], ...] = (PrivyError,)

    def try_bytes(self, data: bytes) -> None:
        """Parse what these bytes make.

        Raises:
            Exception: Anything that is not documented to leave the parser.
        """
        try:
            self.parse(Source(data))
        except self.errors:
            pass


def _token(source: Source) -> object:
    header = source.nearly_object({"alg": "ES256", "typ": "JWT", "kid": "1"})
    claims = source.nearly_object(
        {
            "sid": "s",
            "sub": "did:privy:1",
            "iss": "privy.io",
            "aud": _APP_ID,
            "iat": _NOW,
            "exp": 2 * _NOW,
            "linked_accounts": '[{"type":"email","address":"a@b","lv":1}]',
            "custom_metadata": "{}",
            "cr": str(_NOW),
        }
    )
    signing = f"{urlsafe(source.json(header))}.{urlsafe(source.json(claims))}"
    signature = jwt.get_algorithm_by_name("ES256").sign(signing.encode(), _KEY)
    token = source.nearly_text(f"{signing}.{urlsafe(source.nearly_bytes(signature))}")
    verify = source.pick((_PRIVY.tokens.verify_access_token, _PRIVY.tokens.verify_identity_token))
    pem = source.nearly_text(_public_pem()) if source.seldom() else _public_pem()
    return asyncio.run(verify(token, verification_key=pem))


def _public_pem() -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = _KEY.public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _key_set(source: Source) -> object:
    keys = [source.nearly(source.nearly_object(_JWK)) for _ in range(source.whole(3))]
    return read_keys(source.nearly(source.nearly_object({"keys": keys})))


def _webhook(source: Source) -> object:
    event = {
        "type": source.nearly_text("transaction.confirmed"),
        "transaction_id": "t",
        "wallet_id": "w",
        "caip2": "eip155:1",
        "transaction_hash": "0x1",
    }
    body = source.json(source.nearly(source.nearly_object(event)))
    timestamp = source.nearly_text(str(_NOW))
    signed = b".".join((b"m", timestamp.encode("utf-8", "surrogatepass"), body))
    signature = b64encode(hmac.digest(_SECRET, signed, sha256)).decode()
    headers = source.nearly_object(
        {
            "svix-id": "m",
            "svix-timestamp": timestamp,
            "svix-signature": source.nearly_text(f"v1,{signature}"),
        }
    )
    secret = source.nearly_text("whsec_" + b64encode(_SECRET).decode())
    return verify_webhook(body, headers, secret=secret, now=_NOW)


def _exchange(source: Source) -> object:
    recipient = _OTHER_KEY if source.seldom() else _PEM_KEY
    sealed = source.pick(_SEALED) if source.seldom() else _SEALED[0]
    answer = source.nearly_object(
        {
            "encrypted_authorization_key": source.nearly_object(
                {
                    "encryption_type": "HPKE",
                    "encapsulated_key": source.nearly_text(sealed.encapsulated_key),
                    "ciphertext": source.nearly_text(sealed.ciphertext),
                }
            ),
            "expires_at": _NOW * 1000,
            "wallets": [],
            "bindings": [{"type": "intent", "intentId": "i"}],
        }
    )
    return read_exchange(source.nearly(answer), recipient, lambda wallets: wallets)


def _journal(source: Source) -> object:
    lines: list[dict[str, Any]] = [
        {"run_id": "r"},
        {"begun": "a", "at": _NOW},
        {"done": "a", "value": 1},
    ]
    lines += [source.pick(({"refused": "a"}, {"begun": "b", "at": _NOW + 0.5}))]
    content = b"".join(
        source.json(source.nearly(source.nearly_object(line))) + b"\n" for line in lines
    )
    with TemporaryDirectory() as folder:
        path = Path(folder, "journal")
        path.write_bytes(source.nearly_bytes(content))
        with closing(FileJournal(path, "r")) as journal:
            return journal.done


def _state(source: Source) -> object:
    codec = Codec(State)
    records: dict[str, Any] = {
        "$tuple": [1, "a", None],
        "$dict": [[["a", 1], {"$bytes": "AA=="}]],
        "$KeyQuorum": {
            "id": "q",
            "authorization_threshold": 1,
            "public_keys": {"$tuple": []},
            "user_ids": {"$tuple": ["u"]},
            "key_quorum_ids": {"$tuple": []},
            "display_name": None,
        },
    }
    name = source.pick(tuple(records))
    value = {name: source.nearly(records[name])}
    return codec.decode(source.json(source.nearly_object(value)).decode("utf-8", "replace"))


def _key(source: Source) -> object:
    text = source.nearly_text(source.pick((_PEM_KEY.to_base64(), _private_pem(), _public_pem())))
    prefix = source.pick(("", "wallet-auth:", "wallet-api:", " "))
    return AuthorizationKey.parse(source.nearly(prefix + text))


def _private_pem() -> str:
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    pem = _KEY.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return pem.decode()


def _phrase(source: Source) -> object:
    return hd_derivation.normalize_seed_phrase(source.nearly(source.nearly_text(_PHRASE)))


def _wallet_key(source: Source) -> object:
    chain = source.nearly(source.pick(("ethereum", "solana", "stellar", "tron", "sui", "xrpl")))
    right: Any = source.pick(("11" * 32, "0x" + "11" * 32, base58.encode(bytes(64)), b"1" * 32))
    key = source.nearly(source.nearly_text(right) if isinstance(right, str) else right)
    return private_key_entropy(chain, key, address=source.nearly(source.nearly_text(_ADDRESS)))


def _typed_data(source: Source) -> object:
    kinds = ("uint256", "int8", "bytes32", "bytes", "string", "bool", "address", "Item", "Item[2]")
    members = [
        source.nearly({"name": source.nearly("a"), "type": source.nearly_text(source.pick(kinds))})
        for _ in range(source.whole(3))
    ]
    item = [{"name": "b", "type": source.pick(kinds)}]
    message = {"a": source.pick((1, "0x11", _ADDRESS, True, {"b": 1}, [{"b": 1}] * 2))}
    return format_typed_data(
        source.nearly_object(
            {
                "domain": source.nearly_object({"name": "n", "chainId": 1}),
                "types": source.nearly_object({"Mail": members, "Item": item}),
                "primary_type": "Mail",
                "message": source.nearly_object(message),
            }
        )
    )


def _base58(source: Source) -> object:
    # Its callers bound the length first, since the time grows with its square.
    text = source.nearly_text(base58.encode_check(source.raw()[:200]))[:400]
    return base58.decode(text), base58.decode_check(text)


def _json(source: Source) -> object:
    return parse_json(source.json(source.value()))


def _compressed(source: Source) -> object:
    import gzip
    import zlib

    body = source.raw() * source.whole(2000)
    packed = source.pick((gzip.compress(body), zlib.compress(body), body))
    encoding = source.nearly_text(source.pick(("gzip", "deflate", "identity", "br")))
    return decompress(source.nearly_bytes(packed), encoding, 10_000)


def _answer(source: Source) -> object:
    call = Call(
        operation=find_operation("POST /v1/wallets/{wallet_id}/rpc"),
        url="https://api.privy.io/v1/wallets/w/rpc",
        app_id=_APP_ID,
        body=b"{}",
        idempotency_key="k",
        request_expiry=None,
        authorization=None,
    )
    success = source.nearly_object({"signature": "0x", "encoding": "hex"})
    refusal = source.nearly_object({"error": source.nearly("no"), "code": source.nearly("c")})
    body = source.json(source.nearly(source.pick((success, refusal))))
    headers = {"retry-after": source.nearly_text("1"), "x-request-id": source.text()}
    answer = RawResponse(source.pick((200, 200, 307, 400, 401, 409, 429, 503)), headers, body)
    if answer.is_success:
        return read_value(call, answer, lambda value: decode(Signature, value))
    error = make_error(call, answer, may_have_happened=may_have_happened(call, [answer]))
    retry_delay(call, answer, retry=0, max_retries=2, jitter=0.5)
    return str(error), repr(error)


def _request(source: Source) -> object:
    """The sandbox must answer whatever it is asked, and know what to answer."""
    route = source.pick(ROUTES)
    path = source.nearly_text(route.path.replace("{wallet_id}", "w").replace("{user_id}", "u"))
    credentials = b64encode(f"{_APP_ID}:secret".encode()).decode()
    headers = {
        "host": "privy.test",
        "authorization": source.nearly_text(f"Basic {credentials}"),
        "privy-app-id": _APP_ID,
        "content-type": source.nearly_text("application/json"),
        "privy-idempotency-key": source.text(),
        "privy-authorization-signature": source.nearly_text(b64encode(bytes(70)).decode()),
        "privy-request-expiry": source.nearly_text("1900000000000"),
    }
    kept = {name: value for name, value in headers.items() if not source.seldom()}
    body = source.nearly_object({name: source.value() for name in _FIELDS if source.seldom()})
    request = HttpRequest(
        method=source.nearly_text(route.method),
        base_url="http://privy.test",
        target=path,
        query={source.text(): source.text()},
        headers=kept,
        body=source.json(body) if not source.seldom() else source.raw(),
    )
    sandbox = Sandbox(app_id=_APP_ID, app_secret="secret", real_chains=False)
    handled = asyncio.run(sandbox._server._api.handle(request))
    assert b'"internal"' not in handled.response.body, handled.response.body
    return handled


_FIELDS: Final = (
    "method",
    "params",
    "caip2",
    "chain_type",
    "owner",
    "linked_accounts",
    "wallets",
    "user_jwt",
    "recipient_public_key",
    "encryption_type",
    "rules",
    "name",
    "version",
    "display_name",
)


TARGETS: Final[Mapping[str, Target]] = {
    "tokens": Target(_token),
    "key sets": Target(_key_set),
    "webhooks": Target(_webhook),
    "exchanges": Target(_exchange),
    "journals": Target(_journal),
    "state files": Target(_state, (ValueError,)),
    "keys": Target(_key),
    "seed phrases": Target(_phrase),
    "wallets' keys": Target(_wallet_key),
    "typed data": Target(_typed_data),
    "base58": Target(_base58, (ValueError,)),
    "JSON": Target(_json, (ValueError,)),
    "compressed bodies": Target(_compressed, (Unreadable,)),
    "answers": Target(_answer),
    "the sandbox's requests": Target(_request, ()),
}
