"""The one operation that wallets do most through: `POST /v1/wallets/{wallet_id}/rpc`."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any, Final, TypeVar

import attrs

from privy_async.errors import APIResponseError, InvalidArgumentError
from privy_async.json_types import is_object
from privy_async.resources.resource import Resource
from privy_async.values import Value, decode

V = TypeVar("V", bound=Value)
_HEX: Final = re.compile("0x(?:[0-9a-fA-F]{2})*")


@attrs.frozen(kw_only=True)
class RpcResponse(Value):
    """The answer to any RPC method: `data` as the method defines it, in plain JSON."""

    method: str
    data: Mapping[str, Any] | None = None


class RpcResource(Resource):
    """A group of RPC methods of one kind of chain."""

    async def _rpc(
        self, returns: type[V], wallet_id: str, body: Mapping[str, Any], options: Mapping[str, Any]
    ) -> V:
        """Do one RPC method and decode the `data` of its answer."""
        return await self._requester.request(
            "POST",
            "/v1/wallets/{wallet_id}/rpc",
            {"wallet_id": wallet_id},
            body=body,
            options=options,
            read=partial(read_rpc, returns),
        )


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


def hex_text(value: object, *, argument: str) -> str:
    """Return bytes, or a str that is 0x hex already, as 0x hex.

    Raises:
        InvalidArgumentError: It is neither.
    """
    if isinstance(value, (bytes, bytearray)):
        return f"0x{value.hex()}"
    if isinstance(value, str) and _HEX.fullmatch(value):
        return value
    raise InvalidArgumentError(argument, "expected bytes, or 0x and an even number of hex digits")
