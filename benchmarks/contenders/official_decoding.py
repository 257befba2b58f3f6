"""How the official SDK makes values of JSON, as its client does. It runs in its environment."""

import json
from typing import Any

import httpx
from privy import PrivyAPI
from privy.pagination import SyncCursor
from privy.types.wallet import Wallet

from benchmarks import samples
from benchmarks.contenders.protocol import repeat


def main() -> None:
    privy = PrivyAPI(app_id=samples.APP_ID, app_secret=samples.APP_SECRET)
    response = httpx.Response(200)

    def decode(cast_to: Any, data: object) -> Any:
        return privy._process_response_data(data=data, cast_to=cast_to, response=response)

    wallet, page = json.loads(samples.WALLET), json.loads(samples.page())
    assert decode(Wallet, wallet).id == wallet["id"]
    assert len(decode(SyncCursor[Wallet], page).data) == 100
    repeat(
        {
            "wallet": lambda: decode(Wallet, wallet),
            "page": lambda: decode(SyncCursor[Wallet], page),
        }
    )


if __name__ == "__main__":
    main()
