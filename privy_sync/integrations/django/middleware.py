"""The middleware: it puts `request.privy` there and answers the SDK's errors."""

from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from privy_async.errors import PrivyError
from privy_sync.integrations.django.caller import Caller
from privy_sync.integrations.django.debug import protect
from privy_sync.integrations.django.responses import respond

Answer = HttpResponseBase | Awaitable[HttpResponseBase]


class PrivyMiddleware:
    """For sync and async views alike; where it stands in MIDDLEWARE does not matter.

    It also keeps tokens and keys from Django's error pages and mails, unless the project has
    classes of its own for them: derive those from `ExceptionReporter` and
    `ExceptionReporterFilter` of this package.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Answer]) -> None:
        self._get_response = get_response
        # Before Python 3.12 only asgiref knows which of its own objects are async.
        if iscoroutinefunction(get_response):  # pyright: ignore[reportDeprecated]
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Answer:
        request.__dict__["privy"] = Caller(request)
        protect(request)
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return respond(error) if isinstance(error, PrivyError) else None
