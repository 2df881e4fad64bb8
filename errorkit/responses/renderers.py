"""One renderer per format: a problem and its words become bytes and the headers that belong to them."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest

from errorkit.responses.negotiation import Format, choose_format, is_htmx
from errorkit.responses.pages import render_fragment, render_page
from errorkit.responses.problem import Problem, body_of
from errorkit.responses.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """The bytes of an answer and the headers that describe them."""

    body: bytes
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)


Renderer = Callable[[HttpRequest, Problem, Words], Rendered]


def render_html(request: HttpRequest, problem: Problem, words: Words) -> Rendered:
    """Return the page, or the fragment where htmx will put it into a part of one."""
    if is_htmx(request):
        return _htmx(request, problem, words)
    page = render_page(request, problem, words)
    return Rendered(
        body=page.body,
        content_type="text/html; charset=utf-8",
        headers={
            "Content-Security-Policy": page.policy,
            "Referrer-Policy": "no-referrer",
        },
    )


def _htmx(request: HttpRequest, problem: Problem, words: Words) -> Rendered:
    # htmx 4 swaps error answers into the target of the request, where a whole document would land in a list item or a button.
    return Rendered(
        body=render_fragment(request, problem, words),
        content_type="text/html; charset=utf-8",
        headers={"HX-Retarget": "body", "HX-Reswap": "afterbegin show:top"},
    )


def render_json(_request: HttpRequest, problem: Problem, words: Words) -> Rendered:
    """Return the members as ASCII, so that no charset parameter is needed (RFC 8259 section 11)."""
    body = json.dumps(body_of(problem, words), cls=DjangoJSONEncoder, allow_nan=False)
    return Rendered(body=body.encode("ascii"), content_type=Format.JSON.value)


def render_problem(request: HttpRequest, problem: Problem, words: Words) -> Rendered:
    """Return the same body under the media type of RFC 9457."""
    return Rendered(
        body=render_json(request, problem, words).body, content_type=Format.PROBLEM.value
    )


def render_text(_request: HttpRequest, problem: Problem, words: Words) -> Rendered:
    """Return the status phrase and the reference, else the request ID."""
    lines = [words.title]
    if problem.reference:
        lines += ["", problem.reference]
    elif problem.request_id and problem.receipt is not None:
        lines += ["", problem.request_id]
    return Rendered(
        body=("\n".join(lines) + "\n").encode(), content_type="text/plain; charset=utf-8"
    )


# The order decides where a client likes several formats the same.
_renderers: dict[str, Renderer] = {
    Format.HTML: render_html,
    Format.PROBLEM: render_problem,
    Format.JSON: render_json,
    Format.TEXT: render_text,
}


def register_renderer(media_type: str, renderer: Renderer) -> None:
    """Offer another format, or replace a packaged one; call it in `AppConfig.ready`.

    The renderer gets the request, the problem and its words; it must touch nothing that may be broken. If it raises, a constant goes out.
    """
    _renderers[media_type.lower()] = renderer


def choose(request: HttpRequest) -> str:
    """Return the media type to answer in."""
    return choose_format(request, tuple(_renderers))


def render(media_type: str, request: HttpRequest, problem: Problem, words: Words) -> Rendered:
    """Return the answer in this format; raises TypeError if a site's renderer returns something else."""
    rendered: object = _renderers[media_type](request, problem, words)
    if not isinstance(rendered, Rendered) or not isinstance(rendered.body, bytes):
        raise TypeError(f"The renderer of {media_type} must return a Rendered with bytes.")
    return rendered
