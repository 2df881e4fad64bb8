from typing import Any, get_args

import pytest
from django.core.checks import run_checks
from django.utils import timezone

from errorkit.conf import get_problems
from errorkit.conf.routes import WORDS
from errorkit.delivery import outbox
from errorkit.models import Delivery
from errorkit.models.transitions import Transition
from errorkit.reports.report import Level
from tests.delivery.conftest import MEMORY
from tests.delivery.factories import make_change, make_incident

pytestmark = pytest.mark.django_db


def configure(settings: Any, *routes: dict[str, Any]) -> None:
    settings.ERRORKIT = {
        "CHANNELS": {"archive": {"BACKEND": MEMORY}, "copy": {"BACKEND": MEMORY}},
        "ROUTES": routes,
    }


def owed(transition: Transition = Transition.OPENED, **values: Any) -> set[str]:
    incident = make_incident(environment=values.get("environment", "production"))
    change = make_change(transition, incident=incident, **values)
    outbox.owe_forwards([change], timezone.now())
    return set(Delivery.objects.filter(incident=incident).values_list("channel", flat=True))


def test_every_channel_gets_what_it_is_for_when_there_are_no_routes(settings: Any) -> None:
    configure(settings)

    assert owed() == {"archive", "copy"}
    assert owed(Transition.REPEATED) == {"archive", "copy"}


@pytest.mark.parametrize(
    ("route", "passing", "failing"),
    [
        ({"ENVIRONMENTS": ["prod*"]}, {}, {"environment": "staging"}),
        ({"LEVELS": ["fatal", "error"]}, {}, {"level": "warning"}),
        ({"EXCEPTIONS": ["Zero*"]}, {}, {"title": "KeyError: 'x'"}),
        ({"PATHS": ["/pay/*"]}, {}, {"request": None}),
    ],
)
def test_only_what_matches_passes_when_a_route_names_the_channel(
    settings: Any, route: dict[str, Any], passing: dict[str, Any], failing: dict[str, Any]
) -> None:
    configure(settings, {"CHANNELS": ["archive"], **route})

    assert owed(**passing) == {"archive", "copy"}
    assert owed(**failing) == {"copy"}


def test_new_ones_only_pass_when_the_route_names_transitions(settings: Any) -> None:
    configure(settings, {"CHANNELS": ["archive"], "TRANSITIONS": ["opened", "regressed"]})

    assert "archive" in owed(Transition.REGRESSED)
    assert owed(Transition.REPEATED) == {"copy"}


def test_a_share_passes_when_the_route_samples(settings: Any) -> None:
    configure(settings, {"CHANNELS": ["archive"], "SAMPLE": 0.5})
    change = make_change(Transition.REPEATED, full=200)

    for _ in range(2):
        outbox.owe_forwards([change], timezone.now())

    # Five standard deviations; owed twice, so the choice is the same each time.
    assert 65 < Delivery.objects.filter(channel="archive").count() < 135


def test_one_of_several_routes_is_enough_when_they_name_the_same_channel(settings: Any) -> None:
    configure(
        settings,
        {"CHANNELS": ["archive"], "LEVELS": ["fatal"]},
        {"CHANNELS": ["archive"], "EXCEPTIONS": ["ZeroDivisionError"]},
    )

    assert "archive" in owed()


@pytest.mark.parametrize(
    ("route", "said"),
    [
        ({}, "[0] names no CHANNELS"),
        ("archive", "[0] must be a dict"),
        ({"CHANNELS": "archive"}, "[0]['CHANNELS'] must be a list of texts"),
        ({"CHANNELS": [7]}, "[0]['CHANNELS'] must be a list of texts"),
        ({"CHANNELS": None}, "[0]['CHANNELS'] must be a list of texts"),
        ({"CHANNELS": ["archive"], "SAMPLE": 2}, "[0] has a SAMPLE that is no number from 0 to 1"),
        ({"CHANNELS": ["archive"], "LEVEL": ["error"]}, "[0] has no key 'LEVEL', write 'LEVELS'"),
        ({"CHANNEL": ["archive"]}, "[0] has no key 'CHANNEL', write 'CHANNELS'"),
        ({"CHANNELS": ["archive"], "LEVELS": ["eror"]}, "['LEVELS'] has 'eror', write 'error'"),
        ({"CHANNELS": ["archive"], "LEVELS": ["ERROR"]}, "['LEVELS'] has 'ERROR', write"),
        (
            {"CHANNELS": ["archive"], "TRANSITIONS": ["open"]},
            "['TRANSITIONS'] has 'open', write 'opened'",
        ),
    ],
)
def test_problem_names_the_place_and_the_remedy_when_a_route_cannot_be_read(
    settings: Any, route: Any, said: str
) -> None:
    settings.ERRORKIT = {"ROUTES": [route]}

    [problem] = get_problems()

    assert problem.key == "ROUTES"
    assert said in problem.message
    assert [each.id for each in run_checks(tags=["errorkit"])] == ["errorkit.E001"]


def test_levels_that_routes_may_name_are_those_of_reports() -> None:
    assert set(WORDS["LEVELS"]) == set(get_args(Level))


def test_patterns_are_no_problem_when_they_fit_a_word(settings: Any) -> None:
    configure(settings, {"CHANNELS": ["archive"], "LEVELS": ["*"], "TRANSITIONS": ["re*"]})

    assert get_problems() == []
    assert "archive" in owed(Transition.REGRESSED)
    assert owed() == {"copy"}


@pytest.mark.parametrize(
    ("alias", "said"),
    [("archiv", "Did you mean 'archive'?"), ("oncall", "alerts are routed in the admin")],
)
def test_e102_when_a_route_leads_nowhere(settings: Any, alias: str, said: str) -> None:
    configure(settings, {"CHANNELS": ["archive", alias]})

    [message] = run_checks(tags=["errorkit"])
    assert message.id == "errorkit.E102"
    assert alias in message.msg
    assert said in str(message.hint)
