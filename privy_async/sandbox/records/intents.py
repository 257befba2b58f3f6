"""Intents as they are kept."""

from collections.abc import Mapping
from typing import Any, Final

import attrs

PENDING: Final = "pending"
# Who creates an intent with the app's secret has no name; the schema wants one.
APP_SECRET: Final = "App secret"
PROCESSING = "processing"


@attrs.frozen
class ProposedRequest:
    """The request that is made once enough have agreed.

    Attributes:
        url: Absolute, with the resource's own id in it.
        path_values: The ids in the path.
        body: The JSON; None if the request has none.
    """

    method: str
    url: str
    path_values: Mapping[str, str]
    body: Mapping[str, Any] | None


@attrs.frozen
class IntentApproval:
    """That a member has agreed. Time in ms.

    Attributes:
        approver: The user's id, or the hex of the key's point.
        with_mfa: Whether it counts where MFA is needed.
    """

    approver: str
    signed_at: int
    with_mfa: bool = True


@attrs.frozen(kw_only=True)
class Intent:
    """A request that waits for its owners' agreement. Times in ms.

    Attributes:
        kind: RPC, TRANSFER, WALLET, POLICY, RULE or KEY_QUORUM.
        resource_id: What it is about; of a rule, the policy.
        quorum_ids: The key quorums of which one has to agree.
        custom_expiry: Whether the proposer said when it expires.
        status: As it was stored: a pending one may have expired since, see `status_at`.
        result: What came of it, as it is answered.
    """

    id: str
    kind: str
    resource_id: str
    request: ProposedRequest
    quorum_ids: tuple[str, ...]
    created_at: int
    updated_at: int
    expires_at: int
    custom_expiry: bool
    created_by: str = APP_SECRET
    status: str = PENDING
    approvals: tuple[IntentApproval, ...] = ()
    rejected_at: int | None = None
    dismissed_at: int | None = None
    dismissal_reason: str | None = None
    result: Mapping[str, Any] | None = None

    def status_at(self, now: int) -> str:
        """The status at a Unix time in ms: who waits too long has an expired intent."""
        return "expired" if self.status == PENDING and self.expires_at <= now else self.status

    def approval_of(self, approver: str) -> IntentApproval | None:
        """The member's agreement, if there is one."""
        return next((each for each in self.approvals if each.approver == approver), None)

    def signed_at(self, approver: str) -> int | None:
        """When the member agreed, if it has."""
        approval = self.approval_of(approver)
        return None if approval is None else approval.signed_at
