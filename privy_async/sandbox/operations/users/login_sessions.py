"""Sessions of Privy's own log-in: access and identity tokens.

https://docs.privy.io/authentication/user-authentication/access-tokens
https://docs.privy.io/user-management/users/identity-tokens
"""

import json
from collections.abc import Mapping
from typing import Final

import attrs

from privy_async.sandbox.app import App
from privy_async.sandbox.records.json_types import Json
from privy_async.sandbox.records.users import User
from privy_async.sandbox.tokens import PRIVY_ISSUER

LIFETIME: Final = 3600.0
CODE_LENGTH: Final = 6
_PICTURES_OF_TWITTER: Final = "https://pbs.twimg.com/profile_images/"
# An identity token goes into a cookie: names are short, and what follows from others is left out.
_SHORT_NAMES: Final = {
    "latest_verified_at": "lv",
    "owner_address": "oa",
    "phoneNumber": "phone_number",
}
_LEFT_OUT: Final = (
    "chain_id",
    "connector_type",
    "delegated",
    "first_verified_at",
    "imported",
    "number",
    "public_key",
    "recovery_method",
    "verified_at",
    "wallet_client",
    "wallet_index",
)


def _new_session_id(session: "LoginSession") -> str:
    return session.app.state.clock.uuid()


@attrs.frozen(kw_only=True)
class LoginSession:
    """A user who has logged in.

    Attributes:
        lifetime: Seconds until the tokens expire; negative for some that have.
    """

    app: App
    user: User
    lifetime: float = LIFETIME
    session_id: str = attrs.field(default=attrs.Factory(_new_session_id, takes_self=True))

    def access_token(self) -> str:
        """A token that says who the user is, for servers that check `Authorization` or a cookie."""
        return self.app.issuer.issue({"sid": self.session_id, **self._claims()})

    def identity_token(self) -> str:
        """A token that says who the user is, with the linked accounts and the custom metadata."""
        user = self.app.state.users_json([self.user])[0]
        described = {
            "cr": str(user["created_at"]),
            "linked_accounts": _text([_compact(account) for account in user["linked_accounts"]]),
            **({"guest": "t"} if user["is_guest"] else {}),
            **(
                {"custom_metadata": _text(metadata)}
                if (metadata := user["custom_metadata"])
                else {}
            ),
        }
        return self.app.issuer.issue({**self._claims(), **described})

    def _claims(self) -> dict[str, object]:
        now = self.app.state.clock.now()
        return {
            "iss": PRIVY_ISSUER,
            "aud": self.app.app_id,
            "sub": self.user.id,
            "iat": int(now),
            "exp": int(now + self.lifetime),
        }


def checked_test_accounts(codes: Mapping[str, str]) -> Mapping[str, str]:
    """The codes by e-mail address, or ValueError if they could not be sent by a client."""
    for email, code in codes.items():
        if "@" not in email or len(code) != CODE_LENGTH:
            problem = f"an e-mail address and a code of {CODE_LENGTH} characters"
            raise ValueError(f"a test account is {problem}, not {email!r} and {code!r}")
    return dict(codes)


def _compact(account: Json) -> Mapping[str, object]:
    """A linked account as an identity token has it."""
    compact = {
        _SHORT_NAMES.get(name, name): value
        for name, value in account.items()
        if name not in _LEFT_OUT
    }
    if account["type"] == "twitter_oauth" and "profile_picture_url" in compact:
        picture = str(compact.pop("profile_picture_url"))
        compact["pfp"] = picture.removeprefix(_PICTURES_OF_TWITTER)
    return compact


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
