"""The methods of the chains, all of which are the operation `POST /v1/wallets/{wallet_id}/rpc`."""

from operator import attrgetter
from typing import Any

import attrs
from arguments import arguments
from examples import Document, Maker

# What no annotation tells.
CONTRACT = {"contract": f"0x{1:040x}", "chain_id": 1}
PARTICULAR: dict[str, dict[str, Any]] = {
    "ethereum.send_calls": {"caip2": "eip155:1"},
    "ethereum.send_transaction": {"caip2": "eip155:1"},
    "ethereum.sign_7702_authorization": CONTRACT,
    "ethereum.sign_user_operation": CONTRACT,
    "ethereum.sign_typed_data": {
        "typed_data": {"domain": {}, "types": {"X": []}, "message": {}, "primary_type": "X"}
    },
    "solana.sign_and_send_transaction": {"caip2": "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1"},
    "tron.sign_transaction": {
        "raw_data": {
            "ref_block_bytes": "0a1b",
            "ref_block_hash": "0011223344556677",
            "expiration": 1,
            "timestamp": 1,
            "contract": [{"type": "TransferContract", "amount": 1}],
        }
    },
}


@attrs.frozen
class ChainMethod:
    """A method of a chain, such as "ethereum.sign_message", and its RPC method."""

    name: str
    rpc: str

    @property
    def key(self) -> str:
        return self.name

    def call(self, privy: Any) -> Any:
        """Call it with all that it requires."""
        method = attrgetter(self.name)(privy.wallets)
        positional, named = arguments(self.name, method, PARTICULAR.get(self.name, {}))
        return method(*positional, **named)

    def examples(self, document: Document, *, full: bool, grown: bool) -> list[Any]:
        """Its answers; none if the document does not know it."""
        maker = Maker(document.schemas, full, grown)
        answer = document.answers["POST /v1/wallets/{}/rpc"]
        union = document.schemas[answer["$ref"]] if "$ref" in answer else answer
        kinds = (document.schemas[choice["$ref"]] for choice in union["oneOf"])
        return [
            example
            for kind in kinds
            if kind["properties"]["method"]["const"] == self.rpc
            for example in maker.examples(kind)
        ]


METHODS = [
    ChainMethod("aptos.sign_transaction", "aptos_signTransaction"),
    ChainMethod("ethereum.send_calls", "wallet_sendCalls"),
    ChainMethod("ethereum.send_transaction", "eth_sendTransaction"),
    ChainMethod("ethereum.sign_7702_authorization", "eth_sign7702Authorization"),
    ChainMethod("ethereum.sign_message", "personal_sign"),
    ChainMethod("ethereum.sign_secp256k1", "secp256k1_sign"),
    ChainMethod("ethereum.sign_transaction", "eth_signTransaction"),
    ChainMethod("ethereum.sign_typed_data", "eth_signTypedData_v4"),
    ChainMethod("ethereum.sign_user_operation", "eth_signUserOperation"),
    ChainMethod("near.sign_transaction", "near_signTransaction"),
    ChainMethod("solana.sign_and_send_transaction", "signAndSendTransaction"),
    ChainMethod("solana.sign_message", "signMessage"),
    ChainMethod("solana.sign_transaction", "signTransaction"),
    ChainMethod("spark.claim_static_deposit", "claimStaticDeposit"),
    ChainMethod("spark.create_lightning_invoice", "createLightningInvoice"),
    ChainMethod("spark.get_balance", "getBalance"),
    ChainMethod("spark.get_claim_static_deposit_quote", "getClaimStaticDepositQuote"),
    ChainMethod("spark.get_static_deposit_address", "getStaticDepositAddress"),
    ChainMethod("spark.get_withdrawal_fee_quote", "getWithdrawalFeeQuote"),
    ChainMethod("spark.pay_lightning_invoice", "payLightningInvoice"),
    ChainMethod("spark.sign_message_with_identity_key", "signMessageWithIdentityKey"),
    ChainMethod("spark.transfer", "transfer"),
    ChainMethod("spark.transfer_tokens", "transferTokens"),
    ChainMethod("spark.withdraw", "withdraw"),
    ChainMethod("tron.send_transaction", "tron_sendTransaction"),
    ChainMethod("tron.sign_transaction", "tron_signTransaction"),
    ChainMethod("xrpl.sign_transaction", "xrpl_signTransaction"),
]
