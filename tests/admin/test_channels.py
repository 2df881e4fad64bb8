from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from errorkit.admin import channels as page
from errorkit.models import Activity, Alert, ChannelState, Delivery
from tests.admin.pages import Markup, list_url, page_url
from tests.factories import make_delivery, make_incident, make_sweep

MEMORY = "errorkit.delivery.channels.memory.MemoryChannel"
TOKEN = "xoxb-very-secret"


@pytest.fixture(autouse=True)
def two_channels(settings: Any) -> None:
    slack = "errorkit.delivery.channels.slack.SlackChannel"
    settings.ERRORKIT = {
        "CHANNELS": {
            "archive": {"BACKEND": MEMORY},
            "chat": {"BACKEND": slack, "OPTIONS": {"TOKEN": TOKEN, "CHANNEL": "C1"}},
            "typo": {"BACKEND": "no.such.Channel"},
        },
        "ROUTES": [{"CHANNELS": ["archive"], "EXCEPTIONS": ["Timeout*"], "SAMPLE": 0.25}],
    }


def channels_url() -> str:
    return reverse("admin:errorkit_delivery_channels")


def test_url(alias: str) -> str:
    return reverse("admin:errorkit_delivery_test", args=[alias])


test_url.__test__ = False  # type: ignore[attr-defined]


def backfill_url(alias: str) -> str:
    return reverse("admin:errorkit_delivery_backfill", args=[alias])


def text_of(response: Any) -> str:
    return " ".join(Markup(response.content.decode()).text.split())


def as_typed(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


def test_page_shows_channels_and_routes_and_no_secret(viewer) -> None:
    now = timezone.now()
    ChannelState.objects.create(
        alias="chat", parked_until=now + timedelta(minutes=5), last_error="Slack says invalid_auth"
    )
    assert channels_url() in viewer.get(list_url("delivery")).content.decode()

    response = viewer.get(channels_url())

    shown = text_of(response)
    for text in ("SlackChannel", "Slack says invalid_auth", "resting", "what ROUTES let through"):
        assert text in shown
    for text in ("Timeout*", "share: 25%", "It cannot be used", "what is addressed to it"):
        assert text in shown
    assert TOKEN not in response.content.decode()
    assert not Markup(response.content.decode()).find_what_a_strict_policy_forbids()


def test_test_goes_through_the_outbox_and_says_how_old_the_last_sweep_is(responder) -> None:
    make_sweep(timezone.now() - timedelta(hours=3))

    response = responder.post(test_url("archive"), follow=True)

    test = Delivery.objects.get()
    assert (test.purpose, test.channel, test.status) == ("test", "archive", "pending")
    assert response.redirect_chain == [(page_url(test), 302)]
    assert "the last one was 3\xa0hours ago" in response.content.decode()


def test_test_says_so_when_nothing_leaves_under_debug(responder, settings: Any) -> None:
    settings.DEBUG = True
    make_sweep(timezone.now())

    response = responder.post(test_url("archive"), follow=True)

    assert "DELIVER_IN_DEBUG is not" in text_of(response)
    assert "leaves with the next sweep" not in text_of(response)


def test_test_warns_when_nobody_has_ever_swept(responder) -> None:
    response = responder.post(test_url("archive"), follow=True)

    assert "nobody has ever swept" in text_of(response)


def test_range_is_owed_when_it_is_backfilled(responder, settings: Any) -> None:
    settings.ERRORKIT = {**settings.ERRORKIT, "ROUTES": []}
    incident = make_incident(occurrences=2)
    at = incident.occurrences.latest("occurred_at").occurred_at
    before = {
        "since": as_typed(at - timedelta(hours=1)),
        "until": as_typed(at + timedelta(hours=1)),
    }

    response = responder.post(backfill_url("archive"), before, follow=True)

    assert "of that time" in text_of(response)
    assert set(Delivery.objects.values_list("channel", "purpose")) == {("archive", "forward")}


@pytest.mark.parametrize(
    ("until", "most", "said"),
    [
        ("2020-01-01T00:00", 10_000, "ends before it begins"),
        ("2031-01-01T00:00", 0, "Choose a shorter range"),
        ("nonsense", 10_000, "Enter a valid date"),
    ],
)
def test_nothing_is_owed_when_the_range_is_no_good(
    responder, monkeypatch, until: str, most: int, said: str
) -> None:
    monkeypatch.setattr(page, "MOST_BACKFILLED", most)
    make_incident(occurrences=1)

    answer = responder.post(backfill_url("archive"), {"since": "2025-01-01T00:00", "until": until})

    assert said in text_of(answer)
    assert not Delivery.objects.exists()


def test_backfill_says_why_when_the_channel_takes_no_forwards(responder) -> None:
    values = {"since": "2025-01-01T00:00", "until": "2025-01-02T00:00"}

    response = responder.post(backfill_url("chat"), values, follow=True)

    assert "takes no forwards" in text_of(response)


def test_doors_are_closed_when_one_may_only_view(viewer) -> None:
    assert "Send a test" not in text_of(viewer.get(channels_url()))
    assert viewer.post(test_url("archive")).status_code == 403
    assert viewer.post(backfill_url("archive")).status_code == 403
    assert not Delivery.objects.exists()


def test_doors_are_closed_when_it_is_no_post_or_no_channel(responder, log_in) -> None:
    assert responder.get(test_url("archive")).status_code == 405
    assert responder.post(test_url("nowhere")).status_code == 404
    assert log_in().get(channels_url()).status_code == 403


def test_page_says_why_it_is_owed_and_when_the_next_repeat_is_told(viewer) -> None:
    incident = make_incident(occurrences=1)
    Alert.objects.create(incident=incident, policy="night", told_count=512, transition="repeated")
    alert = make_delivery(
        incident, purpose="alert", transition="repeated", status="accepted", channel="chat"
    )

    shown = text_of(viewer.get(page_url(alert)))

    assert "Repeat: seen twice as often" in shown
    assert "next at 1,024" in shown


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"channel": "sentry"}, "Every full occurrence goes to this channel."),
        ({"channel": "archive"}, "ROUTES let through"),
        ({"purpose": "alert", "key": "alert:1:fallback"}, "Another channel does not deliver"),
        ({"purpose": "alert", "transition": "opened"}, "The incident has opened."),
        ({"purpose": "follow_up", "transition": "resolved"}, "People have acted"),
        ({"purpose": "test"}, "asked for a test"),
        ({"purpose": "notice"}, "should know"),
        (
            {"status": "skipped", "reason": "left to the host's Sentry SDK"},
            "left to the host's Sentry SDK",
        ),
    ],
)
def test_page_says_why_it_was_or_was_not_sent(viewer, values: dict[str, Any], said: str) -> None:
    delivery = make_delivery(make_incident(occurrences=1), **values)

    assert said in text_of(viewer.get(page_url(delivery)))


def test_page_leads_upstream_when_the_channel_knows_where_it_is(viewer) -> None:
    url = "https://acme.slack.example/archives/C1/p12"
    delivery = make_delivery(status="accepted", upstream_id="C1:1.2", upstream_url=url)

    assert f'href="{url}"' in viewer.get(page_url(delivery)).content.decode()


def test_accepted_forward_is_sent_once_more_when_it_is_replayed(responder) -> None:
    incident = make_incident(occurrences=1)
    now = timezone.now()
    forward = make_delivery(incident, status="accepted", finished_at=now)
    alert = make_delivery(incident, status="accepted", finished_at=now, purpose="alert")

    for row in (forward, alert):
        responder.post(reverse("admin:errorkit_delivery_replay", args=[row.pk]))

    forward.refresh_from_db()
    alert.refresh_from_db()
    assert (forward.status, alert.status) == ("pending", "accepted")
    assert Activity.objects.filter(kind="redelivered").count() == 1
