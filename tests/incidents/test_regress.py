"""Each row is a situation: how it was resolved, what was deployed, which release failed when, and whether that opens it again."""

from datetime import UTC, datetime, timedelta

import pytest

from errorkit.incidents import triage
from errorkit.incidents.regress import newest_release, transition_of
from errorkit.incidents.triage import Actor
from errorkit.models import Activity, Deploy, Incident
from errorkit.models.transitions import Transition
from errorkit.storage.digest import digest
from tests.factories import make_fingerprint, make_incident, make_occurrence

pytestmark = pytest.mark.django_db

ADA = Actor(user_id="7", label="ada")
NOON = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATE = 15 * DAY  # the grace is 14 days


def opens_again(resolution, resolved_release, deploys, release, after, **values) -> bool:
    for name, at in deploys.items():
        Deploy.objects.create(release=name, environment="production", at=NOON + at)
    incident = make_incident(
        status="resolved",
        resolved_at=NOON,
        resolution=resolution,
        resolved_release=resolved_release,
        **values,
    )
    return transition_of(incident, {release: NOON + after}) is Transition.REGRESSED


@pytest.mark.parametrize("release", ["", "1.4", "1.3", "4f3c2a1"])
@pytest.mark.parametrize(
    ("after", "opens"), [(-HOUR, False), (timedelta(0), False), (HOUR, True), (LATE, True)]
)
def test_any_release_counts_when_it_was_resolved_now(release, after, opens) -> None:
    assert opens_again("now", "", {}, release, after) is opens


NONE: dict[str, timedelta] = {}
ARRIVED = {"1.4": -DAY, "1.5": HOUR}
TAKEN_BACK = {"1.4": -DAY, "1.5": HOUR, "1.4.1": DAY}


@pytest.mark.parametrize(
    ("deploys", "release", "after", "opens"),
    [
        # The release itself, and newer ones.
        (NONE, "1.5", HOUR, True),
        (NONE, "1.5", -HOUR, False),
        (NONE, "1.6", HOUR, True),
        (NONE, "1.10", HOUR, True),
        # Its candidates come before it.
        (NONE, "1.5-rc.1", HOUR, False),
        # Older ones do not, as long as the release may still come.
        (NONE, "1.4", HOUR, False),
        (NONE, "1.4", 13 * DAY, False),
        # It never came: nothing is muted for ever.
        (NONE, "1.4", LATE, True),
        # It came, and an older one still runs somewhere: it never opens anything.
        (ARRIVED, "1.4", DAY, False),
        (ARRIVED, "1.4", LATE, False),
        (ARRIVED, "1.5", LATE, True),
        # It came and was taken back.
        (TAKEN_BACK, "1.4", LATE, True),
        (TAKEN_BACK, "1.5", DAY, True),
        # Nobody knows which release it was.
        (NONE, "", HOUR, False),
        (NONE, "", LATE, True),
        (ARRIVED, "", LATE, True),
        (NONE, "4f3c2a1", HOUR, False),
        (NONE, "4f3c2a1", LATE, True),
    ],
)
def test_releases_count_when_it_was_resolved_in_one(deploys, release, after, opens) -> None:
    assert opens_again("release", "1.5", deploys, release, after) is opens


@pytest.mark.parametrize(
    ("deploys", "release", "after", "opens"),
    [
        (NONE, "1.4", HOUR, False),
        (NONE, "1.3", HOUR, False),
        (NONE, "1.4.1", HOUR, True),
        (NONE, "2.0", HOUR, True),
        (NONE, "1.4", LATE, True),
        (ARRIVED, "1.4", LATE, False),
        (NONE, "", HOUR, False),
        (NONE, "", LATE, True),
        # What was first deployed afterwards is the next release, whatever it is called.
        ({"4f3c2a1": HOUR}, "4f3c2a1", DAY, True),
        ({"4f3c2a1": -HOUR}, "4f3c2a1", DAY, False),
    ],
)
def test_newer_releases_count_when_it_was_resolved_in_the_next(
    deploys, release, after, opens
) -> None:
    assert opens_again("next", "1.4", deploys, release, after) is opens


@pytest.mark.parametrize(
    ("release", "opens"), [("aaa", False), ("bbb", False), ("ccc", True), ("ddd", None)]
)
def test_deploys_order_releases_without_versions(release, opens) -> None:
    deploys = {"aaa": -2 * DAY, "bbb": -DAY, "ccc": HOUR}

    assert opens_again("next", "bbb", deploys, release, 2 * HOUR) is bool(opens)


def test_an_older_release_stays_older_when_it_is_deployed_again() -> None:
    deploys = {"aaa": -2 * DAY, "bbb": -DAY}
    Deploy.objects.create(release="aaa", environment="production", at=NOON + HOUR)

    assert opens_again("next", "bbb", deploys, "aaa", 2 * HOUR) is False


def test_deploys_of_other_environments_tell_nothing() -> None:
    Deploy.objects.create(release="ccc", environment="staging", at=NOON + HOUR)

    assert opens_again("next", "bbb", NONE, "ccc", 2 * HOUR) is False


def test_grace_is_as_long_as_the_setting_says(settings) -> None:
    settings.ERRORKIT = {"RELEASE_GRACE_DAYS": 1}

    assert opens_again("release", "1.5", NONE, "1.4", DAY + HOUR) is True


@pytest.mark.parametrize("status", ["open", "acknowledged", "ignored"])
def test_only_resolved_incidents_open_again(status) -> None:
    incident = make_incident(status=status, resolved_at=None)

    assert transition_of(incident, {"1.4": NOON}) is Transition.REPEATED


def test_one_failure_of_the_mended_release_is_enough_in_a_batch() -> None:
    incident = make_incident(
        status="resolved", resolved_at=NOON, resolution="release", resolved_release="1.5"
    )
    make_fingerprint(incident)
    for release, minutes in (("1.5", 1), ("1.4", 2), ("1.4", 3)):
        make_occurrence(release=release, occurred_at=NOON + timedelta(minutes=minutes))

    [change] = digest().changes

    incident.refresh_from_db()
    assert change.transition is Transition.REGRESSED
    assert (incident.status, incident.resolution, incident.resolved_release) == ("open", "now", "")


def test_older_releases_are_counted_and_change_nothing_in_a_batch() -> None:
    incident = make_incident(
        status="resolved", resolved_at=NOON, resolution="release", resolved_release="1.5"
    )
    make_fingerprint(incident)
    for minutes in (1, 2):
        make_occurrence(release="1.4", occurred_at=NOON + timedelta(minutes=minutes))

    digest()

    incident.refresh_from_db()
    assert (incident.status, incident.times_seen) == ("resolved", 3)
    assert not Activity.objects.exists()


def test_release_is_kept_and_told_when_an_incident_is_resolved_in_it() -> None:
    incident = make_incident()

    assert triage.resolve([incident.pk], actor=ADA, release="1.5") == 1

    incident.refresh_from_db()
    assert (incident.resolution, incident.resolved_release) == ("release", "1.5")
    assert Activity.objects.get().data == {"resolution": "release", "resolved_release": "1.5"}
    triage.reopen([incident.pk], actor=ADA)
    incident.refresh_from_db()
    assert (incident.resolution, incident.resolved_release) == ("now", "")


@pytest.mark.parametrize(
    ("deployed", "seen", "newest"),
    [("1.4", "1.4", "1.4"), ("1.5", "1.4", "1.5"), ("1.4", "1.5", "1.5"), ("", "1.5", "1.5")],
)
def test_next_release_is_newer_than_the_newest_that_is_known(deployed, seen, newest) -> None:
    if deployed:
        Deploy.objects.create(release=deployed, environment="production", at=NOON)
    incident = make_incident(last_release=seen)

    assert triage.resolve_in_next_release([incident.pk], actor=ADA) == 1

    incident.refresh_from_db()
    assert (incident.status, incident.resolution) == ("resolved", "next")
    assert incident.resolved_release == newest == newest_release(incident)


def test_own_release_is_the_newest_when_no_deploys_are_written_down(settings) -> None:
    settings.ERRORKIT = {"RELEASE": "2.0", "ENVIRONMENT": "production"}

    assert newest_release(make_incident(last_release="1.4")) == "2.0"
    assert newest_release(make_incident(last_release="1.4", environment="staging")) == "1.4"


def test_resolved_incidents_stay_as_they_are_when_resolved_again() -> None:
    incident = make_incident(status=Incident.Status.RESOLVED)

    assert triage.resolve([incident.pk], actor=ADA, release="1.5") == 0
    assert triage.resolve_in_next_release([incident.pk], actor=ADA) == 0


def test_queries_are_few_when_a_release_has_to_be_placed(django_assert_num_queries) -> None:
    incident = make_incident(
        status="resolved", resolved_at=NOON, resolution="next", resolved_release="1.4"
    )
    newest = {f"1.5.{number}": NOON + HOUR for number in range(50)}

    with django_assert_num_queries(2):
        transition_of(incident, newest)
