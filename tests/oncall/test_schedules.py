from datetime import date, datetime, time, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from errorkit.models import Layer, LayerMember, Override, Schedule
from errorkit.oncall.rota import owner_at
from errorkit.oncall.schedules import gaps_ahead, read, rota_of, schedules
from tests.oncall.rotas import in_utc
from tests.oncall.stored import add_layer, make_schedule

pytestmark = pytest.mark.django_db
SECOND_WEEK = in_utc(2026, 1, 14)


def owner(at=SECOND_WEEK):
    person = owner_at(rota_of(schedules().get()), at)
    return person.label if person else None


def say(**options):
    out, err = StringIO(), StringIO()
    call_command("errorkit_oncall", stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def test_people_take_turns_in_the_order_of_their_positions():
    make_schedule("ada", "bob", "cleo")
    assert [owner(in_utc(2026, 1, 6 + 7 * week)) for week in range(3)] == ["Ada", "Bob", "Cleo"]


def test_latest_override_wins_when_it_begins_earlier():
    schedule = make_schedule("ada", "bob")
    for who, day in (("cleo", 13), ("dan", 12)):
        Override.objects.create(
            schedule=schedule,
            user_id=who,
            label=who.capitalize(),
            starts_at=in_utc(2026, 1, day),
            ends_at=in_utc(2026, 1, 20),
        )
    assert owner() == "Dan"


def test_lower_layer_answers_when_everybody_above_has_left():
    schedule = make_schedule("ada")
    add_layer(schedule, "bob", position=2)
    LayerMember.objects.filter(user_id="ada").update(left_at=in_utc(2026, 1, 13))
    assert [owner(in_utc(2026, 1, 12)), owner()] == ["Ada", "Bob"]


def test_layer_covers_its_hours_only_when_it_has_some():
    schedule = make_schedule()
    add_layer(schedule, "ada", weekdays="01234", covers_from=time(9), covers_until=time(17))
    assert [owner(in_utc(2026, 1, 14, hour)) for hour in (7, 8, 15, 16)] == [
        None,
        "Ada",
        "Ada",
        None,
    ]


def test_rota_is_read_in_four_queries_when_there_are_many(django_assert_num_queries):
    for number in range(5):
        make_schedule("ada", "bob", name=f"Team {number}")
    with django_assert_num_queries(4):
        assert len([rota_of(schedule) for schedule in schedules()]) == 5


def test_gap_is_found_when_the_rota_ends_within_14_days():
    schedule = make_schedule("ada")
    Layer.objects.update(ends_on=date(2026, 1, 20))
    assert [(found.name, gap.start) for found, gap in gaps_ahead(SECOND_WEEK)] == [
        (schedule.name, in_utc(2026, 1, 20, 8))
    ]
    assert not list(gaps_ahead(in_utc(2026, 1, 5, 8)))


def test_no_gap_is_reported_when_somebody_is_the_fallback():
    make_schedule()
    assert list(gaps_ahead(SECOND_WEEK))
    Schedule.objects.update(fallback_id="zoe", fallback_label="Zoe")
    assert not list(gaps_ahead(SECOND_WEEK))


@pytest.fixture
def ids() -> dict[str, str]:
    """The user ids of three people who have accounts."""
    users = get_user_model().objects
    return {name: str(users.create_user(name).pk) for name in ("ada", "bob", "cleo")}


def who(at: datetime, *, asked: datetime = SECOND_WEEK) -> str | None:
    """Return the user id of who is on call, as it is known at the time of asking."""
    [schedule] = read(schedules(), asked)
    person = owner_at(rota_of(schedule), at)
    return person.user_id if person else None


@pytest.mark.parametrize("end", ["is switched off", "is deleted"])
def test_turns_pass_on_when_an_account(ids: dict[str, str], end: str) -> None:
    make_schedule(ids["ada"], ids["bob"], ids["cleo"])
    bob = get_user_model().objects.filter(username="bob")
    bob.delete() if end == "is deleted" else bob.update(is_active=False)
    weeks = [SECOND_WEEK + timedelta(weeks=week) for week in range(4)]
    assert [who(week) for week in weeks] == [ids[name] for name in ("cleo", "cleo", "ada", "cleo")]
    # What is over stays as it was.
    assert who(SECOND_WEEK - timedelta(hours=1)) == ids["bob"]


def test_layers_answer_when_the_account_of_an_override_is_switched_off(ids: dict[str, str]) -> None:
    schedule = make_schedule(ids["ada"], ids["bob"])
    Override.objects.create(
        schedule=schedule,
        user_id=ids["cleo"],
        label="Cleo",
        starts_at=in_utc(2026, 1, 13),
        ends_at=in_utc(2026, 1, 16),
    )
    assert who(SECOND_WEEK) == ids["cleo"]
    get_user_model().objects.filter(username="cleo").update(is_active=False)
    assert who(SECOND_WEEK) == ids["bob"]


def test_gap_is_found_when_the_last_account_is_switched_off(ids: dict[str, str]) -> None:
    make_schedule(ids["ada"])
    Schedule.objects.update(fallback_id=ids["bob"], fallback_label="Bob")
    get_user_model().objects.filter(username="ada").update(is_active=False)
    assert not list(gaps_ahead(SECOND_WEEK))
    get_user_model().objects.filter(username="bob").update(is_active=False)
    [(_, gap)] = gaps_ahead(SECOND_WEEK)
    assert gap.start == SECOND_WEEK


def test_everybody_stays_when_the_host_cannot_be_asked() -> None:
    make_schedule("no-number", "neither")
    assert who(SECOND_WEEK) == "neither"


def test_host_is_asked_once_when_there_are_many_schedules(
    ids: dict[str, str], django_assert_num_queries: Any
) -> None:
    for number in range(5):
        make_schedule(*ids.values(), name=f"Team {number}")
    with django_assert_num_queries(5):
        assert len(read(schedules(), SECOND_WEEK)) == 5


@pytest.mark.parametrize("field", ["starts_on", "ends_on"])
def test_rota_can_be_read_when_a_date_is_the_last_that_there_is(field: str) -> None:
    schedule = make_schedule("ada", zone="America/Los_Angeles")
    Layer.objects.update(**{field: date(9999, 12, 31), "handoff_at": time(20)})
    add_layer(schedule, "bob", position=2)
    assert owner() == ("Bob" if field == "starts_on" else "Ada")
    assert not list(gaps_ahead(SECOND_WEEK))


@pytest.mark.parametrize(
    "fields",
    [
        {"covers_from": time(9)},
        {"ends_on": date(2026, 1, 5)},
        {"every": 0},
        {"ends_on": date(9999, 12, 31)},
    ],
    ids=["half a window", "ends before it begins", "turns of nothing", "never ends by a date"],
)
def test_layer_is_refused_when_it_makes_no_sense(fields):
    layer = Layer(schedule=make_schedule(), starts_on=date(2026, 1, 5), **fields)
    with pytest.raises(ValidationError):
        layer.full_clean()


def test_command_says_who_is_on_call_and_who_is_next():
    make_schedule("ada", "bob")
    out, _ = say(at=in_utc(2026, 1, 14))
    assert out.splitlines() == [
        "Web (Europe/Berlin)",
        "  on call  Bob until Mon 2026-01-19 09:00",
        "  next     Ada",
    ]


def test_command_shows_gaps_and_the_fallback():
    make_schedule()
    assert "nobody   Wed 2026-01-14 01:00 to Wed 2026-01-28 01:00" in say(at=SECOND_WEEK)[0]
    Schedule.objects.update(fallback_id="zoe", fallback_label="Zoe")
    assert "on call  Zoe (fallback)" in say(at=SECOND_WEEK)[0]


def test_command_shows_the_shifts_of_a_month():
    make_schedule("ada", "bob", zone="America/Santiago")
    Layer.objects.update(ends_on=date(2026, 9, 14))
    out = StringIO()
    # At midnight of September 6 the clock skips to one.
    call_command("errorkit_oncall", "--month", "2026-09", stdout=out)
    assert out.getvalue().splitlines() == [
        "Web (America/Santiago)",
        "  Tue 2026-09-01 00:00  Ada",
        "  Mon 2026-09-07 09:00  Bob",
        "  Mon 2026-09-14 09:00  nobody",
    ]


@pytest.mark.parametrize(
    ("arguments", "first"), [([], "Sun 2026-11-01"), (["2026-12"], "Tue 2026-12-01")]
)
def test_command_shows_this_month_when_none_is_named(arguments: list[str], first: str) -> None:
    make_schedule("ada")
    out = StringIO()
    with time_machine.travel(in_utc(2026, 11, 28)):
        call_command("errorkit_oncall", "--month", *arguments, stdout=out)
    assert out.getvalue().splitlines()[1:] == [f"  {first} 00:00  Ada"]


def test_command_reads_the_time_in_the_zone_of_the_site(settings):
    settings.TIME_ZONE = "America/New_York"
    make_schedule("ada", "bob", zone="UTC")
    out = StringIO()
    call_command("errorkit_oncall", "--at", "2026-01-12T03:59", stdout=out)
    call_command("errorkit_oncall", "--at", "2026-01-12T04:01", stdout=out)
    assert [line for line in out.getvalue().splitlines() if "on call" in line] == [
        "  on call  Ada until Mon 2026-01-12 09:00",
        "  on call  Bob until Mon 2026-01-19 09:00",
    ]


def test_command_goes_on_when_one_schedule_is_broken(caplog):
    make_schedule("ada", name="Broken")
    make_schedule("bob", name="Web", zone="Mars/Olympus")
    Layer.objects.filter(schedule__name="Broken").update(unit="moons")
    out, _ = say(at=SECOND_WEEK)
    assert "a layer of schedule Broken cannot be read: TypeError" in caplog.text
    assert "nobody   Wed 2026-01-14 01:00 to" in out
    assert "Web (unknown zone Mars/Olympus, so UTC)" in out
    assert "on call  Bob" in out


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("--at", "tomorrow"),
        ("--at", "9999-12-31T23:59"),
        ("--at", "0001-01-01"),
        ("--month", "2026-13"),
        ("--month", "9999-12"),
    ],
)
def test_command_refuses_a_time_that_is_none(option: str, text: str) -> None:
    make_schedule("ada", zone="America/New_York")
    with pytest.raises(CommandError, match=r"such as|not between"):
        call_command("errorkit_oncall", option, text)


def test_command_says_where_alerts_go_when_there_is_no_schedule():
    assert "ONCALL_FALLBACK" in say()[0]
