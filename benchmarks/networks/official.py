"""The official Python SDK behind a slow network, in its own environment."""

from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from privy import AuthorizationContext, PrivyClient, PrivyRequestOptions

from benchmarks import samples
from benchmarks.networks.protocol import BURST, Ready, Span, measured, serve

USERS = count()
Call = Callable[[], object]


def key() -> str:
    """A P-256 key in base64 of PKCS#8 DER, as Privy gives them out."""
    secret = generate_private_key(SECP256R1())
    der = secret.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return b64encode(der).decode()


OPTIONS = PrivyRequestOptions(AuthorizationContext(authorization_private_keys=[key()]))


def sign(privy: PrivyClient, options: PrivyRequestOptions = OPTIONS) -> object:
    return privy.wallets.ethereum.sign_message(
        samples.WALLET_ID,
        samples.MESSAGE,
        idempotency_key=str(uuid4()),
        request_options=options,
    )


def sign_as_new_user(privy: PrivyClient) -> object:
    context = AuthorizationContext(user_jwts=[samples.user_jwt(next(USERS))])
    return sign(privy, PrivyRequestOptions(context))


def all_at_once(privy: PrivyClient, threads: ThreadPoolExecutor) -> object:
    return list(threads.map(lambda _: sign(privy), range(BURST)))


def work(call: Callable[[PrivyClient], object], *, warm: bool = True) -> Ready:
    """A work as the protocol wants it, on a client that did a call before if it is to be warm."""

    def ready(url: str, round_trip: float) -> tuple[Callable[[], Span], Call]:
        privy = PrivyClient(app_id=samples.APP_ID, app_secret=samples.APP_SECRET, base_url=url)
        if warm:
            sign(privy)
        return measured(lambda: call(privy)), privy.close

    return ready


if __name__ == "__main__":
    with ThreadPoolExecutor(BURST) as threads:
        serve(
            {
                "cold": work(sign_as_new_user, warm=False),
                "repeat": work(sign),
                "connected": work(sign_as_new_user),
                "burst": work(lambda privy: all_at_once(privy, threads)),
            }
        )
