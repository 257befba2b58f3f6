"""From refused signatures to a sentence about what went wrong."""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

import attrs
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from privy_async.sandbox.authorization.known_keys import KnownKey
from privy_async.sandbox.authorization.variants import Document, Variant, variants
from privy_async.sandbox.requests.diagnosis import Cause, Diagnosis, Part
from privy_async.sandbox.requests.javascript import parse_json

# A check takes about 0.1 ms, and nobody may keep the sandbox busy with wrong signatures.
_MAX_SIGNATURES: Final = 5
_MAX_KEYS: Final = 100
_MAX_SIGNERS: Final = 4
_RAW_LENGTH: Final = 64
_HEX: Final = re.compile("(0x)?(?:[0-9a-fA-F]{2})+")


@attrs.frozen
class _Finding:
    """About one signature; no diagnosis if it is good."""

    made_with: EllipticCurvePublicKey | None
    diagnosis: Diagnosis | None


_UNKNOWN: Final = Diagnosis(
    "unknown",
    "No key that the sandbox knows has made this signature, over this request or one with a usual "
    "mistake in it: sign with a key of the owner's, or compare what was signed with the "
    "expected_payload.",
)

_NO_KEY: Final = Diagnosis(
    "no user key",
    "Nobody who may sign has a key at present: exchange a token of the user for one.",
)


def diagnose(
    signatures: Sequence[str],
    payloads: Sequence[bytes],
    keys: Iterable[KnownKey],
    *,
    raw_body: bytes,
    threshold: int,
) -> Diagnosis:
    """Say why these signatures were refused.

    Args:
        signatures: As they arrived, each base64 of DER if it is good.
        payloads: What may have been signed, in canonical form; the likeliest first.
        keys: Those of the request's signers first.
        raw_body: The request's body as it arrived.
        threshold: How many have to sign.
    """
    if not signatures:
        problem = "The request has no header privy-authorization-signature, and needs"
        return Diagnosis("no signature", f"{problem} {_count(threshold, 'signature')}.")
    known = tuple(islice(keys, _MAX_KEYS))
    case = _Case(tuple(payloads), known, raw_body)
    findings = [case.finding(each) for each in signatures[:_MAX_SIGNATURES]]
    for number, finding in enumerate(findings, start=1):
        if finding.diagnosis is not None:
            return _numbered(finding.diagnosis, number, len(signatures))
    return _miscounted(findings, threshold)


@attrs.frozen
class _Case:
    """The keys and payloads that every signature of a request is held against."""

    payloads: tuple[bytes, ...]
    keys: tuple[KnownKey, ...]
    raw_body: bytes

    def finding(self, signature: str) -> _Finding:
        der = _der(signature)
        if isinstance(der, Diagnosis):
            return _Finding(None, der)
        for known in self.keys:
            if any(_verifies(known.key, der, payload) for payload in self.payloads):
                return _Finding(known.key, _by_known_key(known))
        for variant in self._variants():
            for known in self._signers():
                if _verifies(known.key, der, variant.payload):
                    return _Finding(known.key, _of_variant(variant))
        return _Finding(None, _UNKNOWN if any(self._signers()) else _NO_KEY)

    def _signers(self) -> Iterator[KnownKey]:
        return islice((each for each in self.keys if each.standing != "other"), _MAX_SIGNERS)

    def _variants(self) -> Iterator[Variant]:
        document: Document = parse_json(self.payloads[0])
        return variants(document, self.raw_body)


def _der(signature: str) -> bytes | Diagnosis:
    """The signature's bytes, or what is wrong with its form."""
    if _HEX.fullmatch(signature):
        return _malformed("is hexadecimal: it must be base64")
    try:
        raw = base64.b64decode(signature, validate=True)
    except ValueError:
        return _malformed("is not base64")
    try:
        decode_dss_signature(raw)
    except ValueError:
        if len(raw) == _RAW_LENGTH:
            return _malformed("is the 64 bytes of r and s: they must be encoded as DER")
        return _malformed("is no DER signature")
    return raw


def _malformed(problem: str) -> Diagnosis:
    return Diagnosis("not a signature", f"The signature {problem}.")


def _by_known_key(known: KnownKey) -> Diagnosis | None:
    """The fault of a key that has signed this very request."""
    if known.standing == "expired":
        problem = f"The signature is good, but the key of {known.holder} has expired."
        return Diagnosis("expired key", f"{problem} Exchange a token for a new one.")
    if known.standing == "bound":
        problem = f"The signature is good, but this key of {known.holder} is bound to intents."
        return Diagnosis("bound key", problem)
    if known.standing == "other":
        problem = f"The signature is good, but made with a key of {known.holder}, which has no say"
        return Diagnosis("key of another owner", f"{problem} in this request.")
    return None


_CAUSES: Final[dict[Part, Cause]] = {
    "url": "other url",
    "body": "other body",
    "method": "other method",
    "headers": "other headers",
    "version": "other version",
    "encoding": "other encoding",
}


def _of_variant(variant: Variant) -> Diagnosis:
    text = str(variant.signed)
    signed = text if variant.part == "encoding" else json.dumps(variant.signed)
    other = f": {text}" if variant.part in ("url", "method") else "."
    explanation = f"The right key has signed, but the signature is over {variant.mistake}{other}"
    return Diagnosis(_CAUSES[variant.part], explanation, variant.part, signed)


def _miscounted(findings: Sequence[_Finding], threshold: int) -> Diagnosis:
    needed = _count(threshold, "approval")
    made_with = [each.made_with for each in findings]
    if any(key in made_with[:index] for index, key in enumerate(made_with)):
        problem = "Every signature is good, but one key has signed twice and counts once"
        return Diagnosis("same key twice", f"{problem}: {needed} needed.")
    problem = f"Every signature is good, but {len(findings)} of {needed} is not enough."
    return Diagnosis("too few", f"{problem} A nested quorum counts as one.")


def _numbered(diagnosis: Diagnosis, number: int, count: int) -> Diagnosis:
    if count == 1:
        return diagnosis
    explanation = f"Signature {number} of {count}: {diagnosis.explanation}"
    return attrs.evolve(diagnosis, explanation=explanation)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _verifies(key: EllipticCurvePublicKey, der: bytes, payload: bytes) -> bool:
    try:
        key.verify(der, payload, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True
