"""What the canned server answers, and what the contenders send."""

import json
import time
from typing import Any, Final

APP_ID: Final = "clpispdty00ycl80fpueukbhl"
APP_SECRET: Final = "a-secret-of-the-usual-length-00000000000000000000000000000000000000"
WALLET_ID: Final = "id2tptkqrxd39qo9j423etij"
MESSAGE: Final = "Sign in to example.com with nonce 32891757"

SIGNATURE: Final = json.dumps(
    {"method": "personal_sign", "data": {"signature": "0x" + "1b" * 65, "encoding": "hex"}}
).encode()


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
PAGE: Final = json.dumps({"data": [wallet(n) for n in range(100)], "next_cursor": None}).encode()


def exchange_answer(recipient_public_key: str) -> bytes:
    """A user's key, sealed for the recipient, as Privy answers an exchange."""
    from privy_async import AuthorizationKey
    from privy_async.hpke import seal

    sealed = seal(AuthorizationKey.generate().to_base64().encode(), recipient_public_key)
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
