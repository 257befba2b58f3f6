"""Wallets: creating, changing, signing, importing and exporting them.

https://docs.privy.io/wallets/overview
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Unpack

from privy_async.encodings.texts import hex_digits, hex_text
from privy_async.errors import InvalidArgumentError
from privy_async.page import Pager
from privy_async.resources.resource import cached_property
from privy_async.resources.wallets import values as values
from privy_async.resources.wallets.keys import exchange_for_signer
from privy_async.resources.wallets.money import WalletMoney
from privy_async.resources.wallets.rpc import (
    RPC,
    RpcResponse,
    Signature,
    check_rpc,
    read_rpc,
)
from privy_async.sending.call import (
    OMIT,
    CallOptions,
    IdempotentOptions,
    MoneyOptions,
    Omit,
    SignedOptions,
)
from privy_async.sending.exchange import PATH as EXCHANGE_PATH
from privy_async.sending.exchange import exchange_body
from privy_async.signing.authorization import UserAuth
from privy_async.signing.secret import hides_arguments

if TYPE_CHECKING:
    from privy_async.resources.wallets.aptos import Aptos
    from privy_async.resources.wallets.ethereum import Ethereum
    from privy_async.resources.wallets.near import Near
    from privy_async.resources.wallets.solana import Solana
    from privy_async.resources.wallets.spark import Spark
    from privy_async.resources.wallets.tron import Tron
    from privy_async.resources.wallets.xrpl import Xrpl


class Wallets(WalletMoney):
    """Wallets of the app, and what they sign."""

    @cached_property
    def ethereum(self) -> "Ethereum":
        """Methods of Ethereum wallets."""
        from privy_async.resources.wallets.ethereum import Ethereum

        return Ethereum(self._requester)

    @cached_property
    def solana(self) -> "Solana":
        """Methods of Solana wallets."""
        from privy_async.resources.wallets.solana import Solana

        return Solana(self._requester)

    @cached_property
    def tron(self) -> "Tron":
        """Methods of TRON wallets."""
        from privy_async.resources.wallets.tron import Tron

        return Tron(self._requester)

    @cached_property
    def spark(self) -> "Spark":
        """Methods of Spark wallets."""
        from privy_async.resources.wallets.spark import Spark

        return Spark(self._requester)

    @cached_property
    def aptos(self) -> "Aptos":
        """Methods of Aptos wallets."""
        from privy_async.resources.wallets.aptos import Aptos

        return Aptos(self._requester)

    @cached_property
    def near(self) -> "Near":
        """Methods of NEAR wallets."""
        from privy_async.resources.wallets.near import Near

        return Near(self._requester)

    @cached_property
    def xrpl(self) -> "Xrpl":
        """Methods of XRP Ledger wallets."""
        from privy_async.resources.wallets.xrpl import Xrpl

        return Xrpl(self._requester)

    async def create(
        self,
        *,
        chain_type: values.ChainType,
        owner: values.Owner | None | Omit = OMIT,
        owner_id: str | None | Omit = OMIT,
        policy_ids: Sequence[str] | Omit = OMIT,
        additional_signers: Sequence[values.AdditionalSignerInput] | Omit = OMIT,
        display_name: str | Omit = OMIT,
        external_id: str | Omit = OMIT,
        entity: values.EntityInput | Omit = OMIT,
        derivation: values.DerivationInput | Omit = OMIT,
        **options: Unpack[IdempotentOptions],
    ) -> values.Wallet:
        """Create a wallet; without an owner, the app secret alone may use it.

        Args:
            chain_type: The kind of chain it signs for.
            owner: A user or an authorization key that must sign what the wallet does.
            owner_id: A key quorum instead; give one of the two.
            policy_ids: At most one policy that every request must pass.
            additional_signers: Key quorums that may transact but not change the wallet.
            display_name: At most 100 characters.
            external_id: Your own id, 1 to 64 of A-Z a-z 0-9 _ -, unique, never changed.
            entity: The user or organization it belongs to.
            derivation: The wallet whose seed phrase it shares, `{"wallet_id": ...}`.
            **options: See `IdempotentOptions`.

        Source: https://docs.privy.io/api-reference/wallets/create
        """
        return await self._request(values.Wallet, "POST /v1/wallets", locals())

    async def create_batch(
        self, wallets: Sequence[values.WalletInput], **options: Unpack[CallOptions]
    ) -> tuple[values.BatchResult, ...]:
        """Create up to 100 wallets; each succeeds or fails by itself, so look at every result."""
        return await self._request_all(
            values.BatchResult, "POST /v1/wallets/batch", locals(), within="results"
        )

    async def create_wallets_with_recovery(
        self,
        *,
        primary_signer: Mapping[str, str],
        recovery_user: Mapping[str, Any],
        wallets: Sequence[values.WalletInput],
        **options: Unpack[CallOptions],
    ) -> values.WalletsWithRecovery:
        """Deprecated: use `create`, and set up recovery apart.

        `primary_signer` is `{"subject_id": ...}` as in the user's tokens, `recovery_user` is
        `{"linked_accounts": [...]}` with an email or a custom_auth account.
        """
        return await self._request(
            values.WalletsWithRecovery, "POST /v1/wallets_with_recovery", locals()
        )

    async def get(
        self,
        wallet_id: str,
        *,
        include_archived: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> values.Wallet:
        """Return a wallet by its id; an archived one only if you say so."""
        return await self._request(values.Wallet, "GET /v1/wallets/{wallet_id}", locals())

    async def get_by_address(
        self, address: str, *, include_archived: bool | Omit = OMIT, **options: Unpack[CallOptions]
    ) -> values.Wallet:
        """Return a wallet by its address on chain; an archived one only if you say so."""
        return await self._request(values.Wallet, "POST /v1/wallets/address", locals())

    def list(
        self,
        *,
        chain_type: values.ChainType | None = None,
        user_id: str | None = None,
        address: str | None = None,
        external_id: str | None = None,
        authorization_key: str | None = None,
        entity_id: str | None = None,
        include_archived: bool | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pager[values.Wallet]:
        """List wallets, those that match every filter given.

        Args:
            chain_type: Only of this kind of chain.
            user_id: Only of this user.
            address: Only with this address.
            external_id: Only with this id of yours.
            authorization_key: Only owned by this public key, base64 SPKI DER.
            entity_id: Only of this user or organization.
            include_archived: Archived ones too.
            limit: How many a page holds, at most 100.
            cursor: Where to begin: the `next_cursor` of a page.
            **options: See `CallOptions`.

        Source: https://docs.privy.io/api-reference/wallets/get-all
        """
        return self._list(values.Wallet, "GET /v1/wallets", locals())

    async def update(
        self,
        wallet_id: str,
        *,
        owner: values.Owner | None | Omit = OMIT,
        owner_id: str | None | Omit = OMIT,
        policy_ids: Sequence[str] | Omit = OMIT,
        additional_signers: Sequence[values.AdditionalSignerInput] | Omit = OMIT,
        display_name: str | None | Omit = OMIT,
        external_id: str | Omit = OMIT,
        **options: Unpack[SignedOptions],
    ) -> values.Wallet:
        """Change a wallet; its owner signs. What is not given stays as it is.

        Args:
            wallet_id: The wallet.
            owner: The new owner; None removes it, and the app secret alone may use the wallet.
            owner_id: A key quorum as the new owner; None removes it.
            policy_ids: The whole new list.
            additional_signers: The whole new list: those left out may no longer transact.
            display_name: At most 100 characters; None removes it.
            external_id: Can be set once.
            **options: See `SignedOptions`.

        Source: https://docs.privy.io/api-reference/wallets/update
        """
        return await self._request(values.Wallet, "PATCH /v1/wallets/{wallet_id}", locals())

    async def assign_entity(
        self,
        wallet_id: str,
        *,
        id: str,
        type: Literal["user", "organization"],
        **options: Unpack[CallOptions],
    ) -> values.EntityAssignment:
        """Say to which user or organization a wallet belongs; that cannot be changed later."""
        return await self._request(
            values.EntityAssignment, "POST /v1/wallets/{wallet_id}/entity", locals()
        )

    async def archive(self, wallet_id: str, **options: Unpack[CallOptions]) -> values.Wallet:
        """Archive a wallet: lists leave it out from then on."""
        return await self._request(values.Wallet, "POST /v1/wallets/{wallet_id}/archive", locals())

    async def rpc(
        self, wallet_id: str, body: Mapping[str, Any], **options: Unpack[MoneyOptions]
    ) -> RpcResponse:
        """Have the wallet do any RPC method, and with any fields, that are newer than this SDK.

        The body goes as it is: no address is checked, and amounts beyond 2^53 - 1 must be 0x hex.

        Args:
            wallet_id: The wallet.
            body: `{"method": ..., "params": {...}}` and what else the method takes, as at
                https://docs.privy.io/api-reference/wallets/ethereum/personal-sign.
            **options: See `MoneyOptions`.
        """
        return await self._request(RpcResponse, RPC, locals(), body=check_rpc(body))

    async def raw_sign(
        self,
        wallet_id: str,
        *,
        hash: bytes | str | None = None,
        data: bytes | None = None,
        hash_function: values.HashFunction | None = None,
        **options: Unpack[MoneyOptions],
    ) -> Signature:
        """Sign a hash, or bytes that Privy hashes, on the curve of the wallet's chain.

        The signature is 0x hex of 64 bytes.

        Give `hash` (bytes or 0x hex; on Ed25519 chains the whole message), or `data` with
        `hash_function`: only the latter can be checked by policies.

        Source: https://docs.privy.io/api-reference/wallets/raw-sign
        """
        return await self._send(
            "POST /v1/wallets/{wallet_id}/raw_sign",
            locals(),
            partial(read_rpc, Signature),
            body={"params": _raw_sign_params(hash, data, hash_function)},
        )

    @hides_arguments
    async def authenticate(
        self,
        *,
        user_jwt: str,
        recipient_public_key: str,
        mfa_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> values.Authentication:
        """Exchange a user's token for that user's key, sealed for a key pair of yours.

        `generate_user_signer` does this and opens the key. `recipient_public_key` is base64
        SPKI DER of a P-256 key.

        Source: https://docs.privy.io/api-reference/wallets/authenticate
        """
        return await self._request(
            values.Authentication,
            f"POST {EXCHANGE_PATH}",
            locals(),
            body=exchange_body(
                UserAuth(user_jwt=user_jwt, mfa_token=mfa_token), recipient_public_key
            ),
        )

    @hides_arguments
    async def generate_user_signer(
        self, *, user_jwt: str, mfa_token: str | None = None, **options: Unpack[CallOptions]
    ) -> values.UserSigner:
        """Exchange a user's token for that user's time-bound key, which signs for the user.

        With the `mfa_token` of the user's latest verification (`users.mfa`) the key records it.
        Hand the key to `privy.update_authorization_key`. To serve many users at once, use
        `privy.for_user(user_jwt)` instead: it exchanges, caches and renews by itself.

        Source: https://docs.privy.io/controls/authorization-keys/keys/create/user/request
        """
        user = UserAuth(user_jwt=user_jwt, mfa_token=mfa_token)
        return await exchange_for_signer(self._requester, user, options)


def _raw_sign_params(
    hash: bytes | str | None, data: bytes | None, hash_function: values.HashFunction | None
) -> dict[str, Any]:
    if (hash is None) == (data is None):
        raise InvalidArgumentError("hash", "give either hash, or data with hash_function")
    if data is not None:
        if hash_function is None:
            raise InvalidArgumentError("hash_function", "is needed to hash data")
        if not isinstance(data, (bytes, bytearray)):
            raise InvalidArgumentError("data", "expected bytes")
        return {"bytes": hex_digits(data), "encoding": "hex", "hash_function": hash_function}
    if hash_function is not None:
        raise InvalidArgumentError("hash_function", "goes with data; a hash is signed as it is")
    return {"hash": hex_text(hash, argument="hash")}
