"""Occurrences: found by what the client was told, page by page, and one with its report."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin

from errorkit.incidents.audit import note_view
from errorkit.models import Occurrence
from errorkit.oncall.walltime import as_instant
from errorkit.reports.identity import read_reference
from errorkit.rest.base import Endpoint
from errorkit.rest.exports import ExportMixin
from errorkit.rest.fields import Moment, Query, Row
from errorkit.rest.permissions import may_see_sensitive
from errorkit.rest.reports import read_report


class OccurrenceRow(Row):
    """An occurrence without its report."""

    class Meta:
        model = Occurrence
        fields = [
            "id",
            "reference",
            "incident",
            "fingerprint",
            "environment",
            "full",
            "kind",
            "level",
            "occurred_at",
            "recorded_at",
            "title",
            "location",
            "status",
            "method",
            "route",
            "path",
            "request_id",
            "trace_id",
            "user_id",
            "user_label",
            "release",
            "server",
        ]
        read_only_fields = fields


class OccurrenceDetail(OccurrenceRow):
    """An occurrence with its report; null for a light one.

    Who may not see sensitive data gets the report without headers, body and local variables, and `sensitive` is false.
    """

    sensitive = serializers.SerializerMethodField()
    report = serializers.SerializerMethodField()

    class Meta(OccurrenceRow.Meta):
        fields = [*OccurrenceRow.Meta.fields, "sensitive", "report"]
        read_only_fields = fields

    def get_sensitive(self, occurrence: Occurrence) -> bool:
        """Return whether headers, body and local variables are included."""
        return may_see_sensitive(self.context["request"])

    def get_report(self, occurrence: Occurrence) -> dict[str, Any] | None:
        """Return the report as far as this person may see it; its `v` is the version of its shape."""
        request = self.context["request"]
        sensitive = may_see_sensitive(request)
        report = read_report(occurrence, sensitive=sensitive)
        if report and sensitive:
            note_view(request.user, occurrence)
        return report


class Reference(serializers.CharField):
    """A reference as somebody has read it aloud."""

    def to_internal_value(self, data: Any) -> str:
        """Return it as it is stored."""
        reference = read_reference(super().to_internal_value(data))
        if reference is None:
            raise serializers.ValidationError("This is no reference.", code="invalid")
        return reference


class OccurrenceQuery(Query):
    """Which occurrences. `since` and `until` are bounds of the time of recording, in milliseconds."""

    incident = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    reference = Reference(max_length=40, required=False)
    request_id = serializers.CharField(max_length=128, required=False)
    user_id = serializers.CharField(max_length=64, required=False)
    since = Moment(required=False)
    until = Moment(required=False)

    def narrow(self, rows: Any) -> QuerySet[Any]:
        """Return the occurrences that match all of it; an id begins with its time, so the primary key finds them."""
        wanted = dict(self.validated_data)
        if "incident" in wanted:
            rows = rows.until_newest_of(wanted["incident"])
        bounds = {
            f"id__{how}": _first_id_at(wanted.pop(name))
            for name, how in (("since", "gte"), ("until", "lt"))
            if name in wanted
        }
        narrowed: QuerySet[Any] = rows.filter(**wanted, **bounds)
        return narrowed


def _first_id_at(moment: datetime) -> UUID:
    """Return the smallest UUIDv7 of that millisecond (RFC 9562 section 5.7)."""
    return UUID(int=max(0, int(as_instant(moment).timestamp() * 1000)) << 80)


class Occurrences(ExportMixin, ListModelMixin, RetrieveModelMixin, Endpoint):
    """Occurrences, the newest first, whether an incident counts them already or not."""

    model = Occurrence
    serializer_class = OccurrenceRow
    query_class = OccurrenceQuery
    lookup_value_regex = "[0-9a-fA-F-]{32,36}"

    def get_queryset(self) -> QuerySet[Any]:
        """Leave the payload where it is until one row is opened."""
        rows = super().get_queryset()
        return rows if self.action == "retrieve" else rows.defer("payload")

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        """Return the one with the report for a single row."""
        return OccurrenceDetail if self.action == "retrieve" else OccurrenceRow
