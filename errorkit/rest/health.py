"""What errorkit knows about itself, for who may see incidents."""

from dataclasses import asdict
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from errorkit.health import look, problems_of
from errorkit.rest.base import Policies
from errorkit.rest.permissions import MayView


class ProblemRow(serializers.Serializer[Any]):
    """One thing that is wrong. `failing`: errorkit does not do its job; otherwise somebody should have a look."""

    code = serializers.CharField()
    text = serializers.CharField()
    failing = serializers.BooleanField()


class HealthFacts(serializers.Serializer[Any]):
    """The facts of this host and of the database; `database` is null where it does not answer."""

    healthy = serializers.BooleanField()
    problems = ProblemRow(many=True)
    spool = serializers.DictField()
    database = serializers.DictField(allow_null=True)
    database_problem = serializers.CharField(allow_blank=True)
    unmigrated = serializers.ListField(child=serializers.CharField())


class Health(Policies):
    """The state of errorkit itself. It is 200 also when something is wrong; `errorkit/health/` is for load balancers."""

    permission_classes = [MayView.of("incident")]
    serializer_class = HealthFacts

    def get(self, request: Request) -> Response:
        """Return the facts, and what they mean."""
        facts = look()
        problems = problems_of(facts)
        healthy = not any(each.failing for each in problems)
        found = [asdict(each) for each in problems]
        return Response({"healthy": healthy, "problems": found, **asdict(facts)})
