"""Endpoints of webhooks, and what became of each delivery."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, Literal
from urllib.parse import urlsplit

import attrs

from privy_async.sandbox.keys.webhook_signing import key_of


def _check_url(endpoint: "Endpoint", attribute: "attrs.Attribute[str]", url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"a webhook goes to the URL of a server, not to {url!r}")


def _check_secret(endpoint: "Endpoint", attribute: "attrs.Attribute[str]", secret: str) -> None:
    key_of(secret)


@attrs.frozen
class Endpoint:
    """A server that wants to be told.

    Attributes:
        secret: What its deliveries are signed with: "whsec_" and base64.
        events: The types it wants, where `*` stands for any text; None for all.
    """

    url: str = attrs.field(validator=_check_url)
    secret: str = attrs.field(validator=_check_secret, repr=False)
    events: tuple[str, ...] | None = None

    def wants(self, type: str) -> bool:
        """True if it is told about events of this type."""
        return self.events is None or any(fnmatchcase(type, each) for each in self.events)


@attrs.frozen
class Attempt:
    """One try to deliver.

    Attributes:
        at: Unix time in s, by the system's clock.
        status: What the endpoint answered; None if it did not.
        error: Why there is no answer.
    """

    at: float
    status: int | None
    error: str | None = None

    @property
    def accepted(self) -> bool:
        """True if the endpoint took it: a redirect counts as a failure."""
        return self.status is not None and 200 <= self.status < 300


@attrs.frozen
class Delivery:
    """An event on its way to an endpoint.

    Attributes:
        id: The header `svix-id`, the same for each attempt and each endpoint.
        event: The body.
        status: "pending" until it is "delivered", has "failed" for good, or the sandbox "stopped".
    """

    id: str
    url: str
    event: Mapping[str, Any]
    attempts: tuple[Attempt, ...] = ()
    status: Literal["pending", "delivered", "failed", "stopped"] = "pending"

    @property
    def type(self) -> str:
        """The event's."""
        return str(self.event["type"])
