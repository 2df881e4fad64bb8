from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from errorkit.incidents.releases import Order, read_version

DAY = datetime(2026, 11, 1, tzinfo=UTC)

# Each line runs from the oldest to the newest.
ASCENDING = [
    ["1.4.2", "1.4.10", "1.5", "2.0.0", "10.0"],
    ["v1.0.0", "v1.0.1"],
    ["shop@1.0.0", "shop@1.1.0"],
    ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0"],
    ["1.4.2rc1", "1.4.2rc2", "1.4.2", "1.4.2.1"],
    ["2025.12.31", "2026.1.1", "2026.11.20", "2026.11.20.2"],
    ["2026-11-19", "2026-11-20", "2026-11-20-2"],
    ["20261119", "2026-11-20", "20261120.1", "20261121"],
]


@pytest.mark.parametrize("line", ASCENDING)
def test_versions_are_ordered_by_their_numbers(line) -> None:
    for older, newer in pairwise(line):
        assert Order().is_older(older, newer) is True
        assert Order().is_older(newer, older) is False


@pytest.mark.parametrize("line", ASCENDING)
def test_order_is_total_within_a_line(line) -> None:
    for place, first in enumerate(line):
        for other, second in enumerate(line):
            assert Order().is_older(first, second) is (place < other)


@pytest.mark.parametrize(
    ("first", "second"), [("1.4", "1.4.0"), ("v1.4.0", "1.4"), ("1.4.0+build7", "1.4.0")]
)
def test_equal_versions_are_neither_older_nor_newer(first, second) -> None:
    assert Order().is_older(first, second) is Order().is_older(second, first) is False


@pytest.mark.parametrize(
    "release", ["", "4f3c2a1", "1234567", "main", "release-7", "1.4.2-3-gabcdef", "1." * 50, "é1.2"]
)
def test_a_commit_or_a_word_has_no_version(release) -> None:
    assert read_version(release) is None


@pytest.mark.parametrize(
    ("older", "newer"), [("4f3c2a1", "9be01d7"), ("2026.11.1", "1.0.0"), ("9.9", "2026.1")]
)
def test_deploys_decide_when_versions_cannot(older, newer) -> None:
    order = Order(deployed={older: DAY, newer: DAY + timedelta(days=1)})

    assert order.is_older(older, newer) is True
    assert order.is_older(newer, older) is False
    assert Order().is_older(older, newer) is None


def test_versions_decide_when_an_older_one_was_deployed_again() -> None:
    order = Order(deployed={"1.4": DAY + timedelta(days=9), "1.5": DAY})

    assert order.is_older("1.4", "1.5") is True


@pytest.mark.parametrize(("first", "second"), [("", "1.4"), ("1.4", ""), ("", "")])
def test_nothing_is_known_when_a_release_is_missing(first, second) -> None:
    assert Order().is_older(first, second) is None
