"""The page of the small product on Django."""

from pathlib import Path

from django.http import HttpRequest, HttpResponse


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse((Path(__file__).parents[1] / "page.html").read_bytes())
