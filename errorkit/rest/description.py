"""The API describes itself, where drf-spectacular is installed."""

from rest_framework.exceptions import NotFound
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from errorkit.rest.base import Policies


class Description(Policies):
    """The OpenAPI document of this site's API."""

    permission_classes = [IsAuthenticated]

    def get(self, request: Request) -> Response:
        """Return it; raises NotFound where the extra `openapi` is not installed."""
        try:
            from errorkit.rest.openapi import describe_api
        except ImportError as error:
            raise NotFound("Install errorkit[openapi] for the description of the API.") from error
        return Response(describe_api(request.path.removesuffix("schema/")))
