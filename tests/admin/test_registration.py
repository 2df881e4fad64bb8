from django.contrib import admin
from django.contrib.admin import AdminSite
from django.test import override_settings
from django.urls import path

from errorkit.admin import register
from errorkit.models import Delivery, Incident, Occurrence
from tests.admin.pages import Markup
from tests.factories import make_incident

staff_site = AdminSite(name="staff")
register(staff_site)
urlpatterns = [path("staff/", staff_site.urls), path("admin/", admin.site.urls)]


def test_default_site_has_the_pages_when_the_app_is_installed() -> None:
    assert all(admin.site.is_registered(model) for model in (Incident, Occurrence, Delivery))


def test_registering_again_keeps_what_is_there() -> None:
    site = AdminSite(name="other")
    site.register(Incident, admin.ModelAdmin)

    register(site)
    register(site)

    assert type(site.get_model_admin(Incident)) is admin.ModelAdmin
    assert site.is_registered(Occurrence)


@override_settings(ROOT_URLCONF=__name__)
def test_links_stay_on_the_custom_site_when_its_pages_are_read(manager) -> None:
    incident = make_incident(occurrences=1)
    occurrence = incident.occurrences.get()

    asked = {"action": "snooze", "_selected_action": incident.pk}
    pages = [
        manager.post("/staff/errorkit/incident/", asked),
        manager.get("/staff/errorkit/incident/"),
        manager.get(f"/staff/errorkit/incident/{incident.pk}/change/"),
        manager.get(f"/staff/errorkit/occurrence/{occurrence.pk}/change/"),
    ]
    for page in pages:
        elements = Markup(page.content.decode()).elements
        links = [attrs.get("href") or attrs.get("action") or "" for _, attrs in elements]
        assert not [link for link in links if link.startswith("/admin/")]
    found = manager.get("/staff/errorkit/incident/", {"q": occurrence.reference})
    assert found["Location"] == f"/staff/errorkit/occurrence/{occurrence.pk}/change/"


def test_rows_are_read_from_the_configured_alias(rf, settings) -> None:
    settings.ERRORKIT = {"DATABASE": "errors"}

    for model in (Incident, Occurrence, Delivery):
        page = admin.site.get_model_admin(model)
        assert page.get_queryset(rf.get("/")).db == "errors"
