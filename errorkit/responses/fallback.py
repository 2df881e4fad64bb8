"""The packaged constant: the answer when everything else has failed. English, no templates, no translation."""

import json

from django.utils.html import escape

from errorkit.responses.negotiation import Format, is_for_machines
from errorkit.responses.policy import policy_for
from errorkit.responses.problem import Problem
from errorkit.responses.renderers import Rendered
from errorkit.responses.statuses import code_of, phrase_of

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{heading}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 1.125rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 15vh auto; padding: 0 1.25rem }}
h1 {{ font-size: 1.75rem; line-height: 1.2 }}
code {{ font-size: 1.25rem; user-select: all }}
</style>
</head>
<body>
<main>
<h1>{heading}</h1>
{text}
</main>
</body>
</html>
"""


def fallback(problem: Problem, chosen: str) -> Rendered:
    """Return the constant in the chosen format, with nothing in it but status and IDs."""
    if is_for_machines(chosen):
        media_type = Format.JSON.value if chosen == Format.JSON else Format.PROBLEM.value
        return Rendered(body=_members(problem), content_type=media_type)
    if chosen == Format.TEXT:
        text = f"{phrase_of(problem.status)}\n\n{problem.reference or problem.request_id}\n"
        return Rendered(body=text.encode(), content_type="text/plain; charset=utf-8")
    body = _page(problem)
    return Rendered(
        body=body,
        content_type="text/html; charset=utf-8",
        headers={"Content-Security-Policy": policy_for(body)},
    )


def _members(problem: Problem) -> bytes:
    members = {
        "type": "about:blank",
        "title": phrase_of(problem.status),
        "status": problem.status,
        "detail": phrase_of(problem.status),
        "error": code_of(problem.status),
        "request_id": problem.request_id,
        "retryable": problem.retryable,
    }
    if problem.receipt and problem.reference:
        members["instance"] = f"urn:uuid:{problem.receipt.occurrence_id}"
        members["reference"] = problem.reference
    return json.dumps(members).encode("ascii")


def _page(problem: Problem) -> bytes:
    heading = phrase_of(problem.status)
    text = ""
    if problem.status >= 500:
        heading = "Sorry, there is a problem with the service"
        text = "<p>Please try again later.</p>"
    if problem.reference:
        reference = escape(problem.reference)
        text += (
            f'\n<p>Reference: <code id="errorkit-reference" translate="no">{reference}</code></p>'
        )
    elif problem.status >= 500 and problem.request_id:
        text += f'\n<p>Request ID: <code translate="no">{escape(problem.request_id)}</code></p>'
    return PAGE.format(heading=escape(heading), text=text).encode()
