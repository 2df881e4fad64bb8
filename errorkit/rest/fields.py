"""Serializers that write the same JSON on every site, whatever its REST_FRAMEWORK says."""

from datetime import UTC, datetime
from typing import Any

from django.db import models
from rest_framework import ISO_8601, serializers

from errorkit.oncall.walltime import as_instant, as_stored


class Moment(serializers.DateTimeField):
    """A time in ISO 8601, written in UTC; one that is read without an offset is UTC."""

    def __init__(self, **options: Any) -> None:
        super().__init__(format=ISO_8601, input_formats=[ISO_8601], default_timezone=UTC, **options)

    def to_internal_value(self, value: Any) -> datetime:
        """Return it as the site's database takes it: naive where it has no time zones."""
        try:
            return as_stored(super().to_internal_value(value))
        except OverflowError:
            self.fail("overflow")

    def to_representation(self, value: datetime) -> str:
        """Write the instant that is meant."""
        return str(super().to_representation(as_instant(value)))


class Row(serializers.ModelSerializer[Any]):
    """A model serializer without the host's formats."""

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DateTimeField: Moment,
        models.BigAutoField: serializers.IntegerField,
        models.PositiveBigIntegerField: serializers.IntegerField,
    }


class Query(serializers.Serializer[Any]):
    """The query parameters of a list. Unknown ones are left alone, as everywhere on the web."""

    def narrow(self, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """Return the rows that the validated parameters ask for."""
        return rows.filter(**self.validated_data)
