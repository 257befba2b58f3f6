"""Bad input, networks that do not work, and a Privy that does not."""

from typing import Any

from sdk_helpers import RawServer, free_port, http_answer

from privy_async import (
    APIConnectionError,
    APIResponseError,
    APITimeoutError,
    AuthorizationKey,
    BadRequestError,
    InternalServerError,
    InvalidArgumentError,
    NotFoundError,
    PrivyClient,
    RateLimitError,
)
from refusals.world import Refused, World

KEY = AuthorizationKey.generate()
OF_NO_APP = {"app_id": "a", "app_secret": "s", "max_retries": 0}


async def _token_for_a_key(world: World) -> object:
    return world.privy.update_authorization_key(world.sandbox.issue_user_jwt("alice"))


async def _key_for_a_token(world: World) -> object:
    return world.privy.for_user(KEY.to_base64())


async def _signer_for_its_key(world: World) -> object:
    await world.wallet(await world.user())
    user_jwt = world.sandbox.issue_user_jwt("alice")
    signer: Any = await world.privy.wallets.generate_user_signer(user_jwt=user_jwt)
    return world.privy.update_authorization_key(signer)


async def _wallet_for_its_id(world: World) -> object:
    wallet: Any = await world.wallet()
    return await world.privy.wallets.get(wallet)


async def _typo(world: World) -> object:
    wallet = await world.wallet()
    transaction: Any = {"to": wallet.address, "vlaue": 1}
    return await world.privy.wallets.ethereum.send_transaction(
        wallet.id, transaction, caip2="eip155:1"
    )


async def _float(world: World) -> object:
    wallet = await world.wallet()
    transaction: Any = {"to": wallet.address, "value": 0.5}
    return await world.privy.wallets.ethereum.send_transaction(
        wallet.id, transaction, caip2="eip155:1"
    )


async def _no_secret(world: World) -> object:
    return PrivyClient(app_id="a", app_secret="")


async def _address_for_an_id(world: World) -> object:
    return await world.privy.wallets.get((await world.wallet()).address)


async def _other_use_of_a_key(world: World) -> object:
    wallet = await world.wallet()
    sign = world.privy.wallets.ethereum.sign_message
    await sign(wallet.id, "one", idempotency_key="order-7")
    return await sign(wallet.id, "two", idempotency_key="order-7")


def _fault(**fault: Any) -> Any:
    """With something that goes wrong at Privy when a user is made."""

    async def provoke(world: World) -> object:
        world.sandbox.faults.add(path="/v1/users", **fault)
        return await world.privy.with_options(timeout=0.5).users.create(linked_accounts=[])

    return provoke


async def _ask(**options: Any) -> object:
    async with PrivyClient(**{**OF_NO_APP, **options}) as privy:
        return await privy.users.create(linked_accounts=[])


async def _nobody_there(world: World) -> object:
    return await _ask(base_url=f"http://127.0.0.1:{free_port()}", max_retries=1)


async def _unknown_host(world: World) -> object:
    return await _ask(base_url="http://privy.invalid", proxy=None)


async def _dead_proxy(world: World) -> object:
    return await _ask(proxy=f"http://me:hidden@127.0.0.1:{free_port()}")


async def _refusing_proxy(world: World) -> object:
    async with RawServer(http_answer(status=407)) as proxy:
        return await _ask(proxy=proxy.url)


async def _no_tls(world: World) -> object:
    return await _ask(base_url=world.sandbox.base_url.replace("http:", "https:"))


OTHERS = [
    Refused("a token for a key", InvalidArgumentError, _token_for_a_key,
            "authorization_key: is a user's token (JWT), which privy.for_user(user_jwt) exchanges"),
    Refused("a key for a token", InvalidArgumentError, _key_for_a_token,
            "user_jwt: is a key, which goes to privy.update_authorization_key(key)"),
    Refused("a signer for its key", InvalidArgumentError, _signer_for_its_key,
            "authorization_key: is a whole UserSigner: give its authorization_key"),
    Refused("a wallet for its id", InvalidArgumentError, _wallet_for_its_id,
            "wallet_id: is a whole Wallet: give its id"),
    Refused("a typing error", InvalidArgumentError, _typo,
            "transaction.vlaue: is no known field; did you mean value?"),
    Refused("a fraction of a wei", InvalidArgumentError, _float,
            "transaction.value: is a float; expected a non-negative int (amounts in wei), or"),
    Refused("no secret", InvalidArgumentError, _no_secret,
            "app_secret: is missing: give app_secret= or set PRIVY_APP_SECRET"),
    Refused("an address for an id", NotFoundError, _address_for_an_id, "404, code not_found",
            "is an address: give the wallet's id, or ask privy.wallets.get_by_address"),
    Refused("a key of another request", BadRequestError, _other_use_of_a_key,
            "Idempotency key was reused for a request with a new body. Please create a new"),
    Refused("too many requests", RateLimitError, _fault(status=429, headers={"Retry-After": "7"}),
            "429, request id", "send less at a time, or wait 7 s"),
    Refused("a broken Privy", InternalServerError, _fault(status=503), "503, request id",
            "It may have been executed: look before you repeat it. Something at Privy"),
    Refused("a lost answer", APIConnectionError, _fault(drop="after"), "the connection broke",
            "It may have been executed: look before you repeat it"),
    Refused("a slow answer", APITimeoutError, _fault(delay=2), "no answer within 0.5 s",
            "More time can be given with timeout="),
    Refused("an answer that breaks off", APIResponseError, _fault(malformed=True), "is not JSON",
            "so it was most likely executed: look into the error's `body`"),
    Refused("nobody listens", APIConnectionError, _nobody_there,
            "cannot connect (Connection refused) (POST",
            "Nothing listens there: check the host and the port of base_url"),
    Refused("an unknown host", APIConnectionError, _unknown_host, "cannot connect (",
            "Check base_url, and this machine's network and DNS"),
    Refused("a dead proxy", APIConnectionError, _dead_proxy, "through the proxy http://***@127.0",
            "Check the proxy, which is that of proxy="),
    Refused("a proxy that refuses", APIConnectionError, _refusing_proxy,
            "the proxy answered 407 Proxy Authentication Required",
            "It is the proxy that refuses: check the name and the password"),
    Refused("a server without TLS", APIConnectionError, _no_tls, "cannot connect (TLS: ",
            "No TLS is spoken there: give base_url an http:// address"),
]  # fmt: skip
