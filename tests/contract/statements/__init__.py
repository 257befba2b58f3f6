"""The statements, by what they are about. Importing this makes them known."""

from contract.statements import (
    chains,
    credentials,
    idempotency,
    intents,
    policies,
    quorums,
    rpcs,
    signatures,
    tokens,
    users,
    wallets,
)

__all__ = [
    "chains",
    "credentials",
    "idempotency",
    "intents",
    "policies",
    "quorums",
    "rpcs",
    "signatures",
    "tokens",
    "users",
    "wallets",
]
