"""Deliveries: what had to leave, every try, and once more."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from errorkit.incidents.redelivery import redeliver
from errorkit.incidents.triage import Actor
from errorkit.models import Delivery, DeliveryAttempt
from errorkit.rest.base import Endpoint
from errorkit.rest.fields import Query, Row


class AttemptRow(Row):
    """One try at a delivery."""

    class Meta:
        model = DeliveryAttempt
        fields = ["number", "started_at", "ended_at", "outcome", "status_code", "detail"]
        read_only_fields = fields


class DeliveryRow(Row):
    """A delivery."""

    class Meta:
        model = Delivery
        fields = [
            "id",
            "key",
            "channel",
            "purpose",
            "incident",
            "occurrence_id",
            "transition",
            "status",
            "reason",
            "attempts",
            "next_attempt_at",
            "expires_at",
            "upstream_id",
            "upstream_url",
            "last_error",
            "created_at",
            "finished_at",
        ]
        read_only_fields = fields


class DeliveryDetail(DeliveryRow):
    """A delivery and its tries, the first one first."""

    tries = AttemptRow(many=True, read_only=True)

    class Meta(DeliveryRow.Meta):
        fields = [*DeliveryRow.Meta.fields, "tries"]
        read_only_fields = fields


class DeliveryQuery(Query):
    """Which deliveries."""

    incident = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    occurrence_id = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(choices=Delivery.Status.choices, required=False)


class Retried(serializers.Serializer[Any]):
    """Whether the delivery is due again; one that has not ended stays as it is."""

    changed = serializers.BooleanField()


class Deliveries(ListModelMixin, RetrieveModelMixin, Endpoint):
    """Deliveries, the newest first."""

    model = Delivery
    serializer_class = DeliveryRow
    query_class = DeliveryQuery

    def get_queryset(self) -> QuerySet[Any]:
        """Read the tries along with a single delivery."""
        rows = super().get_queryset()
        return rows.prefetch_related("tries") if self.action == "retrieve" else rows

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        """Return the one with the tries for a single row."""
        return DeliveryDetail if self.action == "retrieve" else DeliveryRow

    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        """Make an ended delivery due again."""
        changed = redeliver([self.get_object().pk], actor=Actor.of(request.user))
        return Response({"changed": bool(changed)})
