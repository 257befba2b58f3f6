"""This SDK with a key in a KMS that takes 50 ms: by sync signers, in threads, and by async ones."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

from benchmarks import samples
from benchmarks.contenders.protocol import race, start
from privy_async import AuthorizationContext, AuthorizationKey, PrivyClient

KMS_SECONDS = 0.05


async def main(base_url: str, key: str) -> None:
    private_key = AuthorizationKey.parse(key)

    def sign_in_kms(payload: bytes) -> str:
        time.sleep(KMS_SECONDS)
        return private_key.sign(payload)

    async def sign_in_kms_async(payload: bytes) -> str:
        await asyncio.sleep(KMS_SECONDS)
        return private_key.sign(payload)

    async with PrivyClient(
        app_id=samples.APP_ID, app_secret=samples.APP_SECRET, base_url=base_url
    ) as privy:

        def signed_by(signer: Callable[[bytes], Any]) -> Callable[[], Coroutine[Any, Any, object]]:
            signing = privy.with_authorization(AuthorizationContext(signers=[signer]))
            return lambda: signing.wallets.ethereum.sign_message(samples.WALLET_ID, samples.MESSAGE)

        await race({"sync": signed_by(sign_in_kms), "async": signed_by(sign_in_kms_async)})


if __name__ == "__main__":
    start(main)
