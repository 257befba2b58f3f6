"""The official Python SDK, in threads. It runs in that SDK's own environment."""

import sys
from uuid import uuid4

from privy import AuthorizationContext, PrivyClient, PrivyRequestOptions

from benchmarks import samples
from benchmarks.contenders.protocol import race_in_threads


def main(base_url: str, key: str) -> None:
    with PrivyClient(
        app_id=samples.APP_ID, app_secret=samples.APP_SECRET, base_url=base_url
    ) as privy:
        options = PrivyRequestOptions(AuthorizationContext(authorization_private_keys=[key]))
        as_user = PrivyRequestOptions(AuthorizationContext(user_jwts=[samples.user_jwt(0)]))

        def sign(wallet_id: str, message: str, options: PrivyRequestOptions = options) -> object:
            # By itself it sends no idempotency key, and repeats a lost request all the same.
            return privy.wallets.ethereum.sign_message(
                wallet_id, message, idempotency_key=str(uuid4()), request_options=options
            )

        race_in_threads(
            {
                **samples.signing(sign),
                "cached": lambda: sign(samples.WALLET_ID, samples.MESSAGE, as_user),
                "create": lambda: privy.wallets.create(
                    chain_type="ethereum", idempotency_key=str(uuid4())
                ),
            }
        )


if __name__ == "__main__":
    main(*sys.argv[1:3])
