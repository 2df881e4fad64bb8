"""A site that includes errorkit's URLs."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("errorkit/", include("errorkit.urls")),
]
