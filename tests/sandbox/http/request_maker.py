"""Requests that are nearly right: made from the API's schemas and from good ones, then damaged."""

import json
from importlib import resources
from random import Random
from typing import Any
from urllib.parse import quote

from api_client import ApiClient, Reply, new_key, sign, spki
from chain_helpers import BASE, SOLANA
from good_requests import GoodRequest, good_policies, good_requests
from places import VECTORS

from privy_async.sandbox.keys.chain_types import CHAINS
from privy_async.sandbox.operations import ROUTES, Route

SCHEMAS = json.loads((VECTORS / "request_schemas.json").read_text())
# Chains are started for the ids in here alone, as each costs memory.
CAIP2 = [BASE, "eip155:1", SOLANA, "eip155:0", "eip155:", "eip155:1e3", "solana:", "tron:1", "x"]
NASTY: list[Any] = [
    *(None, True, False, 0, -1, 1, 2.0, 0.5, -0.0, 1e308, 5e-324, 2**53 - 1, 2**53, 2**64, 2**256),
    *(
        "",
        " ",
        "0",
        "-1",
        "1e5",
        "1_000",
        "٣",
        "²",
        "NaN",
        "null",
        "\0",
        "é",
        "😀",
        "\u2028",
        "%00",
    ),
    *(
        "0x",
        "0x0",
        "0X1",
        "0xzz",
        "0x" + "f" * 64,
        "0x" + "f" * 65,
        "0x" + "11" * 20,
        "../..",
        "{}",
    ),
    *("====", "AAAA", "AA", "did:privy:x", "eip155:", "solana:", "2026-01-01", "*", "a" * 20_000),
    # Names of types, good and bad ones, as stand in typed data and in ABIs.
    *("]", "[]", "uint256[", "uint256[]", "uint256[][0]", "uint7", "bytes33", "(uint256)", "tuple"),
    *("tuple[]", "u0a", "bytes32[2]", "Person[]", "string[][][][][][][][][][][]", "function"),
    *([], {}, [[]], [None], [1, "1"], {"": ""}, {"a": None}, {"type": "x"}, [{}] * 3),
    *({"name": "a", "type": "]"}, json.loads("[" * 150 + "]" * 150), {"kid": 1}, "e30.e30.e30"),
]
QUERIES: dict[str, list[str]] = {
    "asset": ["usdc", "eth", "sol", "x", ""],
    "authorization_key": ["x", ""],
    "chain": ["base", "ethereum", "solana", "x", ""],
    "chain_type": ["ethereum", "x"],
    "cursor": ["", "x", "-1", "0", "1e9", "9" * 5000],
    "include": ["steps", "x"],
    "include_archived": ["true", "false", "x"],
    "include_currency": ["usd", "x"],
    "limit": ["1", "0", "2.0", "-1", "1e2", "٣", "9" * 5000, ""],
    "query": ["", "a"],
    "reference_id": ["order", ""],
    "status": ["pending", "x"],
    "token": ["x", "base:0x" + "11" * 20, ""],
    "tx_hash": ["0x", "x", "0x" + "11" * 32],
    "user_id": ["x"],
}
_LIST = resources.files("privy_async.sandbox.operations").joinpath("not_imitated.txt").read_text()
_NOT_IMITATED = {tuple(line.split()[:2]) for line in _LIST.splitlines()}
Json = dict[str, Any]


class RequestMaker:
    """Makes requests at random; the same ones for the same seed and the same answers.

    Attributes:
        known: What may stand in a field or in a path, by its name.
        wallets: Ids of wallets by chain type.
    """

    def __init__(self, api: ApiClient, seed: int) -> None:
        self.random = Random(seed)
        self.api = api
        self.key = new_key()
        self.wallets: dict[str, list[str]] = {}
        self.known: dict[str, list[Any]] = {
            "amount": ["1", "0.1", "0", "1e3"],
            "app_id": [api.sandbox.app_id],
            "caip2": CAIP2,
            "chain": ["base", "ethereum", "solana"],
            "chain_id": ["8453", "1", "solana", "x"],
            "data": ["0x", "0xa9059cbb" + "00" * 64],
            "email": ["a@example.org"],
            "hash": ["0x" + "11" * 32],
            "message": ["hello", "aGVsbG8="],
            "public_key": [spki(self.key), spki(new_key())],
            "recipient_public_key": [spki(new_key())],
            "reference_id": ["order"],
            "signature": ["0x" + "11" * 65, "AAAA"],
            "user_jwt": [api.sandbox.issue_user_jwt("alice")],
            "value": ["0x1", 1, "1000000"],
        }
        self._good: list[GoodRequest] = []
        self._weights = [_weight(operation) for operation in ROUTES]

    async def begin(self) -> None:
        """Make some of everything anew, for requests to refer to."""
        self.wallets.clear()
        name = f"user{self.random.random()}"
        user_id = await self.api.create_user(name)
        self.learn("user_id", user_id)
        self.learn("user_jwt", self.api.sandbox.issue_user_jwt(name))
        quorum_id = await self.api.create_quorum(public_keys=[spki(self.key)])
        self.learn("key_quorum_id", quorum_id)
        owners: list[Json] = [{}, {"owner_id": quorum_id}]
        for chain_type in CHAINS:
            for owner in owners:
                await self._make_wallet(chain_type=chain_type, **owner)
        for policy in self.random.sample(good_policies(), 5):
            made = await self.api.call("POST", "/v1/policies", policy)
            self._learn_from("/v1/policies", made.body)
            owner = self.random.choice(owners)
            chain_type = policy["chain_type"]
            await self._make_wallet(chain_type=chain_type, policy_ids=[made.body["id"]], **owner)
        wallets = self.api.sandbox.state.wallets
        solana, tron = (wallets[self.wallets[chain][0]] for chain in ("solana", "tron"))
        self._good = good_requests(solana, tron)

    async def _make_wallet(self, **fields: Any) -> None:
        self._learn_wallet(await self.api.create_wallet(**fields))

    def make(self) -> tuple[str, str, Any, dict[str, str]]:
        """A request: method, path with query, body, and headers besides the app's own."""
        if self.random.random() < 0.5:
            good = self.random.choice(self._good)
            method, body = "POST", good.body
            path = self._filled(good.path, good.chain_type)
        else:
            (operation,) = self.random.choices(ROUTES, self._weights)
            method, path = operation.method, self._filled(operation.path)
            body = self._body(operation.method, operation.path)
        for _ in range(self.random.choice((0, 0, 1, 1, 1, 2, 4))):
            body = self._damaged(body)
        return method, path + self._query(), body, self._headers()

    async def send(self, request: tuple[str, str, Any, dict[str, str]]) -> Reply:
        """Send a request, signed nine times out of ten, and learn from the answer."""
        method, path, body, headers = request
        payload = self.api.payload(method, path, "" if body is None else _read(body), headers)
        signature = sign(self.key, payload) if self.random.random() < 0.9 else ""
        data = None if body is None else json.dumps(body).encode()
        reply = await self.api.send_signed(method, path, data, signature, headers)
        if reply.status == 200:
            self._learn_from(path, reply.body)
        return reply

    def learn(self, name: str, value: Any) -> None:
        """Have requests refer to something that was made; the newest twenty are kept."""
        names = {
            "user_id": ("user_id",),
            "key_quorum_id": ("key_quorum_id", "key_quorum_ids", "owner_id", "signer_id"),
            "policy_id": ("policy_id", "policy_ids", "override_policy_ids"),
            "wallet_id": ("wallet_id",),
        }.get(name, (name,))
        for each in names:
            self.known[each] = [*self.known.get(each, ()), value][-20:]

    def _learn_from(self, path: str, answer: Any) -> None:
        """Remember the ids in an answer."""
        if isinstance(answer, dict) and isinstance(answer.get("id"), str):
            kind = path.split("?")[0].removeprefix("/v1/").split("/")[0]
            self.learn(f"{kind.removesuffix('s').replace('policie', 'policy')}_id", answer["id"])
            if kind == "wallets" and answer.get("chain_type") in CHAINS:
                self._learn_wallet(answer)
            for rule in answer.get("rules") or ():
                self.learn("rule_id", rule["id"])
        if isinstance(answer, dict) and isinstance(answer.get("intent_id"), str):
            self.learn("intent_id", answer["intent_id"])

    def _learn_wallet(self, wallet: Json) -> None:
        self.learn("wallet_id", wallet["id"])
        self.learn("address", wallet["address"])
        of_chain = self.wallets.get(wallet["chain_type"], [])
        self.wallets[wallet["chain_type"]] = [*of_chain, wallet["id"]][-5:]

    def _filled(self, template: str, chain_type: str | None = None) -> str:
        """A path with ids in it, mostly of a wallet of this chain."""
        parts = []
        for part in template.split("/"):
            name = part[1:-1] if part.startswith("{") else None
            if name == "wallet_id" and chain_type and self.random.random() < 0.95:
                parts.append(self.random.choice(self.wallets[chain_type]))
            else:
                parts.append(part if name is None else quote(str(self._known(name)), safe=""))
        return "/".join(parts)

    def _known(self, name: str) -> Any:
        """Something that fits a field of this name, most of the time."""
        candidates = self.known.get(name)
        if candidates is None or self.random.random() < 0.05:
            return self.random.choice(NASTY)
        return self.random.choice(candidates)

    def _query(self) -> str:
        names = self.random.sample(sorted(QUERIES), self.random.choice((0, 0, 1, 2)))
        pairs = [f"{name}={quote(self.random.choice(QUERIES[name]))}" for name in names]
        return "?" + "&".join(pairs) if pairs else ""

    def _headers(self) -> dict[str, str]:
        headers = {}
        if self.random.random() < 0.03:
            headers["privy-idempotency-key"] = str(self.random.choice(("a", "b", "é", "x" * 257)))
        if self.random.random() < 0.03:
            times = ("1", "4000000000000", "x", "-1", "٣", "9" * 40)
            headers["privy-request-expiry"] = self.random.choice(times)
        return headers

    def _body(self, method: str, path: str) -> Any:
        if method in ("GET", "DELETE"):
            return None
        if path.startswith("/rpc/"):
            return self._json_rpc(path)
        schema = SCHEMAS["operations"].get(f"{method} {path}")
        return self._value(schema, "") if schema else {}

    def _json_rpc(self, path: str) -> Json:
        from privy_async.sandbox.blockchains.evm import methods as evm_methods
        from privy_async.sandbox.blockchains.svm import methods as svm_methods

        methods = svm_methods.METHODS if path.endswith("solana") else evm_methods.METHODS
        names = ("address", "hash", "data", "value", "message", "public_key")
        params = [self._known(self.random.choice(names)) for _ in range(self.random.randrange(4))]
        method = self.random.choice(sorted(methods))
        return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}

    def _value(self, schema: Any, name: str) -> Any:
        """A value that fits a schema, so far as its author took care."""
        if "$ref" in schema:
            return self._value(SCHEMAS["schemas"][schema["$ref"]], name)
        for choice in ("oneOf", "anyOf"):
            if choice in schema:
                return self._value(self.random.choice(schema[choice]), name)
        if "allOf" in schema:
            parts = [self._value(part, name) for part in schema["allOf"]]
            objects = [part for part in parts if isinstance(part, dict)]
            merged = {key: item for part in objects for key, item in part.items()}
            return merged if objects else parts[0]
        if "enum" in schema:
            return self.random.choice(schema["enum"])
        return self._plain_value(schema, name)

    def _plain_value(self, schema: Any, name: str) -> Any:
        kind = schema.get("type")
        if kind == "object":
            properties = schema.get("properties", {})
            required = schema.get("required", ())
            return {
                each: self._value(inner, each)
                for each, inner in properties.items()
                if each in required or self.random.random() < 0.4
            }
        if kind == "array":
            count = self.random.choice((0, 1, 1, 2))
            return [self._value(schema.get("items", {}), name) for _ in range(count)]
        if kind in ("integer", "number"):
            return self.random.choice((0, 1, 7, 21000, 3600, 10**12))
        return self.random.random() < 0.5 if kind == "boolean" else self._known(name)

    def _damaged(self, body: Any) -> Any:
        """The body with one value in it replaced, left out, repeated or moved."""
        places = list(_places(body))
        if not places:
            return self.random.choice(NASTY)
        # What stands deep is reached by damage there alone.
        (*way, last), *_ = self.random.choices(places, [len(place) ** 2 for place in places])
        copy = json.loads(json.dumps(body))
        holder = copy
        for step in way:
            holder = holder[step]
        damage = self.random.randrange(5)
        if damage == 0:
            del holder[last]
        elif damage == 1:
            holder[last] = [holder[last]] * 2
        elif damage == 2:
            name = self.random.choice(sorted(self.known))
            holder[last] = self._known(name)
        else:
            holder[last] = self.random.choice(NASTY)
        return copy


def _weight(operation: Route) -> float:
    """How often an operation is asked for: seldom what is missing or makes other things vanish."""
    missing = (operation.method, operation.path) in _NOT_IMITATED
    ends = operation.method == "DELETE" or operation.path.endswith("/archive")
    return 0.05 if missing or ends else 1


def _read(body: Any) -> Any:
    """A body as a JavaScript server reads it, to whom numbers are doubles."""
    return json.loads(json.dumps(body), parse_int=_read_integer)


def _read_integer(literal: str) -> int | float:
    number = int(literal)
    return number if abs(number) < 2**53 else float(number)


def _places(value: Any, way: tuple[Any, ...] = ()) -> Any:
    """The ways to every value within a value."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for step, inner in items:
        yield (*way, step)
        yield from _places(inner, (*way, step))
