"""The overview page: where the site stands."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from errorkit.models import Activity, Deploy, HourlyCount, HourlyTotal, Schedule
from errorkit.storage.digest import digest
from tests import factories
from tests.admin.pages import Markup

URL = "/admin/errorkit/incident/overview/"


def fail(*, ago=timedelta(0), times=1, **values):
    for _ in range(times):
        factories.make_occurrence(occurred_at=timezone.now() - ago, **values)
    digest()


def text_of(answer):
    html = answer.content.decode().replace("<", " <")
    return " ".join(Markup(html).text.split())


def test_overview_tells_what_failed_by_environment_and_status(viewer):
    fail(times=3, fingerprint="v1:a", title="A: often")
    fail(times=2, fingerprint="v1:b", status=503, title="B: seldom")
    fail(fingerprint="v1:c", environment="staging", title="C: elsewhere")
    fail(ago=timedelta(days=3), fingerprint="v1:d", title="D: older")
    answer = viewer.get(URL)
    text = text_of(answer)
    assert "Failures 6 " in text
    assert text.index("production 5") < text.index("staging 1")
    assert text.index("A: often") < text.index("B: seldom") < text.index("C: elsewhere")
    assert "Failures 7 " in text_of(viewer.get(f"{URL}?days=7"))


def test_overview_tells_what_is_new_and_what_came_back(viewer):
    factories.make_incident(title="New: today", first_seen=timezone.now())
    back = factories.make_incident(title="Old: but back")
    factories.make_activity(back, kind=Activity.Kind.REGRESSED)
    text = text_of(viewer.get(URL))
    fresh, returned = text.index("New in the last"), text.index("Came back in the last")
    assert fresh < text.index("New: today") < returned < text.index("Old: but back")


def test_overview_compares_the_hours_before_and_since_a_deploy(viewer):
    now = timezone.now()
    Deploy.objects.create(release="1.4.2", environment="production", at=now - timedelta(hours=3))
    # Two whole hours have passed since the hour of the deploy.
    fail(ago=timedelta(hours=4), times=1)
    fail(ago=timedelta(hours=2), times=3)
    fail(ago=timedelta(hours=1), times=2)
    assert "1.4.2 production" in text_of(viewer.get(URL))
    overview = viewer.get(URL).context["overview"]
    (since,) = overview.deploys
    assert (since.hours, since.before, since.after, since.opened) == (2, 0.5, 2.5, 0)


def test_overview_tells_how_fast_people_are(viewer):
    now = timezone.now()
    for minutes in (10, 20, 60):
        incident = factories.make_incident()
        for kind, at in (
            (Activity.Kind.OPENED, now - timedelta(minutes=minutes)),
            (Activity.Kind.ACKNOWLEDGED, now),
        ):
            factories.make_activity(incident, kind=kind, at=at, actor_label="ada")
    text = text_of(viewer.get(URL))
    assert "Time to acknowledge 20 min" in text
    assert "Time to resolve –" in text


def test_overview_counts_what_errorkit_resolved_by_itself_for_nobody(viewer):
    incident = factories.make_incident()
    factories.make_activity(incident)
    factories.make_activity(incident, kind=Activity.Kind.RESOLVED)
    assert viewer.get(URL).context["overview"].pace.resolve is None


def test_overview_tells_how_errorkit_is(viewer):
    factories.make_sweep(timezone.now() - timedelta(seconds=30))
    factories.make_delivery()

    text = text_of(viewer.get(URL))

    assert "Outbox 1 waiting, the oldest for 0 s, 0 given up" in text
    assert re.search(r"Last sweep 3\d s ago", text)
    assert "Migrations to run none" in text


def test_overview_names_schedules_without_anybody_first_and_not_all_of_many(viewer):
    for number in range(8):
        fallback = "" if number == 7 else "ada"
        Schedule.objects.create(
            name=f"Team {number}", fallback_id=fallback, fallback_label=fallback
        )
    text = text_of(viewer.get(URL))
    assert "On call Team 7: nobody Team 0: ada fallback" in text
    assert "Team 4: ada fallback 2 more" in text


def test_overview_says_once_that_nobody_sweeps(viewer):
    factories.make_delivery()
    answer = viewer.get(URL)
    text = text_of(answer)
    assert [each.code for each in answer.context["problems"]] == ["no_sweep"]
    assert text.count("Nobody has swept yet") == 1
    assert "nobody has ever swept" not in text


def test_overview_groups_the_digits_of_large_numbers(viewer):
    incident = factories.make_incident(title="Often: seen")
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    HourlyCount.objects.create(incident=incident, hour=hour, count=12_345)
    HourlyTotal.objects.create(
        hour=hour, environment="production", status_code=500, count=1_234_567
    )
    text = text_of(viewer.get(URL))
    assert "Failures 1,234,567 " in text
    assert "production 1,234,567 " in text
    assert "Often: seen shop.views in checkout 12,345 " in text


def test_overview_shows_an_empty_site(viewer):
    assert "Nothing has failed in this time." in text_of(viewer.get(URL))


@pytest.mark.parametrize("days", ["0", "2", "-1", "x", "90" * 50, ""])
def test_overview_falls_back_to_a_day_when_the_span_is_not_offered(viewer, days):
    assert viewer.get(URL, {"days": days}).context["days"] == 1


def test_overview_takes_the_same_queries_whatever_is_stored(viewer, django_assert_max_num_queries):
    viewer.get(URL)
    with django_assert_max_num_queries(60) as empty:
        viewer.get(URL)
    for number in range(12):
        fail(fingerprint=f"v1:{number}")
        factories.make_activity(factories.make_incident(), kind=Activity.Kind.REGRESSED)
    with django_assert_max_num_queries(60) as filled:
        viewer.get(f"{URL}?days=90")
    # The incidents of the top list are read only if there are any.
    assert len(filled) <= len(empty) + 1
    assert len(filled) <= 40


def test_overview_is_refused_when_incidents_may_not_be_seen(log_in):
    assert log_in("view_delivery").get(URL).status_code == 403


def test_overview_works_under_a_strict_policy_when_titles_are_hostile(viewer):
    hostile = "<script>alert(1)</script>\"'"
    fail(title=hostile, location=hostile, environment="<b>prod", release=hostile)
    Deploy.objects.create(release=hostile, environment=hostile[:64])
    html = viewer.get(URL).content.decode()
    assert not Markup(html).find_what_a_strict_policy_forbids()
    assert "<script>alert" not in html
    assert "<b>prod" not in html


def test_list_of_incidents_leads_to_the_overview(viewer):
    assert URL.encode() in viewer.get("/admin/errorkit/incident/").content


def test_overview_counts_days_of_the_site_when_its_midnight_is_not_that_of_utc(viewer, settings):
    settings.TIME_ZONE = "Pacific/Auckland"
    fail(times=2)
    fail(ago=timedelta(days=2))
    overview = viewer.get(f"{URL}?days=7").context["overview"]
    assert len(overview.starts) == 7
    assert {total.start for total in overview.totals} <= set(overview.starts)
    assert overview.failures == 3
