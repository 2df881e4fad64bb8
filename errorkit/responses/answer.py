"""Give a response the answer to a problem: body, headers, status; the object itself stays."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from errorkit.conf import get_config
from errorkit.responses.brand import brand_for
from errorkit.responses.complaints import complain_once
from errorkit.responses.fallback import fallback
from errorkit.responses.language import language_of, speaking
from errorkit.responses.negotiation import Format
from errorkit.responses.problem import Problem
from errorkit.responses.renderers import Rendered, choose, render
from errorkit.responses.words import Words, words_for

# They describe the body that goes, or let a cache keep the new one.
STALE = frozenset(
    [
        "accept-ranges",
        "age",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-location",
        "content-md5",
        "content-digest",
        "content-range",
        "content-security-policy",
        "content-security-policy-report-only",
        "digest",
        "etag",
        "expires",
        "last-modified",
        "pragma",
        "refresh",
        "repr-digest",
        "transfer-encoding",
    ]
)

# For bodies that are no page: nothing in them runs, loads or is framed.
NOTHING = "default-src 'none'; frame-ancestors 'none'"

COMMON = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


def make_response(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Return a new response that answers the problem; never raises."""
    response = HttpResponse(status=problem.status)
    answer(response, request, problem)
    return response


def answer(response: HttpResponse, request: HttpRequest, problem: Problem) -> None:
    """Turn the response into the negotiated answer; cookies and headers that are not about the body stay.

    Never raises: where rendering fails, the packaged constant goes out.
    """
    chosen: str = Format.HTML
    language = "en"
    try:
        chosen = choose(request)
        with speaking(language_of(request)):
            words = wording_for(request, problem)
            language = words.language
            rendered = render(chosen, request, problem, words)
        _replace_body(response, request, rendered)
    except Exception:  # noqa: BLE001 - an error while telling about an error must not be the answer
        complain_once(
            "render", "The error answer could not be rendered; a constant goes out instead."
        )
        language = "en"
        _replace_body(response, request, fallback(problem, chosen))
    _set_headers(response, problem, language)


def wording_for(request: HttpRequest, problem: Problem) -> Words:
    """Return what the answer says, in the language that is active: our words, with the site's own laid over them."""
    return brand_for(request).reword(words_for(problem.situation), problem.status)


def keep_page(response: HttpResponse, *, status: int, retry_after: int | None) -> None:
    """Leave the body that the site wrote; give it the status that the failure maps to and keep it out of caches."""
    if response.status_code == 500:
        response.status_code = status
    if retry_after is not None:
        response.headers.setdefault("Retry-After", str(retry_after))
    response.headers.setdefault("Cache-Control", "no-store")


def mark_identified(response: HttpResponseBase, request_id: str) -> None:
    """Put the request ID on the response."""
    name = get_config().request_id_header
    if name is not None:
        response.headers[name] = request_id


def _replace_body(response: HttpResponse, request: HttpRequest, rendered: Rendered) -> None:
    for name in [name for name in response.headers if name.lower() in STALE]:
        del response.headers[name]
    response.content = b"" if request.method == "HEAD" else rendered.body
    headers = {
        "Content-Type": rendered.content_type,
        "Content-Length": str(len(rendered.body)),
        "Content-Security-Policy": NOTHING,
        **rendered.headers,
    }
    for name, value in headers.items():
        response.headers[name] = value
    exempt(response)


def headers_of(problem: Problem, language: str) -> dict[str, str]:
    """Return the headers that every error answer carries."""
    headers = {**COMMON, "Content-Language": language}
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    return headers


def dress(response: HttpResponse, *, language: str, policy: str) -> None:
    """Give a page of ours that is no error answer the same headers."""
    headers = {**COMMON, "Content-Language": language, "Content-Security-Policy": policy}
    for name, value in {**headers, "Referrer-Policy": "no-referrer"}.items():
        response.headers[name] = value
    patch_vary_headers(response, ["Accept-Language"])
    exempt(response)


def exempt(response: HttpResponse) -> None:
    """Let the policy that is on the response be the only one: the site's is about its own pages.

    Django's middleware reads the first two names, django-csp the others.
    """
    response._csp_config = response._csp_ro_config = {}  # type: ignore[attr-defined]
    response._csp_exempt = response._csp_exempt_ro = True  # type: ignore[attr-defined]


def _set_headers(response: HttpResponse, problem: Problem, language: str) -> None:
    response.status_code = problem.status
    response._reason_phrase = None  # type: ignore[attr-defined]
    for name, value in headers_of(problem, language).items():
        response.headers[name] = value
    patch_vary_headers(response, ["Accept", "Accept-Language", "HX-Request"])
    _expose(response)


def _expose(response: HttpResponse) -> None:
    """Let scripts of another origin read the ID, where the site lets them read headers at all."""
    name = get_config().request_id_header
    exposed = response.headers.get("Access-Control-Expose-Headers")
    if name is None or not exposed or exposed.strip() == "*":
        return
    if name.lower() not in {each.strip().lower() for each in exposed.split(",")}:
        response.headers["Access-Control-Expose-Headers"] = f"{exposed}, {name}"
