"""Second factors of users, and how far their verification has come."""

from typing import ClassVar

import attrs
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey


@attrs.frozen(kw_only=True)
class Sms:
    """A phone number that codes are texted to. Unix time in seconds."""

    kind: ClassVar = "sms"
    verified_at: int
    phone_number: str


@attrs.frozen(kw_only=True)
class Totp:
    """An authenticator app. Unix time in seconds.

    Attributes:
        secret: What it shares with the sandbox, base32.
        last_step: The number of the last time step whose code was used: no code works twice.
    """

    kind: ClassVar = "totp"
    verified_at: int
    secret: str = attrs.field(repr=False)
    last_step: int = 0


@attrs.frozen(kw_only=True)
class Passkey:
    """A passkey of ES256. Unix time in seconds.

    Attributes:
        credential_id: Base64url.
        relying_party: The origin it is for, such as "https://example.com".
        sign_count: What the authenticator last said it had signed; 0 if it does not count.
    """

    kind: ClassVar = "passkey"
    verified_at: int
    credential_id: str
    public_key: EllipticCurvePublicKey = attrs.field(eq=False, repr=False)
    relying_party: str
    sign_count: int = 0


SecondFactor = Sms | Totp | Passkey


@attrs.frozen(kw_only=True)
class MfaCeremony:
    """An enrollment or a verification that has begun. Time in ms.

    Attributes:
        started_at: It ends some minutes later.
        failures: How often it was completed wrongly.
        code: What was texted.
        phone_number: Where it was texted to.
        secret: What the user's authenticator app is to know, base32.
        challenge: What the passkey is to sign, base64url.
        relying_party: For whom.
    """

    started_at: int
    failures: int = 0
    code: str = attrs.field(default="", repr=False)
    phone_number: str = ""
    secret: str = attrs.field(default="", repr=False)
    challenge: str = ""
    relying_party: str = ""


@attrs.frozen
class MfaVerification:
    """The verification that an MFA token stands for. Time in ms."""

    user_id: str
    expires_at: int
