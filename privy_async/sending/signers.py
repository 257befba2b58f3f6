"""Signers of the caller: an async one is awaited, a sync one runs in a thread, as it may block."""

import asyncio
from collections.abc import Callable
from inspect import isawaitable, iscoroutinefunction

from privy_async.errors import PrivyError, SigningError
from privy_async.signing.authorization import Signer, check_signature


async def ask_signer(signer: Signer, payload: bytes, index: int) -> str:
    """Return the signature that the signer with that index makes.

    Raises:
        SigningError: It raised an error, or returned no signature.
    """
    try:
        signature = await _call_signer(signer, payload)
    except PrivyError:
        raise
    except Exception as error:
        raise SigningError(f"signers[{index}] raised {type(error).__name__}") from error
    return check_signature(signature, index)


async def _call_signer(signer: Signer, payload: bytes) -> object:
    call: Callable[[bytes], object] = getattr(signer, "__call__", signer)  # noqa: B004
    if iscoroutinefunction(signer) or iscoroutinefunction(call):
        made: object = signer(payload)
    else:
        made = await asyncio.to_thread(signer, payload)
    # A sync function may still return an awaitable, as functools.partial and lambdas do.
    return await made if isawaitable(made) else made
