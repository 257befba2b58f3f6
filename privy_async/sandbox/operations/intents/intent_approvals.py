"""Whose agreement an intent needs, who has given it, and whether a signature gives it.

Source: https://docs.privy.io/transaction-management/intents/sign-intents
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import attrs

from privy_async.sandbox.authorization.check import (
    NONE_VALID,
    USER_KEY_EXPIRED,
    Approval,
    Payload,
    Signatory,
    mfa_refusal,
    quorum_signatories,
    satisfied,
    signature_refusal,
    signed_payloads,
    signers_of,
)
from privy_async.sandbox.records.intents import Intent, IntentApproval
from privy_async.sandbox.records.key_quorums import KeyQuorum
from privy_async.sandbox.requests.fields import input_error
from privy_async.sandbox.requests.http_messages import HttpRequest
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.state import State

MAX_CLOCK_DIFFERENCE: Final = 5 * 60 * 1000

_Json = dict[str, Any]


def approved(
    state: State,
    intent: Intent,
    request: HttpRequest,
    signature: str,
    timestamp: int,
    *,
    needs_mfa: bool,
) -> Intent:
    """The intent with the agreement of whoever made the signature.

    Args:
        request: The request that was proposed.
        timestamp: When the signature was made, in Unix ms.
        needs_mfa: Whether users can agree with MFA alone. Each agrees once, so an agreement that
            would not count is refused.

    Raises:
        Refusal: 400 if the time is off, or the member has agreed before; 401 for want of MFA.
        SignatureRefusal: 401 if the signature is nobody's who could agree.
    """
    if abs(timestamp - state.now) > MAX_CLOCK_DIFFERENCE:
        raise input_error("timestamp", "More than five minutes from now")
    # Privy's page says that the proposed request is signed, like any. Others sign the intent's id
    # and the time with it.
    more = {"intent_id": intent.id, "timestamp": timestamp}
    payloads = (*signed_payloads(request), *signed_payloads(request, more))
    signer = _signer(state, intent, request, payloads, signature, timestamp)
    approver = _name(signer)
    if intent.signed_at(approver) is not None:
        raise Refusal(400, "This member has already authorized the intent", "invalid_data")
    if needs_mfa and not signer.with_mfa:
        raise mfa_refusal(state, [approver])
    approval = IntentApproval(approver, state.now, signer.with_mfa)
    return attrs.evolve(intent, approvals=(*intent.approvals, approval), updated_at=state.now)


def authorizing_quorum(state: State, intent: Intent) -> KeyQuorum | None:
    """The key quorum whose threshold is reached, if there is one."""
    return next((each for each in _quorums(state, intent) if _reached(state, intent, each)), None)


def without_mfa(state: State, intent: Intent, quorum: KeyQuorum) -> Refusal | None:
    """Return the refusal if the request needs MFA; None if enough agreed with it."""
    approvals = [each for each in intent.approvals if not each.with_mfa]
    verified = attrs.evolve(
        intent, approvals=tuple(each for each in intent.approvals if each.with_mfa)
    )
    if _reached(state, verified, quorum):
        return None
    return mfa_refusal(state, [each.approver for each in approvals])


def authorization_details(state: State, intent: Intent) -> list[_Json]:
    """The members who may agree and those who have, as it is answered."""
    return [
        {
            "threshold": quorum.authorization_threshold,
            **_named(quorum),
            "members": [
                *_members(intent, quorum),
                *(_nested(state, intent, each) for each in state.with_nested(quorum.id)[1:]),
            ],
        }
        for quorum in _quorums(state, intent)
    ]


def newest_member(state: State, intent: Intent) -> _Json:
    """The member who agreed last, as it is answered."""
    newest = intent.approvals[-1].approver
    return next(
        shown
        for quorum in _quorums(state, intent)
        for part in state.with_nested(quorum.id)
        for name, shown in zip(_names(part), _members(intent, part), strict=True)
        if name == newest
    )


def members_missing(state: State, intent: Intent) -> set[str]:
    """The ids of the users and key quorums whose agreement is still missing."""
    missing = set[str]()
    for quorum in _quorums(state, intent):
        for part in state.with_nested(quorum.id):
            if not _reached(state, intent, part):
                missing.add(part.id)
                missing.update(u for u in part.user_ids if intent.signed_at(u) is None)
    return missing


def may_authorize(state: State, intent: Intent, user_id: str) -> bool:
    """True if the user is a member of a key quorum that can authorize the intent."""
    return any(
        user_id in part.user_ids
        for quorum in _quorums(state, intent)
        for part in state.with_nested(quorum.id)
    )


def _quorums(state: State, intent: Intent) -> Iterator[KeyQuorum]:
    # An intent that is over may outlive its quorums.
    known = (state.key_quorums.get(quorum_id) for quorum_id in intent.quorum_ids)
    return (quorum for quorum in known if quorum is not None)


def _signer(
    state: State,
    intent: Intent,
    request: HttpRequest,
    payloads: tuple[Payload, ...],
    signature: str,
    timestamp: int,
) -> Signatory:
    expired = False
    for payload in payloads:
        for quorum in _quorums(state, intent):
            keys = tuple(quorum_signatories(state, quorum, intent_id=intent.id, at=timestamp))
            for signer in signers_of(signature, payload, keys):
                if not signer.expired:
                    return signer
                expired = True
    reason = USER_KEY_EXPIRED if expired else NONE_VALID
    raise signature_refusal(state, request, intent.quorum_ids, [signature], payloads, reason)


def _name(signer: Signatory) -> str:
    approver = signer.approval.approver
    return approver if isinstance(approver, str) else approver.hex()


def _reached(state: State, intent: Intent, quorum: KeyQuorum) -> bool:
    return satisfied(state, quorum, [frozenset(_approvals(state, intent, quorum))])


def _approvals(state: State, intent: Intent, quorum: KeyQuorum) -> Iterator[Approval]:
    for part in state.with_nested(quorum.id):
        for name in _names(part):
            if intent.signed_at(name) is not None:
                yield Approval(name, part.id)


def _names(quorum: KeyQuorum) -> Iterable[str]:
    return (*quorum.user_ids, *(member.point.hex() for member in quorum.public_keys))


def _members(intent: Intent, quorum: KeyQuorum) -> Iterator[_Json]:
    for user_id in quorum.user_ids:
        yield {"type": "user", "user_id": user_id, "signed_at": intent.signed_at(user_id)}
    for member in quorum.public_keys:
        signed_at = intent.signed_at(member.point.hex())
        yield {"type": "key", "public_key": member.text, "signed_at": signed_at}


def _nested(state: State, intent: Intent, quorum: KeyQuorum) -> _Json:
    return {
        "type": "key_quorum",
        "key_quorum_id": quorum.id,
        **_named(quorum),
        "threshold": quorum.authorization_threshold,
        "threshold_met": _reached(state, intent, quorum),
        "members": list(_members(intent, quorum)),
    }


def _named(quorum: KeyQuorum) -> Mapping[str, str]:
    return {} if quorum.display_name is None else {"display_name": quorum.display_name}
