import pytest

from tests.admin.pages import list_url
from tests.admin.test_matrix import PAGES
from tests.factories import make_incident, make_occurrence

COLUMNS = [
    (name, field.name)
    for name, page in sorted(PAGES.items())
    for field in page.opts.get_fields()
    if getattr(field, "column", None)
]


@pytest.mark.parametrize(("model", "column"), COLUMNS)
def test_list_cannot_be_asked_for_what_a_column_holds_when_no_filter_asks_for_it(
    admin_client, model, column
) -> None:
    """A viewer could else guess what stands in a report, in a token or in a code, letter by letter."""
    for condition in ("contains", "startswith", "regex", "gt"):
        response = admin_client.get(list_url(model), {f"{column}__{condition}": "1"})

        assert response.status_code == 400, condition


def test_payload_is_no_oracle_when_the_permission_to_see_it_is_missing(viewer) -> None:
    make_occurrence()

    for condition in (
        "payload__contains",
        "payload",
        "payload__exact",
        "incident__title__contains",
    ):
        assert viewer.get(list_url("occurrence"), {condition: "cookie"}).status_code == 400


def test_list_is_narrowed_when_a_page_leads_there(viewer) -> None:
    incident = make_incident(occurrences=2)
    make_occurrence()

    listed = viewer.get(list_url("occurrence"), {"incident__id__exact": incident.pk})

    assert len(listed.context["cl"].result_list) == 2


@pytest.mark.parametrize(
    ("model", "condition"),
    [
        ("incident", "status=all"),
        ("incident", "environment=production"),
        ("delivery", "purpose__exact=alert"),
        ("activity", "kind__exact=opened"),
        ("alert", "status__exact=running"),
        ("alert", "policy=Web"),
        ("deploy", "environment=production"),
    ],
)
def test_list_is_narrowed_when_a_filter_is_chosen(admin_client, model, condition) -> None:
    assert admin_client.get(f"{list_url(model)}?{condition}").status_code == 200


@pytest.mark.parametrize(
    ("model", "name"),
    [("incident", "environment"), ("incident", "owner"), ("deploy", "environment")],
)
def test_list_refuses_a_value_that_no_database_takes(admin_client, model, name) -> None:
    assert admin_client.get(list_url(model), {name: "a\x00b"}).status_code == 400


@pytest.mark.parametrize("value", ["9" * 40, "-1", "x", "²", "٣", "%", "", "1' OR '1'='1"])
@pytest.mark.parametrize(
    "name", ["code", "status", "level", "owner", "new", "release", "o", "p", "q"]
)
def test_list_is_shown_when_a_parameter_makes_no_sense(viewer, name, value) -> None:
    make_incident(occurrences=1)

    assert viewer.get(list_url(), {name: value}).status_code == 200


@pytest.mark.parametrize("value", ["9" * 40, "-1", "x", ""])
def test_list_of_occurrences_is_shown_when_the_incident_makes_no_sense(viewer, value) -> None:
    make_incident(occurrences=1)

    response = viewer.get(list_url("occurrence"), {"incident__id__exact": value}, follow=True)

    assert response.status_code == 200
