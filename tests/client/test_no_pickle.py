"""What holds secrets does not pickle, in any protocol; what is copied serves like what it is of."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import failing_calls as given
import pytest

import privy_sync
from privy_async import (
    AuthorizationContext,
    AuthorizationKey,
    PrivyClient,
    UserAuth,
    generate_p256_key_pair,
)
from privy_async.clock import Clock
from privy_async.integrations.redis import RedisUserKeyStore
from privy_async.resources.wallets.values import UserSigner
from privy_async.sending.credentials import Credentials
from privy_async.signing.secret import Secret
from privy_async.user_keys.cache import UserKey
from privy_async.user_keys.store import UserKeyCipher
from privy_async.verification.webhooks import Webhooks


def client(face: Any = PrivyClient, **options: Any) -> Any:
    return face(app_id=given.APP_ID, app_secret=given.APP_SECRET, **options)


# Each is frozen, so that a copy is the thing itself.
FROZEN: dict[str, Callable[[], Any]] = {
    "a context with a token": lambda: AuthorizationContext(user_jwts=[given.JWT]),
    "a context with a key": lambda: AuthorizationContext(
        authorization_private_keys=[given.KEY_TEXT]
    ),
    "a context with a signature": lambda: AuthorizationContext(signatures=[given.SIGNATURE]),
    "a user": lambda: UserAuth(user_jwt=given.JWT, mfa_token=given.MFA_TOKEN),
    "a key": AuthorizationKey.generate,
    "a pair of keys": generate_p256_key_pair,
    "a secret": lambda: Secret(given.JWT),
    "webhooks": lambda: Webhooks(given.WEBHOOK_SECRET),
    "a cipher": lambda: UserKeyCipher(b"k" * 32),
    "a store": lambda: RedisUserKeyStore("redis://localhost", encryption_key=b"k" * 32),
    "credentials": lambda: Credentials("app", [given.APP_SECRET], Clock()),
}
OTHERS: dict[str, Callable[[], Any]] = {
    "a client": client,
    "a sync client": lambda: client(privy_sync.PrivyClient),
    "a client of a user": lambda: client().for_user(given.JWT),
    "a resource": lambda: client().wallets,
    "a sync resource": lambda: client(privy_sync.PrivyClient).wallets,
    "tokens": lambda: client().tokens,
    "settings": lambda: client()._requester.settings,
    "users' keys": lambda: client()._requester.user_keys,
    "a user's key": lambda: UserKey(given.USER_KEY, 1.0, 2.0),
    "a user's signer": lambda: UserSigner(given.USER_KEY, 1, (), ()),
}
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("make", [*FROZEN.values(), *OTHERS.values()], ids=[*FROZEN, *OTHERS])
def test_it_does_not_pickle(make: Callable[[], Any], protocol: int) -> None:
    """A TypeError of ours says so, and what to do instead."""
    with pytest.raises(TypeError, match="does not pickle"):
        pickle.dumps(make(), protocol)
    with pytest.raises(TypeError, match="does not pickle"):
        pickle.dumps({"a": [make()]}, protocol)


@pytest.mark.parametrize("make", FROZEN.values(), ids=FROZEN)
def test_it_copies(make: Callable[[], Any]) -> None:
    """In both ways, also within something else."""
    thing = make()
    assert copy.copy(thing) is thing
    assert copy.deepcopy({"a": [thing]})["a"][0] is thing
