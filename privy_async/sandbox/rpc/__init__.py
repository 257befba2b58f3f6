"""Executing a wallet's RPC requests with its real key."""

from collections.abc import Callable, Mapping
from typing import Final

from privy_async.sandbox.keys.wallet_keys import WalletKey
from privy_async.sandbox.requests.fields import Fields, input_error
from privy_async.sandbox.rpc.raw import sign_raw
from privy_async.sandbox.rpc.values import Defaults, RpcResult, Submission

__all__ = ["RPC_METHODS", "RpcResult", "Submission", "execute", "raw_sign"]

RPC_METHODS: Final[Mapping[str, str]] = {
    "personal_sign": "ethereum",
    "eth_signTypedData_v4": "ethereum",
    "eth_signTransaction": "ethereum",
    "eth_sendTransaction": "ethereum",
    "wallet_sendCalls": "ethereum",
    "secp256k1_sign": "ethereum",
    "eth_sign7702Authorization": "ethereum",
    "eth_signUserOperation": "ethereum",
    "signMessage": "solana",
    "signTransaction": "solana",
    "signAndSendTransaction": "solana",
    "tron_signTransaction": "tron",
    "tron_sendTransaction": "tron",
}

_Method = Callable[[WalletKey, Fields, Defaults], RpcResult]


def execute(
    key: WalletKey, body: Mapping[str, object], *, nonce: int = 0, now: int = 0
) -> RpcResult:
    """Execute the body of `POST /v1/wallets/{id}/rpc`.

    Args:
        nonce: Like `now` (Unix ms), see `Defaults`.

    Raises:
        Refusal: 400 if the request is not one this wallet can execute.
    """
    request = Fields(body, "")
    method = request.choice("method", tuple(RPC_METHODS))
    chain_type = RPC_METHODS[method]
    if key.chain_type != chain_type:
        problem = f"{method} needs a wallet of {chain_type}, this is one of {key.chain_type}"
        raise input_error("method", problem)
    if request.optional_string("chain_type") not in (None, chain_type):
        raise input_error("chain_type", f"Expected '{chain_type}'")
    return _methods(chain_type)[method](key, request, Defaults(nonce, now))


def raw_sign(key: WalletKey, body: Mapping[str, object]) -> dict[str, object]:
    """Execute the body of `POST /v1/wallets/{id}/raw_sign`; the answer's `data`.

    Raises:
        Refusal: 400 if `params` are not a hash, or bytes to hash, that this wallet can sign.
    """
    signature = sign_raw(key, Fields(body, "").object("params"))
    return {"signature": "0x" + signature.hex(), "encoding": "hex"}


def _methods(chain_type: str) -> Mapping[str, _Method]:
    # The chains' libraries take up to half a second to import: each is loaded at its first use.
    if chain_type == "ethereum":
        from privy_async.sandbox.rpc import ethereum

        return ethereum.METHODS
    if chain_type == "solana":
        from privy_async.sandbox.rpc import solana

        return solana.METHODS
    from privy_async.sandbox.rpc import tron

    return tron.METHODS
