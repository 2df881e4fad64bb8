"""Who may do what: each group of `errorkit_groups` at each address."""

import logging

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.admin.pages import list_url, page_url, triage_url
from tests.factories import make_delivery, make_incident, make_occurrence

GROUPS = ("viewers", "responders", "managers")


@pytest.fixture
def member_of(db, django_user_model):
    call_command("errorkit_groups", verbosity=0)

    def member_of(group: str) -> Client:
        user = django_user_model.objects.create_user(group, is_staff=True)
        if group in GROUPS:
            user.groups.add(Group.objects.get(name=f"errorkit {group}"))
        client = Client()
        client.force_login(user)
        return client

    return member_of


@pytest.mark.parametrize(
    ("group", "seeing", "changing", "sensitive"),
    [
        ("nobody", 403, 403, 403),
        ("viewers", 200, 403, 403),
        ("responders", 200, 302, 403),
        ("managers", 200, 302, 200),
    ],
)
def test_group_gets_what_it_is_for(member_of, group, seeing, changing, sensitive) -> None:
    client = member_of(group)
    occurrence = make_occurrence(incident=make_incident())
    delivery = make_delivery(status="dead", finished_at=timezone.now())
    incident = occurrence.incident

    for row in (incident, occurrence, delivery):
        assert client.get(list_url(row._meta.model_name)).status_code == seeing
        assert client.get(page_url(row)).status_code == seeing
    for verb in ("acknowledge", "comment", "assign", "snooze", "resolve"):
        posted = client.post(triage_url(incident), {"verb": verb, "text": "x", "hours": "1"})
        assert posted.status_code == changing
    retry = reverse("admin:errorkit_delivery_retry", args=[delivery.pk])
    assert client.post(retry).status_code == changing
    raw = reverse("admin:errorkit_occurrence_json", args=[occurrence.pk])
    assert client.get(raw).status_code == sensitive


def test_visitors_are_sent_to_the_login_at_every_address(db) -> None:
    occurrence = make_occurrence(incident=make_incident())

    for url in (
        list_url(),
        page_url(occurrence.incident),
        page_url(occurrence),
        triage_url(occurrence.incident),
        reverse("admin:errorkit_occurrence_json", args=[occurrence.pk]),
        reverse("admin:errorkit_occurrence_by_reference", args=[occurrence.reference]),
    ):
        assert Client().get(url)["Location"].startswith("/admin/login/")


def test_groups_are_as_they_should_be_when_made_again(db) -> None:
    call_command("errorkit_groups", verbosity=0)
    viewers = Group.objects.get(name="errorkit viewers")
    before = set(viewers.permissions.values_list("codename", flat=True))
    other = Permission.objects.get(codename="view_user")
    viewers.permissions.add(Permission.objects.get(codename="view_sensitive"), other)

    call_command("errorkit_groups", verbosity=0)

    after = set(viewers.permissions.values_list("codename", flat=True))
    assert after == before | {"view_user"}
    assert "view_sensitive" not in before


def test_view_is_logged_when_it_shows_sensitive_parts(manager, viewer, caplog) -> None:
    occurrence = make_occurrence(incident=make_incident())

    with caplog.at_level(logging.INFO, logger="errorkit.audit"):
        viewer.get(page_url(occurrence))
        manager.get(page_url(occurrence))
        manager.get(reverse("admin:errorkit_occurrence_json", args=[occurrence.pk]))

    said = [record.getMessage() for record in caplog.records if record.name == "errorkit.audit"]
    assert len(said) == 2
    assert all(str(occurrence.pk) in line for line in said)
