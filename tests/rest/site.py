"""A host's API: raises everything that REST framework knows."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import path
from rest_framework import exceptions, serializers
from rest_framework.authentication import BasicAuthentication
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import BrowsableAPIRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from errorkit.exceptions import BadGateway
from errorkit.rest.handlers import exception_handler

SECRET = "canary-5up3r-s3cret"


class View(APIView):
    authentication_classes: Any = []
    renderer_classes = [JSONRenderer, BrowsableAPIRenderer]

    def get_exception_handler(self) -> Any:
        return exception_handler


class Item(serializers.Serializer):
    name = serializers.CharField(max_length=5)
    amounts = serializers.ListField(child=serializers.IntegerField(), required=False)


class Order(serializers.Serializer):
    number = serializers.IntegerField(min_value=1)
    items = Item(many=True)
    slashed = serializers.DictField(child=serializers.IntegerField(), required=False)

    def validate(self, attrs: Any) -> Any:
        if attrs["number"] == 13:
            raise serializers.ValidationError("Not that one.", code="unlucky")
        return attrs


class Orders(View):
    def post(self, request: Request) -> Response:
        Order(data=request.data).is_valid(raise_exception=True)
        return Response("ok")


class Private(View):
    authentication_classes = [BasicAuthentication]
    permission_classes = [IsAuthenticated]

    def get(self, request: Request) -> Response:
        return Response("ok")


class Never(BaseThrottle):
    def allow_request(self, request: Request, view: Any) -> bool:
        return False

    def wait(self) -> float:
        return 41.2


class Throttled(View):
    throttle_classes = [Never]


class Away(exceptions.APIException):
    status_code = 503
    default_detail = "The warehouse is away."
    default_code = "warehouse_away"


def raising(exc: Exception) -> Any:
    def get(self: View, request: Request) -> Response:
        raise exc

    return type("Raising", (View,), {"get": get}).as_view()


urlpatterns = [
    path("orders/", Orders.as_view()),
    path("private/", Private.as_view()),
    path("throttled/", Throttled.as_view()),
    path("missing/", raising(Http404(SECRET))),
    path("denied/", raising(PermissionDenied(SECRET))),
    path("conflict/", raising(exceptions.APIException("Read this.", code="read_this"))),
    path("list/", raising(exceptions.ValidationError(["one", "two"]))),
    path("away/", raising(Away())),
    path("gateway/", raising(BadGateway(SECRET))),
    path("fails/", raising(ValueError(SECRET))),
]
