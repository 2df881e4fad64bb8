import pytest
from django.utils import timezone

from errorkit.incidents.redelivery import redeliver
from errorkit.incidents.triage import Actor
from errorkit.models import Activity, Delivery
from tests.factories import make_delivery, make_incident

pytestmark = pytest.mark.django_db

ADA = Actor(user_id="7", label="ada")


@pytest.mark.parametrize("status", ["dead", "expired", "cancelled", "skipped"])
def test_delivery_is_due_again_when_it_had_ended_without_success(status) -> None:
    incident = make_incident()
    delivery = make_delivery(incident, status=status, tries=3, finished_at=timezone.now())

    assert redeliver([delivery.pk], actor=ADA) == 1

    assert list(Delivery.objects.due(timezone.now())) == [delivery]
    activity = Activity.objects.get()
    assert (activity.kind, activity.actor_label, activity.text) == ("redelivered", "ada", "sentry")


@pytest.mark.parametrize("status", ["pending", "sending", "accepted"])
def test_delivery_stays_as_it_is_when_there_is_nothing_to_mend(status) -> None:
    ended = timezone.now() if status == "accepted" else None
    delivery = make_delivery(make_incident(), status=status, finished_at=ended)

    assert redeliver([delivery.pk], actor=ADA) == 0

    assert Delivery.objects.get().status == status
    assert not Activity.objects.exists()
