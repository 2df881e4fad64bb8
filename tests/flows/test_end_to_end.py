"""The real thing: web server, PostgreSQL, Redis, a Celery worker with beat, Sentry's protocol and SMTP."""

from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import Any

import pytest

from tests.delivery.sentry.relay import complaints
from tests.flows.views import URLS, VIEWS
from tests.processes import wait_until
from tests.servers.sentry import Sentry
from tests.servers.smtp import Mailbox
from tests.settings import REDIS_URL
from tests.sites import Site
from tests.sites.outbound import outbound_settings

FAILURES = 12
API = {"Accept": "application/json"}
SETTINGS = """
from errorkit.beat import beat_schedule

CELERY_BEAT_SCHEDULE = {**beat_schedule()}
"""
# What the README says instead of AdminEmailHandler.
WITHOUT_ADMIN_EMAIL = """
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {"django": {"handlers": ["console"], "level": "INFO", "propagate": False}},
}
"""


@pytest.fixture
def sentry() -> Iterator[Sentry]:
    with Sentry() as server:
        yield server


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as server:
        yield server


def from_errorkit(mailbox: Mailbox) -> list[EmailMessage]:
    """Return the mails that AdminEmailHandler did not send."""
    return [mail for mail in mailbox.messages if "Internal Server Error" not in mail["Subject"]]


def settings(sentry: Sentry, mailbox: Mailbox) -> dict[str, Any]:
    return {
        **outbound_settings(sentry, mailbox),
        "CELERY_BROKER_URL": REDIS_URL,
        "CELERY_TASK_DEFAULT_QUEUE": f"errorkit-{mailbox.port}",
    }


def frames_of(event: dict[str, Any]) -> list[dict[str, Any]]:
    return event["exception"]["values"][-1]["stacktrace"]["frames"]


def check_event(event: dict[str, Any], row: dict[str, Any]) -> None:
    """Compare the accepted event with the stored occurrence, field by field."""
    assert complaints(event) == []
    assert event["event_id"] == row["id"].replace("-", "")
    assert event["timestamp"].endswith("Z") or isinstance(event["timestamp"], float)
    assert (event["platform"], event["level"], event["logger"]) == ("python", "error", "errorkit")
    assert event["transaction"] == row["route"]
    assert (event["server_name"], event["release"]) == (row["server"], "shop@1.4.2")
    assert event["environment"] == "staging"
    assert event["sdk"]["name"] == "errorkit.python"
    assert event["contexts"]["runtime"]["name"] == "CPython"
    assert event["tags"]["errorkit.incident"] == str(row["incident_id"])
    request = event["request"]
    assert request["method"] == "GET"
    assert request["url"].endswith("/query-then-boom/")
    assert "page=2" in str(request["query_string"])
    (exception,) = event["exception"]["values"]
    assert (exception["type"], exception["value"]) == ("RuntimeError", "failed after a query")
    assert exception["mechanism"] == {"type": "errorkit", "handled": False} | exception["mechanism"]
    frame = frames_of(event)[-1]
    assert (frame["module"], frame["function"]) == ("hostsite.views", "query_then_boom")
    assert frame["in_app"] is True
    assert frame["context_line"].strip().startswith("raise RuntimeError")
    assert frame["pre_context"]
    assert frame["lineno"] > 0
    assert frame["filename"]


@pytest.mark.needs_postgresql
@pytest.mark.needs_redis
@pytest.mark.parametrize("admin_email", [True, False], ids=["with-admin-email", "without"])
@pytest.mark.parametrize("server", ["gthread", "uvicorn"])
def test_failures_become_occurrences_events_and_one_mail(
    make_site: Callable[..., Site],
    sentry: Sentry,
    mailbox: Mailbox,
    server: str,
    admin_email: bool,
) -> None:
    site = make_site(
        engine="postgresql",
        views=VIEWS,
        urls=URLS,
        tasks="",
        settings=settings(sentry, mailbox),
        settings_text=SETTINGS + ("" if admin_email else WITHOUT_ADMIN_EMAIL),
    )
    site.start_worker()
    site.start(server)

    answers = [site.get("/query-then-boom/?page=2", headers=API) for _ in range(FAILURES)]

    wait_until(lambda: len(sentry.accepted) >= FAILURES, 60, what="envelopes accepted")
    wait_until(lambda: from_errorkit(mailbox), 60, what="the mail")
    wait_until(
        lambda: site.evaluate("Delivery.objects.unfinished().count()") == 0, 30, what="all finished"
    )
    references = [answer.json()["reference"] for answer in answers]
    rows = site.evaluate("list(Occurrence.objects.order_by('id').values())")
    (incident,) = site.evaluate("list(Incident.objects.values())")
    assert sorted(row["reference"] for row in rows) == sorted(references)
    assert (incident["times_seen"], incident["times_light"]) == (FAILURES, 0)
    assert sorted(sentry.event_ids) == sorted(row["id"].replace("-", "") for row in rows)
    by_id = {row["id"].replace("-", ""): row for row in rows}
    for envelope in sentry.accepted:
        check_event(envelope.event, by_id[envelope.event["event_id"]])
    # On a busy machine the time for the locals of a report may be up before there is one.
    assert any("vars" in frame for event in sentry.accepted for frame in frames_of(event.event))
    check_mail(mailbox, rows, incident)
    assert len(mailbox.messages) == (FAILURES + 1 if admin_email else 1)
    assert site.evaluate("list(DeliveryAttempt.objects.values_list('outcome', flat=True))") == [
        "accepted"
    ] * (FAILURES + 1)


def check_mail(mailbox: Mailbox, rows: list[dict[str, Any]], incident: dict[str, Any]) -> None:
    (mail,) = from_errorkit(mailbox)
    body = mail.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert mail["To"] == "ops@example.org"
    assert "RuntimeError: failed after a query" in mail["Subject"]
    assert "hostsite.views.query_then_boom" in text
    assert any(row["reference"] in text for row in rows)
    assert f"https://shop.example/admin/errorkit/incident/{incident['id']}/" in text


@pytest.mark.needs_redis
def test_failing_task_of_the_host_becomes_an_incident_with_the_callers_request_id(
    make_site: Callable[..., Site], sentry: Sentry, mailbox: Mailbox
) -> None:
    site = make_site(
        views=TASK_VIEWS,
        urls='path("order/", views.order),',
        tasks=TASKS,
        settings=settings(sentry, mailbox),
        settings_text=SETTINGS,
    )
    site.start_worker(beat=False)
    site.start("gthread")

    request_id = site.get("/order/").headers["X-Request-ID"]

    query = "list(Occurrence.objects.filter(incident__isnull=False).values('kind', 'title', 'request_id'))"
    rows = wait_until(lambda: site.evaluate(query), 30, what="the task's occurrence")
    assert rows == [
        {"kind": "task", "title": "ValueError: final attempt", "request_id": request_id}
    ]


TASK_VIEWS = """
from django.http import HttpResponse


def order(request):
    from hostsite.tasks import charge

    charge.delay()
    return HttpResponse("ordered")
"""
TASKS = """
from celery import shared_task


@shared_task(bind=True, max_retries=2, default_retry_delay=0)
def charge(self):
    if self.request.retries < 2:
        raise self.retry(exc=ValueError("not the final attempt"), countdown=0)
    raise ValueError("final attempt")
"""


@pytest.mark.trap("T49")
@pytest.mark.parametrize("server", ["gthread", "uvicorn"])
def test_sentry_of_the_host_sees_each_failure_once_and_errorkit_says_so(
    make_site: Callable[..., Site], sentry: Sentry, mailbox: Mailbox, server: str
) -> None:
    site = make_site(
        views=VIEWS,
        urls=URLS,
        settings=settings(sentry, mailbox),
        settings_text=f"import sentry_sdk\nsentry_sdk.init({sentry.dsn!r}, shutdown_timeout=5)",
    )
    site.start(server)

    references = [
        site.get(path, headers=API).json()["reference"] for path in ("/boom/", "/async-boom/")
    ]
    wait_until(lambda: site.evaluate("Incident.objects.count()") == 2, 20, what="digested")
    site.manage("errorkit_deliver")
    site.stop()

    assert sorted(
        event["exception"]["values"][-1]["value"]
        for event in (envelope.event for envelope in sentry.accepted)
    ) == ["the async view failed", "the view failed for hunter2-local"]
    forwards = site.evaluate(
        "list(Delivery.objects.filter(channel='sentry').values('status', 'reason'))"
    )
    assert [row["status"] for row in forwards] == ["skipped"] * len(references)
    assert all(row["reason"] for row in forwards)
