"""A month of on-call on a frozen clock: incidents, people who act and who leave, silences, overrides and two changes of the clocks."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.utils import timezone

from errorkit.models import (
    Activity,
    Alert,
    Delivery,
    DeliveryAttempt,
    Incident,
    Override,
    Schedule,
    Silence,
)
from errorkit.sweep import sweep
from tests.oncall.stored import make_schedule
from tests.oncall.world import SETTINGS, World, acknowledge, on_call, resolve, silence, user, world

# New York changes its clocks on March 8, Berlin on March 29.
START = datetime(2026, 3, 5, tzinfo=UTC)
END = datetime(2026, 4, 2, tzinfo=UTC)
STEP = timedelta(minutes=30)
ANCHOR = datetime.fromisoformat("2026-01-05 09:00")
KINDS = ["PayError", "CartError", "MailError", "SearchError", "LoginError", "StockError"]
ENDED = {Activity.Kind.ACKNOWLEDGED, Activity.Kind.RESOLVED, Activity.Kind.IGNORED}
STATES = ENDED | {Activity.Kind.OPENED, Activity.Kind.REGRESSED, Activity.Kind.REOPENED}


@dataclass
class Month:
    """The site, its people, and what chance decides."""

    site: World
    dice: random.Random
    rotas: dict[str, list[str]] = field(default_factory=dict)
    # Whose account was switched off from when until when; one at a time.
    absences: list[tuple[str, datetime, datetime]] = field(default_factory=list)

    def set_up(self) -> None:
        ids = self.site.add_people("ada", "bob", "cleo", "dan", "eve", "boss")
        self.rotas = {
            "Europe/Berlin": [ids["ada"], ids["bob"], ids["cleo"]],
            "America/New_York": [ids["dan"], ids["eve"]],
        }
        for position, (zone, exception) in enumerate(
            [("Europe/Berlin", "[PCM]*"), ("America/New_York", "*")]
        ):
            schedule = make_schedule(*self.rotas[zone], name=zone, zone=zone)
            self.site.add_policy(
                on_call(schedule, wait=15),
                user(ids["boss"], wait=15),
                name=zone,
                route={"exception": exception, "position": position},
                acknowledge_minutes=300,
            )

    def go_on(self) -> None:
        """Let chance do some things, then sweep."""
        # People never act in the very instant of a sweep, which would leave open what came first.
        self.site.clock.shift(1)
        self.leave_or_return()
        for kind in KINDS:
            if self.dice.random() < 0.03:
                self.site.fail(kind)
        incident = Incident.objects.order_by("?").first() if self.dice.random() < 0.3 else None
        if incident is not None:
            self.act(incident)
        if self.dice.random() < 0.004:
            silence(hours=self.dice.uniform(1, 12), exception=self.dice.choice(KINDS))
        if self.dice.random() < 0.004:
            self.override()
        self.site.clock.shift(STEP)
        sweep()
        if self.dice.random() < 0.2:
            sweep()

    def act(self, incident: Incident) -> None:
        chance = self.dice.random()
        if chance < 0.25:
            acknowledge(incident)
        elif chance < 0.45:
            resolve(incident)
        elif chance < 0.5:
            until = timezone.now() + timedelta(hours=self.dice.uniform(1, 8))
            Incident.objects.filter(pk=incident.pk, status="open").update(snoozed_until=until)

    def leave_or_return(self) -> None:
        now, users = timezone.now(), get_user_model().objects
        who, since, until = self.absences[-1] if self.absences else ("", now, now)
        if until > now:
            return
        if users.filter(is_active=False).update(is_active=True):
            self.absences[-1] = (who, since, now)
        if self.dice.random() < 0.02:
            who = self.dice.choice([each for rota in self.rotas.values() for each in rota])
            self.absences.append((who, now, now + timedelta(hours=self.dice.uniform(1, 72))))
            users.filter(pk=who).update(is_active=False)

    def is_away(self, user_id: str, at: datetime) -> bool:
        return any(who == user_id and since <= at < until for who, since, until in self.absences)

    def override(self) -> None:
        schedule = self.dice.choice(list(Schedule.objects.all()))
        who = self.dice.choice(self.rotas[schedule.zone])
        start = timezone.now() + timedelta(hours=self.dice.uniform(0, 48))
        Override.objects.create(
            schedule=schedule,
            user_id=who,
            label=who,
            starts_at=start,
            ends_at=start + timedelta(hours=self.dice.uniform(1, 30)),
        )

    def owner(self, zone: str, at: datetime) -> str:
        """Return who has to be on call, counted in weeks of wall-clock time; hands never change while the clocks do."""
        overrides = Override.objects.filter(
            schedule__zone=zone, starts_at__lte=at, ends_at__gt=at, created_at__lte=at
        )
        here = [
            each.user_id for each in overrides.order_by("-pk") if not self.is_away(each.user_id, at)
        ]
        if here:
            return here[0]
        wall = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        people = self.rotas[zone]
        turn = (wall - ANCHOR) // timedelta(weeks=1)
        order = [people[(turn + place) % len(people)] for place in range(len(people))]
        return next(each for each in order if not self.is_away(each, at))


@pytest.fixture
def month(db: None, settings: Any) -> Any:
    settings.ERRORKIT = SETTINGS
    settings.ROOT_URLCONF = "tests.oncall.urls"
    with world(START) as site:
        month = Month(site=site, dice=random.Random(20260305))
        month.set_up()
        yield month


@pytest.mark.long
def test_promises_hold_through_a_month(month: Month) -> None:
    while timezone.now() < END:
        month.go_on()
    alerts = list(Alert.objects.select_related("incident"))
    sent = list(
        Delivery.objects.filter(purpose="alert", status="accepted").select_related("incident")
    )
    assert len(month.absences) > 5
    assert len(alerts) > 50
    assert len(sent) > 100
    assert Delivery.objects.filter(status="dead").count() == 0
    _assert_everybody_was_told(alerts)
    _assert_the_right_ones_were_told(month, sent)
    _assert_nothing_after_somebody_acted()
    _assert_silences_were_kept(sent)
    _assert_nothing_came_twice()
    _assert_nothing_hangs()


def _assert_everybody_was_told(alerts: list[Alert]) -> None:
    """Each alert reached somebody, unless somebody acted, or kept it back, before it could."""
    for alert in alerts:
        mine = Delivery.objects.filter(
            incident=alert.incident, generation=alert.generation, purpose="alert"
        )
        reached = mine.filter(status="accepted") | mine.filter(digest__status="accepted")
        if reached.exists():
            continue
        acted = Activity.objects.filter(
            incident=alert.incident, kind__in=ENDED, at__gte=alert.created_at
        )
        kept_back = alert.silence_id or alert.incident.snoozed_until or alert.status == "running"
        assert acted.exists() or kept_back, alert


def _assert_the_right_ones_were_told(month: Month, sent: list[Delivery]) -> None:
    """The first step goes to whoever is on call at that time."""
    checked = 0
    for delivery in sent:
        stage = delivery.key.split(":")[4]
        if stage != "0":
            continue
        zone = Alert.objects.get(incident=delivery.incident, generation=delivery.generation).policy
        assert delivery.recipient_id == month.owner(zone, delivery.created_at), delivery.key
        checked += 1
    assert checked > 50


def _assert_nothing_after_somebody_acted() -> None:
    history: dict[int, list[tuple[datetime, str]]] = {}
    for deed in Activity.objects.filter(kind__in=STATES).order_by("at", "pk"):
        history.setdefault(deed.incident_id, []).append((deed.at, deed.kind))
    tries = DeliveryAttempt.objects.filter(outcome="accepted", delivery__purpose="alert")
    for attempt in tries.select_related("delivery"):
        assert attempt.delivery.incident_id is not None
        before = [
            kind for at, kind in history[attempt.delivery.incident_id] if at <= attempt.started_at
        ]
        assert before[-1] not in ENDED, (attempt.delivery.key, before)


def _assert_silences_were_kept(sent: list[Delivery]) -> None:
    silences = list(Silence.objects.all())
    assert silences
    for delivery in sent:
        for each in silences:
            running = each.starts_at <= delivery.finished_at < each.ends_at
            assert not (running and each.covers(delivery.incident)), delivery.key


def _assert_nothing_came_twice() -> None:
    ids = [message.extra_headers["Message-ID"] for message in mail.outbox]
    assert len(ids) == len(set(ids))
    tries = DeliveryAttempt.objects.filter(outcome="accepted").values_list("delivery_id", flat=True)
    assert len(tries) == len(set(tries))


def _assert_nothing_hangs() -> None:
    """What is open goes on: its next step is to come, or it has gone quiet, or somebody keeps it back."""
    now = timezone.now()
    assert not Alert.objects.due(now - timedelta(minutes=1)).exists()
    assert not Delivery.objects.filter(status__in=["held", "sending"]).exists()
    assert not Delivery.objects.due(now).exists()
    for alert in Alert.objects.running():
        assert alert.next_step_at is not None
