"""From rows to the values that a channel gets: it never sees a model."""

from collections.abc import Iterable
from uuid import NAMESPACE_URL, UUID, uuid5

from django.urls import NoReverseMatch, reverse

from errorkit.conf import get_config
from errorkit.delivery.channels.base import DeliveryContext, IncidentFacts, Notice
from errorkit.delivery.tokens import acknowledge_url
from errorkit.models import Delivery, Incident, Occurrence
from errorkit.reports.parts import RaisedException
from errorkit.reports.report import Report


def occurrences_of(deliveries: Iterable[Delivery]) -> dict[UUID, Occurrence]:
    """Return the occurrences that forwards are about, by id; one query."""
    forwards = [each for each in deliveries if each.purpose == Delivery.Purpose.FORWARD]
    ids = [forward.occurrence_id for forward in forwards if forward.occurrence_id]
    return Occurrence.objects.using(get_config().database).in_bulk(ids) if ids else {}


def report_of(occurrence: Occurrence) -> Report:
    """Return the report of a full occurrence, and what the columns know of a light one."""
    if occurrence.full:
        return occurrence.report
    return Report(
        id=occurrence.pk,
        occurred_at=occurrence.occurred_at,
        kind=occurrence.kind,  # type: ignore[arg-type]
        fingerprint=occurrence.fingerprint,
        title=occurrence.title,
        location=occurrence.location,
        environment=occurrence.environment,
        full=False,
        level=occurrence.level,  # type: ignore[arg-type]
        release=occurrence.release,
        server=occurrence.server,
        request_id=occurrence.request_id,
        trace_id=occurrence.trace_id,
        status=occurrence.status,
        user_id=occurrence.user_id,
        user_label=occurrence.user_label,
    )


def frame_of(delivery: Delivery, notice: Notice) -> Report:
    """Return a report that carries a notice, for channels that cannot do without."""
    return Report(
        id=uuid5(NAMESPACE_URL, delivery.key),
        occurred_at=delivery.created_at,
        kind="manual",
        fingerprint="",
        title=notice.subject,
        location="",
        environment=get_config().environment,
        full=False,
        level="info",
    )


def outline_of(incident: Incident, delivery: Delivery) -> Report:
    """Return what an incident's own row knows, for an alert whose occurrences are gone."""
    return Report(
        id=delivery.occurrence_id or uuid5(NAMESPACE_URL, delivery.key),
        occurred_at=incident.last_seen,
        kind=incident.kind,  # type: ignore[arg-type]
        fingerprint="",
        title=incident.title,
        location=incident.location,
        environment=incident.environment,
        full=False,
        level=incident.level,  # type: ignore[arg-type]
        release=incident.last_release,
        status=incident.status_code,
    )


def test_report_of(delivery: Delivery) -> Report:
    """Return what a test sends: a failure that never happened, and says so."""
    raised = RaisedException(type="DeliveryTest", module="errorkit", message="This is a test.")
    return Report(
        id=uuid5(NAMESPACE_URL, delivery.key),
        occurred_at=delivery.created_at,
        kind="command",
        level="info",
        fingerprint="v1:errorkit-test",
        title="DeliveryTest: this is a test of errorkit",
        location="errorkit",
        environment=get_config().environment,
        exceptions=(raised,),
    )


def notice_of(delivery: Delivery) -> Notice:
    """Return the words that are stored with a delivery."""
    words = delivery.notice
    facts = tuple((str(label), str(value)) for label, value in words.get("facts", ()))
    return Notice(
        subject=words.get("subject", ""),
        kind=words.get("kind", "notice"),
        facts=facts,
        url=words.get("url", ""),
    )


def context_of(delivery: Delivery, notice: Notice | None = None) -> DeliveryContext:
    """Return why this is sent, for this try."""
    alerts = delivery.purpose == Delivery.Purpose.ALERT or delivery.is_digest
    return DeliveryContext(
        key=delivery.key,
        alias=delivery.channel,
        purpose=delivery.purpose,
        transition=delivery.transition,
        attempt=delivery.attempts,
        trim=delivery.trim,
        light_before=delivery.light_before,
        generation=delivery.generation,
        thread=_thread_of(delivery),
        incident=facts_of(delivery.incident) if delivery.incident else None,
        address=delivery.address,
        acknowledge_url=acknowledge_url(delivery) if alerts else "",
        notice=notice,
    )


def _thread_of(delivery: Delivery) -> str:
    """Return the upstream id of the first message about the incident in this channel; forwards have no threads."""
    if delivery.incident_id is None or delivery.purpose == Delivery.Purpose.FORWARD:
        return ""
    told = Delivery.objects.using(get_config().database).filter(
        incident=delivery.incident_id, channel=delivery.channel, status=Delivery.Status.ACCEPTED
    )
    told = told.exclude(upstream_id="").order_by("pk")
    return told.values_list("upstream_id", flat=True).first() or ""


def facts_of(incident: Incident) -> IncidentFacts:
    """Return what a message says about the incident, with its link if BASE_URL is set."""
    return IncidentFacts(
        id=incident.pk,
        title=incident.title,
        location=incident.location,
        level=incident.level,
        environment=incident.environment,
        status=incident.status,
        generation=incident.generation,
        times_seen=incident.times_seen,
        times_light=incident.times_light,
        first_seen=incident.first_seen,
        last_seen=incident.last_seen,
        url=incident_url(incident),
    )


def incident_url(incident: Incident) -> str:
    """Return the address of its page in the admin; nothing without BASE_URL, or where there is no such page."""
    base = get_config().base_url
    if not base:
        return ""
    try:
        path = reverse("admin:errorkit_incident_change", args=[incident.pk])
    except NoReverseMatch:
        # A worker may run with another URLconf, and a site without the admin.
        return ""
    return base.rstrip("/") + path
