"""Schedules: who is on call now, and who comes next."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin

from errorkit.models import Schedule
from errorkit.oncall.rota import Shift, now_and_next
from errorkit.oncall.schedules import fallback_of, note_leavers, rota_of, schedules
from errorkit.oncall.walltime import as_instant
from errorkit.rest.base import Endpoint
from errorkit.rest.fields import Moment, Row


class PersonRow(serializers.Serializer[Any]):
    """Somebody who can be on call."""

    user_id = serializers.CharField()
    # A field may be called like an attribute of serializers: their metaclass takes it out of the class.
    label = serializers.CharField()  # type: ignore[assignment]


class ShiftRow(serializers.Serializer[Any]):
    """A time without a change of hands; `person` is null where nobody is on call, `is_fallback` where the rota has nobody."""

    start = Moment()
    end = Moment()
    person = PersonRow(allow_null=True)
    is_fallback = serializers.BooleanField()


class ScheduleRow(Row):
    """A schedule. `now` begins when it was asked; `next` is null where nothing changes within 63 days."""

    fallback = PersonRow(allow_null=True)
    now = ShiftRow()
    next = ShiftRow(allow_null=True)

    class Meta:
        model = Schedule
        fields = ["id", "name", "zone", "fallback", "handoff_notices", "now", "next"]
        read_only_fields = fields

    def to_representation(self, instance: Schedule) -> dict[str, Any]:
        """Add who has it to the columns."""
        facts = {each.name: getattr(instance, each.name) for each in instance._meta.concrete_fields}
        return super().to_representation({**facts, **_turns(instance, timezone.now())})


def _turns(schedule: Schedule, now: datetime) -> dict[str, Any]:
    present, following = now_and_next(rota_of(schedule), as_instant(now))
    fallback = fallback_of(schedule)
    return {
        "fallback": asdict(fallback) if fallback else None,
        "now": _shown(present, schedule),
        "next": _shown(following, schedule) if following else None,
    }


def _shown(shift: Shift, schedule: Schedule) -> dict[str, Any]:
    person = shift.person or fallback_of(schedule)
    return {
        "start": shift.start,
        "end": shift.end,
        "person": asdict(person) if person else None,
        "is_fallback": shift.person is None,
    }


class Schedules(ListModelMixin, RetrieveModelMixin, Endpoint):
    """Schedules, the newest first."""

    model = Schedule
    serializer_class = ScheduleRow

    def get_queryset(self) -> QuerySet[Any]:
        """Read what the rota is made of along with them."""
        return schedules(timezone.now())

    def get_object(self) -> Schedule:
        """Return the schedule, knowing who of its people is still there."""
        schedule: Schedule = super().get_object()
        note_leavers([schedule], timezone.now())
        return schedule

    def paginate_queryset(self, queryset: Any) -> Any:
        """Return a page of them, having asked the host once for all people in it."""
        page = super().paginate_queryset(queryset)
        note_leavers(page or [], timezone.now())
        return page
