"""Second factors of users (MFA): SMS, TOTP and passkeys, each enrolled and verified in two steps.

    alice = privy.for_user(user_jwt)
    await alice.users.mfa.sms.verification.init(user_id)            # texts a code to the user
    verified = await alice.users.mfa.sms.verification.verify(user_id, code=code)
    alice = privy.for_user(user_jwt, mfa_token=verified.token)      # signs what needs MFA

Every step is taken as the user: `user_jwt` is the user's own token, an access token or one of
your own issuer's; if it is left out, that of the user for whom the client signs.

https://docs.privy.io/authentication/user-authentication/mfa/server-side
"""

import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, ClassVar, Final, Literal, NotRequired, TypeAlias, TypedDict, TypeVar, Unpack

import attrs

from privy_async.errors import InvalidArgumentError
from privy_async.json_types import MAX_DEPTH, is_array, is_object
from privy_async.resources.resource import Resource, cached_property
from privy_async.sending.call import OMIT, CallOptions, Omit
from privy_async.signing.secret import hides_arguments
from privy_async.values import Value

T = TypeVar("T")

_MFA: Final = "/v1/users/{user_id}/mfa"
# Privy's server routes are taken to spell like the rest of its API; its client routes do not.
_SPELLINGS: Final = {"totpSecret": "totp_secret", "totpAuthUrl": "totp_auth_url"}
_HUMP: Final = re.compile("(?<=[a-z0-9])[A-Z]+")


class MfaToken(Value):
    """The result of a verification: `token` is for `privy.for_user(user_jwt, mfa_token=...)`.

    It lasts as long as the app's MFA cache duration, and stays out of its repr.
    """

    token: str = attrs.field(repr=False)


class TotpSecret(Value):
    """The secret for an authenticator app, in base32, and an otpauth:// URL of it."""

    totp_secret: str = attrs.field(repr=False)
    totp_auth_url: str = attrs.field(repr=False)


class PasskeyOptions(Value):
    """The options for the browser's `navigator.credentials`, as WebAuthn defines them.

    `options` are as Privy sends them: their names have underscores where a browser's have humps.
    """

    options: Mapping[str, Any]
    relying_party: str | None = None


class AttestationInput(TypedDict):
    """A browser's answer to a new passkey. Bytes are base64url."""

    client_data_json: str
    attestation_object: str
    authenticator_data: NotRequired[str]
    transports: NotRequired[Sequence[str]]
    public_key_algorithm: NotRequired[int]
    public_key: NotRequired[str]


class AssertionInput(TypedDict):
    """A browser's answer where a passkey has signed. Bytes are base64url."""

    client_data_json: str
    authenticator_data: str
    signature: str
    user_handle: NotRequired[str | None]


class _CredentialInput(TypedDict):
    id: str
    raw_id: str
    type: Literal["public-key"]
    client_extension_results: NotRequired[Mapping[str, Any]]
    authenticator_attachment: NotRequired[str | None]


class NewPasskeyInput(_CredentialInput):
    """A new passkey, as the browser made it."""

    response: AttestationInput


class PasskeyInput(_CredentialInput):
    """A passkey that has signed."""

    response: AssertionInput


BrowserJson: TypeAlias = Mapping[str, Any]
"""A browser's `credential.toJSON()`, whose names have humps."""


class _Step(Resource):
    """Something that is done as the user, whose own token goes along in a header."""

    def _send(
        self,
        operation: str,
        arguments: Mapping[str, Any],
        read: Callable[[Any], T],
        *,
        body: Any = OMIT,
    ) -> Coroutine[Any, Any, T]:
        rest = {name: item for name, item in arguments.items() if name != "user_jwt"}
        user_jwt = arguments["user_jwt"]
        token = self._signing_user() if user_jwt is OMIT else user_jwt
        rest["options"] = {**arguments["options"], "user_jwt": token}
        return super()._send(operation, rest, read, body=body)

    def _signing_user(self) -> str:
        context = self._requester.authorization
        users = () if context is None else context.users
        if len(users) != 1:
            raise InvalidArgumentError("user_jwt", "give it, or use privy.for_user(user_jwt)")
        return users[0].user_jwt


class CodeStep(_Step):
    """A step that ends with a code."""

    _path: ClassVar[str]

    @hides_arguments
    async def verify(
        self,
        user_id: str,
        *,
        code: str,
        user_jwt: str | Omit = OMIT,
        **options: Unpack[CallOptions],
    ) -> MfaToken:
        """Complete it with the code of 6 digits that the user has; it works once."""
        return await self._request(MfaToken, f"POST {self._path}/verify", locals())


class SmsEnrollment(CodeStep):
    """Reached as `privy.users.mfa.sms.enrollment`."""

    _path = f"{_MFA}/sms/enrollment"

    @hides_arguments
    async def init(
        self,
        user_id: str,
        *,
        phone_number: str,
        user_jwt: str | Omit = OMIT,
        **options: Unpack[CallOptions],
    ) -> None:
        """Text a code to a new phone number of the user's, E.164 ("+15555550100").

        Who logs in with a phone number cannot enroll: one number secures login or MFA, not both.
        """
        await self._do(f"POST {self._path}/init", locals())


class SmsVerification(CodeStep):
    """Reached as `privy.users.mfa.sms.verification`."""

    _path = f"{_MFA}/sms/verification"

    @hides_arguments
    async def init(
        self, user_id: str, *, user_jwt: str | Omit = OMIT, **options: Unpack[CallOptions]
    ) -> None:
        """Text a code to the number that the user has enrolled."""
        await self._do(f"POST {self._path}/init", locals())


class SmsMfa(Resource):
    """Reached as `privy.users.mfa.sms`."""

    @cached_property
    def enrollment(self) -> SmsEnrollment:
        """Making a phone number the user's second factor."""
        return SmsEnrollment(self._requester)

    @cached_property
    def verification(self) -> SmsVerification:
        """Verifying the user by a code."""
        return SmsVerification(self._requester)


class TotpEnrollment(CodeStep):
    """Reached as `privy.users.mfa.totp.enrollment`."""

    _path = f"{_MFA}/totp/enrollment"

    @hides_arguments
    async def init(
        self, user_id: str, *, user_jwt: str | Omit = OMIT, **options: Unpack[CallOptions]
    ) -> TotpSecret:
        """Make a secret for the user's authenticator app; show it to nobody else."""
        return await self._request(TotpSecret, f"POST {self._path}/init", locals())

    def _result(self, answer: Any) -> Any:
        if not is_object(answer):
            return answer
        return {_SPELLINGS.get(name, name): item for name, item in answer.items()}


class TotpVerification(CodeStep):
    """Reached as `privy.users.mfa.totp.verification`. There is nothing to begin: just verify."""

    _path = f"{_MFA}/totp/verification"


class TotpMfa(Resource):
    """Reached as `privy.users.mfa.totp`."""

    @cached_property
    def enrollment(self) -> TotpEnrollment:
        """Making an authenticator app the user's second factor."""
        return TotpEnrollment(self._requester)

    @cached_property
    def verification(self) -> TotpVerification:
        """Verifying the user by the code that the app shows."""
        return TotpVerification(self._requester)


class PasskeyStep(_Step):
    """A step that begins with options for the browser."""

    _path: ClassVar[str]

    @hides_arguments
    async def init(
        self,
        user_id: str,
        *,
        relying_party: str,
        user_jwt: str | Omit = OMIT,
        **options: Unpack[CallOptions],
    ) -> PasskeyOptions:
        """Return what the user's browser is to be asked; `relying_party` is your site's origin."""
        return await self._request(PasskeyOptions, f"POST {self._path}/init", locals())


class PasskeyEnrollment(PasskeyStep):
    """Reached as `privy.users.mfa.passkey.enrollment`."""

    _path = f"{_MFA}/passkey/enrollment"

    @hides_arguments
    async def verify(
        self,
        user_id: str,
        *,
        credential: NewPasskeyInput | BrowserJson,
        user_jwt: str | Omit = OMIT,
        **options: Unpack[CallOptions],
    ) -> MfaToken:
        """Complete it with what the browser made, such as its `credential.toJSON()`."""
        return await self._request(
            MfaToken,
            f"POST {self._path}/verify",
            {**locals(), "credential": _without_humps(credential)},
        )


class PasskeyVerification(PasskeyStep):
    """Reached as `privy.users.mfa.passkey.verification`."""

    _path = f"{_MFA}/passkey/verification"

    @hides_arguments
    async def verify(
        self,
        user_id: str,
        *,
        credential: PasskeyInput | BrowserJson,
        user_jwt: str | Omit = OMIT,
        **options: Unpack[CallOptions],
    ) -> MfaToken:
        """Complete it with what the passkey signed, such as the browser's `credential.toJSON()`."""
        return await self._request(
            MfaToken,
            f"POST {self._path}/verify",
            {**locals(), "credential": _without_humps(credential)},
        )


class PasskeyMfa(Resource):
    """Reached as `privy.users.mfa.passkey`."""

    @cached_property
    def enrollment(self) -> PasskeyEnrollment:
        """Making a passkey the user's second factor."""
        return PasskeyEnrollment(self._requester)

    @cached_property
    def verification(self) -> PasskeyVerification:
        """Verifying the user by a passkey."""
        return PasskeyVerification(self._requester)


class Mfa(Resource):
    """Reached as `privy.users.mfa`. `User.mfa_methods` says what a user has enrolled in."""

    @cached_property
    def sms(self) -> SmsMfa:
        """Codes that are texted to the user."""
        return SmsMfa(self._requester)

    @cached_property
    def totp(self) -> TotpMfa:
        """Codes that the user's authenticator app shows (RFC 6238)."""
        return TotpMfa(self._requester)

    @cached_property
    def passkey(self) -> PasskeyMfa:
        """Passkeys (https://www.w3.org/TR/webauthn-3/)."""
        return PasskeyMfa(self._requester)


def _without_humps(item: Any, levels: int = MAX_DEPTH) -> Any:
    """JSON as Privy spells it: `clientDataJSON` becomes `client_data_json`.

    What is no JSON stays as it is, for the error that names its place.
    """
    if levels and is_object(item):
        return {_snake_case(name): _without_humps(item[name], levels - 1) for name in item}
    if levels and is_array(item):
        return [_without_humps(inner, levels - 1) for inner in item]
    return item


def _snake_case(name: object) -> object:
    if not isinstance(name, str):
        return name
    return _HUMP.sub(lambda hump: f"_{hump[0].lower()}", name)
