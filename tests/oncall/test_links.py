import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from errorkit.incidents import triage
from errorkit.models import Activity, Delivery, Incident
from errorkit.sweep import sweep
from tests.oncall.world import World, acknowledge, add_way, channel, resolve, user

READS = ("SELECT", "SAVEPOINT", "RELEASE", "BEGIN")


@pytest.fixture
def visitor(site: World, settings: Any) -> Client:
    settings.ROOT_URLCONF = "tests.oncall.urls_links"
    return Client(enforce_csrf_checks=True)


def link_of(message: Any) -> str:
    found = re.search(r"https://shop\.example(/errorkit/ack/\S+/)", message.body)
    assert found
    assert found[1] in message.alternatives[0][0]
    return found[1]


def alerted(site: World) -> tuple[Incident, str]:
    """Let a request fail; return the incident and the link in the mail."""
    incident = site.fail()
    sweep()
    return incident, link_of(mail.outbox[-1])


def digested(site: World) -> tuple[list[Incident], str]:
    """Let three requests fail at once; return the incidents and the link in the digest."""
    site.add_policy(channel("oncall"), acknowledge_minutes=0)
    incidents = [site.fail(kind) for kind in ("OneError", "TwoError", "ThreeError")]
    site.wait(seconds=30)
    [message] = mail.outbox
    assert message.subject == "3 incidents need attention"
    return incidents, link_of(message)


def status_of(incident: Incident) -> str:
    return Incident.objects.get(pk=incident.pk).status


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_at_the_link_writes_nothing(site: World, visitor: Client, method: str) -> None:
    incident, link = alerted(site)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        response = getattr(visitor, method)(link, headers={"sec-purpose": "prefetch"})
    assert response.status_code == 200
    assert [query["sql"] for query in queries if not query["sql"].startswith(READS)] == []
    assert status_of(incident) == "open"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert not response.cookies


def test_page_shows_the_title_and_nothing_of_the_traceback(site: World, visitor: Client) -> None:
    incident = site.fail("<script>alert(1)</script>")
    sweep()
    page = visitor.get(link_of(mail.outbox[-1])).content.decode()
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    assert "shop/views.py" not in page
    assert incident.location not in page


def test_page_leads_to_the_incident_before_and_after(site: World, visitor: Client) -> None:
    incident, link = alerted(site)
    leading = f'<a href="https://shop.example/admin/errorkit/incident/{incident.pk}/change/">'
    assert leading in visitor.get(link).content.decode()
    assert leading in visitor.post(link).content.decode()
    assert leading in visitor.get(link).content.decode()


def test_button_acknowledges_and_says_who(site: World, visitor: Client) -> None:
    ids = site.add_people("ada")
    add_way(ids["ada"], "ada@example.com")
    site.add_policy(user(ids["ada"]), group_wait=0)
    incident, link = alerted(site)
    assert b"Your name" not in visitor.get(link).content
    assert "Acknowledged by" in visitor.post(link).content.decode()
    deed = Activity.objects.get(incident=incident, kind="acknowledged")
    assert (status_of(incident), deed.actor_id) == ("acknowledged", ids["ada"])


def test_second_click_says_who_was_first(site: World, visitor: Client) -> None:
    incident, link = alerted(site)
    visitor.post(link, {"name": "Grace"})
    page = visitor.post(link, {"name": "Linus"})
    assert page.status_code == 200
    assert "Acknowledged by Grace at" in page.content.decode()
    assert "Acknowledged by Grace at" in visitor.get(link).content.decode()
    assert Activity.objects.filter(incident=incident, kind="acknowledged").count() == 1


def test_link_says_so_when_somebody_has_resolved_it(site: World, visitor: Client) -> None:
    incident, link = alerted(site)
    resolve(incident)
    assert "Grace has dealt with it" in visitor.post(link).content.decode()
    assert status_of(incident) == "resolved"


def test_link_is_about_its_own_opening_when_the_incident_has_opened_again(
    site: World, visitor: Client
) -> None:
    incident, link = alerted(site)
    resolve(incident)
    site.clock.shift(60)
    site.fail()
    assert "opened again since" in visitor.post(link).content.decode()
    assert status_of(incident) == "open"


def test_generation_decides_when_the_incident_opens_again_meanwhile(site: World) -> None:
    incident = site.fail()
    actor = triage.Actor(user_id="", label="Ada")
    assert triage.acknowledge([incident.pk], actor=actor, generation=2) == 0
    assert triage.acknowledge([incident.pk], actor=actor, generation=1) == 1


def test_link_expires_after_three_days(site: World, visitor: Client) -> None:
    incident, link = alerted(site)
    site.clock.shift(timedelta(days=3, seconds=1))
    assert visitor.get(link).status_code == 400
    assert visitor.post(link).status_code == 400
    assert status_of(incident) == "open"


def test_token_opens_nothing_when_it_is_forged_or_of_another_delivery(
    site: World, visitor: Client
) -> None:
    incident, link = alerted(site)
    forged = [link[:-6] + "AAAA/", "/errorkit/ack/abc/", link.replace("ack/", "ack/x", 1)]
    assert [visitor.post(each).status_code for each in forged] == [400] * 3
    Delivery.objects.update(generation=7)
    assert visitor.post(link).status_code == 400
    Delivery.objects.all().delete()
    assert visitor.post(link).status_code == 400
    assert status_of(incident) == "open"


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_at_the_link_of_a_digest_writes_nothing(
    site: World, visitor: Client, method: str
) -> None:
    _, link = digested(site)
    with CaptureQueriesContext(connection) as queries:
        assert getattr(visitor, method)(link).status_code == 200
    assert [query["sql"] for query in queries if not query["sql"].startswith(READS)] == []


def test_link_of_a_digest_acknowledges_what_waits_of_it(site: World, visitor: Client) -> None:
    incidents, link = digested(site)
    acknowledge(incidents[0])
    resolve(incidents[1])
    site.clock.shift(60)
    site.fail("TwoError")
    page = visitor.get(link).content.decode()
    assert "ThreeError: it failed" in page
    assert "OneError" not in page
    assert "TwoError" not in page
    assert "You are on it" in visitor.post(link, {"name": "Linus"}).content.decode()
    assert [status_of(each) for each in incidents] == ["acknowledged", "open", "acknowledged"]
    deeds = Activity.objects.filter(kind="acknowledged").order_by("pk")
    assert [deed.actor_label for deed in deeds] == ["Grace", "Linus"]
    assert "Somebody is on it already" in visitor.post(link).content.decode()


def test_token_of_another_notice_opens_nothing(site: World, visitor: Client) -> None:
    _, link = digested(site)
    Delivery.objects.filter(key__startswith="digest:").update(notice={"subject": "hand-off"})
    assert visitor.post(link).status_code == 400


def test_other_methods_are_refused(site: World, visitor: Client) -> None:
    _, link = alerted(site)
    assert visitor.delete(link).status_code == 405
    assert visitor.put(link).headers["Allow"] == "GET, HEAD, POST"


def test_nobody_is_alerted_any_more_once_the_link_was_used(site: World, visitor: Client) -> None:
    ids = site.add_people("ada", "boss")
    site.add_policy(user(ids["ada"]), user(ids["boss"]), group_wait=0, acknowledge_minutes=60)
    _, link = alerted(site)
    visitor.post(link)
    site.read_mail()
    site.pass_time(timedelta(minutes=59))
    assert site.readers() == []
    site.wait(minutes=1)
    assert site.readers() == ["ada"]


def test_page_is_polite_when_the_database_does_not_answer(
    site: World, visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, link = alerted(site)

    def fail(*args: object) -> None:
        raise OSError("gone")

    with connection.execute_wrapper(fail):
        assert visitor.get(link).status_code == 503
        assert visitor.post(link).status_code == 503


def test_link_is_left_out_when_the_site_has_not_included_the_urls(site: World) -> None:
    site.fail()
    sweep()
    assert "/ack/" not in mail.outbox[0].body
