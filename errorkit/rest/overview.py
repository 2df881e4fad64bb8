"""The overview as numbers: the same that the admin draws."""

from dataclasses import asdict
from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from errorkit.health import look, problems_of
from errorkit.incidents.overview import Overview, look_over
from errorkit.oncall.duty import Duty, on_call_now
from errorkit.rest.base import Policies
from errorkit.rest.deploys import DeployRow
from errorkit.rest.fields import Moment, Query
from errorkit.rest.health import ProblemRow
from errorkit.rest.incidents import IncidentRow
from errorkit.rest.oncall import DutyRow
from errorkit.rest.permissions import MayView


class OverviewQuery(Query):
    """Of how many days the totals are given: one of 24 hours, or of each of the days."""

    days = serializers.IntegerField(min_value=1, max_value=90, default=1)


class TotalRow(serializers.Serializer[Any]):
    """Failures of one hour or day in one environment; `status_code` is 0 where there was no request."""

    start = Moment()
    environment = serializers.CharField()
    status_code = serializers.IntegerField()
    times = serializers.IntegerField()


class TopRow(serializers.Serializer[Any]):
    """An incident and how often it was seen in the last 24 hours."""

    incident = IncidentRow()
    count = serializers.IntegerField()


class ReturnedRow(serializers.Serializer[Any]):
    """An incident that came back, and when."""

    incident = IncidentRow()
    at = Moment()


class SinceDeployRow(serializers.Serializer[Any]):
    """Failures per hour in as many whole hours after a deploy as before it."""

    deploy = DeployRow()
    hours = serializers.IntegerField()
    before = serializers.FloatField(allow_null=True)
    after = serializers.FloatField(allow_null=True)
    opened = serializers.IntegerField()


class PaceRow(serializers.Serializer[Any]):
    """Median seconds until people acknowledged and resolved, in the last 30 days."""

    acknowledge = serializers.FloatField(allow_null=True)
    resolve = serializers.FloatField(allow_null=True)


class OverviewFacts(serializers.Serializer[Any]):
    """Where the site stands. `unresolved` is counted up to 1,000; `requests` and `error_rate` are null where the host does not count requests."""

    now = Moment()
    starts = serializers.ListField(child=Moment())
    failures = serializers.IntegerField()
    unresolved = serializers.IntegerField()
    requests = serializers.IntegerField(allow_null=True)
    error_rate = serializers.FloatField(allow_null=True)
    totals = TotalRow(many=True)
    top = TopRow(many=True)
    opened = IncidentRow(many=True)
    regressed = ReturnedRow(many=True)
    deploys = SinceDeployRow(many=True)
    pace = PaceRow()
    on_call = DutyRow(many=True)
    problems = ProblemRow(many=True)


class Overviews(Policies):
    """Where the site stands, with totals of each of the last 24 hours, or of each of the last `days` days."""

    permission_classes = [MayView.of("incident")]
    serializer_class = OverviewFacts
    query_class = OverviewQuery

    def get(self, request: Request) -> Response:
        """Return it."""
        query = self.query_class(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        now = timezone.now()
        overview = look_over(now=now, days=query.validated_data["days"])
        return Response(OverviewFacts(_facts(overview, on_call_now(now))).data)


def _facts(overview: Overview, duties: list[Duty]) -> dict[str, Any]:
    shown = {name: getattr(overview, name) for name in overview.__dataclass_fields__}
    computed = {name: getattr(overview, name) for name in ("failures", "error_rate")}
    problems = problems_of(look(totals=False))
    return {
        **shown,
        **computed,
        "on_call": [asdict(duty) for duty in duties],
        "problems": [asdict(each) for each in problems],
    }
