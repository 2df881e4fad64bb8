"""A host that includes everything errorkit serves."""

from django.contrib import admin
from django.urls import include, path

from tests.middleware.views import urlpatterns as views

urlpatterns = [
    *views,
    path("admin/", admin.site.urls),
    path("errors/", include("errorkit.urls")),
]
