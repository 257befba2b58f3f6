"""What wallets sign. https://docs.privy.io/api-reference/wallets/ethereum"""

import base64
from typing import Any

from api_client import Reply

from contract.scene import Scene
from contract.statement import field_of, states, status_and_code, told

TRANSACTION = {
    "to": "0x0000000000000000000000000000000000000001",
    "value": "0x1",
    "chain_id": 1,
    "type": 2,
    "nonce": 0,
    "gas_limit": 21000,
    "max_fee_per_gas": "0x3b9aca00",
    "max_priority_fee_per_gas": "0x1",
}


def _signed(reply: Reply) -> str:
    """Tell an Ethereum signature by its form."""
    signature = str(field_of(reply.body, "data.signature"))
    encoding = field_of(reply.body, "data.encoding")
    return f"{reply.status}, 0x and {len(signature) - 2} digits, encoding {encoding!r}"


async def _ethereum(scene: Scene, method: str, params: Any, **more: Any) -> Reply:
    return await scene.rpc(await scene.free_wallet(), method, params=params, **more)


async def _solana(scene: Scene, method: str, params: Any) -> Reply:
    wallet = await scene.kept("solana", lambda: scene.wallet("solana"))
    return await scene.rpc(wallet, method, params=params)


@states("200, 0x and 130 digits, encoding 'hex'")
async def personal_sign(scene: Scene) -> str:
    """personal_sign answers 65 bytes as hex with 0x, and the encoding "hex"."""
    params = {"message": "hello", "encoding": "utf-8"}
    return _signed(await _ethereum(scene, "personal_sign", params))


@states("200, method 'personal_sign'")
async def method_comes_back(scene: Scene) -> str:
    """An RPC's answer repeats its method."""
    params = {"message": "hello", "encoding": "utf-8"}
    return told(await _ethereum(scene, "personal_sign", params), "method")


@states("the same signature")
async def personal_sign_of_hex(scene: Scene) -> str:
    """A message in hex, without 0x, with the encoding "hex", is signed as its bytes."""
    text = await _ethereum(scene, "personal_sign", {"message": "hello", "encoding": "utf-8"})
    params = {"message": b"hello".hex(), "encoding": "hex"}
    hex = await _ethereum(scene, "personal_sign", params)
    return "the same signature" if text.body == hex.body else told(hex, "data.signature")


@states("400 invalid_data")
async def personal_sign_without_encoding(scene: Scene) -> str:
    """personal_sign without an encoding is refused."""
    return status_and_code(await _ethereum(scene, "personal_sign", {"message": "hello"}))


@states("200, 0x and 130 digits, encoding 'hex'")
async def sign_typed_data(scene: Scene) -> str:
    """eth_signTypedData_v4 takes primary_type in snake case, and answers like personal_sign."""
    typed_data = {
        "domain": {"name": "Contract", "version": "1", "chainId": 1},
        "types": {"Note": [{"name": "text", "type": "string"}]},
        "primary_type": "Note",
        "message": {"text": "hello"},
    }
    return _signed(await _ethereum(scene, "eth_signTypedData_v4", {"typed_data": typed_data}))


@states("200, encoding 'rlp', begins with 0x02")
async def sign_transaction(scene: Scene) -> str:
    """eth_signTransaction answers an EIP-1559 transaction as RLP in hex, encoding "rlp"."""
    reply = await _ethereum(scene, "eth_signTransaction", {"transaction": TRANSACTION})
    begins = str(field_of(reply.body, "data.signed_transaction"))[:4]
    encoding = field_of(reply.body, "data.encoding")
    return f"{reply.status}, encoding {encoding!r}, begins with {begins}"


@states("200, begins with 0x02")
async def sign_a_bare_transaction(scene: Scene) -> str:
    """eth_signTransaction fills nothing in: what is left out is signed as zero."""
    bare = {"to": TRANSACTION["to"], "chain_id": 1, "type": 2}
    reply = await _ethereum(scene, "eth_signTransaction", {"transaction": bare})
    if reply.status != 200:
        return status_and_code(reply)
    return f"200, begins with {str(field_of(reply.body, 'data.signed_transaction'))[:4]}"


@states("200, 0x and 130 digits, encoding 'hex'")
async def secp256k1_sign(scene: Scene) -> str:
    """secp256k1_sign signs a hash as it is."""
    return _signed(await _ethereum(scene, "secp256k1_sign", {"hash": "0x" + "11" * 32}))


@states("200, fields chain_id, contract, nonce, r, s, y_parity")
async def sign_authorization(scene: Scene) -> str:
    """eth_sign7702Authorization answers an authorization with r, s and y_parity."""
    params = {"contract": TRANSACTION["to"], "chain_id": 1, "nonce": 0}
    reply = await _ethereum(scene, "eth_sign7702Authorization", params)
    fields = field_of(reply.body, "data.authorization")
    names = ", ".join(sorted(fields)) if isinstance(fields, dict) else fields
    return f"{reply.status}, fields {names}"


@states("400 invalid_data")
async def unknown_method(scene: Scene) -> str:
    """An RPC method that there is not is refused."""
    return status_and_code(await _ethereum(scene, "eth_privyContract", {}))


@states("400 invalid_data")
async def missing_params(scene: Scene) -> str:
    """An RPC without params is refused."""
    return status_and_code(await scene.rpc(await scene.free_wallet(), "personal_sign"))


@states("400 invalid_data")
async def method_of_another_chain(scene: Scene) -> str:
    """An Ethereum wallet does not sign a Solana message."""
    message = base64.b64encode(b"hello").decode()
    params = {"message": message, "encoding": "base64"}
    return status_and_code(await _ethereum(scene, "signMessage", params))


@states("400 invalid_data")
async def send_without_a_chain(scene: Scene) -> str:
    """eth_sendTransaction without caip2 is refused."""
    transaction = {"to": TRANSACTION["to"], "value": "0x0"}
    reply = await _ethereum(scene, "eth_sendTransaction", {"transaction": transaction})
    return status_and_code(reply)


@states("200, 64 bytes of base64, encoding 'base64'")
async def sign_solana_message(scene: Scene) -> str:
    """signMessage answers 64 bytes in base64."""
    params = {"message": base64.b64encode(b"hello").decode(), "encoding": "base64"}
    reply = await _solana(scene, "signMessage", params)
    signature = base64.b64decode(str(field_of(reply.body, "data.signature")))
    encoding = field_of(reply.body, "data.encoding")
    return f"{reply.status}, {len(signature)} bytes of base64, encoding {encoding!r}"


@states("400 invalid_data")
async def sign_no_base64(scene: Scene) -> str:
    """signMessage refuses what is not base64."""
    return status_and_code(
        await _solana(scene, "signMessage", {"message": "no base64!", "encoding": "base64"})
    )


async def _raw_sign(scene: Scene, chain_type: str, params: Any) -> Reply:
    wallet = await scene.kept(f"raw {chain_type}", lambda: scene.wallet(chain_type))
    return await scene.call("POST", f"/v1/wallets/{wallet['id']}/raw_sign", {"params": params})


@states("200, 0x and 128 digits, encoding 'hex'")
async def raw_sign_with_ed25519(scene: Scene) -> str:
    """raw_sign of a hash with a Stellar wallet answers 64 bytes as hex with 0x."""
    return _signed(await _raw_sign(scene, "stellar", {"hash": "0x" + "11" * 32}))


@states("200, 0x and 128 digits, encoding 'hex'")
async def raw_sign_with_secp256k1(scene: Scene) -> str:
    """raw_sign with a Tron wallet answers r and s, 64 bytes, without a recovery id."""
    return _signed(await _raw_sign(scene, "tron", {"hash": "0x" + "11" * 32}))


@states("200, 0x and 128 digits, encoding 'hex'")
async def raw_sign_of_bytes(scene: Scene) -> str:
    """raw_sign hashes bytes by itself where it is told a hash function."""
    params = {"bytes": "68656c6c6f", "encoding": "hex", "hash_function": "sha256"}
    return _signed(await _raw_sign(scene, "cosmos", params))


@states("400 invalid_data")
async def raw_sign_of_both(scene: Scene) -> str:
    """raw_sign takes either a hash or bytes, not both."""
    both = {"hash": "0x" + "11" * 32, "bytes": "68", "encoding": "hex", "hash_function": "sha256"}
    return status_and_code(await _raw_sign(scene, "stellar", both))
