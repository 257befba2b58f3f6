"""Stand-ins for users' phones, and for the screens in which they look after their MFA."""

from collections.abc import Callable

import attrs

from privy_async.sandbox.app import App
from privy_async.sandbox.keys.one_time_codes import STEP, totp
from privy_async.sandbox.operations.users.mfa import disable


@attrs.frozen
class SecondFactors:
    """Reached as `sandbox.mfa`."""

    _app: App
    _save: Callable[[], None]

    def sms_code(self, phone_number: str) -> str:
        """The code that was texted to a number last and is not used yet; nothing is really sent.

        Raises:
            ValueError: If there is none.
        """
        for ceremony in reversed(self._app.state.mfa_ceremonies.values()):
            if ceremony.code and ceremony.phone_number == phone_number:
                return ceremony.code
        raise ValueError(f"no code was texted to {phone_number!r}")

    def totp_code(self, secret: str) -> str:
        """Return the code that an app with this secret (base32) shows, by the sandbox's clock."""
        return totp(secret, int(self._app.state.clock.now()) // STEP)

    def disable(self, user_id: str, method: str) -> None:
        """Take "sms", "totp" or "passkey" from a user, as the user can in Privy's own screens.

        Raises:
            ValueError: If there is no such user, or the user is not enrolled in it.
        """
        user = self._app.state.users.get(user_id)
        if user is None:
            raise ValueError(f"there is no user {user_id!r}")
        disable(self._app, user, method)
        self._save()
