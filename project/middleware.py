"""The demo site's own middleware."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

GetResponse = Callable[[HttpRequest], HttpResponse]

POLICY = (
    "default-src 'self'; img-src 'self' data:; base-uri 'none'; object-src 'none'; "
    "form-action 'self'; frame-ancestors 'self'"
)


def strict_policy(get_response: GetResponse) -> GetResponse:
    """Forbid inline scripts and styles on every page, the admin's and errorkit's included."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response

    return middleware


def fragile(get_response: GetResponse) -> GetResponse:
    """Break on one path, as a middleware of somebody else might."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path == "/fail/middleware/":
            tenant = request.headers.get("X-Tenant")
            return get_response(request, tenant.lower())  # type: ignore[call-arg, union-attr]
        return get_response(request)

    return middleware
