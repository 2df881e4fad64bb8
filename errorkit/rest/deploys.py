"""Deploys: read by people, written by people and pipelines."""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from errorkit.conf import get_config
from errorkit.incidents.deploys import record_deploy
from errorkit.incidents.triage import Actor
from errorkit.models import Deploy
from errorkit.rest.base import Endpoint
from errorkit.rest.fields import Moment, Query, Row
from errorkit.rest.permissions import AddPermissions
from errorkit.rest.throttles import Steadily

OLDEST = timedelta(days=365)
# Clocks differ.
AHEAD = timedelta(minutes=5)


class Pipeline:
    """Whoever holds a deploy token: may record deploys and nothing else."""

    pk = None
    is_active = True
    is_authenticated = True

    def has_perms(self, permissions: Iterable[str]) -> bool:
        """Return whether this is all that is asked for."""
        return set(permissions) <= {"errorkit.add_deploy"}

    def __str__(self) -> str:
        return "deploy token"


class DeployToken(BaseAuthentication):
    """`Authorization: Bearer TOKEN`, where DEPLOY_TOKENS holds the SHA-256 of the token."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Return the pipeline and the digest of its token; None for a bearer that the host may know."""
        scheme, _, token = get_authorization_header(request).partition(b" ")
        digest = hashlib.sha256(token.strip()).hexdigest()
        # Every one is compared, so that the time tells nothing about which of them is near.
        known = [hmac.compare_digest(digest, each) for each in get_config().deploy_tokens]
        return (Pipeline(), digest) if scheme.lower() == b"bearer" and any(known) else None

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401."""
        return "Bearer"


class DeployRow(Row):
    """A deploy."""

    class Meta:
        model = Deploy
        fields = ["id", "release", "environment", "at", "actor_id", "actor_label"]
        read_only_fields = fields


class NewDeploy(serializers.Serializer[Any]):
    """What was put into operation; the environment is the site's own unless another is named, the time is now."""

    release = serializers.CharField(max_length=128)
    environment = serializers.CharField(max_length=64, required=False, default="")
    at = Moment(required=False, default=None)

    def validate_at(self, at: datetime | None) -> datetime | None:
        """Refuse what is to come, and what no overview reaches back to."""
        now = timezone.now()
        if at is not None and not now - OLDEST <= at <= now + AHEAD:
            raise serializers.ValidationError("A deploy has happened within the last year.")
        return at


class DeployQuery(Query):
    """Which deploys."""

    environment = serializers.CharField(max_length=64, required=False)


class Deploys(ListModelMixin, Endpoint):
    """Deploys, the newest first."""

    model = Deploy
    query_class = DeployQuery
    permission_classes = [AddPermissions]
    throttle_classes = [Steadily]

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Let pipelines in as well."""
        return [DeployToken(), *super().get_authenticators()]

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        """Return the one that reads a new deploy, or the one that writes the known."""
        return NewDeploy if self.action == "create" else DeployRow

    def create(self, request: Request) -> Response:
        """Record a deploy: 201, or 200 if that release is in operation already."""
        told = self.get_serializer(data=request.data)
        told.is_valid(raise_exception=True)
        deploy, created = record_deploy(**told.validated_data, actor=Actor.of(request.user))
        return Response(DeployRow(deploy).data, status=201 if created else 200)
