"""The one URL of the API: behind it, the first request loads Django REST framework."""

from functools import cache

from django.http import HttpRequest, HttpResponseBase
from django.urls import ResolverMatch, URLResolver
from django.urls.resolvers import RegexPattern
from django.views.decorators.csrf import csrf_exempt


# Sessions are checked for CSRF by the API's own authentication, as everywhere in Django REST framework.
@csrf_exempt
def api(request: HttpRequest, path: str) -> HttpResponseBase:
    """Hand the request to the view of the API that its path names.

    The views are not in the URLconf, because Django loads every included one at its first `reverse()`.
    """
    match = _resolver().resolve(path)
    request.resolver_match = _whole_match(request, match, path)
    response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
    return response


# The API answers for itself where nobody is logged in; a redirect to a login page helps no program.
api.login_required = False  # type: ignore[attr-defined]


@cache
def _resolver() -> URLResolver:
    return URLResolver(RegexPattern(r""), "errorkit.rest.urls")


def _whole_match(request: HttpRequest, match: ResolverMatch, path: str) -> ResolverMatch:
    """Return the match as if the URLconf held the view itself, for whoever reads the route later."""
    door = request.path_info.removesuffix(path).lstrip("/")
    return ResolverMatch(match.func, match.args, match.kwargs, route=f"{door}{match.route}")
