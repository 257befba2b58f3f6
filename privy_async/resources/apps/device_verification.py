"""Approving devices that want to act for a user, such as a command line tool that shows a code."""

from typing import Literal, Unpack

from privy_async.resources.resource import Resource
from privy_async.resources.shared import Success
from privy_async.sending.call import CallOptions
from privy_async.signing.secret import hides_arguments


class DeviceVerification(Resource):
    """Reached as `privy.device_verification`."""

    @hides_arguments
    async def verify(
        self, *, user_code: str, action: Literal["approve", "deny"], **options: Unpack[CallOptions]
    ) -> Success:
        """Approve or deny the device that shows this code.

        Privy means this for browsers where the user has logged in. A client of this SDK sends
        the app's secret instead, which Privy may refuse.
        """
        return await self._request(Success, "POST /api/oauth/v2/device_verify", locals())
