"""The kinds of chains, and the form of their addresses and public keys."""

import re
from typing import Final

from contract.scene import Scene
from contract.statement import STATEMENTS, Statement, told

# The form of an address on each kind of chain, as a regular expression and in words.
FORMS: Final = {
    "ethereum": (r"0x[0-9a-fA-F]{40}", "0x and 40 hex digits"),
    "solana": (r"[1-9A-HJ-NP-Za-km-z]{32,44}", "32 to 44 characters of base58"),
    "tron": (r"T[1-9A-HJ-NP-Za-km-z]{33}", "T and 33 characters of base58"),
    "stellar": (r"G[A-Z2-7]{55}", "G and 55 characters of base32"),
    "cosmos": (r"cosmos1[02-9ac-hj-np-z]{38}", "cosmos1 and 38 characters of bech32"),
    "sui": (r"0x[0-9a-f]{64}", "0x and 64 hex digits"),
    "aptos": (r"0x[0-9a-f]{64}", "0x and 64 hex digits"),
    "movement": (r"0x[0-9a-f]{64}", "0x and 64 hex digits"),
    "bitcoin-segwit": (r"bc1q[02-9ac-hj-np-z]{38}", "bc1q and 38 characters of bech32"),
    "bitcoin-taproot": (r"bc1p[02-9ac-hj-np-z]{58}", "bc1p and 58 characters of bech32m"),
    "near": (r"[0-9a-f]{64}", "64 hex digits"),
    "ton": (r"[A-Za-z0-9_-]{48}", "48 characters of base64url"),
    "starknet": (r"0x[0-9a-f]{1,64}", "0x and up to 64 hex digits"),
    "spark": (r"(sp|spark)1[02-9ac-hj-np-z]+", "sp1 or spark1 and bech32m"),
    "xrpl": (r"r[1-9A-HJ-NP-Za-km-z]{24,34}", "r and 24 to 34 characters of base58"),
}


def _statement(chain_type: str) -> Statement:
    pattern, form = FORMS[chain_type]

    async def ask(scene: Scene) -> str:
        body = {"chain_type": chain_type, "display_name": scene.name()}
        reply = await scene.create("/v1/wallets", body)
        if reply.status != 200:
            return told(reply)
        address = str(reply.body["address"])
        return form if re.fullmatch(pattern, address) else f"another form, such as {address}"

    name = f"address_on_{chain_type.replace('-', '_')}"
    words = f"A wallet can be made on {chain_type}, and its address is {form}."
    return Statement(name, words, form, ask)


STATEMENTS.extend(map(_statement, FORMS))
