"""The facts in Prometheus' text format (version 0.0.4)."""

from collections.abc import Iterator
from typing import NamedTuple

from errorkit.health.database import DatabaseFacts
from errorkit.health.facts import Facts

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

# What the database tells as a number: the name of the metric, and its help.
GAUGES = {
    "unresolved": ("incidents_unresolved", "Incidents that somebody still has to deal with."),
    "undigested_seconds": (
        "undigested_oldest_seconds",
        "Age of the oldest occurrence that no incident counts.",
    ),
    "outbox_due": ("outbox_due", "Deliveries that are due."),
    "outbox_seconds": ("outbox_oldest_seconds", "Age of the oldest."),
    "dead": ("outbox_dead", "Deliveries given up."),
    "expired": ("outbox_expired", "Deliveries expired in 24 hours."),
    "sweep_seconds": ("last_sweep_seconds", "Time since a sweep."),
}


class Metric(NamedTuple):
    """One number. `labels` is already in the format's own words."""

    name: str
    kind: str
    help: str
    value: float
    labels: str = ""


def metrics_of(facts: Facts) -> str:
    """Return the metrics; what the database did not tell is left out."""
    lines: list[str] = []
    told: set[str] = set()
    for metric in _metrics(facts):
        if metric.name not in told:
            told.add(metric.name)
            lines.append(f"# HELP {metric.name} {metric.help}")
            lines.append(f"# TYPE {metric.name} {metric.kind}")
        lines.append(f"{metric.name}{metric.labels} {metric.value:g}")
    return "\n".join(lines) + "\n"


def _metrics(facts: Facts) -> Iterator[Metric]:
    spool, up = facts.spool, facts.database is not None
    yield Metric("errorkit_database_up", "gauge", "Whether the database answered.", up)
    yield Metric("errorkit_spool_usable", "gauge", "Whether the spool works.", not spool.problem)
    yield Metric("errorkit_spool_reports", "gauge", "Reports waiting on this host.", spool.pending)
    yield Metric(
        "errorkit_spool_oldest_seconds", "gauge", "Age of the oldest.", spool.oldest_seconds
    )
    yield Metric(
        "errorkit_spool_quarantined", "gauge", "Reports that were refused.", spool.quarantined
    )
    if facts.database is not None:
        yield from _of_database(facts.database)


def _of_database(database: DatabaseFacts) -> Iterator[Metric]:
    kept = "errorkit_failures_total"
    told = "Failures counted, by how much was kept of them."
    yield Metric(kept, "counter", told, database.seen - database.light, '{kept="full"}')
    yield Metric(kept, "counter", told, database.light, '{kept="light"}')
    for fact, (name, text) in GAUGES.items():
        if (value := getattr(database, fact)) is not None:
            yield Metric(f"errorkit_{name}", "gauge", text, value)
    gaps = "Schedules that have nobody within 14 days."
    yield Metric("errorkit_rota_gaps", "gauge", gaps, len(database.gaps))
    for alias in database.parked:
        label = alias.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
        yield Metric(
            "errorkit_channel_parked", "gauge", "Channels at rest.", 1, f'{{channel="{label}"}}'
        )
