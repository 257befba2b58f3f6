"""Second factors of a user of the sandbox, enrolled and verified apart from the SDK."""

import base64
from typing import Any

import attrs
from api_client import ApiClient, Reply
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key

NUMBER = "+15555550100"
ORIGIN = "https://app.example.com"


@attrs.frozen
class Acting:
    """A user with a token of the app's own login."""

    api: ApiClient
    user_id: str
    token: str

    @classmethod
    async def made(cls, api: ApiClient, subject: str = "alice") -> "Acting":
        """A new user."""
        user_id = await api.create_user(subject)
        return cls(api, user_id, api.sandbox.issue_user_jwt(subject, lifetime=10**6))

    async def step(self, step: str, body: Any = None, *, token: str | None = None) -> Reply:
        """Take a step, such as "sms/enrollment/init"."""
        path = f"/v1/users/{self.user_id}/mfa/{step}"
        headers = {"privy-user-token": self.token if token is None else token}
        return await self.api.call("POST", path, body or {}, headers=headers)

    async def enroll_sms(self, number: str = NUMBER) -> str:
        """Enroll in SMS, and return the MFA token of it."""
        began = await self.step("sms/enrollment/init", {"phone_number": number})
        assert began.status == 200, began
        return await self._verified("sms/enrollment/verify", self.api.sandbox.mfa.sms_code(number))

    async def verify_sms(self, number: str = NUMBER) -> str:
        """Verify by SMS, and return the MFA token of it."""
        assert (await self.step("sms/verification/init")).status == 200
        code = self.api.sandbox.mfa.sms_code(number)
        return await self._verified("sms/verification/verify", code)

    async def _verified(self, step: str, code: str) -> str:
        done = await self.step(step, {"code": code})
        assert done.status == 200, done
        return str(done.body["token"])

    async def exchange(self, mfa_token: str | None = None) -> Reply:
        """Exchange the token, and the MFA token."""
        body = {"user_jwt": self.token, "mfa_token": mfa_token}
        return await self.api.call("POST", "/v1/wallets/authenticate", body)

    async def key(self, mfa_token: str | None = None) -> EllipticCurvePrivateKey:
        """The key that an exchange gives."""
        reply = await self.exchange(mfa_token)
        assert reply.status == 200, reply
        key = load_der_private_key(base64.b64decode(reply.body["authorization_key"]), None)
        assert isinstance(key, EllipticCurvePrivateKey)
        return key

    async def methods(self) -> list[Any]:
        """The user's `mfa_methods`."""
        reply = await self.api.call("GET", f"/v1/users/{self.user_id}")
        return list(reply.body["mfa_methods"])
