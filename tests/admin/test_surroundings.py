import pytest

from tests.admin.pages import Markup, page_url
from tests.factories import (
    make_exception,
    make_frame,
    make_incident,
    make_occurrence,
    make_report,
    make_request,
)

TEMPLATE = "https://git.example.com/shop/blob/{release}/{path}#L{line}"


def page_of(client, **values) -> str:
    incident = make_incident(report=make_report(**values), occurrences=1)
    return client.get(page_url(incident)).content.decode()


def test_page_shows_the_log_records_before_the_failure(viewer) -> None:
    log = ["09:12:01.250 WARNING shop.pay: no answer <b>yet</b>", "a line of another shape"]

    text = Markup(page_of(viewer, context={"log": log})).text

    for part in ("09:12:01.250", "shop.pay", "no answer <b>yet</b>", "a line of another shape"):
        assert part in text


def test_page_shows_the_machine_as_people_read_it(viewer) -> None:
    machine = {
        "process": 4711,
        "threads": 12,
        "database_connections": 21,
        "load": 3.5,
        "disk_free": 5 * 1024**3,
    }

    text = Markup(page_of(viewer, context={"machine": machine, "basket": 3})).text

    for part in ("4711", "Open database connections21", "3.5", "5.0\xa0GB", "web-1"):
        assert part in text
    assert "disk_free" not in text


@pytest.mark.parametrize("context", [{"log": "x", "machine": "y"}, {"log": [1], "machine": {}}])
def test_page_is_shown_when_the_context_has_another_shape(viewer, context) -> None:
    assert "ek-traceback" in page_of(viewer, context=context)


def links_of(page: str) -> list[str]:
    elements = Markup(page).elements
    links = [attrs.get("href") or "" for tag, attrs in elements if tag == "a"]
    return [link for link in links if "git.example.com" in link]


def test_frames_of_the_site_lead_to_the_repository_when_it_is_known(viewer, settings) -> None:
    settings.ERRORKIT = {"SOURCE_URL": TEMPLATE}

    assert links_of(page_of(viewer)) == [
        "https://git.example.com/shop/blob/1.4.2/shop/views.py#L42"
    ]


def test_frames_lead_nowhere_when_no_release_is_known(viewer, settings) -> None:
    settings.ERRORKIT = {"SOURCE_URL": TEMPLATE}

    assert links_of(page_of(viewer, release="")) == []


def test_values_stay_in_their_place_of_the_address_when_they_are_hostile(viewer, settings) -> None:
    settings.ERRORKIT = {"SOURCE_URL": TEMPLATE}
    frame = make_frame(filename='../"><script>#?&.py')

    page = page_of(viewer, release="../../evil?x", exceptions=(make_exception(frames=(frame,)),))

    assert links_of(page) == [
        "https://git.example.com/shop/blob/..%2F..%2Fevil%3Fx/../%22%3E%3Cscript%3E%23%3F%26.py#L42"
    ]


def test_page_tells_the_browser_when_all_used_the_same(viewer) -> None:
    incident = make_incident()
    for agent in ("Firefox/140.0", "Firefox/141.0"):
        make_occurrence(incident=incident, request=make_request(headers={"User-Agent": agent}))

    assert "Browser Firefox" in " ".join(
        Markup(viewer.get(page_url(incident)).content.decode()).text.split()
    )


def test_page_leads_to_the_occurrence_before_the_one_shown(viewer) -> None:
    incident = make_incident(occurrences=2)
    older = incident.occurrences.order_by("id").first()

    assert f'rel="prev" href="{page_url(older)}"' in viewer.get(page_url(incident)).content.decode()


def test_page_tells_how_many_users_were_affected(viewer) -> None:
    incident = make_incident(users_affected=1234)

    assert "1,234" in viewer.get(page_url(incident)).content.decode()
