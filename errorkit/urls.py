"""Everything that errorkit serves besides the admin; `include()` it where the site wants it."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path, re_path

from errorkit import views
from errorkit.rest.door import api

app_name = "errorkit"

# On a site that asks everybody to log in, links out of messages and what programs ask for work all the same.
urlpatterns = [
    path("ack/<str:token>/", login_not_required(views.acknowledge), name="acknowledge"),
    path("shifts/<str:token>.ics", login_not_required(views.shifts), name="shifts"),
    path("feedback/", login_not_required(views.feedback), name="feedback"),
    path("health/", login_not_required(views.health), name="health"),
    path("metrics/", login_not_required(views.metrics), name="metrics"),
    path("preview/", views.preview, name="preview"),
    path("preview/<int:status>/", views.preview, name="preview_answer"),
    re_path(r"^api/(?P<path>.*)$", api, name="api"),
]
