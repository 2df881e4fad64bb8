"""Deploys are written down, so that what happened since can be told from what happened before."""

from datetime import datetime

from django.db.models import Max
from django.utils import timezone

from errorkit.conf import get_config
from errorkit.incidents.triage import Actor
from errorkit.models import Deploy


def record_deploy(
    release: str, *, environment: str = "", at: datetime | None = None, actor: Actor
) -> tuple[Deploy, bool]:
    """Write a marker; return it, and whether it is new.

    Telling of the release that was in operation at that time already changes nothing, so that a pipeline may repeat its step. The environment is
    this site's own unless another is named.
    """
    deploys = Deploy.objects.using(get_config().database)
    environment = environment or get_config().environment
    before = deploys.filter(environment=environment)
    if at is not None:
        before = before.filter(at__lte=at)
    latest = before.order_by("-at", "-id").first()
    if latest is not None and latest.release == release:
        return latest, False
    deploy = deploys.create(
        release=release,
        environment=environment,
        at=at or timezone.now(),
        actor_id=actor.user_id,
        actor_label=actor.label,
    )
    return deploy, True


def newest_deploys() -> dict[str, datetime]:
    """Return when each environment was deployed last."""
    newest = Deploy.objects.using(get_config().database).values("environment")
    return {row["environment"]: row["newest"] for row in newest.annotate(newest=Max("at"))}


def deploys_of(environment: str, *, since: datetime) -> list[Deploy]:
    """Return the newest deploys of an environment since then, newest first, at most 50."""
    deploys = Deploy.objects.using(get_config().database)
    return list(deploys.filter(environment=environment, at__gte=since).order_by("-at")[:50])
