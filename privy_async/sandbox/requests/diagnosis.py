"""Diagnoses of refusals: the cause and the next step, which Privy does not say."""

from typing import Literal

import attrs

Cause = Literal[
    # of signatures
    "no signature",
    "not a signature",
    "expired key",
    "bound key",
    "no user key",
    "key of another owner",
    "other url",
    "other body",
    "other method",
    "other headers",
    "other version",
    "other encoding",
    "same key twice",
    "too few",
    "unknown",
    # of users' tokens
    "not a token",
    "unknown token key",
    "other token key",
    "expired token",
    "token not valid yet",
    "other audience",
    "other issuer",
    "not an access token",
    "no user id",
    "unknown user",
    "frozen user",
    "no wallet",
    # of all else
    "app credentials",
    "expired request",
    "policy",
    "funds",
]
Part = Literal["url", "body", "method", "headers", "version", "encoding"]


@attrs.frozen
class Diagnosis:
    """The likely cause of a refusal.

    Attributes:
        cause: One of a few, for programs.
        explanation: For people: what is wrong, and the next step.
        part: What of the payload was signed otherwise.
        signed: What was signed there, as JSON.
    """

    cause: Cause
    explanation: str
    part: Part | None = None
    signed: str | None = None
