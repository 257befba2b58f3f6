"""The answers behind the calls: status, headers and request id, for whoever asks for them."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

import attrs

from privy_async.answer import Answer, NoAnswer
from privy_async.call import Call


@attrs.frozen
class Response:
    """One HTTP answer of Privy, or the lack of one.

    Attributes:
        method: The HTTP method.
        url: The full URL.
        status: The HTTP status; None if no answer came.
        headers: The answer's headers, names in lower case.
        request_id: The answer's request id, for Privy's support.
        idempotency_key: The key that the request carried.
        retry: 0 for a call's first attempt.
        seconds: How long the attempt took, in s.
    """

    method: str
    url: str
    status: int | None
    headers: Mapping[str, str] = attrs.field(repr=False)
    request_id: str | None
    idempotency_key: str | None
    retry: int
    seconds: float


_recorder: ContextVar[list[Response] | None] = ContextVar("privy_responses", default=None)


@contextmanager
def record_responses() -> Generator[list[Response]]:
    """Collect the response of each attempt that calls inside the block make.

    The list grows as answers come, in this task and in those it starts; the exchange of a
    user's token and each retry are in it too. The last item belongs to the last call.

        with record_responses() as responses:
            wallet = await privy.wallets.get(wallet_id)
        print(responses[-1].status, responses[-1].request_id)
    """
    responses: list[Response] = []
    token = _recorder.set(responses)
    try:
        yield responses
    finally:
        _recorder.reset(token)


def record(call: Call, outcome: Answer | NoAnswer, *, retry: int, seconds: float) -> None:
    """Add an attempt to the list of whoever is recording."""
    responses = _recorder.get()
    if responses is None:
        return
    answer = outcome if isinstance(outcome, Answer) else None
    responses.append(
        Response(
            method=call.method,
            url=call.url,
            status=answer.status if answer else None,
            headers=answer.lower_headers() if answer else {},
            request_id=answer.request_id if answer else None,
            idempotency_key=call.idempotency_key,
            retry=retry,
            seconds=seconds,
        )
    )
