"""The error page: which template, with what in it."""

from functools import lru_cache
from typing import Any, NamedTuple

from django.core.signals import setting_changed
from django.http import HttpRequest

from errorkit.responses import templates
from errorkit.responses.brand import Brand, brand_for
from errorkit.responses.complaints import complain_once
from errorkit.responses.feedback import feedback_url_for, make_token
from errorkit.responses.policy import has_style_attribute, normalise_newlines, policy_for
from errorkit.responses.problem import Problem
from errorkit.responses.shapes import BLANK, BLANKS, Facts, Form, Shape
from errorkit.responses.statuses import WORTH_A_TRY
from errorkit.responses.words import Words, is_right_to_left, labels, spoken_language

PAGE = "errorkit/error.html"
FRAGMENT = "errorkit/fragment.html"
NOTE = "errorkit/note.html"


class Page(NamedTuple):
    """A document and the policy that its own style needs."""

    body: bytes
    policy: str


def render_page(request: HttpRequest, problem: Problem, words: Words) -> Page:
    """Return the HTML document: the project's own template, else the packaged page.

    No request, user, session or context processor is involved: any of them may be what is broken.
    """
    shape = _shape(request, problem, words)
    facts = _facts(problem, with_token=bool(shape.feedback_url))
    for name in templates.names_for(problem.status):
        template = templates.find_own(name)
        if template is None:
            continue
        try:
            document = template.render(_context(shape, facts) | {"problem": problem})
        except Exception:  # noqa: BLE001 - a site's own template must not cost the answer
            complain_once(f"template {name}", f"{name} failed; the packaged page goes out instead.")
            break
        return _checked(name, document)
    packaged = _packaged(PAGE, shape)
    return Page(packaged.filled(facts), packaged.policy)


def render_note(
    request: HttpRequest, *, heading: str, lead: str, extra: dict[str, Any], name: str = NOTE
) -> tuple[Page, str]:
    """Return a page of ours in the look of the error page, and the language it is in."""
    language = spoken_language()
    context = {
        "words": {"heading": heading, "lead": lead},
        "feedback_url": feedback_url_for(request),
        **_surroundings(brand_for(request), language),
        **extra,
    }
    document = templates.render_in_the_look_of(PAGE, name, context)
    body = normalise_newlines(document.encode("utf-8", "replace"))
    return Page(body, policy_for(body)), language


def render_fragment(request: HttpRequest, problem: Problem, words: Words) -> bytes:
    """Return the part of a page that htmx shows."""
    shape = _shape(request, problem, words)
    facts = _facts(problem, with_token=bool(shape.feedback_url))
    template = templates.find_own(FRAGMENT)
    if template is not None:
        try:
            return template.render(_context(shape, facts) | {"problem": problem}).encode()
        except Exception:  # noqa: BLE001 - as above
            complain_once(f"template {FRAGMENT}", f"{FRAGMENT} failed; the packaged one goes out.")
    return _packaged(FRAGMENT, shape).filled(facts)


def _shape(request: HttpRequest, problem: Problem, words: Words) -> Shape:
    brand = brand_for(request)
    return Shape(
        status=problem.status,
        words=words,
        brand=brand,
        home=brand.home,
        is_incident=problem.receipt is not None,
        has_reference=problem.reference is not None,
        # Only what is safe to send again gets a link that sends it again.
        can_reload=problem.method in {"GET", "HEAD"} and problem.status in WORTH_A_TRY,
        feedback_url=feedback_url_for(request) if problem.reference else "",
    )


def _facts(problem: Problem, *, with_token: bool) -> Facts:
    # Slices of the ISO form: strftime would cost more than all else here.
    moment = problem.occurred_at.isoformat()
    occurrence_id = problem.receipt.occurrence_id if problem.receipt else None
    return Facts(
        reference=problem.reference or "",
        request_id=problem.request_id,
        time_iso=f"{moment[:19]}Z",
        time_text=f"{moment[:10]} {moment[11:16]} UTC",
        token=make_token(occurrence_id) if with_token and occurrence_id else "",
    )


def _context(shape: Shape, facts: Facts) -> dict[str, Any]:
    """Return everything a template gets; these names are promises to projects that override one."""
    return {
        "status": shape.status,
        "reference": facts.reference if shape.has_reference else "",
        "request_id": facts.request_id,
        "time_iso": facts.time_iso,
        "time_text": facts.time_text,
        "can_reload": shape.can_reload,
        "is_incident": shape.is_incident,
        "feedback_url": shape.feedback_url,
        "form": {"token": facts.token},
        "words": shape.words,
        **_surroundings(shape.brand, shape.words.language),
    }


def _surroundings(brand: Brand, language: str) -> dict[str, Any]:
    return {
        "brand": brand,
        "home": brand.home,
        "labels": labels(),
        "language": language,
        "direction": "rtl" if is_right_to_left(language) else "ltr",
    }


@lru_cache(maxsize=256)
def _packaged(name: str, shape: Shape) -> Form:
    """Render each shape once: what a storm of failures asks for is always the same page."""
    body = templates.render_packaged(name, _context(shape, BLANKS)).encode("utf-8", "replace")
    body = normalise_newlines(body)
    if has_style_attribute(body):
        complain_once(
            "style logo",
            "The logo in ERRORKIT['BRAND'] uses style attributes, which the page's policy blocks; use attributes such as fill.",
        )
    return Form(tuple(BLANK.split(body)), policy_for(body))


def _checked(name: str, document: str) -> Page:
    """Return the page; say once where the policy will not let it look as it was meant to."""
    body = normalise_newlines(document.encode("utf-8", "replace"))
    if has_style_attribute(body):
        complain_once(
            f"style {name}",
            f"{name} uses style attributes, which the page's policy blocks; use a style element.",
        )
    return Page(body, policy_for(body))


def _forget(**_: Any) -> None:
    _packaged.cache_clear()


setting_changed.connect(_forget, dispatch_uid="errorkit.responses.pages")
