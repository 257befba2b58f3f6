"""Checking authorization signatures, written apart from the SDK's signer on purpose.

Sources: https://docs.privy.io/api-reference/authorization-signatures for the payload,
https://docs.privy.io/controls/quorum-approvals/using-key-quorums for quorums,
https://docs.privy.io/basics/troubleshooting/error-handling/api-errors for the refusals.
"""

import base64
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import attrs
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from privy_async.sandbox.authorization import diagnose, known_keys
from privy_async.sandbox.records.key_quorums import KeyQuorum
from privy_async.sandbox.requests.diagnosis import Diagnosis
from privy_async.sandbox.requests.http_messages import HttpRequest
from privy_async.sandbox.requests.javascript import canonical_json
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.state import State

SIGNATURE_HEADER: Final = "privy-authorization-signature"
EXPIRY_HEADER: Final = "privy-request-expiry"
SIGNED_HEADERS: Final = ("privy-app-id", "privy-idempotency-key", EXPIRY_HEADER)


class Reason(NamedTuple):
    """The refusal of signatures: the answer's text and code."""

    message: str
    code: str | None


# The first three were seen on the real API, which sends no `code` with them. The others are known
# from its documentation alone, which names their codes.
MISSING: Final = Reason(
    "Missing `privy-authorization-signature` header or no signatures provided", None
)
NONE_VALID: Final = Reason(
    "No valid authorization signatures were provided. Your payload may be malformed or your "
    "signing keys may be incorrect or expired.",
    None,
)
NO_USER_KEYS: Final = Reason("No valid user session keys available", None)
USER_KEY_EXPIRED: Final = Reason("User signing key is expired", "user_session_keys_expired")
TOO_FEW: Final = Reason(
    "Not enough valid authorization signatures provided",
    "insufficient_correct_authorization_signatures",
)
# Its text is the sandbox's own.
ONE_INVALID: Final = Reason("At least one of the authorization signatures is not valid", None)
# https://docs.privy.io/authentication/user-authentication/mfa/granular/errors has the codes.
MFA_REQUIRED: Final = Reason("MFA is required for this request", "mfa_required")
MISSING_MFA_ENROLLMENT: Final = Reason(
    "MFA is required for this request, and the user is not enrolled", "missing_mfa_enrollment"
)


@attrs.define
class SignatureRefusal(Refusal):
    """A refusal that remembers, for the log, what should have been signed."""

    expected_payload: str = ""


class Payload(NamedTuple):
    """The bytes to sign, and which form of the body they hold."""

    body_form: str
    canonical: bytes


class Authorization(NamedTuple):
    """The signers of a request, over which form of its body, and `HttpRequest.without_mfa`."""

    quorum_id: str
    body_form: str
    without_mfa: Refusal | None


class Approval(NamedTuple):
    """The member a signature counts for: a key's point or, as a user has many keys, a user's id."""

    approver: str | bytes
    quorum_id: str


@attrs.frozen
class Signatory:
    """A key that may sign for a quorum, in one of the places where it counts.

    Attributes:
        with_mfa: Whether it counts where MFA is needed: it is no user's, or records one that has
            not expired.
    """

    key: EllipticCurvePublicKey
    point: bytes
    approval: Approval
    expired: bool = False
    with_mfa: bool = True


Signers = tuple[Signatory, ...]
"""The places where one signature counts; none if nobody in the quorum made it."""


def check_expiry(state: State, request: HttpRequest) -> None:
    """Refuse a request whose `privy-request-expiry`, Unix time in ms, has passed.

    Source: https://docs.privy.io/api-reference/request-expiry
    """
    text = request.headers.get(EXPIRY_HEADER)
    if text is None:
        return
    if not re.fullmatch("[0-9]{1,16}", text):
        raise Refusal(400, f"`{EXPIRY_HEADER}` must be a Unix time in milliseconds", "invalid_data")
    if int(text) < state.now:
        problem = f"It expired {(state.now - int(text)) / 1000:.1f} s ago by the sandbox's clock"
        diagnosis = Diagnosis("expired request", f"{problem}: set the clocks, or a later expiry.")
        raise Refusal(400, "The request has expired", "request_expired", diagnosis)


def check_signatures(
    state: State, request: HttpRequest, quorum_ids: Sequence[str]
) -> Authorization:
    """Return which of the quorums has authorized the request; the first of several.

    Raises:
        SignatureRefusal: 401 if none of them has.
    """
    payloads = signed_payloads(request)
    texts = request.headers.get(SIGNATURE_HEADER, "").split(",")
    signatures = [text.strip() for text in texts if text.strip()]
    reason = NONE_VALID if signatures else MISSING
    for payload in payloads if signatures else ():
        for quorum_id in quorum_ids:
            quorum = state.key_quorums[quorum_id]
            signatories = tuple(quorum_signatories(state, quorum))
            signers = [signers_of(signature, payload, signatories) for signature in signatures]
            refused = _refusal(state, quorum, signatories, signers)
            if refused is None:
                without_mfa = _without_mfa(state, quorum, signers)
                return Authorization(quorum_id, payload.body_form, without_mfa)
            # Of several reasons the one that says most is given.
            reason = refused if reason is NONE_VALID else reason
    raise signature_refusal(state, request, quorum_ids, signatures, payloads, reason)


def signature_refusal(
    state: State,
    request: HttpRequest,
    quorum_ids: Sequence[str],
    signatures: Sequence[str],
    payloads: Sequence[Payload],
    reason: Reason,
) -> SignatureRefusal:
    """The refusal, with a diagnosis of what was signed instead of one of the payloads."""
    owner = state.key_quorums.get(quorum_ids[0])
    diagnosis = diagnose(
        signatures,
        [payload.canonical for payload in payloads],
        known_keys(state, quorum_ids),
        raw_body=request.body,
        threshold=owner.authorization_threshold if owner else 1,
    )
    expected = payloads[0].canonical.decode()
    return SignatureRefusal(401, reason.message, reason.code, diagnosis, expected)


def signed_payloads(
    request: HttpRequest, more: Mapping[str, object] | None = None
) -> tuple[Payload, ...]:
    """Return what may have been signed, likeliest first; `more` stands beside the request's parts.

    The server verifies what its parser saw: nothing is `""`, and JSON that is empty is `{}`. The
    official SDKs disagree about both, so either is good for either.
    """
    body = request.json
    if body is not None and body != {}:
        return (_payload(request, "json", body, more),)
    empty_string = _payload(request, "empty string", "", more)
    empty_object = _payload(request, "empty object", {}, more)
    return (empty_object, empty_string) if request.declares_json else (empty_string, empty_object)


def _payload(
    request: HttpRequest, body_form: str, body: object, more: Mapping[str, object] | None
) -> Payload:
    headers = {name: request.headers[name] for name in SIGNED_HEADERS if name in request.headers}
    document = {
        "version": 1,
        "method": request.method,
        "url": request.url,
        "body": body,
        "headers": headers,
        **(more or {}),
    }
    return Payload(body_form, canonical_json(document))


def _refusal(
    state: State, quorum: KeyQuorum, signatories: Signers, signers: Sequence[Signers]
) -> Reason | None:
    """Why the quorum has not authorized a payload, or None if it has.

    There may be more signatures than it takes, but each must be a member's.

    Args:
        signatories: Who may sign.
        signers: Who made each of the signatures.
    """
    if not any(signers):
        return NO_USER_KEYS if _waits_for_users(quorum, signatories) else NONE_VALID
    unexpired = [tuple(signer for signer in each if not signer.expired) for each in signers]
    problem = _problem(state, quorum, unexpired)
    if problem and _problem(state, quorum, signers) is None:
        return USER_KEY_EXPIRED
    return problem if any(unexpired) else NONE_VALID


def _problem(state: State, quorum: KeyQuorum, signers: Iterable[Signers]) -> Reason | None:
    approvals = [frozenset(signer.approval for signer in each) for each in signers]
    if not satisfied(state, quorum, approvals):
        return TOO_FEW
    return None if all(approvals) else ONE_INVALID


def _without_mfa(state: State, quorum: KeyQuorum, signers: Iterable[Signers]) -> Refusal | None:
    """Return the refusal if the request needs MFA; None if enough have verified themselves."""
    signed = [signer for each in signers for signer in each]
    verified = frozenset(signer.approval for signer in signed if signer.with_mfa)
    if satisfied(state, quorum, [verified]):
        return None
    users = {str(signer.approval.approver) for signer in signed if not signer.with_mfa}
    return mfa_refusal(state, users)


def mfa_refusal(state: State, user_ids: Iterable[str]) -> Refusal:
    """The refusal of what these users have signed without MFA."""
    users = [state.users[user_id] for user_id in user_ids if user_id in state.users]
    enrolled = all(user.second_factors for user in users)
    reason = MFA_REQUIRED if enrolled else MISSING_MFA_ENROLLMENT
    return Refusal(401, reason.message, reason.code)


def satisfied(state: State, quorum: KeyQuorum, approvals: Iterable[frozenset[Approval]]) -> bool:
    """True if the approvals reach the quorum's threshold."""
    given = frozenset[Approval]().union(*approvals)

    def count(of: KeyQuorum) -> int:
        return sum(approval.quorum_id == of.id for approval in given)

    nested = (state.key_quorums[nested_id] for nested_id in quorum.key_quorum_ids)
    approving_quorums = sum(count(each) >= each.authorization_threshold for each in nested)
    return count(quorum) + approving_quorums >= quorum.authorization_threshold


def quorum_signatories(
    state: State, quorum: KeyQuorum, *, intent_id: str | None = None, at: int | None = None
) -> Iterator[Signatory]:
    """The keys that sign for the members of a quorum.

    Args:
        intent_id: The intent that is signed. A key bound to intents signs for these alone.
        at: When it is signed, in Unix ms; now if left out.
    """
    at = state.now if at is None else at
    for part in state.with_nested(quorum.id):
        for member in part.public_keys:
            yield Signatory(member.key, member.point, Approval(member.point, part.id))
        for user_id in part.user_ids:
            for key in state.user_keys.get(user_id, ()):
                if key.intent_ids and intent_id not in key.intent_ids:
                    continue
                approval = Approval(user_id, part.id)
                expired, with_mfa = key.expires_at <= at, at < key.mfa_until
                yield Signatory(key.public_key, key.point, approval, expired, with_mfa)


def signers_of(signature: str, payload: Payload, signatories: Signers) -> Signers:
    """The places where a signature, base64 of DER, counts."""
    try:
        der = base64.b64decode(signature, validate=True)
    except ValueError:
        return ()
    made_by = next((s.point for s in signatories if _verifies(s.key, der, payload)), None)
    return tuple(signatory for signatory in signatories if signatory.point == made_by)


def _verifies(key: EllipticCurvePublicKey, der: bytes, payload: Payload) -> bool:
    try:
        key.verify(der, payload.canonical, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def _waits_for_users(quorum: KeyQuorum, signatories: Signers) -> bool:
    """True if nobody but users could sign and none of them has a key."""
    users_only = quorum.member_count == len(quorum.user_ids)
    return users_only and all(signatory.expired for signatory in signatories)
