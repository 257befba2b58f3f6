"""Condition sets: lists of values that policies refer to with `in_condition_set`.

https://docs.privy.io/controls/policies/condition-sets
"""

from collections.abc import Sequence
from typing import Final, Unpack

from privy_async.checks import check_texts
from privy_async.page import Pager
from privy_async.resources.resource import Resource, cached_property
from privy_async.resources.wallets.values import Owner
from privy_async.sending.call import OMIT, CallOptions, Omit, SignedOptions
from privy_async.values import Value

_SET: Final = "/v1/condition_sets/{condition_set_id}"
_ITEMS: Final = "/v1/condition_sets/{condition_set_id}/condition_set_items"
_ITEM: Final = "/v1/condition_sets/{condition_set_id}/condition_set_items/{condition_set_item_id}"


class ConditionSet(Value):
    """A list of values. `created_at` is Unix ms."""

    id: str
    name: str | None = None
    created_at: int | None = None
    owner_id: str | None = None


class ConditionSetItem(Value):
    """One value of a condition set. `created_at` is Unix ms."""

    id: str
    condition_set_id: str | None = None
    value: str
    created_at: int | None = None


class ConditionSets(Resource):
    """Reached as `privy.condition_sets`. Its id is a condition's `value`."""

    @cached_property
    def items(self) -> "ConditionSetItems":
        """The values in condition sets."""
        return ConditionSetItems(self._requester)

    async def create(
        self,
        *,
        name: str,
        owner: Owner | Omit = OMIT,
        owner_id: str | Omit = OMIT,
        **options: Unpack[CallOptions],
    ) -> ConditionSet:
        """Create a condition set, without items yet.

        Args:
            name: At most 100 characters.
            owner: A user or an authorization key that must sign changes.
            owner_id: A key quorum instead; one of the two must be given.
            **options: See `CallOptions`.
        """
        return await self._request(ConditionSet, "POST /v1/condition_sets", locals())

    async def get(self, condition_set_id: str, **options: Unpack[CallOptions]) -> ConditionSet:
        """Return a condition set by its id; `items.list` has its values."""
        return await self._request(ConditionSet, f"GET {_SET}", locals())

    def list(
        self, *, limit: int | None = None, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> Pager[ConditionSet]:
        """List the condition sets of the app. A page holds `limit`, at most 100."""
        return self._list(ConditionSet, "GET /v1/condition_sets", locals())

    async def update(
        self,
        condition_set_id: str,
        *,
        name: str | Omit = OMIT,
        owner: Owner | None | Omit = OMIT,
        owner_id: str | None | Omit = OMIT,
        **options: Unpack[SignedOptions],
    ) -> ConditionSet:
        """Change a condition set's name or owner; its present owner signs."""
        return await self._request(ConditionSet, f"PATCH {_SET}", locals())

    async def delete(self, condition_set_id: str, **options: Unpack[SignedOptions]) -> None:
        """Delete a condition set; its owner signs."""
        await self._do(f"DELETE {_SET}", locals())


class ConditionSetItems(Resource):
    """Reached as `privy.condition_sets.items`."""

    def list(
        self,
        condition_set_id: str,
        *,
        query: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pager[ConditionSetItem]:
        """List items, with `query` only those that contain it. A page has `limit`, at most 100."""
        return self._list(ConditionSetItem, f"GET {_ITEMS}", locals(), within="items")

    async def add(
        self, condition_set_id: str, values: Sequence[str], **options: Unpack[SignedOptions]
    ) -> tuple[ConditionSetItem, ...]:
        """Add 1 to 100 values; the owner signs. Returns the new items."""
        return await self._request_all(
            ConditionSetItem, f"POST {_ITEMS}", locals(), body=_items(values)
        )

    async def replace(
        self, condition_set_id: str, values: Sequence[str], **options: Unpack[SignedOptions]
    ) -> tuple[ConditionSetItem, ...]:
        """Put 1 to 100 values in the place of all items; the owner signs. Returns all items."""
        return await self._request_all(
            ConditionSetItem, f"PUT {_ITEMS}", locals(), body=_items(values)
        )

    async def get(
        self, condition_set_item_id: str, *, condition_set_id: str, **options: Unpack[CallOptions]
    ) -> ConditionSetItem:
        """Return an item of a condition set."""
        return await self._request(ConditionSetItem, f"GET {_ITEM}", locals())

    async def delete(
        self, condition_set_item_id: str, *, condition_set_id: str, **options: Unpack[SignedOptions]
    ) -> None:
        """Delete an item of a condition set, whose owner signs."""
        await self._do(f"DELETE {_ITEM}", locals())


def _items(values: Sequence[str]) -> list[dict[str, str]]:
    return [{"value": value} for value in check_texts("values", values)]
