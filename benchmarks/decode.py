"""How long a wallet's JSON takes to become a value, against `json.loads` of its text.

    python -m benchmarks.decode

A ratio of 1.0 means that a value costs as much again as reading its JSON did. Each figure is the
median of several alternations, so that other work on the machine falls on both sides alike.
"""

import json
import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any, Final

from privy_async.resources.wallet_values import Wallet
from privy_async.values import decode, decode_list

ALTERNATIONS: Final = 11
# As the API answers for a wallet that a user owns.
WALLET: Final[dict[str, Any]] = {
    "id": "id2tptkqrxd39qo9j423etij",
    "address": "0xF1DBff66C993EE895C8cb176c30b07A559d76496",
    "chain_type": "ethereum",
    "public_key": "0364ec3d5ee1d2e2ba0c1c0d0e2cb20e2d7be96e1e5d8d1f8a7c5b1f7c3a1d2e3f",
    "policy_ids": ["fmfdj6yqly31huorjqzq38zc"],
    "additional_signers": [
        {"signer_id": "p3cyj3n8mt9f9u2htfize511", "override_policy_ids": []},
    ],
    "owner_id": "rkiz0ivz254drv1xw982v3jq",
    "display_name": "Treasury",
    "external_id": "my-order-123",
    "created_at": 1741834854578,
    "exported_at": None,
    "imported_at": None,
    "archived_at": None,
}


def seconds(work: Callable[[], object], count: int) -> float:
    """How long `count` calls take."""
    start = perf_counter()
    for _ in range(count):
        work()
    return perf_counter() - start


def ratio(decoding: Callable[[], object], reading: Callable[[], object], count: int) -> float:
    """The median of decoding's time over reading's, each measured right after the other."""
    decoding(), reading()
    return median(seconds(decoding, count) / seconds(reading, count) for _ in range(ALTERNATIONS))


def main() -> None:
    """Print the ratios, and end with 1 if one is over 1.0."""
    wallet = json.dumps(WALLET)
    page = json.dumps({"data": [WALLET] * 100, "next_cursor": "c"})
    parsed_wallet, parsed_page = json.loads(wallet), json.loads(page)["data"]
    ratios = {
        "a wallet": ratio(
            lambda: decode(Wallet, parsed_wallet), lambda: json.loads(wallet), 20_000
        ),
        "a page of 100": ratio(
            lambda: decode_list(Wallet, parsed_page, path="data"), lambda: json.loads(page), 200
        ),
    }
    for name, value in ratios.items():
        sys.stdout.write(f"{name}: {value:.2f} of json.loads\n")
    sys.exit(max(ratios.values()) > 1)


if __name__ == "__main__":
    main()
