import pytest
from django.urls import reverse
from django.utils import timezone

from errorkit.models import Delivery
from tests.admin.pages import list_url, page_url
from tests.factories import make_delivery, make_incident


@pytest.fixture
def dead(db) -> Delivery:
    return make_delivery(make_incident(), status="dead", tries=2, finished_at=timezone.now())


def retry_url(delivery: Delivery) -> str:
    return reverse("admin:errorkit_delivery_retry", args=[delivery.pk])


def test_button_sends_again_when_pressed_on_the_incident(responder, dead) -> None:
    assert retry_url(dead) in responder.get(page_url(dead.incident)).content.decode()

    response = responder.post(retry_url(dead), follow=True)

    assert response.redirect_chain == [(f"{page_url(dead.incident)}#deliveries", 302)]
    assert Delivery.objects.get().status == "pending"
    assert retry_url(dead) not in response.content.decode()


def test_button_is_not_there_when_one_may_only_view(viewer, dead) -> None:
    assert retry_url(dead) not in viewer.get(page_url(dead.incident)).content.decode()
    assert viewer.post(retry_url(dead)).status_code == 403
    assert Delivery.objects.get().status == "dead"


def test_bulk_action_sends_again_what_did_not_arrive(responder, dead) -> None:
    accepted = make_delivery(status="accepted", finished_at=timezone.now())

    responder.post(
        list_url("delivery"), {"action": "retry", "_selected_action": [dead.pk, accepted.pk]}
    )

    assert dict(Delivery.objects.values_list("pk", "status")) == {
        dead.pk: "pending",
        accepted.pk: "accepted",
    }


@pytest.mark.parametrize(
    ("chosen", "shown"), [("waiting", {"pending", "sending"}), ("dead", {"dead"})]
)
def test_list_is_narrowed_when_a_status_is_chosen(viewer, chosen, shown) -> None:
    for status in Delivery.Status.values:
        make_delivery(status=status)

    rows = viewer.get(list_url("delivery"), {"status": chosen}).context["cl"].result_list

    assert {row.status for row in rows} == shown
