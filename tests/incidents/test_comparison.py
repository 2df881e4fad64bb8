import pytest

from errorkit.incidents.comparison import SAMPLE, compare
from tests.factories import make_incident, make_occurrence

pytestmark = pytest.mark.django_db


def traits_of(incident) -> dict[str, list[tuple[str, int]]]:
    return {
        trait.column: [(share.value, share.percent) for share in trait.shares]
        for trait in compare(incident).traits
    }


def test_traits_tell_shares_when_occurrences_differ() -> None:
    incident = make_incident()
    for server in ("web-1", "web-1", "web-1", "web-2"):
        make_occurrence(incident=incident, server=server, release="1.4.2")

    traits = traits_of(incident)

    assert traits["server"] == [("web-1", 75), ("web-2", 25)]
    assert traits["release"] == [("1.4.2", 100)]


def test_trait_is_left_out_when_no_occurrence_has_it() -> None:
    incident = make_incident()
    make_occurrence(incident=incident, release="", user_label="")

    assert not {"release", "user_label"} & traits_of(incident).keys()


def test_trait_counts_the_others_when_there_are_many_values() -> None:
    incident = make_incident()
    for number in range(7):
        make_occurrence(incident=incident, server=f"web-{number}")

    trait = next(each for each in compare(incident).traits if each.column == "server")

    assert (len(trait.shares), trait.others, trait.is_common) == (4, 3, False)


def test_nothing_is_said_when_no_occurrence_is_left(django_assert_num_queries) -> None:
    incident = make_incident()

    with django_assert_num_queries(1):
        assert compare(incident).traits == ()


def test_only_the_newest_are_looked_at_when_there_are_many(django_assert_num_queries) -> None:
    incident = make_incident()
    make_occurrence(incident=incident, server="old")
    for _ in range(SAMPLE):
        make_occurrence(incident=incident, server="new")

    assert traits_of(incident)["server"] == [("new", 100)]
