"""What the canned server answers, and what the contenders send."""

import json
import time
from collections.abc import Callable
from functools import cache
from typing import Any, Final, TypeVar

T = TypeVar("T")

APP_ID: Final = "clpispdty00ycl80fpueukbhl"
APP_SECRET: Final = "a-secret-of-the-usual-length-00000000000000000000000000000000000000"
WALLET_ID: Final = "id2tptkqrxd39qo9j423etij"
MESSAGE: Final = "Sign in to example.com with nonce 32891757"
MESSAGE_SIZES: Final = (1_000, 10_000, 100_000, 1_000_000)
BULK: Final = 256
CACHE_SIZES: Final = (10, 1_000, 100_000)

SIGNATURE: Final = json.dumps(
    {"method": "personal_sign", "data": {"signature": "0x" + "1b" * 65, "encoding": "hex"}}
).encode()

SIGNED_TRANSACTION: Final = json.dumps(
    {
        "method": "eth_signTransaction",
        "data": {"signed_transaction": "0x" + "02" * 120, "encoding": "rlp"},
    }
).encode()
RECIPIENT: Final = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"

TYPED_DATA: Final[dict[str, Any]] = {
    "method": "eth_signTypedData_v4",
    "chain_type": "ethereum",
    "params": {
        "typed_data": {
            "domain": {
                "name": "Permit2",
                "chainId": 8453,
                "verifyingContract": "0x000000000022D473030F116dDEE9F6B43aC78BA3",
            },
            "types": {
                "PermitSingle": [
                    {"name": "details", "type": "PermitDetails"},
                    {"name": "spender", "type": "address"},
                    {"name": "sigDeadline", "type": "uint256"},
                ],
                "PermitDetails": [
                    {"name": "token", "type": "address"},
                    {"name": "amount", "type": "uint160"},
                    {"name": "expiration", "type": "uint48"},
                    {"name": "nonce", "type": "uint48"},
                ],
            },
            "primary_type": "PermitSingle",
            "message": {
                "details": {
                    "token": "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913",
                    "amount": "0xffffffffffffffffffffffffffffffffffffffff",
                    "expiration": 1774526029,
                    "nonce": 0,
                },
                "spender": "0x6fF5693b99212Da76ad316178A184AB56D299b43",
                "sigDeadline": "1771935829",
            },
        }
    },
}


def wallet(number: int) -> dict[str, Any]:
    """A wallet as Privy answers it."""
    return {
        "id": f"id2tptkqrxd39qo9j{number:07d}",
        "address": f"0xF1DBff66C993EE895C8cb176c30b07A5{number:08d}",
        "chain_type": "ethereum",
        "public_key": None,
        "created_at": 1741834854578 + number,
        "policy_ids": ["tb54eps4z44ed0jepousxi4n"],
        "additional_signers": [
            {"signer_id": "rkiz0ivz254drv1xw982v3jq", "override_policy_ids": []}
        ],
        "owner_id": "rkiz0ivz254drv1xw982v3jq",
        "authorization_threshold": 1,
        "display_name": None,
        "external_id": f"order-{number}",
        "entity": None,
        "custody": None,
        "exported_at": None,
        "imported_at": None,
        "archived_at": None,
    }


WALLET: Final = json.dumps(wallet(0)).encode()


@cache
def page() -> bytes:
    """A page of 100 wallets."""
    return json.dumps({"data": [wallet(n) for n in range(100)], "next_cursor": None}).encode()


def signing(sign: Callable[[str, str], T]) -> dict[str, Callable[[], T]]:
    """What contenders do: sign a message of the usual size, or a larger one."""
    messages = {"sign": MESSAGE, **{f"sign {size}": "m" * size for size in MESSAGE_SIZES}}

    def calling(message: str) -> Callable[[], T]:
        return lambda: sign(WALLET_ID, message)

    return {work: calling(message) for work, message in messages.items()}


@cache
def user_key() -> str:
    """The key of every user: base64 PKCS#8 DER."""
    # Imported here, because this file is also read where this SDK is not installed.
    from privy_async import AuthorizationKey

    return AuthorizationKey.generate().to_base64()


def user_jwt(number: int) -> str:
    """A token of the usual length for a user. No server here looks into it."""
    return f"eyJhbGciOiJFUzI1NiJ9.{number:0300d}.{'s' * 86}"


def exchange_answer(recipient_public_key: str) -> bytes:
    """A user's key, sealed for the recipient, as Privy answers an exchange."""
    from privy_async.user_keys.hpke import seal

    sealed = seal(user_key().encode(), recipient_public_key)
    return json.dumps(
        {
            "encrypted_authorization_key": {
                "encryption_type": "HPKE",
                "encapsulated_key": sealed.encapsulated_key,
                "ciphertext": sealed.ciphertext,
            },
            "expires_at": int((time.time() + 3600) * 1000),
            "wallets": [],
        }
    ).encode()
