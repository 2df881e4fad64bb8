"""The API's own URLs, reached through the door."""

from django.urls import path, re_path
from rest_framework.routers import SimpleRouter

from errorkit.rest.base import Nothing
from errorkit.rest.deliveries import Deliveries
from errorkit.rest.deploys import Deploys
from errorkit.rest.description import Description
from errorkit.rest.health import Health
from errorkit.rest.incidents import Incidents
from errorkit.rest.occurrences import Occurrences
from errorkit.rest.oncall import OnCall
from errorkit.rest.overview import Overviews
from errorkit.rest.schedules import Schedules
from errorkit.rest.silences import Silences

router = SimpleRouter()
router.register("incidents", Incidents, basename="incidents")
router.register("occurrences", Occurrences, basename="occurrences")
router.register("deliveries", Deliveries, basename="deliveries")
router.register("deploys", Deploys, basename="deploys")
router.register("schedules", Schedules, basename="schedules")
router.register("silences", Silences, basename="silences")

described = [
    *router.urls,
    path("health/", Health.as_view()),
    path("oncall/", OnCall.as_view()),
    path("overview/", Overviews.as_view()),
]

urlpatterns = [
    *described,
    path("schema/", Description.as_view()),
    re_path("", Nothing.as_view()),
]
