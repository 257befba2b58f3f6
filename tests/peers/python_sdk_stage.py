"""What the scenes of the official Python SDK share: a task comes in as JSON, the results go out.

They run in that SDK's own environment (`make peers`), where nothing of this project is installed,
and use nothing of the SDK but what it exports. Each scene stands for itself: one that fails is
reported with its traceback, and the others still run.
"""

import base64
import json
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import privy
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from privy import AuthorizationContext, BaseModel, PrivyClient, PrivyRequestOptions
from pyhpke import AEADId, CipherSuite, KDFId, KEMId, KEMKey

# What the API's schema has and the SDK's models have not.
FORGOTTEN = ("BaseActionResult.response_body", "BaseActionResult.prior_state")


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
        known = {field.alias for field in type(value).model_fields.values()}
        unknown = (name for name in value.model_extra or () if name not in known)
        names = (f"{type(value).__name__}.{name}" for name in unknown)
        yield from (name for name in names if name not in FORGOTTEN)
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


def user_key(stage: Stage, name: str) -> str:
    """The key that signs for a user, which the SDK's own exchange would keep to itself."""
    recipient = ec.generate_private_key(ec.SECP256R1())
    spki = recipient.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    answer = stage.client.wallets.authenticate_with_jwt(
        encryption_type="HPKE",
        recipient_public_key=base64.b64encode(spki).decode(),
        user_jwt=stage.jwts[name],
    )
    return unseal(recipient, plain(answer)["encrypted_authorization_key"])


def unseal(recipient: ec.EllipticCurvePrivateKey, sealed: Any) -> str:
    """Open what was sealed for the recipient."""
    suite = CipherSuite.new(
        KEMId.DHKEM_P256_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.CHACHA20_POLY1305
    )
    encapsulated = base64.b64decode(sealed["encapsulated_key"])
    context = suite.create_recipient_context(
        encapsulated, KEMKey.from_pyca_cryptography_key(recipient)
    )
    return context.open(base64.b64decode(sealed["ciphertext"])).decode()


def play(scenes: Sequence[Callable[[Stage], Any]]) -> None:
    """Play all scenes, and write what they came to."""
    task = json.load(sys.stdin)
    with PrivyClient(**task["client"]) as client:
        stage = Stage(task, client)
        json.dump({scene.__name__: play_scene(scene, stage) for scene in scenes}, sys.stdout)


def play_scene(scene: Callable[[Stage], Any], stage: Stage) -> dict[str, Any]:
    """What a scene came to, or where it broke off."""
    try:
        return {"result": scene(stage)}
    except Exception:
        return {"failure": traceback.format_exc()}
