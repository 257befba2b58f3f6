"""Intents: requests that are proposed first, and made once their owners have agreed.

https://docs.privy.io/transaction-management/intents/overview
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final, Unpack

from privy_async.checks import check_texts
from privy_async.errors import IntentFailedError, InvalidArgumentError
from privy_async.page import Pager
from privy_async.resources.controls import policy_values as policies
from privy_async.resources.controls.intent_values import (
    Intent,
    IntentOrder,
    IntentSignature,
    IntentStatus,
    IntentType,
    KeyQuorumIntent,
    PolicyIntent,
    RuleIntent,
    WalletIntent,
)
from privy_async.resources.money import transfer_inputs as transfers
from privy_async.resources.resource import Resource
from privy_async.resources.waiting import poll
from privy_async.resources.wallets.keys import exchange_for_signer
from privy_async.resources.wallets.rpc import check_rpc
from privy_async.resources.wallets.values import AdditionalSignerInput, Owner, UserSigner
from privy_async.sending.call import OMIT, CallOptions, ExpiringOptions, Omit
from privy_async.signing.authorization import (
    APP_ID,
    REQUEST_EXPIRY,
    UserAuth,
    canonical_payload,
)
from privy_async.signing.canonical_json import canonical_json
from privy_async.signing.p256 import AnyKey, AuthorizationKey
from privy_async.signing.secret import hides_arguments

_WALLET: Final = "/v1/intents/wallets/{wallet_id}"
_RULES: Final = "/v1/intents/policies/{policy_id}/rules"
_RULE: Final = "/v1/intents/policies/{policy_id}/rules/{rule_id}"
_FAILURES: Final = ("failed", "expired", "rejected", "dismissed")


class Intents(Resource):
    """Reached as `privy.intents`. Who proposes need not sign; `request_expiry` ends the proposal.

    Each method that proposes has the parameters of the call that it proposes, and takes effect
    like it once the resource's owners have authorized it.
    """

    def list(
        self,
        *,
        status: IntentStatus | None = None,
        intent_type: IntentType | None = None,
        resource_id: str | None = None,
        created_by_id: str | None = None,
        pending_member_id: str | None = None,
        current_user_has_signed: bool | None = None,
        sort_by: IntentOrder | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Pager[Intent]:
        """List intents, those that match every filter given. A page has `limit`, at most 100.

        `pending_member_id` is a user or key quorum whose agreement is still missing.
        """
        return self._list(Intent, "GET /v1/intents", locals())

    async def get(self, intent_id: str, **options: Unpack[CallOptions]) -> Intent:
        """Return an intent by its id."""
        return await self._request(Intent, "GET /v1/intents/{intent_id}", locals())

    async def rpc(
        self, wallet_id: str, body: Mapping[str, Any], **options: Unpack[ExpiringOptions]
    ) -> WalletIntent:
        """Propose what `wallets.rpc` does: `{"method": ..., "params": {...}}`.

        The body goes as it is: amounts beyond 2^53 - 1 must be 0x hex.

        Source: https://docs.privy.io/transaction-management/intents/create/execute-rpc
        """
        return await self._request(
            WalletIntent, f"POST {_WALLET}/rpc", locals(), body=check_rpc(body)
        )

    async def transfer(
        self,
        wallet_id: str,
        *,
        source: transfers.TransferSource,
        destination: transfers.TransferDestination,
        amount: transfers.Amount | Omit = OMIT,
        amount_type: transfers.AmountType | Omit = OMIT,
        slippage_bps: int | Omit = OMIT,
        fee_configuration: transfers.FeeConfiguration | Omit = OMIT,
        custody_options: transfers.CustodyOptions | Omit = OMIT,
        nonce: str | Omit = OMIT,
        reference_id: str | Omit = OMIT,
        **options: Unpack[ExpiringOptions],
    ) -> WalletIntent:
        """Propose what `wallets.transfer` does.

        Args:
            wallet_id: The wallet.
            source: What is sent.
            destination: Who gets it.
            amount: In the token's usual unit: "1.5" are 1.5 USDC. No floats.
            amount_type: Whether `amount` is what is sent or what arrives.
            slippage_bps: At most this much less, in basis points, where assets are exchanged.
            fee_configuration: The fees.
            custody_options: For custodial wallets.
            nonce: At least 24 characters of your own, which keep it from being replayed.
            reference_id: Your own id for it, unique in the app.
            **options: See `ExpiringOptions`.

        Source: https://docs.privy.io/transaction-management/intents/create/execute-transfer
        """
        return await self._request(
            WalletIntent,
            f"POST {_WALLET}/transfer",
            {
                **locals(),
                **transfers.format_parties(source, destination),
                "amount": transfers.amount_text(amount, argument="amount"),
            },
        )

    async def update_wallet(
        self,
        wallet_id: str,
        *,
        owner: Owner | None | Omit = OMIT,
        owner_id: str | None | Omit = OMIT,
        policy_ids: Sequence[str] | Omit = OMIT,
        additional_signers: Sequence[AdditionalSignerInput] | Omit = OMIT,
        display_name: str | None | Omit = OMIT,
        external_id: str | Omit = OMIT,
        **options: Unpack[ExpiringOptions],
    ) -> WalletIntent:
        """Propose what `wallets.update` does; done, it dismisses the wallet's other intents."""
        return await self._request(WalletIntent, f"PATCH {_WALLET}", locals())

    async def update_policy(
        self,
        policy_id: str,
        *,
        name: str | Omit = OMIT,
        rules: Sequence[policies.PolicyRuleInput] | Omit = OMIT,
        owner: Owner | None | Omit = OMIT,
        owner_id: str | None | Omit = OMIT,
        **options: Unpack[ExpiringOptions],
    ) -> PolicyIntent:
        """Propose what `policies.update` does."""
        return await self._request(PolicyIntent, "PATCH /v1/intents/policies/{policy_id}", locals())

    async def create_policy_rule(
        self,
        policy_id: str,
        *,
        name: str,
        method: policies.PolicyMethod,
        conditions: Sequence[policies.ConditionInput],
        action: policies.RuleAction,
        **options: Unpack[ExpiringOptions],
    ) -> RuleIntent:
        """Propose what `policies.create_rule` does."""
        return await self._request(RuleIntent, f"POST {_RULES}", locals())

    async def update_policy_rule(
        self,
        rule_id: str,
        *,
        policy_id: str,
        name: str,
        method: policies.PolicyMethod,
        conditions: Sequence[policies.ConditionInput],
        action: policies.RuleAction,
        **options: Unpack[ExpiringOptions],
    ) -> RuleIntent:
        """Propose what `policies.update_rule` does."""
        return await self._request(RuleIntent, f"PATCH {_RULE}", locals())

    async def delete_policy_rule(
        self, rule_id: str, *, policy_id: str, **options: Unpack[ExpiringOptions]
    ) -> RuleIntent:
        """Propose what `policies.delete_rule` does."""
        return await self._request(RuleIntent, f"DELETE {_RULE}", locals())

    async def update_key_quorum(
        self,
        key_quorum_id: str,
        *,
        public_keys: Sequence[str] | Omit = OMIT,
        user_ids: Sequence[str] | Omit = OMIT,
        key_quorum_ids: Sequence[str] | Omit = OMIT,
        authorization_threshold: int | Omit = OMIT,
        display_name: str | Omit = OMIT,
        **options: Unpack[ExpiringOptions],
    ) -> KeyQuorumIntent:
        """Propose what `key_quorums.update` does."""
        return await self._request(
            KeyQuorumIntent, "PATCH /v1/intents/key_quorums/{key_quorum_id}", locals()
        )

    @hides_arguments
    async def generate_user_signer(
        self,
        *,
        user_jwt: str,
        intent_ids: Sequence[str],
        mfa_token: str | None = None,
        **options: Unpack[CallOptions],
    ) -> UserSigner:
        """Exchange a user's token for a key that can only authorize these 1 to 10 intents.

            signer = await privy.intents.generate_user_signer(user_jwt=jwt, intent_ids=[intent_id])
            agreed = privy.intents.sign(intent, signer.authorization_key)

        Where what is proposed needs MFA, so does each user's agreement: give the `mfa_token` of
        the user's latest verification. The key is not kept, and never signs for
        `privy.for_user(user_jwt)`.
        """
        ids = check_texts("intent_ids", intent_ids)
        if not 1 <= len(ids) <= 10:
            raise InvalidArgumentError("intent_ids", "expected a list of 1 to 10 ids")
        user = UserAuth(user_jwt=user_jwt, mfa_token=mfa_token)
        return await exchange_for_signer(self._requester, user, options, intent_ids=ids)

    @hides_arguments
    def sign(self, intent: Intent, key: AnyKey, *, timestamp: int | None = None) -> IntentSignature:
        """Sign an intent with an owner's key; nothing is sent. Look at what it asks for first.

            agreed = privy.intents.sign(intent, key)
            await privy.intents.authorize(intent.intent_id, **agreed)

        Args:
            intent: As it came back.
            key: An authorization key, or a user's (`generate_user_signer`).
            timestamp: When the key signs, in Unix ms; now if left out. Privy refuses one that is
                five minutes off.

        Raises:
            InvalidArgumentError: The key cannot be read.
        """
        signer = AuthorizationKey.parse(key, argument="key")
        at = int(self._clock.now() * 1000) if timestamp is None else timestamp
        payload = format_intent(intent, app_id=self._requester.settings.app_id)
        return {"signature": signer.sign(payload), "timestamp": at}

    @hides_arguments
    async def authorize(
        self, intent_id: str, *, signature: str, timestamp: int, **options: Unpack[CallOptions]
    ) -> Intent:
        """Add one owner's agreement; with the last that is needed the request is made.

        Args:
            intent_id: The intent.
            signature: Base64, over `format_intent`; `sign` makes one.
            timestamp: When it was made, in Unix ms.
            **options: See `CallOptions`.

        Source: https://docs.privy.io/transaction-management/intents/sign-intents
        """
        return await self._request(Intent, "POST /v1/intents/{intent_id}/authorize", locals())

    async def reject(self, intent_id: str, **options: Unpack[CallOptions]) -> Intent:
        """Cancel a pending intent for good."""
        return await self._request(Intent, "POST /v1/intents/{intent_id}/reject", locals())

    async def wait(self, intent_id: str, *, timeout: float) -> Intent:
        """Wait until an intent has been executed, for at most `timeout` seconds.

        Raises:
            IntentFailedError: It failed, expired, or was rejected or dismissed.
            WaitTimeoutError: It is still pending or being executed.

        Source: https://docs.privy.io/transaction-management/intents/lifecycle
        """
        return await poll(
            partial(self.get, intent_id),
            done=_is_executed,
            timeout=timeout,
            clock=self._clock,
        )


def format_intent(intent: Intent, *, app_id: str) -> bytes:
    """Return the bytes that an owner signs to authorize an intent, for a KMS or the like.

    They are those that would be signed if the proposed request were sent directly, with the
    expiry among the headers where the proposer set one.

    Raises:
        InvalidArgumentError: The intent does not tell its request or expiry: Privy left it out.

    Source: https://docs.privy.io/transaction-management/intents/sign-intents
    """
    request, expires_at = intent.request_details, intent.expires_at
    if request is None:
        raise InvalidArgumentError("intent.request_details", "is missing: nothing to sign is told")
    if intent.custom_expiry is None or not isinstance(expires_at, int):
        raise InvalidArgumentError("intent.expires_at", "cannot be read: get the intent again")
    headers = {APP_ID: app_id}
    if intent.custom_expiry:
        headers[REQUEST_EXPIRY] = str(expires_at)
    body = b'""' if request.body is None else canonical_json(request.body, name="request_details")
    return canonical_payload(request.method, request.url, body, headers)


def _is_executed(intent: Intent) -> bool:
    if intent.status in _FAILURES:
        reason = f" ({intent.dismissal_reason})" if intent.dismissal_reason else ""
        raise IntentFailedError(f"intent {intent.intent_id} is {intent.status}{reason}", intent)
    return intent.status == "executed"
