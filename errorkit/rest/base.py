"""What every view of the API names for itself, so that the host's REST_FRAMEWORK changes nothing."""

from collections.abc import Callable
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.module_loading import import_string
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import NotFound
from rest_framework.metadata import SimpleMetadata
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from errorkit.conf import get_config
from errorkit.rest.fields import Query
from errorkit.rest.handlers import exception_handler
from errorkit.rest.pagination import ByCursor
from errorkit.rest.permissions import ModelPermissions
from errorkit.rest.policies import OnlyJSON, PlainJSON, SmallJSON


class Policies(APIView):
    """The policies of the API, each named here."""

    renderer_classes = [PlainJSON]
    parser_classes = [SmallJSON]
    permission_classes = [ModelPermissions]
    throttle_classes = []
    content_negotiation_class = OnlyJSON
    metadata_class = SimpleMetadata
    versioning_class = None

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Return what API_AUTHENTICATION names; by default the session of the admin."""
        return [import_string(path)() for path in get_config().api_authentication]

    def get_exception_handler(self) -> Callable[..., Any]:
        """Return our own, whatever the host has."""
        return exception_handler

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Keep what is for one person out of shared caches."""
        response.setdefault("Cache-Control", "no-store")
        return super().finalize_response(request, response, *args, **kwargs)


class Endpoint(Policies, GenericViewSet[Any]):
    """A view of one model's rows. `query_class` reads the parameters of its list."""

    model: type[Model]
    query_class: type[Query] = Query
    filter_backends = []
    pagination_class = ByCursor
    lookup_value_regex = "[0-9]{1,18}"

    def get_queryset(self) -> QuerySet[Any]:
        """Read from the alias where errorkit keeps its tables."""
        return self.model._default_manager.using(get_config().database)

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return what the query parameters of a list ask for; raises ValidationError."""
        if self.detail:
            return queryset
        query = self.query_class(data=self.request.query_params.dict())
        query.is_valid(raise_exception=True)
        return query.narrow(queryset)

    def respond_with_page(self, rows: QuerySet[Any]) -> Response:
        """Return a page of rows that belong to the one that was asked for."""
        page = self.get_serializer(self.paginate_queryset(rows), many=True)
        return self.get_paginated_response(page.data)


class Nothing(Policies):
    """There is nothing at this path of the API."""

    permission_classes = []

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Return none: nobody finds anything here."""
        return []

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Raise NotFound, whatever the method."""
        raise NotFound
