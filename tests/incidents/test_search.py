import pytest

from errorkit.incidents.search import find_occurrences
from tests.factories import make_incident, make_occurrence

pytestmark = pytest.mark.django_db


def test_occurrence_is_found_when_it_is_not_digested_yet() -> None:
    occurrence = make_occurrence()

    assert find_occurrences(occurrence.reference) == [occurrence]


@pytest.mark.parametrize(
    "typed",
    [
        str.lower,
        lambda text: text.replace("-", ""),
        lambda text: f"  {text} ",
        lambda text: text.replace("0", "o").replace("1", "l"),
        " ".join,
    ],
    ids=["lower case", "no hyphen", "blanks around", "letters for digits", "spelled out"],
)
def test_occurrence_is_found_when_the_reference_was_read_aloud(typed) -> None:
    occurrence = make_occurrence()

    assert find_occurrences(typed(occurrence.reference)) == [occurrence]


def test_occurrence_is_found_when_its_id_is_given() -> None:
    occurrence = make_occurrence(incident=make_incident())

    for text in (str(occurrence.pk), occurrence.pk.hex, occurrence.pk.urn):
        assert find_occurrences(text) == [occurrence]


def test_all_occurrences_are_found_newest_first_when_they_share_a_request_id() -> None:
    older = make_occurrence(request_id="req-12345678")
    newer = make_occurrence(request_id="req-12345678")

    assert find_occurrences("req-12345678") == [newer, older]


@pytest.mark.parametrize("typed", ["", " ", "ZeroDivisionError: division", "ß" * 40, "\x00", "-"])
def test_nothing_is_found_when_the_text_names_no_occurrence(typed) -> None:
    make_occurrence(request_id="")

    assert find_occurrences(typed) == []


def test_payload_is_left_in_the_database_when_searching(django_assert_num_queries) -> None:
    occurrence = make_occurrence()

    found = find_occurrences(occurrence.reference)[0]

    assert found.get_deferred_fields() == {"payload"}


def test_no_query_is_made_when_the_text_can_be_none_of_them(django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        find_occurrences("two words and more")
