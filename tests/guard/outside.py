"""Middleware that a site has put outside of errorkit's, and handlers that fail."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from tests.middleware.views import SECRET, urlpatterns

GetResponse = Callable[[HttpRequest], HttpResponse]
__all__ = ["urlpatterns"]


def fails(get_response: GetResponse) -> GetResponse:
    def middleware(request: HttpRequest) -> HttpResponse:
        raise RuntimeError(SECRET)

    return middleware


def sets_a_cookie(get_response: GetResponse) -> GetResponse:
    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.set_cookie("outer", "kept")
        response["X-Outer"] = "kept"
        return response

    return middleware


def handler500(request: HttpRequest) -> HttpResponse:
    raise KeyError(SECRET)
