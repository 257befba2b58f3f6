"""Forks of Ethereum chains: what their addresses say, and what is asked there when one begins."""

import re
from collections.abc import Mapping
from typing import Any, Final, cast

import attrs

from privy_async.sandbox.blockchains.evm.remote import RemoteEvm
from privy_async.sandbox.blockchains.json_rpc import Params, RpcError

_ADDRESS: Final = re.compile(r"(?P<url>https?://\S+?)(?:@(?P<block>[0-9]{1,18}))?")
_ANY_ADDRESS: Final = re.compile(r"https?://[^\s)]+")
_CAIP2: Final = re.compile(r"eip155:[1-9][0-9]{0,18}")


@attrs.frozen
class Fork:
    """The block of another chain on which one goes on.

    Attributes:
        url: The other chain's JSON-RPC address, which may have a secret in it.
        time: The block's, in Unix seconds.
    """

    url: str = attrs.field(repr=False)
    block: int
    time: int

    def to_json(self) -> dict[str, object]:
        """The fork as `anvil_reset` takes it; on the command line everybody would see it."""
        return {"jsonRpcUrl": self.url, "blockNumber": self.block}

    @staticmethod
    def without_address(text: str) -> str:
        """The text without addresses, as what anvil says of a failed request has one."""
        return _ANY_ADDRESS.sub("…", text)


def check_forks(forks: Mapping[str, str]) -> Mapping[str, str]:
    """Return the addresses by CAIP-2 id.

    Raises:
        ValueError: One is no address with or without a block, or is for another kind of chain.
    """
    for caip2, address in forks.items():
        if not _CAIP2.fullmatch(caip2):
            raise ValueError(f"forks: expected an Ethereum chain such as eip155:1, not {caip2!r}")
        # The address may have a secret in it, so it is not told.
        if not _ADDRESS.fullmatch(address):
            raise ValueError(f"forks: that of {caip2} is no http:// or https:// address")
    return dict(forks)


def begun(address: str, chain_id: int) -> Fork:
    """Look at the other chain, and return the fork at the block named, or at its latest.

    Raises:
        RpcError: It does not answer, has no such block, or is another chain.
    """
    named = _ADDRESS.fullmatch(address)
    assert named is not None, "it was checked"
    chain = RemoteEvm(named["url"])
    if chain.chain_id() != chain_id:
        raise RpcError(f"what is to be forked is not the chain eip155:{chain_id}")
    block = hex(int(named["block"])) if named["block"] else "latest"
    found = chain.request("eth_getBlockByNumber", Params((block, False)))
    if not isinstance(found, dict):
        raise RpcError("the chain that is to be forked has no such block")
    head = cast("dict[str, Any]", found)
    try:
        return Fork(named["url"], int(head["number"], 16), int(head["timestamp"], 16))
    except (LookupError, TypeError, ValueError):
        raise RpcError("the chain that is to be forked gave no block") from None
