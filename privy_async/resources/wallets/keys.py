"""Keys on their way out of Privy and into it, always sealed: wallets' own, and users'."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Unpack

from privy_async.errors import APIResponseError, DecryptionError, InvalidArgumentError
from privy_async.resources.resource import Resource
from privy_async.resources.wallets import values as values
from privy_async.sending.call import CallOptions, SignedOptions, encode_body
from privy_async.sending.exchange import exchange
from privy_async.sending.operations import Accepts
from privy_async.sending.requester import Requester, check_options
from privy_async.signing.authorization import UserAuth
from privy_async.signing.secret import hides_arguments
from privy_async.values import decode, decode_list

if TYPE_CHECKING:
    from privy_async.user_keys.hpke import Sealed


class ImportOptions(CallOptions, total=False):
    """Options of an imported wallet, each as in `wallets.create`, and `CallOptions`."""

    owner: values.Owner | None
    owner_id: str | None
    policy_ids: Sequence[str]
    additional_signers: Sequence[values.AdditionalSignerInput]
    display_name: str
    external_id: str


class WalletKeys(Resource):
    """Export and import; reached as `privy.wallets`."""

    @hides_arguments
    async def export_private_key(self, wallet_id: str, **options: Unpack[SignedOptions]) -> str:
        """Return the wallet's private key, which travels sealed; the owner signs.

        64 hex characters without 0x for Ethereum, TRON and their like; base58 of seed and
        public key (64 bytes) for Solana.

        Raises:
            DecryptionError: What came back is not sealed for us.

        Source: https://docs.privy.io/api-reference/wallets/export
        """
        return await self._export(wallet_id, seed_phrase=False, options=options)

    @hides_arguments
    async def export_seed_phrase(self, wallet_id: str, **options: Unpack[SignedOptions]) -> str:
        """Return the wallet's seed phrase, 12 to 24 words; otherwise like `export_private_key`."""
        return await self._export(wallet_id, seed_phrase=True, options=options)

    async def _export(
        self, wallet_id: str, *, seed_phrase: bool, options: Mapping[str, Any]
    ) -> str:
        from privy_async.signing.p256 import AuthorizationKey
        from privy_async.user_keys.hpke import Sealed, open_sealed

        recipient = AuthorizationKey.generate()
        body = {
            "encryption_type": "HPKE",
            "recipient_public_key": recipient.public_key,
            "export_seed_phrase": seed_phrase,
        }
        operation = "POST /v1/wallets/{wallet_id}/export"
        arguments = {"wallet_id": wallet_id, "options": options}
        key = await self._request(values.SealedKey, operation, arguments, body=body)
        sealed = Sealed(key.encapsulated_key, key.ciphertext)
        try:
            return open_sealed(sealed, recipient.private_key).decode()
        except UnicodeDecodeError:
            raise DecryptionError("what was sealed is no text") from None

    @hides_arguments
    async def import_private_key(
        self,
        *,
        chain_type: values.ImportChainType,
        private_key: str | bytes,
        address: str,
        **options: Unpack[ImportOptions],
    ) -> values.Wallet:
        """Import a wallet by its private key, which is checked here and travels sealed.

        Args:
            chain_type: The kind of chain.
            private_key: Hex with or without 0x; base58 of 64 bytes for solana; StrKey for
                stellar; or the same as bytes.
            address: The wallet's address. For ethereum, solana and tron it must belong to the
                key, or nothing is sent.
            **options: See `ImportOptions`.

        Raises:
            InvalidArgumentError: The key or address is wrong; it shows nothing of the key.

        Source: https://docs.privy.io/wallets/wallets/import-a-wallet/private-key
        """
        from privy_async.wallet_import.wallet_entropy import private_key_entropy

        entropy = private_key_entropy(chain_type, private_key, address=address)
        wallet = {"address": address, "chain_type": chain_type, "entropy_type": "private-key"}
        return await self._import(wallet, entropy, options)

    @hides_arguments
    async def import_seed_phrase(
        self,
        *,
        chain_type: values.HdChainType,
        seed_phrase: str,
        index: int,
        address: str,
        **options: Unpack[ImportOptions],
    ) -> values.Wallet:
        """Import one account of a BIP-39 seed phrase; otherwise like `import_private_key`.

        Args:
            chain_type: The kind of chain.
            seed_phrase: 12 to 24 English words.
            index: Which account of the phrase, from 0.
            address: The account's address; it must be the one at that index.
            **options: See `ImportOptions`.
        """
        from privy_async.wallet_import.wallet_entropy import seed_phrase_entropy

        entropy = seed_phrase_entropy(chain_type, seed_phrase, index=index, address=address)
        wallet = {"address": address, "chain_type": chain_type, "entropy_type": "hd"}
        return await self._import({**wallet, "index": index}, entropy, options)

    async def _import(
        self, wallet: Mapping[str, Any], entropy: bytes, options: Mapping[str, Any]
    ) -> values.Wallet:
        settings = {name: item for name, item in options.items() if name in _SETTINGS}
        call_options = {name: item for name, item in options.items() if name not in _SETTINGS}
        limits = {name: item for name, item in options.items() if name in ("timeout", "deadline")}
        check_options(call_options, Accepts())
        wallet = {**wallet, "encryption_type": "HPKE"}
        # What the second request will be is checked before the first one is sent.
        formatted = {name: self._formatted(name, item) for name, item in settings.items()}
        unsealed = {**wallet, "encapsulated_key": "", "ciphertext": ""}
        encode_body({"wallet": unsealed, **formatted}, options.get("extra_body"))
        sealed = await self._send(
            "POST /v1/wallets/import/init", {**wallet, "options": limits}, partial(_seal, entropy)
        )
        wallet |= {"encapsulated_key": sealed.encapsulated_key, "ciphertext": sealed.ciphertext}
        arguments = {"wallet": wallet, **settings, "options": call_options}
        return await self._request(values.Wallet, "POST /v1/wallets/import/submit", arguments)


async def exchange_for_signer(
    requester: Requester,
    user: UserAuth,
    options: Mapping[str, Any],
    *,
    intent_ids: Sequence[str] = (),
) -> values.UserSigner:
    """Exchange a user's tokens for the user's key, bound to the intents if any are given."""
    read_wallets = partial(decode_list, values.Wallet, path="wallets")
    exchanged = await exchange(
        requester, user, options, read_wallets=read_wallets, intent_ids=intent_ids
    )
    expires_at = int(exchanged.expires_at)
    return values.UserSigner(exchanged.key, expires_at, exchanged.wallets, exchanged.intent_ids)


def _seal(entropy: bytes, answer: Any) -> "Sealed":
    """Seal a wallet's secret for the key in Privy's answer."""
    from privy_async.user_keys.hpke import seal

    try:
        return seal(entropy, decode(values.ImportInit, answer).encryption_public_key)
    except InvalidArgumentError:
        raise APIResponseError(
            "the answer holds no key to seal for", path="encryption_public_key"
        ) from None


_SETTINGS = ImportOptions.__optional_keys__ - CallOptions.__optional_keys__
