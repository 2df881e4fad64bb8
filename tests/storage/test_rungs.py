"""Each row of the table in the design, in its order."""

import pytest

from errorkit.storage.rungs import Rung, Situation, choose_rung

WELL = {"connection_ready": True, "spool_usable": True, "breaker_closed": True}


@pytest.mark.parametrize(
    ("rung", "situation"),
    [
        (Rung.NOTHING, {"enabled": False, "host_test": True, "over_hard_limit": True}),
        (Rung.TEST, {"host_test": True, "over_hard_limit": True, "over_storm_limit": True}),
        (Rung.COUNT, {"over_hard_limit": True, "over_storm_limit": True}),
        (Rung.SPOOL, {"over_storm_limit": True}),
        (Rung.DIRECT, {}),
        (Rung.SPOOL, {"connection_ready": False}),
        (Rung.SPOOL, {"connection_ready": False, "in_atomic": True}),
        (Rung.SPOOL, {"database_fault": True}),
        (Rung.SPOOL, {"breaker_closed": False}),
        (Rung.OWN_CONNECTION, {"connection_ready": False, "spool_usable": False}),
        (Rung.OWN_CONNECTION, {"database_fault": True, "spool_usable": False}),
        (Rung.STDERR, {"connection_ready": False, "spool_usable": False, "in_atomic": True}),
        (Rung.STDERR, {"breaker_closed": False, "spool_usable": False}),
        (Rung.SPOOL, {"on_event_loop": True}),
        (Rung.STDERR, {"on_event_loop": True, "spool_usable": False}),
        (Rung.DIRECT, {"over_storm_limit": True, "spool_usable": False}),
    ],
)
def test_rung_is_the_first_allowed_when_the_situation_is(
    rung: Rung, situation: dict[str, bool]
) -> None:
    assert choose_rung(Situation(**{**WELL, **situation})) is rung
