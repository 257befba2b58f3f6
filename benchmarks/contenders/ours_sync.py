"""This SDK's sync face, in threads."""

import sys

from benchmarks import samples
from benchmarks.contenders.protocol import race_in_threads
from privy_sync import PrivyClient


def main(base_url: str, key: str) -> None:
    with PrivyClient(
        app_id=samples.APP_ID,
        app_secret=samples.APP_SECRET,
        base_url=base_url,
        authorization_key=key,
    ) as privy:
        race_in_threads(samples.signing(privy.wallets.ethereum.sign_message))


if __name__ == "__main__":
    main(*sys.argv[1:3])
