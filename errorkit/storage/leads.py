"""Which incident a fingerprint leads to, when the rule by which failures are grouped has changed."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from errorkit.models import Fingerprint, Incident
from errorkit.reports.fingerprints import RULES
from errorkit.reports.stored import fingerprint_under
from errorkit.storage.batches import Group, Key

# An incident that was seen so lately takes in what is the same failure under a newer version.
ATTACH_WINDOW = timedelta(days=30)


class Leads:
    """What the database says, and what a dry run has decided since."""

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self._decided: dict[Key, int] = {}
        self._joined: dict[int, int] = {}

    def find(self, values: Collection[str], environment: str) -> dict[str, int]:
        """Return the incidents that the fingerprints lead to, of those that lead somewhere."""
        rows = Fingerprint.objects.using(self.alias).filter(
            value__in=values, environment=environment
        )
        found = dict(rows.values_list("value", "incident_id"))
        for value in values:
            if (decided := self._decided.get(Key(value, environment))) is not None:
                found[value] = decided
        return {value: self._final(incident) for value, incident in found.items()}

    def decide(self, value: str, environment: str, incident: int) -> None:
        """Let a fingerprint that leads nowhere lead to an incident."""
        self._decided.setdefault(Key(value, environment), incident)

    def join(self, source: int, target: int) -> None:
        """Let everything that leads to one incident lead to another."""
        if self._final(source) != self._final(target):
            self._joined[self._final(source)] = self._final(target)

    def _final(self, incident: int) -> int:
        while incident in self._joined:
            incident = self._joined[incident]
        return incident


def lead(values: Iterable[str], incident: Incident, alias: str, now: datetime) -> None:
    """Let the fingerprints that lead nowhere lead to the incident."""
    Fingerprint.objects.using(alias).bulk_create(
        (
            Fingerprint(
                value=value, environment=incident.environment, incident=incident, created_at=now
            )
            for value in values
        ),
        ignore_conflicts=True,
    )


def attach(groups: Mapping[Key, Group], alias: str, now: datetime) -> dict[Key, Incident]:
    """Lead new fingerprints to the incidents that their failures had under an older version; return those.

    Runs inside the digest's transaction. Only a report that was kept in full can tell.
    """
    if len(RULES) == 1 or not groups:
        return {}
    found: dict[Key, Incident] = {}
    for key, group in groups.items():
        incident = _before(key, group, alias, now) if group.full else None
        if incident is not None:
            lead([key.fingerprint], incident, alias, now)
            found[key] = incident
    return found


def _before(key: Key, group: Group, alias: str, now: datetime) -> Incident | None:
    row = group.telling
    own, _, _ = key.fingerprint.partition(":")
    older = [version for version in reversed(RULES) if version != own]
    values = {fingerprint_under(row.report, version): version for version in older}
    rows = (
        Fingerprint.objects.using(alias)
        .select_related("incident")
        .filter(
            value__in=[value for value in values if value],
            environment=key.environment,
            incident__last_seen__gte=now - ATTACH_WINDOW,
        )
    )
    newest = min(rows, key=lambda each: older.index(values[each.value]), default=None)
    return newest.incident if newest else None
