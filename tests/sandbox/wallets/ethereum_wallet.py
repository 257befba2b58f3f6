"""A wallet of Ethereum whose RPC methods are executed apart from the server."""

import pytest

from privy_async.sandbox.keys.wallet_keys import WalletKey
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.rpc import RpcResult, execute

KEY = WalletKey.generate("ethereum", lambda count: bytes(range(count)))
RECIPIENT = "0x742d35Cc6634C0532925a3b8D1A8a9ff1e7a7A4C"
CONTRACT = "0x1234567890123456789012345678901234567890"
HASH = "0x1234567890abcdef1234567890abcdef1234567890abcdef1234567890abcdef"
Params = dict[str, object]


def call(method: str, params: Params, *, nonce: int = 0, **fields: object) -> RpcResult:
    """Execute one request with the test's wallet."""
    return execute(KEY, {"method": method, "params": params, **fields}, nonce=nonce)


def refusal(method: str, params: object, **fields: object) -> Refusal:
    """Execute a request that must be refused."""
    with pytest.raises(Refusal) as refused:
        execute(KEY, {"method": method, "params": params, **fields})
    assert (refused.value.status, refused.value.code) == (400, "invalid_data")
    return refused.value


def signature_of(result: RpcResult) -> bytes:
    """The 65 bytes of a signature answer, with v 27 or 28."""
    assert result.submission is None
    assert result.data.keys() == {"signature", "encoding"}
    assert result.data["encoding"] == "hex"
    text = str(result.data["signature"])
    signature = bytes.fromhex(text.removeprefix("0x"))
    assert text.startswith("0x")
    assert len(signature) == 65
    assert signature[64] in (27, 28)
    return signature
