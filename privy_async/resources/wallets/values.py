"""Wallets as values: what comes back about them, and the shapes that go in."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NotRequired, TypeAlias, TypedDict

import attrs

from privy_async.values import Value

if TYPE_CHECKING:
    from privy_async.signing.p256 import AuthorizationKey

ImportChainType: TypeAlias = Literal[
    "aptos", "ethereum", "solana", "stellar", "sui", "tron", "xrpl"
]
_BitcoinType: TypeAlias = Literal["bitcoin-segwit", "bitcoin-taproot"]
_OtherType: TypeAlias = Literal["cosmos", "movement", "near", "pearl", "spark", "starknet", "ton"]
ChainType: TypeAlias = ImportChainType | _BitcoinType | _OtherType
HdChainType: TypeAlias = Literal["ethereum", "solana", "tron"]
HashFunction: TypeAlias = Literal["keccak256", "sha256", "blake2b256"]


class UserOwner(TypedDict):
    """An owner that is a user; Privy makes a quorum of one of it."""

    user_id: str


class PublicKeyOwner(TypedDict):
    """An owner that is an authorization key, given as base64 SPKI DER."""

    public_key: str


Owner: TypeAlias = UserOwner | PublicKeyOwner


class AdditionalSignerInput(TypedDict):
    """A key quorum that may transact but not change the wallet, under its own policy if given."""

    signer_id: str
    override_policy_ids: NotRequired[Sequence[str]]


class EntityInput(TypedDict):
    """The user or organization that a wallet belongs to."""

    id: str
    type: Literal["user", "organization"]


class DerivationInput(TypedDict):
    """The wallet whose seed phrase a new one shares."""

    wallet_id: str


class AnyWalletInput(TypedDict):
    """A wallet to create, for a user or not; each field as in `wallets.create`."""

    chain_type: ChainType
    policy_ids: NotRequired[Sequence[str]]
    additional_signers: NotRequired[Sequence[AdditionalSignerInput]]
    external_id: NotRequired[str]


class WalletInput(AnyWalletInput):
    """A wallet to create; each field as in `wallets.create`."""

    owner: NotRequired[Owner | None]
    owner_id: NotRequired[str | None]
    display_name: NotRequired[str]
    entity: NotRequired[EntityInput]
    derivation: NotRequired[DerivationInput]


class AdditionalSigner(Value):
    """A key quorum that may transact with the wallet."""

    signer_id: str
    override_policy_ids: tuple[str, ...] | None = None


class Custody(Value):
    """The custodian of a custodial wallet, and its user's id there."""

    provider: str
    provider_user_id: str


class Entity(Value):
    """The user or organization that a wallet belongs to."""

    id: str
    type: str


class AttachedAutomation(Value):
    """An automation of a wallet, and whether it acts."""

    id: str
    enabled: bool | None = None


class Wallet(Value):
    """A wallet (https://docs.privy.io/api-reference/wallets/get). Times are Unix ms."""

    id: str
    address: str
    chain_type: str | None = None
    created_at: int | None = None
    policy_ids: tuple[str, ...] | None = None
    additional_signers: tuple[AdditionalSigner, ...] | None = None
    owner_id: str | None = None
    public_key: str | None = None
    display_name: str | None = None
    external_id: str | None = None
    exported_at: int | None = None
    imported_at: int | None = None
    archived_at: int | None = None
    authorization_threshold: int | None = None
    custody: Custody | None = None
    entity: Entity | None = None
    chain: str | None = None
    automations: tuple[AttachedAutomation, ...] | None = None


class BatchResult(Value):
    """The result for one wallet of a batch: the wallet, or why there is none.

    `index` is its place in the batch; `code` is such as "invalid_data".
    """

    index: int
    success: bool
    wallet: Wallet | None = None
    error: str | None = None
    code: str | None = None


class EntityAssignment(Value):
    """That a wallet belongs to a user or an organization. Times are Unix ms."""

    id: str
    wallet_id: str | None = None
    entity: Entity | None = None
    created_at: int | None = None
    updated_at: int | None = None


class WalletsWithRecovery(Value):
    """Wallets, and the user who can get them back."""

    recovery_user_id: str | None = None
    wallets: tuple[Wallet, ...]


class SealedKey(Value):
    """A key sealed with HPKE: the base64 uncompressed point and the base64 ciphertext."""

    encryption_type: str | None = None
    encapsulated_key: str
    ciphertext: str


class Authentication(Value):
    """The raw answer to a user's token: the sealed key, its end, what it may act on.

    `expires_at` is Unix ms.
    """

    expires_at: int
    wallets: tuple[Wallet, ...]
    encrypted_authorization_key: SealedKey


@attrs.frozen
class UserSigner:
    """A user's time-bound key, opened and ready to sign, and the wallets it may act on.

    `expires_at` is Unix ms, as Privy sent it. A key with `intent_ids` can only authorize these.
    """

    authorization_key: "AuthorizationKey"
    expires_at: int
    wallets: tuple[Wallet, ...]
    intent_ids: tuple[str, ...] = ()


class ImportInit(Value):
    """The key to seal a wallet's secret for: base64 of an uncompressed P-256 point."""

    encryption_type: str | None = None
    encryption_public_key: str
