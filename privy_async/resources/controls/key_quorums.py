"""Key quorums: who owns a resource, and how many of them must sign.

https://docs.privy.io/controls/key-quorum/overview
"""

from collections.abc import Sequence
from typing import Unpack

from privy_async.page import Pager
from privy_async.resources.resource import Resource
from privy_async.sending.call import OMIT, CallOptions, Omit, SignedOptions
from privy_async.values import Value


class QuorumKey(Value):
    """A member that is an authorization key: base64 SPKI DER, maybe with a name."""

    public_key: str
    display_name: str | None = None


class KeyQuorum(Value):
    """Members of whom `authorization_threshold` must sign; None means all of them."""

    id: str
    authorization_keys: tuple[QuorumKey, ...] | None = None
    authorization_threshold: int | None = None
    display_name: str | None = None
    user_ids: tuple[str, ...] | None = None
    key_quorum_ids: tuple[str, ...] | None = None


class KeyQuorums(Resource):
    """Reached as `privy.key_quorums`. A quorum's id is an `owner_id` or a `signer_id`."""

    async def create(
        self,
        *,
        public_keys: Sequence[str] | Omit = OMIT,
        user_ids: Sequence[str] | Omit = OMIT,
        key_quorum_ids: Sequence[str] | Omit = OMIT,
        authorization_threshold: int | Omit = OMIT,
        display_name: str | Omit = OMIT,
        **options: Unpack[CallOptions],
    ) -> KeyQuorum:
        """Create a key quorum of at least one member.

        Args:
            public_keys: Authorization keys, base64 SPKI DER.
            user_ids: Users, who sign with their time-bound keys.
            key_quorum_ids: At most five other quorums; each counts as one once it has signed.
            authorization_threshold: How many members must sign; all if left out.
            display_name: At most 50 characters.
            **options: See `CallOptions`.

        Source: https://docs.privy.io/controls/key-quorum/create
        """
        return await self._request(KeyQuorum, "POST /v1/key_quorums", locals())

    async def get(self, key_quorum_id: str, **options: Unpack[CallOptions]) -> KeyQuorum:
        """Return a key quorum by its id."""
        return await self._request(KeyQuorum, "GET /v1/key_quorums/{key_quorum_id}", locals())

    def list(
        self, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> Pager[KeyQuorum]:
        """List the key quorums of the app. A page holds `limit`, at most 100."""
        return self._list(KeyQuorum, "GET /v1/key_quorums", locals())

    async def update(
        self,
        key_quorum_id: str,
        *,
        public_keys: Sequence[str] | Omit = OMIT,
        user_ids: Sequence[str] | Omit = OMIT,
        key_quorum_ids: Sequence[str] | Omit = OMIT,
        authorization_threshold: int | Omit = OMIT,
        display_name: str | Omit = OMIT,
        **options: Unpack[SignedOptions],
    ) -> KeyQuorum:
        """Change a key quorum; its present members sign. Each list given is the whole new list.

        Source: https://docs.privy.io/controls/key-quorum/update
        """
        return await self._request(KeyQuorum, "PATCH /v1/key_quorums/{key_quorum_id}", locals())

    async def delete(self, key_quorum_id: str, **options: Unpack[SignedOptions]) -> None:
        """Delete a key quorum; its members sign. What it owns can then not be changed any more."""
        await self._do("DELETE /v1/key_quorums/{key_quorum_id}", locals())
