"""Celery beat's schedule: a leaf, so that settings.py can import it."""

SWEEP_SECONDS = 5.0
PRUNE_SECONDS = 3600.0


def beat_schedule(
    *, sweep_seconds: float = SWEEP_SECONDS, queue: str | None = None
) -> dict[str, dict[str, object]]:
    """Return entries for CELERY_BEAT_SCHEDULE: a sweep every few seconds, a little pruning every hour.

    Messages that nobody took expire, so a worker that comes back after a night finds one sweep, not thousands. Pruning is hourly because a
    beat that forgets its state whenever it is deployed would never reach a whole day.
    """
    return {
        "errorkit-sweep": _entry("errorkit.sweep", sweep_seconds, queue),
        "errorkit-prune": _entry("errorkit.prune", PRUNE_SECONDS, queue),
    }


def _entry(task: str, seconds: float, queue: str | None) -> dict[str, object]:
    options: dict[str, object] = {"expires": max(seconds, 60.0), "ignore_result": True}
    if queue is not None:
        options["queue"] = queue
    return {"task": task, "schedule": seconds, "options": options}
