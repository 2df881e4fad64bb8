"""Just before it leaves: people may have acted since a delivery was owed."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from errorkit.conf import get_config
from errorkit.delivery.channels.base import Notice
from errorkit.delivery.codes import code_for
from errorkit.delivery.contents import frame_of, notice_of, outline_of, report_of, test_report_of
from errorkit.models import Alert, Delivery, Incident, Occurrence, Silence
from errorkit.models.silence import silence_of
from errorkit.reports.report import Report

LISTED = 10


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a delivery ends without a try."""

    status: Delivery.Status
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What a delivery carries, now. `report` raises ValueError, TypeError or KeyError if what is stored cannot be read."""

    report: Callable[[], Report]
    notice: Notice | None = None


def prepare(
    delivery: Delivery, now: datetime, forwarded: Mapping[UUID, Occurrence]
) -> Prepared | Ending:
    """Return what is to be sent, or why nothing is. `forwarded` holds what was read when a batch was claimed: a forward does not change."""
    if delivery.notice:
        return _prepare_notice(delivery, now)
    if delivery.purpose == Delivery.Purpose.FORWARD:
        occurrence = forwarded.get(delivery.occurrence_id) if delivery.occurrence_id else None
    else:
        _refresh_incident(delivery)
        occurrence = _occurrence_of(delivery)
    if ending := ending_of(delivery, now):
        return ending
    if occurrence is not None:
        return Prepared(report=partial(report_of, occurrence))
    if delivery.purpose == Delivery.Purpose.TEST:
        return Prepared(report=partial(test_report_of, delivery))
    if delivery.purpose == Delivery.Purpose.ALERT and delivery.incident is not None:
        # Its occurrences are past their retention; that it is open is news all the same.
        return Prepared(report=partial(outline_of, delivery.incident, delivery))
    return Ending(Delivery.Status.CANCELLED, "the occurrence is gone")


def _refresh_incident(delivery: Delivery) -> None:
    """Read it anew: people may have acted since the batch was claimed."""
    if delivery.incident_id is not None:
        incidents = Incident.objects.using(get_config().database)
        delivery.incident = incidents.filter(pk=delivery.incident_id).first()


def ending_of(delivery: Delivery, now: datetime) -> Ending | None:
    """Return why it must not be sent any more, or None."""
    if delivery.expires_at <= now:
        return Ending(Delivery.Status.EXPIRED, "too old")
    reason = overtaken([delivery], now).get(delivery.pk)
    return Ending(Delivery.Status.CANCELLED, reason) if reason else None


def overtaken(deliveries: Sequence[Delivery], now: datetime) -> dict[int, str]:
    """Return, by key, the alerts that people or a silence have overtaken, and how; their incidents have just been read.

    As many queries for a thousand as for one.
    """
    alerts = [each for each in deliveries if each.purpose == Delivery.Purpose.ALERT]
    ids = {alert.incident.pk for alert in alerts if alert.incident is not None}
    if not ids:
        return {}
    alias = get_config().database
    alertable = Incident.objects.using(alias).alertable(now).filter(pk__in=ids)
    wanted = set(alertable.values_list("pk", flat=True))
    silences = list(Silence.objects.using(alias).active(now))
    paths = _paths_of(ids) if silences else {}
    found = {}
    for alert in alerts:
        path = paths.get((alert.incident_id, alert.generation), "")
        if reason := _reason_against(alert, wanted, silences, path):
            found[alert.pk] = reason
    return found


def _reason_against(
    alert: Delivery, wanted: Collection[int], silences: Sequence[Silence], path: str
) -> str:
    incident = alert.incident
    if incident is None:
        return ""
    if incident.generation != alert.generation:
        return "the incident has been resolved and has opened again"
    if incident.pk not in wanted:
        snoozed = incident.status == Incident.Status.OPEN
        return f"the incident is {'snoozed' if snoozed else incident.get_status_display()}"
    silence = silence_of(incident, path, silences)
    return f"silenced: {silence.reason}" if silence else ""


def _paths_of(incident_ids: Collection[int]) -> dict[tuple[int | None, int], str]:
    """Return the path by which silences judge each opening, by incident and generation: its alert's, so that all judge alike."""
    alerts = Alert.objects.using(get_config().database).filter(incident__in=incident_ids)
    rows = alerts.values_list("incident_id", "generation", "path")
    return {(incident_id, generation): path for incident_id, generation, path in rows}


def _prepare_notice(delivery: Delivery, now: datetime) -> Prepared | Ending:
    if delivery.expires_at <= now:
        return Ending(Delivery.Status.EXPIRED, "too old")
    notice = notice_of(delivery)
    if delivery.is_digest:
        alerts = bundled_alerts(delivery, now)
        if not alerts:
            return Ending(Delivery.Status.CANCELLED, "people have dealt with all of it")
        notice = digest_notice(alerts, storm=bool(delivery.notice["storm"]))
    if "code_for" in delivery.notice:
        code = code_for(delivery.notice["code_for"])
        if not code:
            return Ending(Delivery.Status.CANCELLED, "no code is waited for any more")
        notice = Notice(subject=_("Your code: {code}").format(code=code), kind="code")
    return Prepared(report=partial(frame_of, delivery, notice), notice=notice)


def _occurrence_of(delivery: Delivery) -> Occurrence | None:
    occurrences = Occurrence.objects.using(get_config().database)
    if delivery.occurrence_id is not None:
        found = occurrences.filter(pk=delivery.occurrence_id).first()
        if found is not None or delivery.purpose != Delivery.Purpose.ALERT:
            return found
    if delivery.incident_id is None:
        return None
    # Owed while only light occurrences were there, or about one that is gone: the newest stands for them.
    return occurrences.of_incident(delivery.incident_id).first()


def bundled_alerts(digest: Delivery, now: datetime) -> list[Delivery]:
    """Return the alerts of a digest that still matter, the most frequent first, each incident once.

    How old they are does not count: the digest has an age of its own, and it tells how things are now.
    """
    bundled = list(digest.bundled.select_related("incident").order_by("pk"))
    over = overtaken(bundled, now)
    current = {alert.incident_id: alert for alert in bundled if alert.pk not in over}
    return sorted(current.values(), key=_times_seen, reverse=True)


def digest_notice(alerts: Iterable[Delivery], *, storm: bool) -> Notice:
    """Return the words of a digest: how many, and the ten most frequent."""
    alerts = list(alerts)
    subject = ngettext(
        "{count} incident needs attention", "{count} incidents need attention", len(alerts)
    ).format(count=len(alerts))
    facts = [_line(alert) for alert in alerts[:LISTED]]
    if len(alerts) > LISTED:
        facts.append((_("And"), _("{count} more").format(count=len(alerts) - LISTED)))
    if storm:
        facts.append((_("Note"), _("There are many: you get one mail every five minutes for now.")))
    return Notice(subject=subject, kind="digest", facts=tuple(facts))


def _line(alert: Delivery) -> tuple[str, str]:
    incident = alert.incident
    if incident is None:
        return "", ""
    where = f" ({incident.location})" if incident.location else ""
    return f"{incident.times_seen}×", f"[{incident.environment}] {incident.title}{where}"


def _times_seen(alert: Delivery) -> int:
    return alert.incident.times_seen if alert.incident else 0
