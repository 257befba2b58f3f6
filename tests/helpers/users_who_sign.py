"""Users for tests of their keys: any name becomes a token in the form of one."""

import re

from privy_async.signing.authorization import UserAuth

_REST = ".payload.signature"


def user(name: str, mfa_token: str | None = None) -> UserAuth:
    """The user of that name."""
    return UserAuth(user_jwt=re.sub(r"\W", "-", name) + _REST, mfa_token=mfa_token)


def name_of(user: UserAuth) -> str:
    """The name, and after a plus sign the MFA token, if there is one."""
    name = user.user_jwt.removesuffix(_REST)
    return name if user.mfa_token is None else f"{name}+{user.mfa_token}"
