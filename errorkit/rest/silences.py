"""Silences: listed, asked for, ended."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from errorkit.conf import get_config
from errorkit.incidents.triage import Actor
from errorkit.models import Incident, Silence
from errorkit.models.matching import Level
from errorkit.oncall.people import find_person
from errorkit.rest.base import Endpoint
from errorkit.rest.fields import Moment, Query, Row
from errorkit.rest.permissions import AddPermissions, ModelPermissions


class SilenceRow(Row):
    """A silence. Its end is when open incidents alert again; `lifted_at` is when that was seen to."""

    # Empty where any level will do, which a choice would not tell.
    level = serializers.CharField(read_only=True)

    class Meta:
        model = Silence
        fields = [
            "id",
            "reason",
            "starts_at",
            "ends_at",
            "environment",
            "exception",
            "path",
            "level",
            "owner_id",
            "owner_label",
            "incident",
            "author_id",
            "author_label",
            "lifted_at",
        ]
        read_only_fields = fields


class NewSilence(serializers.Serializer[Any]):
    """What shall be silent: all conditions have to hold, an empty one does. `owner` is a user name or mail address."""

    reason = serializers.CharField(max_length=255)
    starts_at = Moment(required=False)
    ends_at = Moment()
    environment = serializers.CharField(max_length=64, required=False)
    exception = serializers.CharField(max_length=255, required=False)
    path = serializers.CharField(max_length=255, required=False)
    level = serializers.ChoiceField(choices=Level.choices, required=False)
    owner = serializers.CharField(max_length=254, required=False)
    incident = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False)

    def validate_owner(self, name: str) -> dict[str, str]:
        """Return the columns of the person; raises ValidationError if there is none."""
        person = find_person(name)
        if person is None:
            raise serializers.ValidationError("There is no active user of this name.")
        return {"owner_id": person.user_id[:64], "owner_label": person.label}

    def validate_incident(self, pk: int) -> int:
        """Raise ValidationError if there is none."""
        if not Incident.objects.using(get_config().database).filter(pk=pk).exists():
            raise serializers.ValidationError("There is no such incident.")
        return pk

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse what the model refuses: an end before the beginning or in the past, and more than seven days."""
        silence = Silence(**_columns(attrs))
        if silence.ends_at <= max(silence.starts_at, timezone.now()):
            raise serializers.ValidationError({"ends_at": "The silence ends before it begins."})
        try:
            silence.clean()
        except ValidationError as error:
            raise serializers.ValidationError(error.message_dict) from error
        return attrs


def _columns(data: dict[str, Any]) -> dict[str, Any]:
    columns = {**data, **data.get("owner", {})}
    columns.pop("owner", None)
    return {("incident_id" if name == "incident" else name): it for name, it in columns.items()}


class SilenceQuery(Query):
    """Which silences; `active` ones run now."""

    active = serializers.BooleanField(required=False, allow_null=True, default=None)
    incident = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False)

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the silences that are asked for."""
        wanted = dict(self.validated_data)
        active, now = wanted.pop("active"), timezone.now()
        rows = rows.filter(**wanted)
        if active is None:
            return rows
        running = {"starts_at__lte": now, "ends_at__gt": now}
        return rows.filter(**running) if active else rows.exclude(**running)


class Ended(serializers.Serializer[Any]):
    """Whether the silence was running, and how it is now."""

    changed = serializers.BooleanField()
    silence = SilenceRow()


class Silences(ListModelMixin, RetrieveModelMixin, Endpoint):
    """Silences, the newest first. They are ended, not deleted: at their end open incidents alert again."""

    model = Silence
    serializer_class = SilenceRow
    query_class = SilenceQuery
    permission_classes = [AddPermissions]

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        """Return the one that reads a new silence, or the one that writes the known."""
        return NewSilence if self.action == "create" else SilenceRow

    def create(self, request: Request) -> Response:
        """Silence the alerts about what the conditions cover."""
        told = self.get_serializer(data=request.data)
        told.is_valid(raise_exception=True)
        author = Actor.of(request.user)
        silence = Silence.objects.using(get_config().database).create(
            **_columns(told.validated_data),
            author_id=author.user_id,
            author_label=author.label,
        )
        return Response(SilenceRow(silence).data, status=201)

    @action(detail=True, methods=["post"], permission_classes=[ModelPermissions])
    def end(self, request: Request, pk: str) -> Response:
        """End it now; the next sweep alerts about what is still open."""
        silence = self.get_object()
        silences = Silence.objects.using(get_config().database)
        ended = silences.filter(pk=silence.pk).end(timezone.now())
        silence.refresh_from_db()
        return Response({"changed": bool(ended), "silence": SilenceRow(silence).data})
