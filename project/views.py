"""The demo site's own pages: the start page, what came of a failure, an answer, a mail."""

import json

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST

from errorkit.conf import get_config
from project.answers import ask
from project.mails import Mail, find_mail
from project.outcomes import newest_outcomes
from project.tasks import print_invoice
from project.ways import BY_NAME, WAYS

API_ACCEPT = "application/problem+json, application/json"
LOGIN = {"user": "admin", "password": "admin"}

# The mail brings its own styles; nothing in it may load or run.
MAIL_POLICY = "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"


def start(request: HttpRequest) -> HttpResponse:
    """Explain the site, offer the ways to fail and show what came of them."""
    context = {
        "ways": WAYS,
        "login": LOGIN,
        "sentry": "sentry" in get_config().channels,
        "outcomes": newest_outcomes(),
    }
    return render(request, "demo/start.html", context)


def latest(request: HttpRequest) -> HttpResponse:
    """Return the part of the start page that changes."""
    return render(request, "demo/outcomes.html", {"outcomes": newest_outcomes()})


def answer(request: HttpRequest, name: str) -> HttpResponse:
    """Fail in that way, and show the answer that an API client gets."""
    way = BY_NAME.get(name)
    if way is None or way.post:
        raise Http404
    given = ask(way.path, accept=API_ACCEPT)
    context = {"way": way, "accept": API_ACCEPT, "answer": given, "body": _indented(given.body)}
    return render(request, "demo/answer.html", context)


@require_POST
def task(request: HttpRequest) -> HttpResponse:
    """Leave the failing to a Celery worker."""
    print_invoice.delay(order=7, items={"bread": 2, "cake": 1})
    return redirect("/#latest")


def mail(request: HttpRequest, key: str) -> HttpResponse:
    """Show a mail with its headers, text and HTML."""
    return render(request, "demo/mail.html", {"mail": _mail_or_404(key)})


@xframe_options_sameorigin
def mail_html(request: HttpRequest, key: str) -> HttpResponse:
    """Return the HTML of a mail, which may do nothing but be looked at."""
    response = HttpResponse(_mail_or_404(key).html)
    response["Content-Security-Policy"] = MAIL_POLICY
    return response


def _mail_or_404(key: str) -> Mail:
    found = find_mail(key)
    if found is None:
        raise Http404
    return found


def _indented(body: str) -> str:
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body
