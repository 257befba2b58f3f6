"""What the scenes of the official Python SDK share; see python_sdk.py."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import privy
from privy import AuthorizationContext, BaseModel, PrivyClient, PrivyRequestOptions


def by(
    *, keys: Sequence[str] = (), jwts: Sequence[str] = (), request_expiry: int | None = None
) -> PrivyRequestOptions:
    """Say who signs: private keys and users' tokens. The expiry is a Unix time in ms."""
    context = AuthorizationContext(authorization_private_keys=keys, user_jwts=jwts)
    return PrivyRequestOptions(authorization_context=context, request_expiry=request_expiry)


def plain(model: Any) -> dict[str, Any]:
    """The model as JSON, once it has passed the SDK's own types and held nothing unknown to them.

    By itself the SDK takes any answer as it comes.
    """
    data = model.to_dict(mode="json")
    type(model).model_validate(data)
    unknown = list(unknown_fields(model))
    if unknown:
        raise ValueError(f"unknown to the official SDK: {', '.join(unknown)}")
    return data


def unknown_fields(value: Any) -> Iterator[str]:
    """The fields in an answer that the SDK's models do not have, at any depth."""
    if isinstance(value, BaseModel):
        yield from (f"{type(value).__name__}.{name}" for name in value.model_extra or ())
        for field in type(value).model_fields:
            yield from unknown_fields(getattr(value, field))
    elif isinstance(value, list):
        for item in value:
            yield from unknown_fields(item)


def refusal(action: Any, *args: Any, **options: Any) -> dict[str, Any]:
    """The error that calling `action` ends in; a LookupError if it ends in none."""
    try:
        answer = action(*args, **options)
    except privy.APIStatusError as error:
        return {"class": type(error).__name__, "status": error.status_code, "body": error.body}
    raise LookupError(f"was not refused: {answer!r}")


def refused_request(action: Any, *args: Any) -> Any:
    """What the SDK sent when calling `action`, which is refused."""
    try:
        answer = action(*args)
    except privy.APIStatusError as error:
        return error.request
    raise LookupError(f"was not refused: {answer!r}")


@dataclass
class Stage:
    """What all scenes share: the client, three users, three keys and a wallet of each owner."""

    task: dict[str, Any]
    client: PrivyClient

    def __post_init__(self) -> None:
        self.jwts = self.task["jwts"]
        self.users = {
            name: self.client.users.create(
                linked_accounts=[{"type": "custom_auth", "custom_user_id": name}]
            ).id
            for name in ("alice", "bob", "carol")
        }
        self.keys = [privy.generate_p256_key_pair() for _ in range(3)]
        self.quorum = self.client.key_quorums.create(
            public_keys=[self.keys[0].public_key, self.keys[1].public_key],
            user_ids=[self.users["bob"]],
            authorization_threshold=2,
            display_name="two of three",
        )
        self.wallets = {
            "user": self.wallet(owner={"user_id": self.users["alice"]}),
            "key": self.wallet(owner={"public_key": self.keys[0].public_key}),
            "quorum": self.wallet(owner_id=self.quorum.id),
            "ownerless": self.wallet(),
        }
        self.signers = {
            "user": by(jwts=[self.jwts["alice"]]),
            "key": by(keys=[self.keys[0].private_key]),
            "quorum": by(keys=[self.keys[0].private_key], jwts=[self.jwts["bob"]]),
            "ownerless": None,
        }

    def wallet(self, chain_type: str = "ethereum", **fields: Any) -> Any:
        """Create a wallet."""
        return self.client.wallets.create(chain_type=chain_type, **fields)

    def sign(self, wallet: Any, message: Any, options: PrivyRequestOptions | None = None) -> Any:
        """Have an Ethereum wallet sign a message."""
        return self.client.wallets.ethereum.sign_message(
            wallet.id, message, request_options=options
        )
