import pytest

from errorkit.models import AffectedUser, Incident
from errorkit.storage.digest import digest
from tests.factories import make_fingerprint, make_incident, make_occurrence

pytestmark = pytest.mark.django_db


def affected() -> int:
    digest()
    return Incident.objects.get().users_affected


def test_person_is_counted_once_when_met_often() -> None:
    for user_id in ("7", "7", "8", ""):
        make_occurrence(user_id=user_id)
    assert affected() == 2

    for user_id in ("7", "9"):
        make_occurrence(user_id=user_id)
    assert affected() == 3


def test_person_is_counted_once_when_two_fingerprints_lead_to_the_incident() -> None:
    incident = make_incident()
    for value in ("v1:a", "v1:b"):
        make_fingerprint(incident, value)
        make_occurrence(fingerprint=value, user_id="7")
    assert affected() == 1

    make_occurrence(fingerprint="v1:b", user_id="8")
    make_occurrence(fingerprint="v1:a", user_id="8")
    assert affected() == 2


def test_ids_are_not_kept_when_people_are_counted() -> None:
    make_occurrence(user_id="ada@example.com")
    digest()

    assert "ada" not in AffectedUser.objects.get().person


def test_queries_do_not_grow_when_many_people_are_met(django_assert_max_num_queries) -> None:
    make_occurrence(user_id="0")
    digest()
    for number in range(60):
        make_occurrence(user_id=str(number))

    with django_assert_max_num_queries(24):
        digest()

    assert Incident.objects.get().users_affected == 60
