"""The default URLconf of the suite; tests that need failing views bring their own."""

from django.contrib import admin
from django.urls import path

urlpatterns = [
    path("admin/", admin.site.urls),
]
