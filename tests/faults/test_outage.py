"""PostgreSQL goes away and comes back: somebody is told once, and nothing is lost or sent twice."""

from collections.abc import Callable

import pytest

from tests.processes import wait_until
from tests.servers import PostgreSQL
from tests.servers.sentry import Sentry
from tests.servers.smtp import Mailbox
from tests.sites import Site
from tests.sites.outbound import outbound_settings

FAILURES = 10
VIEWS = """
def boom(request):
    raise RuntimeError("the view failed")
"""


@pytest.mark.needs_postgresql
def test_one_mail_tells_of_the_outage_and_all_is_forwarded_once_afterwards(
    make_site: Callable[..., Site],
) -> None:
    with Sentry() as sentry, Mailbox() as mailbox, PostgreSQL() as postgresql:
        site = make_site(
            database=postgresql.settings(),
            views=VIEWS,
            urls='path("boom/", views.boom),',
            settings={**outbound_settings(sentry, mailbox), "LOGGING_CONFIG": None},
        )
        site.run("manage.py", "errorkit_deliver", "--loop", log="deliver.log")
        site.start("gthread", workers=2)
        postgresql.stop()

        answers = [
            site.get("/boom/", headers={"Accept": "application/json"}) for _ in range(FAILURES)
        ]
        wait_until(lambda: mailbox.messages, 60, what="the mail about the outage")
        subjects = [str(mail["Subject"]) for mail in mailbox.messages]
        postgresql.start()
        wait_until(lambda: len(sentry.accepted) >= FAILURES, 90, what="everything forwarded")
        wait_until(lambda: len(mailbox.messages) >= 2, 60, what="the alert")
        wait_until(lambda: site.evaluate("Delivery.objects.unfinished().count()") == 0, 30)

        references = sorted(answer.json()["reference"] for answer in answers)
        rows = site.evaluate("list(Occurrence.objects.values('id', 'reference'))")
        assert len(subjects) == 1
        assert "cannot reach its database" in subjects[0]
        assert sorted(row["reference"] for row in rows) == references
        assert sorted(sentry.event_ids) == sorted(row["id"].replace("-", "") for row in rows)
        assert site.evaluate("Incident.objects.get().times_seen") == FAILURES
        assert [str(mail["Subject"]) for mail in mailbox.messages[1:]] == [
            "[Django] [staging] opened: RuntimeError: the view failed"
        ]
