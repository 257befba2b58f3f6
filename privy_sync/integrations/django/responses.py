"""The SDK's errors as Django's responses."""

from django.http import JsonResponse

from privy_async.errors import PrivyError
from privy_async.integrations._errors import error_response


def respond(error: PrivyError) -> JsonResponse:
    """Answer 401, 403, 404, 429 and so on, without any of the error's details."""
    answer = error_response(error)
    return JsonResponse(dict(answer.body), status=answer.status, headers=dict(answer.headers))
