import pytest

from errorkit.health import DatabaseFacts, Facts, SpoolFacts, metrics_of, problems_of
from errorkit.storage.hosts import HostSpool

WELL = Facts(spool=SpoolFacts(), database=DatabaseFacts(sweep_seconds=3.0, digest_seconds=3.0))


def make_facts(**values: object) -> Facts:
    return Facts(spool=SpoolFacts(), database=DatabaseFacts(**values))  # type: ignore[arg-type]


def test_nothing_is_wrong_when_all_is_well() -> None:
    assert problems_of(WELL) == []


@pytest.mark.parametrize(
    ("code", "failing", "facts"),
    [
        ("spool", True, Facts(spool=SpoolFacts(problem="disk full"), database=WELL.database)),
        (
            "spool_backlog",
            True,
            Facts(spool=SpoolFacts(pending=3, oldest_seconds=90.0), database=WELL.database),
        ),
        ("quarantine", False, Facts(spool=SpoolFacts(quarantined=1), database=WELL.database)),
        ("database", True, Facts(spool=SpoolFacts(), database_problem="refused")),
        ("digest", True, make_facts(undigested_seconds=90.0)),
        ("no_sweep", True, make_facts(waiting=True)),
        ("no_sweep", True, make_facts(waiting=True, sweep_seconds=90.0)),
        (
            "spool_backlog",
            True,
            make_facts(
                spools={"web-2": HostSpool(pending=3, oldest_seconds=90.0, told_seconds=5.0)}
            ),
        ),
        (
            "migrations",
            True,
            Facts(spool=SpoolFacts(), database=WELL.database, unmigrated=("0002_more",)),
        ),
        ("channel", False, make_facts(failing={"sentry": 3})),
        ("parked", False, make_facts(failing={"sentry": 9}, parked={"sentry": "401"})),
        ("parked", False, make_facts(sweep_seconds=1.0, parked={"sentry": ""})),
        ("outbox", True, make_facts(sweep_seconds=1.0, outbox_seconds=400.0)),
        ("rota_gap", False, make_facts(sweep_seconds=1.0, gaps={"Web": 90_000.0})),
        ("dead", False, make_facts(sweep_seconds=1.0, dead=2)),
        ("expired", False, make_facts(sweep_seconds=1.0, expired=2)),
    ],
)
def test_problem_is_named_when_a_fact_is_bad(code: str, failing: bool, facts: Facts) -> None:
    [problem] = problems_of(facts)

    assert (problem.code, problem.failing) == (code, failing)


def test_nobody_has_to_sweep_when_nothing_is_due() -> None:
    assert problems_of(make_facts(sweep_seconds=None)) == []


def test_metrics_are_prometheus_text_when_a_channel_has_an_odd_name() -> None:
    text = metrics_of(make_facts(seen=10, light=4, parked={'a"b\n': "x"}))

    lines = text.splitlines()
    assert 'errorkit_failures_total{kept="full"} 6' in lines
    assert 'errorkit_failures_total{kept="light"} 4' in lines
    assert r'errorkit_channel_parked{channel="a\"b\n"} 1' in lines
    assert lines.count("# TYPE errorkit_failures_total counter") == 1


def test_metrics_say_so_when_the_database_is_down() -> None:
    text = metrics_of(Facts(spool=SpoolFacts(pending=2), database_problem="refused"))

    assert "errorkit_database_up 0\n" in text
    assert "errorkit_spool_reports 2\n" in text
    assert "errorkit_outbox_due" not in text
