"""Django: settings, a client for the process, and who is calling in each request.

    INSTALLED_APPS = [..., "privy_sync.integrations.django"]
    MIDDLEWARE = [..., "privy_sync.integrations.django.PrivyMiddleware"]
    PRIVY = {"APP_ID": "...", "APP_SECRET": "..."}  # or PRIVY_APP_ID, PRIVY_APP_SECRET

    def sign(request: PrivyRequest):
        signed = request.privy.client.wallets.ethereum.sign_message(wallet_id, "hello")
        ...

The keys of PRIVY are the options of `PrivyClient` in capitals; USER_JWT for apps with a login of
their own: the path of a function from a request to its user's token; and COOKIE, which lets the
cookie `privy-token` stand for a missing header (see `Caller`).
"""

from importlib import import_module

from privy_async.checks import needing

with needing("django", install="django"):
    import_module("django")

from privy_sync.integrations.django.caller import Caller, PrivyRequest
from privy_sync.integrations.django.clients import get_async_client, get_client
from privy_sync.integrations.django.debug import ExceptionReporter, ExceptionReporterFilter
from privy_sync.integrations.django.middleware import PrivyMiddleware
from privy_sync.integrations.django.webhooks import webhook

__all__ = [
    "Caller",
    "ExceptionReporter",
    "ExceptionReporterFilter",
    "PrivyMiddleware",
    "PrivyRequest",
    "get_async_client",
    "get_client",
    "webhook",
]
