"""A call of each kind that the rules for sending again tell apart."""

from privy_async.sending.call import Call
from privy_async.sending.operations import Accepts, Operation


def make_call(accepts: Accepts, idempotency_key: str | None = None) -> Call:
    return Call(
        operation=Operation("POST /v1/x", "POST", "/v1/x", (), accepts),
        url="https://api.privy.io/v1/x",
        app_id="app",
        body=b"{}",
        idempotency_key=idempotency_key,
        request_expiry=None,
        authorization=None,
    )


READ = make_call(Accepts(safe=True))
KEYED = make_call(Accepts(idempotency=True), "k")
PLAIN = make_call(Accepts(signature=True))
