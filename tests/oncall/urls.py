"""A site whose admin lies under another path, as the link in a message must show."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def change(request: HttpRequest, object_id: str) -> HttpResponse:
    return HttpResponse(object_id)


pages = [path("incident/<path:object_id>/", change, name="errorkit_incident_change")]
urlpatterns = [path("staff/", include((pages, "admin")))]
