"""Views for Privy's webhooks."""

from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from privy_async.errors import InvalidWebhookError
from privy_async.integrations._requests import read_webhook
from privy_async.resources.webhook_events import WebhookEvent
from privy_sync.integrations.django.clients import get_client
from privy_sync.integrations.django.responses import respond

View = Callable[..., Any]


def webhook(view: View) -> View:
    """Make a view of a function from a request and its event, sync or async.

        @webhook
        def on_event(request: HttpRequest, event: WebhookEvent) -> HttpResponse:
            ...

    The event's signature is checked with `PRIVY["WEBHOOK_SIGNING_SECRET"]`, or the variable
    PRIVY_WEBHOOK_SIGNING_SECRET. A wrong one is answered with 400. Without a return value the
    answer is 204. CSRF tokens are not asked for.
    """
    wrapper = _async_wrapper(view) if iscoroutinefunction(view) else _sync_wrapper(view)
    return csrf_exempt(require_POST(wrapper))


def _sync_wrapper(view: View) -> View:
    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            event = _event(request)
        except InvalidWebhookError as error:
            return respond(error)
        return view(request, event, *args, **kwargs) or HttpResponse(status=204)

    return wrapper


def _async_wrapper(view: View) -> View:
    @wraps(view)
    async def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            event = _event(request)
        except InvalidWebhookError as error:
            return respond(error)
        return await view(request, event, *args, **kwargs) or HttpResponse(status=204)

    return wrapper


def _event(request: HttpRequest) -> WebhookEvent:
    return read_webhook(get_client().webhooks, request.body, request.headers)
