"""An Ethereum chain somewhere else, reached by its JSON-RPC address."""

import json
import urllib.request
from typing import Any, Final, cast

import attrs

from privy_async.sandbox.blockchains.json_rpc import Params, RpcError
from privy_async.sandbox.requests.json_text import parse

_TIMEOUT: Final = 15.0


@attrs.define(eq=False)
class SavedElsewhere:
    """A snapshot that a node elsewhere has: its number, as 0x hex."""

    number: str


@attrs.frozen
class RemoteEvm:
    """A JSON-RPC node such as anvil. Its calls block, for 15 seconds at most."""

    url: str = attrs.field(repr=False)
    _taken: list[SavedElsewhere] = attrs.field(factory=list[SavedElsewhere], init=False, repr=False)

    @property
    def first_block(self) -> int:
        """The number of the first block that is looked at."""
        return 0

    def request(self, method: str, params: Params) -> object:
        """Call a method.

        Raises:
            RpcError: The node refused, gave no answer, or none that is JSON-RPC.
        """
        answer = self._post(method, params)
        error = answer.get("error")
        if isinstance(error, dict):
            fields = cast("dict[str, Any]", error)
            message, code = str(fields.get("message")), fields.get("code")
            raise RpcError(message, code if isinstance(code, int) else -32000, fields.get("data"))
        if "result" not in answer:
            raise RpcError("the chain's address answered no JSON-RPC")
        return answer["result"]

    def chain_id(self) -> int:
        """The id of its chain, or RpcError."""
        answer = self.request("eth_chainId", Params(()))
        try:
            return int(str(answer), 16)
        except ValueError:
            raise RpcError("the chain's address gave no chain id") from None

    def saved(self) -> SavedElsewhere:
        """The number of a snapshot that the node has taken, or RpcError."""
        saved = SavedElsewhere(self._snapshot())
        self._taken.append(saved)
        return saved

    def restore(self, saved: object) -> bool:
        """Have the node go back, or raise RpcError; what it has not saved stays as it is."""
        if isinstance(saved, SavedElsewhere):
            # Going back has ended the later ones; anvil loses its blocks if asked for one of those.
            is_there = saved in self._taken
            if not is_there or self.request("evm_revert", Params((saved.number,))) is not True:
                raise RpcError("the chain's address has the snapshot no more")
            del self._taken[self._taken.index(saved) + 1 :]
            # A snapshot is good for once.
            saved.number = self._snapshot()
        return True

    def close(self) -> None:
        """Leave it as it is."""

    def _snapshot(self) -> str:
        return str(self.request("evm_snapshot", Params(())))

    def _post(self, method: str, params: Params) -> dict[str, object]:
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params.values)}
        request = urllib.request.Request(
            self.url, json.dumps(call).encode(), {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT) as response:
                answer: object = parse(response.read())
                # What it says is handed on as JSON, where there is no NaN and no half character.
                json.dumps(answer, ensure_ascii=False, allow_nan=False).encode()
        except (OSError, ValueError) as error:
            # The address itself may hold a secret, so it is not told.
            problem = f"the chain's address gave no answer ({type(error).__name__})"
            raise RpcError(problem) from None
        return cast("dict[str, object]", answer) if isinstance(answer, dict) else {}
