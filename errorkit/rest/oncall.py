"""Who is on call now."""

from dataclasses import asdict
from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from errorkit.oncall.duty import on_call_now
from errorkit.rest.base import Policies
from errorkit.rest.fields import Moment
from errorkit.rest.permissions import MayView


class DutyRow(serializers.Serializer[Any]):
    """Who is on call in one schedule; `person` is null where nobody is."""

    schedule = serializers.CharField()
    person = serializers.DictField(child=serializers.CharField(), allow_null=True)
    is_fallback = serializers.BooleanField()


class Duties(serializers.Serializer[Any]):
    """Who is on call at that time, a row for each schedule, by name."""

    now = Moment()
    on_call = DutyRow(many=True)


class OnCall(Policies):
    """Who is on call now, in every schedule; `schedules/` tells also until when, and who comes next."""

    permission_classes = [MayView.of("schedule")]
    serializer_class = Duties

    def get(self, request: Request) -> Response:
        """Return it."""
        now = timezone.now()
        duties = [asdict(duty) for duty in on_call_now(now)]
        return Response(Duties({"now": now, "on_call": duties}).data)
