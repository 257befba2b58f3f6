"""The one operation that wallets do most through: `POST /v1/wallets/{wallet_id}/rpc`."""

from collections.abc import Coroutine, Mapping
from functools import partial
from typing import Any, ClassVar, Final, TypedDict, TypeVar

from privy_async.errors import APIResponseError, InvalidArgumentError
from privy_async.json_types import is_object
from privy_async.resources.resource import Resource
from privy_async.sending.call import OMIT, Omit, given
from privy_async.values import Value, decode

V = TypeVar("V", bound=Value)
RPC: Final = "POST /v1/wallets/{wallet_id}/rpc"


class RpcResponse(Value):
    """The answer to any RPC method: `data` as the method defines it, in plain JSON."""

    method: str | None = None
    data: Mapping[str, Any] | None = None


class Signature(Value):
    """A signature, in what `encoding` says: "hex" (0x hex) or "base64"."""

    signature: str
    encoding: str | None = None


class SignedTransaction(Value):
    """A signed transaction, ready to broadcast, in what `encoding` says.

    It is "rlp" (0x hex of it) on Ethereum, "base64" on Solana and NEAR, and "hex" elsewhere.
    """

    signed_transaction: str
    encoding: str | None = None


class SponsorOptions(TypedDict):
    """The token of the wallet that pays the gas, such as "usdc"."""

    asset: str


class RpcResource(Resource):
    """A group of RPC methods of one kind of chain."""

    _chain_type: ClassVar[str | Omit] = OMIT

    def _rpc(
        self,
        returns: type[V],
        method: str,
        wallet_id: str,
        params: Mapping[str, Any] | Omit,
        options: Mapping[str, Any],
        **fields: Any,
    ) -> Coroutine[Any, Any, V]:
        """Do one RPC method, with `fields` beside its params, and decode the answer's `data`."""
        body = given(method=method, chain_type=self._chain_type, params=params)
        for name, item in fields.items():
            if item is not OMIT:
                body[name] = self._formatted(name, item)
        path, read = {"wallet_id": wallet_id}, partial(read_rpc, returns)
        return self._requester.request(RPC, path, body=body, options=options, read=read)


def check_rpc(body: object) -> Mapping[str, Any]:
    """Return the body of an RPC, if it is one: `{"method": ..., "params": {...}}`.

    Raises:
        InvalidArgumentError: It names no method.
    """
    if is_object(body) and isinstance(body.get("method"), str):
        return body
    raise InvalidArgumentError("body", 'expected a mapping with a "method"')


def read_rpc(returns: type[V], answer: Any) -> V:
    """Decode the `data` of an RPC answer.

    Raises:
        APIResponseError: There is none; the error that stands in its place is told.
    """
    if is_object(answer) and "data" in answer:
        return decode(returns, answer["data"], path="data")
    error: object = answer.get("error") if is_object(answer) else None
    said = error.get("message") if is_object(error) else None
    raise APIResponseError(
        f"the wallet answered with an error: {said}" if said else "the answer has no data",
        path="data",
    )
