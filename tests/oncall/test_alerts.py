import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import override_settings
from django.utils import timezone

from errorkit.delivery import outbox
from errorkit.models import Delivery
from errorkit.models.transitions import Transition
from errorkit.oncall.alerts import owe_alerts
from tests.delivery.factories import make_change, make_incident, make_occurrence, only

pytestmark = pytest.mark.django_db
ONCALL = {"ONCALL_FALLBACK": ["oncall@example.com"], "BASE_URL": "https://shop.example"}


@pytest.fixture(autouse=True)
def recipients(settings) -> None:
    settings.ERRORKIT = ONCALL
    settings.ROOT_URLCONF = "tests.oncall.urls"


@pytest.mark.parametrize("transition", [Transition.OPENED, Transition.REGRESSED])
def test_one_mail_leaves_when_an_incident(transition: Transition) -> None:
    change = make_change(transition)

    assert owe_alerts([change], timezone.now()) == 1
    owe_alerts([change], timezone.now())
    outbox.send_due()

    [message] = mail.outbox
    assert message.to == ["oncall@example.com"]
    assert message.subject == (
        f"[Django] [production] {transition.value}: ZeroDivisionError: division by zero"
    )
    for fact in (
        "shop.views.pay",
        change.full[0].reference,
        "POST /pay/7/",
        f"https://shop.example/staff/incident/{change.incident.pk}/",
    ):
        assert fact in message.body
        assert fact in message.alternatives[0][0]
    assert only().status == "accepted"


def test_nobody_is_told_when_an_incident_repeats() -> None:
    assert owe_alerts([make_change(Transition.REPEATED)], timezone.now()) == 0


@pytest.mark.parametrize(
    "state",
    [
        {"status": "ignored"},
        {"snoozed_until": timezone.now() + timedelta(hours=1)},
    ],
)
def test_nothing_is_owed_when_people_do_not_want_to_hear_of_it(state: dict[str, object]) -> None:
    assert owe_alerts([make_change(incident=make_incident(**state))], timezone.now()) == 0


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({"status": "acknowledged"}, "the incident is acknowledged"),
        ({"status": "resolved"}, "the incident is resolved"),
        ({"snoozed_until": timezone.now() + timedelta(hours=1)}, "the incident is snoozed"),
        ({"generation": 2}, "the incident has been resolved and has opened again"),
    ],
)
def test_alert_is_cancelled_when_people_acted_meanwhile(
    state: dict[str, object], reason: str
) -> None:
    change = make_change()
    owe_alerts([change], timezone.now())
    type(change.incident).objects.update(**state)

    outbox.send_due()

    assert (only().status, only().reason) == ("cancelled", reason)
    assert mail.outbox == []


def test_somebody_is_told_when_an_incident_opens_with_light_occurrences_only() -> None:
    change = make_change(full=0, light=3)
    light = make_occurrence(change.incident, full=False, exceptions=(), request=None)

    owe_alerts([change], timezone.now())
    outbox.send_due()

    assert light.reference in mail.outbox[0].body


def test_delivery_is_dead_and_loud_when_there_is_nobody_to_tell(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with override_settings(ERRORKIT={}, ADMINS=[]):
        owe_alerts([make_change()], timezone.now())
        outbox.send_due()

    assert only().status == "dead"
    assert "nobody to tell" in only().last_error
    assert "is dead" in caplog.text


@pytest.mark.parametrize(
    "text",
    ["a\r\nBcc: eve@example.com", "a\x01b\x1b[2J", "x" * 5000, "\u2028\u2029\u202e", "a\x0b\x0cb"],
)
def test_subject_is_one_line_when_exception_text_is_hostile(text: str) -> None:
    incident = make_incident()
    change = make_change(incident=incident, title=f"ValueError: {text}"[:255])
    owe_alerts([change], timezone.now())

    outbox.send_due()

    [message] = mail.outbox
    raw = message.message().as_bytes()
    head = raw.split(b"\n\n")[0]
    assert b"\nBcc" not in head
    assert len(message.subject.splitlines()) == 1
    assert message.recipients() == ["oncall@example.com"]


def test_mails_of_one_incident_share_a_thread_when_it_regresses() -> None:
    incident = make_incident()
    owe_alerts([make_change(incident=incident)], timezone.now())
    incident.generation = 2
    incident.save()
    Delivery.objects.update(generation=2)
    owe_alerts([make_change(Transition.REGRESSED, incident=incident)], timezone.now())

    outbox.send_due()

    first, second = (message.message() for message in mail.outbox)
    assert first["References"] == second["References"]
    assert first["Message-ID"] != second["Message-ID"]


@pytest.mark.parametrize(
    ("transition", "looks", "kicker"),
    [
        (Transition.OPENED, "alarm", "opened · production"),
        (Transition.QUIET, "calm", "quiet again · production"),
    ],
)
def test_mail_says_what_happened_above_the_title(
    transition: Transition, looks: str, kicker: str
) -> None:
    change = make_change()
    owe_alerts([change], timezone.now())
    Delivery.objects.update(transition=transition)

    outbox.send_due()

    html = mail.outbox[0].alternatives[0][0]
    assert re.search(rf'<p class="{looks}"[^>]*>{kicker}</p>', html)
    # The button that a person on call wants comes first, and before the facts.
    places = [html.index(text) for text in ("Open the incident", "Where", "Request ID")]
    assert places == sorted(places)
    assert 'name="color-scheme" content="light dark"' in html
