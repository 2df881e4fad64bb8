"""Incidents: list, read, triage, comment."""

from typing import Any

from django.db.models import Q, QuerySet
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from errorkit.incidents import triage
from errorkit.incidents.comments import comment
from errorkit.incidents.terms import with_words
from errorkit.models import Activity, Incident
from errorkit.rest.base import Endpoint
from errorkit.rest.exports import ExportMixin
from errorkit.rest.fields import Moment, Query, Row
from errorkit.rest.pagination import ByCursor, ByLastSeen
from errorkit.rest.triage import MOST_TEXT, TriageMixin


class IncidentRow(Row):
    """An incident."""

    class Meta:
        model = Incident
        fields = [
            "id",
            "title",
            "location",
            "kind",
            "level",
            "environment",
            "status",
            "status_code",
            "family",
            "snoozed_until",
            "snoozed_count",
            "snoozed_rate",
            "users_affected",
            "generation",
            "times_seen",
            "times_light",
            "first_seen",
            "last_seen",
            "first_release",
            "last_release",
            "last_full_id",
            "acknowledged_at",
            "resolved_at",
            "resolution",
            "resolved_release",
            "owner_id",
            "owner_label",
        ]
        read_only_fields = fields


class ActivityRow(Row):
    """What was done to an incident, and by whom; `actor_id` is empty where errorkit itself acted."""

    class Meta:
        model = Activity
        fields = ["id", "kind", "at", "actor_id", "actor_label", "text", "occurrence_id", "data"]
        read_only_fields = fields


class IncidentQuery(Query):
    """Which incidents; the words of `q` begin words of title, place or newest traceback."""

    status = serializers.ChoiceField(choices=Incident.Status.choices, required=False)
    environment = serializers.CharField(max_length=64, required=False)
    kind = serializers.CharField(max_length=16, required=False)
    level = serializers.CharField(max_length=16, required=False)
    status_code = serializers.IntegerField(min_value=100, max_value=599, required=False)
    release = serializers.CharField(max_length=128, required=False, source="last_release")
    seen_since = Moment(required=False, source="last_seen__gte")
    opened_since = Moment(required=False, source="first_seen__gte")
    q = serializers.CharField(max_length=200, required=False)

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Return the incidents that match all of it."""
        wanted = dict(self.validated_data)
        words = wanted.pop("q", "")
        return rows.filter(with_words(words) if words else Q(), **wanted)


class Comment(serializers.Serializer[Any]):
    """What somebody has to say about an incident."""

    text = serializers.CharField(max_length=MOST_TEXT)


class Changed(serializers.Serializer[Any]):
    """Whether the status allowed the change, and the incident as it is now."""

    changed = serializers.BooleanField()
    incident = IncidentRow()


class Incidents(TriageMixin, ExportMixin, ListModelMixin, RetrieveModelMixin, Endpoint):
    """Incidents, and what people do to them."""

    model = Incident
    serializer_class = row_class = IncidentRow
    pagination_class = ByLastSeen
    query_class = IncidentQuery

    @action(detail=True, methods=["get"], serializer_class=ActivityRow, pagination_class=ByCursor)
    def activities(self, request: Request, pk: str) -> Response:
        """List what happened to the incident, comments included, newest first."""
        return self.respond_with_page(self.get_object().activities.all())

    @action(detail=True, methods=["post"], serializer_class=Comment)
    def comments(self, request: Request, pk: str) -> Response:
        """Say something about the incident."""
        incident, said = self.get_object(), self.get_serializer(data=request.data)
        said.is_valid(raise_exception=True)
        actor = triage.Actor.of(request.user)
        activity = comment(incident.pk, actor=actor, text=said.validated_data["text"])
        return Response(ActivityRow(activity).data, status=201)
