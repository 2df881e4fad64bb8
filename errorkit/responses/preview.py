"""Every answer as it would go out now, with the site's brand, without anything having failed."""

from functools import lru_cache
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language_info

from errorkit.reports.identity import reference_of
from errorkit.reports.receipt import Receipt
from errorkit.responses.answer import answer, dress
from errorkit.responses.language import language_of, speaking
from errorkit.responses.negotiation import Format
from errorkit.responses.pages import render_note
from errorkit.responses.problem import problem_of
from errorkit.responses.statuses import PHRASES
from errorkit.responses.templates import PACKAGED

EXAMPLE = UUID("0198c0de-0000-7000-8000-0123456789ab")
FORMATS = {
    "html": Format.HTML,
    "htmx": Format.HTML,
    "problem": Format.PROBLEM,
    "json": Format.JSON,
    "text": Format.TEXT,
}
STATUS_HEADER = "X-Errorkit-Preview"


def preview_index(request: HttpRequest) -> HttpResponse:
    """Return the list of every status in every format."""
    chosen = request.GET.get("language") or language_of(request)
    extra = {
        "statuses": PHRASES,
        "formats": list(FORMATS),
        "languages": languages(),
        "chosen": chosen,
    }
    with speaking(language_of(request)):
        page, language = render_note(
            request, name="errorkit/preview.html", heading="Error answers", lead="", extra=extra
        )
    response = HttpResponse(page.body)
    dress(response, language=language, policy=page.policy)
    return response


def preview_answer(request: HttpRequest, status: int) -> HttpResponse:
    """Return one answer, under its own headers but with status 200: nothing has failed, and nothing should be logged."""
    asked = _as_if_asked(request)
    receipt = None
    if status >= 500:
        durable = request.GET.get("recorded") != "no"
        receipt = Receipt(
            durable=durable,
            occurrence_id=EXAMPLE if durable else None,
            reference=reference_of(EXAMPLE) if durable else None,
        )
    retry_after = 120 if status in {429, 503} else None
    response = HttpResponse()
    answer(
        response,
        asked,
        problem_of(asked, status=status, receipt=receipt, retry_after=retry_after),
    )
    response.status_code = 200
    response.headers[STATUS_HEADER] = str(status)
    return response


def languages() -> list[tuple[str, str]]:
    """Return code and own name of every language that the site offers and errorkit speaks."""
    offered = {code for code, _name in settings.LANGUAGES}
    return [(code, _own_name(code)) for code in _catalogues() if code in offered]


@lru_cache(maxsize=1)
def _catalogues() -> tuple[str, ...]:
    folders = (PACKAGED.parent / "locale").glob("*/LC_MESSAGES/django.mo")
    codes = (folder.parent.parent.name.lower().replace("_", "-") for folder in folders)
    return ("en", *sorted(codes))


def _own_name(code: str) -> str:
    try:
        return str(get_language_info(code)["name_local"])
    except KeyError:
        return code


def _as_if_asked(request: HttpRequest) -> HttpRequest:
    """Return a request like this one that asks for the previewed format and language."""
    asked = HttpRequest()
    asked.method = "GET"
    asked.path = asked.path_info = request.path_info
    asked.META = {
        "HTTP_ACCEPT": str(FORMATS.get(request.GET.get("format", ""), Format.HTML)),
        **({"HTTP_HX_REQUEST": "true"} if request.GET.get("format") == "htmx" else {}),
    }
    for name in ("urlconf", "request_id"):
        if hasattr(request, name):
            setattr(asked, name, getattr(request, name))
    asked.LANGUAGE_CODE = request.GET.get("language") or language_of(request)
    return asked
