"""From a request to what its policy has to allow: which method, and of what."""

from typing import Final

from privy_async.sandbox.keys.wallet_keys import WalletKey
from privy_async.sandbox.policies.chains.messages import message_subject
from privy_async.sandbox.policies.operators import Reading, number
from privy_async.sandbox.policies.subjects import Asked, Subject, at_path, reading
from privy_async.sandbox.records.policies import FieldReference
from privy_async.sandbox.requests.fields import Fields
from privy_async.sandbox.rpc import RPC_METHODS
from privy_async.sandbox.rpc.raw import raw_bytes

_AMOUNTS: Final = ("source.amount", "amount", "raw_amount")


def asked_by_rpc(body: Fields) -> Asked:
    """Return what the body of `POST /v1/wallets/{id}/rpc` asks for, once it proved executable."""
    chain_type = RPC_METHODS[body.string("method")]
    # The chains' libraries are loaded at their first use, as for the RPC methods themselves.
    if chain_type == "ethereum":
        from privy_async.sandbox.policies.chains import ethereum

        return ethereum.asked(body)
    if chain_type == "solana":
        from privy_async.sandbox.policies.chains import solana

        return solana.asked(body)
    from privy_async.sandbox.policies.chains import tron

    return tron.asked(body)


def asked_by_raw_sign(key: WalletKey, body: Fields) -> Asked:
    """Return what the body of `POST /v1/wallets/{id}/raw_sign` asks for, once it proved executable.

    Only of Tron and Sui there are methods for it: `signTransactionBytes` for the bytes of a
    transaction, otherwise `signRawMessageBytes`. On other chains only rules for `*` allow it.
    """
    params = body.object("params")
    raw = raw_bytes(params) if "bytes" in params.values else None
    if key.chain_type not in ("tron", "sui"):
        return Asked("raw_sign", (Subject() if raw is None else message_subject(raw),))
    if raw is None:
        return Asked("signRawMessageBytes", (Subject(),))
    subjects = _transaction_subjects(key.chain_type, raw)
    if subjects is None:
        return Asked("signRawMessageBytes", (message_subject(raw),))
    return Asked("signTransactionBytes", subjects)


def asked_by_export(method: str) -> Asked:
    """Return what an export asks for: `exportPrivateKey` or `exportSeedPhrase`."""
    return Asked(method, (Subject(),))


def asked_by_action(method: str, body: Fields) -> Asked:
    """Return what the body of a wallet action such as `transfer` asks for."""

    def read(reference: FieldReference) -> Reading:
        value = reading(at_path(body.values, reference.field))
        if value is None or reference.field not in _AMOUNTS:
            return value
        return number(value)

    return Asked(method, (Subject({"action_request_body": read}),))


def _transaction_subjects(chain_type: str, raw: bytes) -> tuple[Subject, ...] | None:
    if chain_type == "sui":
        from privy_async.sandbox.policies.chains.sui import transaction_subjects

        return transaction_subjects(raw)
    from privy_async.sandbox.policies.chains.tron import transaction_subject

    subject = transaction_subject(raw)
    return None if subject is None else (subject,)
