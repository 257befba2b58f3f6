"""Methods by which Ethereum wallets sign and send.

https://docs.privy.io/wallets/using-wallets/ethereum/send-a-transaction
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict, Unpack

from privy_async.encodings.addresses import check_ethereum_address
from privy_async.encodings.chains import check_ethereum_chain
from privy_async.encodings.texts import hex_digits, hex_text
from privy_async.errors import InvalidArgumentError
from privy_async.json_types import is_array
from privy_async.resources.fields import UncheckedFields, format_input
from privy_async.resources.wallets.ethereum_formats import (
    EthereumTransaction,
    Quantity,
    TempoTransaction,
    TransactionCall,
    UserOperation,
    format_number,
    format_quantity,
    format_transaction,
)
from privy_async.resources.wallets.rpc import (
    RpcResource,
    Signature,
    SignedTransaction,
    SponsorOptions,
)
from privy_async.sending.call import OMIT, MoneyOptions, Omit, given
from privy_async.values import Value


class SignatureOptions(TypedDict):
    """The verifier of a signature: "ecdsa" is by the wallet's address, "erc1271" by a contract."""

    type: Literal["ecdsa", "erc1271"]


class SentEthereumTransaction(Value):
    """A transaction that was broadcast, which does not mean confirmed.

    `hash` is 0x hex; `transaction_id` finds its state at Privy; `transaction_request` is what
    was sent, with the fields that Privy filled in.
    """

    hash: str
    caip2: str | None = None
    transaction_id: str | None = None
    transaction_request: Mapping[str, Any] | None = None
    user_operation_hash: str | None = None
    reference_id: str | None = None


class SentCalls(Value):
    """Calls that were accepted; there is no hash until they are broadcast."""

    transaction_id: str
    caip2: str | None = None


class Eip7702Authorization(Value):
    """A signed EIP-7702 authorization. `r` and `s` are 0x hex."""

    contract: str
    chain_id: int | str
    nonce: int | str
    r: str
    s: str
    y_parity: int


class _Authorized(Value):
    authorization: Eip7702Authorization


class Ethereum(RpcResource):
    """Reached as `privy.wallets.ethereum`. Signatures are 0x hex of 65 bytes: r, s and v."""

    _chain_type = "ethereum"

    async def sign_message(
        self,
        wallet_id: str,
        message: str | bytes,
        *,
        signature_options: SignatureOptions | Omit = OMIT,
        caip2: str | Omit = OMIT,
        **options: Unpack[MoneyOptions],
    ) -> Signature:
        """Sign a message (EIP-191 personal_sign).

        Args:
            wallet_id: The wallet.
            message: A str is text, whatever it looks like: `"0xabc"` signs these five characters.
                Bytes are signed as they are.
            signature_options: `{"type": "erc1271"}` for a signature that the wallet's smart
                contract account verifies (ERC-1271), on the chain `caip2`.
            caip2: The chain, such as `eip155:8453`.
            **options: See `MoneyOptions`.

        Source: https://docs.privy.io/api-reference/wallets/ethereum/personal-sign
        """
        if isinstance(message, str):
            params = {"message": message, "encoding": "utf-8"}
        elif isinstance(message, (bytes, bytearray)):
            params = {"message": hex_digits(message), "encoding": "hex"}
        else:
            raise InvalidArgumentError("message", "expected text as str, or bytes")
        contract = _contract_signature(signature_options, caip2)
        return await self._rpc(Signature, "personal_sign", wallet_id, params, options, **contract)

    async def sign_typed_data(
        self,
        wallet_id: str,
        typed_data: Mapping[str, Any],
        *,
        signature_options: SignatureOptions | Omit = OMIT,
        caip2: str | Omit = OMIT,
        **options: Unpack[MoneyOptions],
    ) -> Signature:
        """Sign EIP-712 typed data: `{domain, types, primary_type, message}`.

        `primaryType` is accepted too, and `EIP712Domain` may be left out. Each value must fit
        its declared type: an int (of any size), or digits as str, for `intN` and `uintN`;
        bytes or 0x hex for `bytesN`; a str for `string`. The other arguments are as in
        `sign_message`.

        Raises:
            InvalidArgumentError: A value does not fit its type; its path is named, such as
                `typed_data.message.items[2].amount`.

        Source: https://docs.privy.io/api-reference/wallets/ethereum/eth-signtypeddata-v4
        """
        # Loaded on first use: other calls need none of it.
        from privy_async.resources.wallets.typed_data import format_typed_data

        params = {"typed_data": format_typed_data(typed_data)}
        contract = _contract_signature(signature_options, caip2)
        return await self._rpc(
            Signature, "eth_signTypedData_v4", wallet_id, params, options, **contract
        )

    async def sign_transaction(
        self,
        wallet_id: str,
        transaction: EthereumTransaction | TempoTransaction | UncheckedFields,
        **options: Unpack[MoneyOptions],
    ) -> SignedTransaction:
        """Sign a transaction without sending it. Amounts are in wei, as int or 0x hex.

        Source: https://docs.privy.io/api-reference/wallets/ethereum/eth-signtransaction
        """
        params = {"transaction": format_transaction(transaction)}
        return await self._rpc(SignedTransaction, "eth_signTransaction", wallet_id, params, options)

    async def send_transaction(
        self,
        wallet_id: str,
        transaction: EthereumTransaction | TempoTransaction | UncheckedFields,
        *,
        caip2: str,
        sponsor: bool | Omit = OMIT,
        sponsor_options: SponsorOptions | Omit = OMIT,
        reference_id: str | Omit = OMIT,
        **options: Unpack[MoneyOptions],
    ) -> SentEthereumTransaction:
        """Sign and broadcast a transaction. It returns once broadcast, not once confirmed.

        Args:
            wallet_id: The wallet.
            transaction: Amounts are in wei, as int or 0x hex. Missing nonce, gas and fees are
                filled in.
            caip2: The chain, such as `eip155:8453`.
            sponsor: Whether the app pays the gas.
            sponsor_options: How, such as `{"asset": "usdc"}`.
            reference_id: Your own id for it, 1 to 64 characters.
            **options: See `MoneyOptions`. With the same `idempotency_key` a transaction is
                sent once, however often this is called within 24 hours.

        Raises:
            PolicyViolationError: A policy denies it.
            APIError: With `may_have_happened` true if it may have been sent all the same.

        Source: https://docs.privy.io/api-reference/wallets/ethereum/eth-sendtransaction
        """
        chain = check_ethereum_chain(caip2)
        params = {"transaction": format_transaction(transaction, caip2=chain)}
        return await self._rpc(
            SentEthereumTransaction,
            "eth_sendTransaction",
            wallet_id,
            params,
            options,
            caip2=chain,
            sponsor=sponsor,
            sponsor_options=sponsor_options,
            reference_id=reference_id,
        )

    async def send_calls(
        self,
        wallet_id: str,
        calls: Sequence[TransactionCall | UncheckedFields],
        *,
        caip2: str,
        sponsor: bool | Omit = OMIT,
        sponsor_options: SponsorOptions | Omit = OMIT,
        **options: Unpack[MoneyOptions],
    ) -> SentCalls:
        """Send several calls as one (EIP-5792 wallet_sendCalls).

        Args:
            wallet_id: The wallet.
            calls: Each `{to, value, data}`; values in wei.
            caip2: The chain, such as `eip155:8453`.
            sponsor: Whether the app pays the gas.
            sponsor_options: How, such as `{"asset": "usdc"}`.
            **options: See `MoneyOptions`.

        Source: https://docs.privy.io/api-reference/wallets/ethereum/wallet-sendcalls
        """
        if not (is_array(calls) and calls):
            raise InvalidArgumentError("calls", "expected a list of at least one call")
        formatted = format_input(Sequence[TransactionCall], calls, argument="calls")
        return await self._rpc(
            SentCalls,
            "wallet_sendCalls",
            wallet_id,
            {"calls": formatted},
            options,
            caip2=check_ethereum_chain(caip2),
            sponsor=sponsor,
            sponsor_options=sponsor_options,
        )

    async def sign_secp256k1(
        self, wallet_id: str, hash: bytes | str, **options: Unpack[MoneyOptions]
    ) -> Signature:
        """Sign a hash as it is: 32 bytes, or 0x hex. No prefix is added, so know what it hashes.

        Source: https://docs.privy.io/api-reference/wallets/ethereum/secp256k1-sign
        """
        params = {"hash": hex_text(hash, argument="hash")}
        return await self._rpc(Signature, "secp256k1_sign", wallet_id, params, options)

    async def sign_7702_authorization(
        self,
        wallet_id: str,
        contract: str,
        *,
        chain_id: Quantity,
        nonce: Quantity | Omit = OMIT,
        executor: Literal["self"] | Omit = OMIT,
        **options: Unpack[MoneyOptions],
    ) -> Eip7702Authorization:
        """Sign an EIP-7702 authorization that lets `contract` act as the wallet's code.

        Args:
            wallet_id: The wallet.
            contract: The contract's address.
            chain_id: The chain's id; 0 means every chain.
            nonce: The wallet's nonce, 0 if left out.
            executor: "self" if the wallet itself sends the transaction.
            **options: See `MoneyOptions`.

        Source: https://docs.privy.io/api-reference/wallets/ethereum/eth-sign7702authorization
        """
        params = given(
            contract=check_ethereum_address(contract, argument="contract"),
            chain_id=format_number(chain_id, argument="chain_id"),
            nonce=nonce if nonce is OMIT else format_number(nonce, argument="nonce"),
            executor=executor,
        )
        signed = await self._rpc(
            _Authorized, "eth_sign7702Authorization", wallet_id, params, options
        )
        return signed.authorization

    async def sign_user_operation(
        self,
        wallet_id: str,
        user_operation: UserOperation | UncheckedFields,
        *,
        contract: str,
        chain_id: Quantity,
        **options: Unpack[MoneyOptions],
    ) -> Signature:
        """Sign an ERC-4337 user operation for the smart account `contract` on `chain_id`.

        Source: https://docs.privy.io/api-reference/wallets/ethereum/eth-signuseroperation
        """
        params = {
            "contract": check_ethereum_address(contract, argument="contract"),
            "chain_id": format_quantity(chain_id, argument="chain_id", bits=64),
            "user_operation": format_input(
                UserOperation, user_operation, argument="user_operation"
            ),
        }
        return await self._rpc(Signature, "eth_signUserOperation", wallet_id, params, options)


def _contract_signature(
    signature_options: SignatureOptions | Omit, caip2: str | Omit
) -> dict[str, Any]:
    chain = caip2 if caip2 is OMIT else check_ethereum_chain(caip2)
    return {"signature_options": signature_options, "caip2": chain}
